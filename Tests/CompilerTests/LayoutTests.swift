import Basics
import Chip
import Compiler
import IR
import Passes
import TestSupport
import Testing

/// What passes have laid out, later passes take, whether they follow at once or read a text.
@Suite struct LayoutTests {
  private static let network = """
    graph "net" {
      input %0 "x": f32[1, 1, 8, 8]
      constant %1 "w": f32[4, 1, 3, 3] = random(seed: 1)
      %2 "y": f32[1, 4, 8, 8] = conv "edges" (%0, %1) {kernel = [3, 3], padding = explicit([1, 1], [1, 1])}
      constant %3 "shape": i64[2] = dense[16, 16]
      %4 "rows": f32[16, 16] = reshape "rows" (%2, %3)
      constant %5 "v": f32[16, 2] = random(seed: 2)
      %6 "z": f32[16, 2] = matmul "dense" (%4, %5)
      output %6
    }

    """

  /// A pass that lays products out, and which those are.
  struct Treatment: CustomTestStringConvertible {
    let name: String
    let products: [String]
    var options = CompilerOptions()

    var testDescription: String { name }
  }

  static var treatments: [Treatment] {
    var wide = Treatment(name: "widen", products: ["edges"])
    wide.options.mapping.widens = true
    var copied = Treatment(name: "copy", products: ["edges", "dense"])
    (copied.options.accuracy.copies, copied.options.accuracy.residual) = (1, true)
    return [wide, copied]
  }

  private func compilation(
    of stage: StageDump, options: CompilerOptions = CompilerOptions()
  ) throws -> Compilation {
    var compilation = Compilation(of: stage, for: try Chip.named("hermes"), options: options)
    compilation.typical = try TypicalInputs(synthetic: stage.graph)
    return compilation
  }

  private func network() throws -> StageDump {
    try StageDump(text: Self.network) { try Chip.named($0) }
  }

  private func names(_ compilation: Compilation) -> [String] {
    compilation.layouts.inOrder.map { compilation.graph[$0.node].name }
  }

  /// Texts of every pass are compiled to the same program.
  @Test(
    arguments: treatments,
    Pass.all.filter { $0.product != .program }.map(\.name))
  func textsGoOn(from treatment: Treatment, after name: String) throws {
    var whole = try compilation(of: network(), options: treatment.options)
    let folder = try Folder()
    let last = try #require(Pass(named: name))
    whole.options.lastPass = last
    try whole.run()
    let text = whole.stage
    let layouts = whole.layouts
    try WeightFile.write(text.referencedTensors(), to: folder.file("weights"))
    whole.options.lastPass = .check
    try whole.run()
    #expect(names(whole) == treatment.products)

    var read = try StageDump(text: text.text) { try Chip.named($0) }
    #expect(read.layouts == layouts)
    try read.attachConstants(from: WeightFile(path: folder.file("weights")))
    var rest = try compilation(of: read, options: treatment.options)
    try rest.run()
    #expect(rest.layouts == whole.layouts)
    #expect(rest.bytes != nil)
    #expect(rest.bytes == whole.bytes)
  }

  /// A pass that puts nodes between others leaves every product its layout.
  @Test(arguments: treatments) func layoutsFollowTheirNodes(_ treatment: Treatment) throws {
    var compilation = try compilation(of: network(), options: treatment.options)
    compilation.options.lastPass = .lastOverNetwork
    try compilation.run()
    let before = compilation.layouts
    try compilation.run(#require(Pass(named: "center")))
    #expect(compilation.layouts != before)
    #expect(names(compilation) == treatment.products)
    #expect(compilation.layouts.verify(of: compilation.graph).isEmpty)
    compilation.options.lastPass = .check
    try compilation.run()
    #expect(compilation.bytes != nil)
  }

  /// What is laid out already is not copied.
  @Test func laidOutProductsAreNotCopied() throws {
    var wide = try compilation(of: network(), options: Self.treatments[0].options)
    wide.options.lastPass = .lastOverNetwork
    try wide.run()
    wide.options.accuracy = Self.treatments[1].options.accuracy
    let edges = try #require(wide.graph.nodes.first { $0.name == "edges" })
    try wide.run(#require(Pass(named: "copy")))
    #expect(wide.graph.nodes.contains(edges))
    #expect(names(wide) == ["edges", "dense"])
  }
}
