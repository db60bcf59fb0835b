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
    #expect(examples.count == 3)
    for text in examples {
      let stage = try StageDump(text: text) { try Chip.named($0) }
      #expect(stage.text == text)
      #expect(stage.verify().isEmpty)
    }
  }

  @Test func theFirstExampleIsWidened() throws {
    let stage = try StageDump(text: examples()[0]) { try Chip.named($0) }
    let crossbar = try Chip.named("tiny").crossbar
    #expect(stage.layouts == ProductLayouts().widened(for: crossbar, in: stage.graph))
  }

  @Test func theSecondExampleBecomesTheThird() throws {
    let examples = try examples().dropFirst().map { $0 }
    let stage = try StageDump(text: examples[0]) { try Chip.named($0) }
    let partition = try stage.graph.partitioned(for: Chip.named("tiny"), chips: 1).replicated()
    let quantization = try partition.quantized(by: #require(stage.calibration))
    let schedule = try partition.placed().scheduled(with: quantization)
    #expect(StageDump(schedule).text == examples[1])
  }
}
