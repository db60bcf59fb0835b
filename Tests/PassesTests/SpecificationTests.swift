import Basics
import Chip
import IR
import Passes
import TestSupport
import Testing

/// Holds the passes to the examples of Specs/ir.md.
struct SpecificationTests {
  /// The texts of stages in the specification.
  private func examples() throws -> [String] {
    try SpecificationPage("ir.md").blocks("aim-stages")
  }

  @Test func examplesAreSoundAndPrintAsTheyAre() throws {
    let examples = try examples()
    #expect(examples.count == 4)
    for text in examples {
      let stage = try StageDump(text: text) { try Chip.named($0) }
      #expect(stage.text == text)
      #expect(stage.verify().isEmpty)
    }
  }

  @Test func anExampleIsWidened() throws {
    let stage = try StageDump(text: examples()[1]) { try Chip.named($0) }
    let crossbar = try Chip.named("tiny").crossbar
    #expect(stage.layouts == ProductLayouts().widened(for: crossbar, in: stage.graph))
  }

  @Test func theThirdExampleBecomesTheFourth() throws {
    let examples = try examples().dropFirst(2).map { $0 }
    let stage = try StageDump(text: examples[0]) { try Chip.named($0) }
    let partition = try stage.graph.partitioned(for: Chip.named("tiny"), chips: 1).replicated()
    let quantization = try partition.quantized(by: #require(stage.calibration))
    let schedule = try partition.placed().scheduled(with: quantization)
    #expect(StageDump(schedule).text == examples[1])
  }
}
