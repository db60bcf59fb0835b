import Basics
import Chip
import IR
import Passes
import Testing

/// What texts tell of the way to a graph: passes, names of dimensions, first copies.
@Suite struct HistoryTextTests {
  private static func network(_ columns: Int, output: String = "1") -> String {
    """
    graph "net" {
      input %0 "x": f32[1, 8]
      constant %1 "w": f32[8, \(columns)] = random(seed: 1)
      %2 "y": f32[\(output), \(columns)] = matmul "dense" (%0, %1)
      output %2
    }

    """
  }

  private func stage(_ sections: String, output: String = "1") throws -> StageDump {
    try StageDump(text: Self.network(8, output: output) + sections, file: "case.aim") {
      try Chip.named($0)
    }
  }

  private func faults(_ sections: String) -> String {
    #expect(throws: Diagnostics.self) { try stage(sections) }?.description ?? ""
  }

  @Test func namesOfDimensionsAreThoseOfBoth() throws {
    let text = "passes [graph]\ndimensions {\n  input 0 [\"N\", _]\n}\n"
    let stage = try stage(text, output: "rows")
    #expect(stage.passes == ["graph"] && !stage.isLegal)
    #expect(stage.text == Self.network(8, output: "rows") + text)
    let names = DimensionNames(of: stage.graph, besides: stage.dimensionNames)
    let named = names.named(stage.graph, paddedAxes: [[]])
    #expect(named.inputs == [["N", nil]])
    #expect(named.outputs == [["rows", nil]])
    // What the graph tells itself the section need not tell.
    #expect(names.lost(by: stage.graph) == stage.dimensionNames)
    #expect(DimensionNames(of: stage.graph).lost(by: stage.graph) == nil)
  }

  @Test func namesFitTheirPorts() {
    func said(_ line: String) -> String { faults("dimensions {\n  \(line)\n}\n") }
    #expect(said("input 0 [\"N\"]").contains("the names do not fit the dimensions of the port"))
    #expect(said("output 1 [_, _]").contains("the graph has no port 1 of 1"))
    #expect(said("input 0 [\"N\\u{0}\", _]").contains("the name \"N\\u{0}\" holds a NUL character"))
    #expect(said("input 0 [_, _] input 0 [_, _]").contains("port 0 is named twice"))
    #expect(said("result 0 [_, _]").contains("expected 'input', 'output' or '}'"))
    #expect(faults("passes [1]\n").contains("the name of a pass"))
  }

  @Test func firstCopiesAreOfTheGraph() throws {
    let half = Self.network(4).replacing("\n    ", with: "\n")
    let copies = try stage("first_copies " + half)
    #expect(copies.firstCopies?.nodes.count == 1)
    #expect(copies.text == Self.network(8) + "first_copies " + half)
    #expect(
      faults("first_copies " + Self.network(3)).contains(
        "the first copies: differ from the products of the graph"))
    #expect(
      faults("first_copies " + half.replacing("\"dense\"", with: "\"other\"")).contains(
        "the first copies: have other nodes or inputs than the graph"))
    #expect(
      faults("first_copies " + half.replacing("f32[1, 8]", with: "f32[2, 8]")).contains(
        "the first copies: "))
  }

  /// A text that says it is legal has to be.
  @Test func legalTextsAreLegal() {
    let open = Self.network(8).replacing("f32[1, 8]\n  constant", with: "f32[N, 8]\n  constant")
    let faults = #expect(throws: Diagnostics.self) {
      try StageDump(text: open + "passes [legalize]\n") { try Chip.named($0) }
    }
    #expect(faults?.description.contains("is not known when compiling") == true)
  }
}
