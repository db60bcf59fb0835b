import Basics
import Foundation
import Frontend
import IR
import TestSupport
import Testing

/// What training has found of converters comes from the model's metadata.
struct TrainedRangesTests {
  /// A model of a Conv, a Relu and a Gemm with `entries` in its metadata.
  private func model(_ entries: [(String, String)]) -> [UInt8] {
    var bytes = WireBytes.model {
      $0.input("x", [1, 1, 4, 4])
      $0.initializer("w", Tensor([Float](repeating: 1, count: 18), shape: [2, 1, 3, 3]))
      $0.initializer("m", Tensor([Float](repeating: 1, count: 24), shape: [8, 3]))
      $0.node("Conv", ["x", "w"], ["c"], name: "conv/1")
      $0.node("Relu", ["c"], ["r"], name: "relu")
      $0.node("Flatten", ["r"], ["f"], name: "flat")
      $0.node("Gemm", ["f", "m"], ["y"], name: "dense")
      $0.output("y")
    }
    for (key, value) in entries { bytes += Self.entry(key, value) }
    return bytes
  }

  /// An entry of the metadata of a model.
  private static func entry(_ key: String, _ value: String) -> [UInt8] {
    WireBytes {
      $0.message(14) {
        $0.string(1, key)
        $0.string(2, value)
      }
    }.bytes
  }

  private func diagnostics(_ bytes: [UInt8]) throws -> [Diagnostic] {
    try Folder.withFile(bytes) { path in
      do {
        _ = try importModel(path: path)
        return []
      } catch {
        return (error as? Diagnostics)?.items ?? []
      }
    }
  }

  @Test func arriveAtTheirNodes() throws {
    let bytes = model([
      ("aimcc.input_range.conv/1", "255"), ("author", "somebody"),
      ("aimcc.output_range.conv/1", "3.25"), ("aimcc.output_range.dense", "1e1"),
    ])
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(
      graph.nodes.map(\.ranges) == [
        TrainedRanges(input: [255], output: 3.25), TrainedRanges(), TrainedRanges(),
        TrainedRanges(output: 10),
      ])
    #expect(graph.verify().isEmpty)
    // They are part of what the text holds.
    #expect(graph.text.contains("{input_range = 255.0, kernel = [3, 3], output_range = 3.25}"))
    #expect(try Graph(text: graph.text) == graph)
  }

  /// One for each part of the rows, of which conv/1 has 9 and dense 8.
  @Test(
    arguments: [
      ("0.5, 2, 0.25", [0.5, 2, 0.25]), ("1,2,3", [1, 2, 3]), ("3, 3", [3, 3]), ("1e-3", [0.001]),
    ] as [(String, [Float])])
  func severalArrive(value: String, ranges: [Float]) throws {
    let bytes = model([
      ("aimcc.input_range.conv/1", value), ("aimcc.input_range.dense", value),
      ("aimcc.output_range.dense", "4"),
    ])
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.nodes[0].ranges == TrainedRanges(input: ranges))
    #expect(graph.nodes[3].ranges == TrainedRanges(input: ranges, output: 4))
    #expect(graph.verify().isEmpty)
    #expect(try Graph(text: graph.text) == graph)
    // As `--emit onnx` writes them.
    let written = try graph.onnxModel(OnnxNotes(producer: "test", version: "1"))
    let again = try Folder.withFile(written.withUnsafeBytes { Array($0) }) {
      try importModel(path: $0).graph
    }
    #expect(again.nodes.map(\.ranges) == graph.nodes.map(\.ranges))
  }

  @Test func severalThatDoNotFitAreFaults() throws {
    let nine = (1...9).map { "\($0)" }.joined(separator: ", ")
    let many = [String](repeating: "1.5", count: 100).joined(separator: ", ")
    let entries = [
      ("aimcc.input_range.conv/1", "1, 0"), ("aimcc.output_range.conv/1", "1, 2"),
      ("aimcc.input_range.dense", nine), ("aimcc.output_range.dense", "1, "),
    ]
    let found = try diagnostics(model(entries))
    #expect(
      found.map(\.message) == [
        "\"aimcc.input_range.conv/1\" = \"1, 0\" in metadata_props is not a range",
        "\"aimcc.output_range.conv/1\" = \"1, 2\" in metadata_props is not a range",
        "\"aimcc.input_range.dense\" = \"\(nine)\" in metadata_props has 9 ranges of an input that"
          + " makes 8 rows",
        "\"aimcc.output_range.dense\" = \"1, \" in metadata_props is not a range",
      ])
    #expect(
      found.map(\.supported) == [
        "a number above 0, or several with commas between, one for each part of the rows",
        "a number above 0", "1 to 8 ranges", "a number above 0",
      ])
    // Long lists are cut.
    let long = try diagnostics(model([("aimcc.input_range.dense", many)]))
    #expect(
      long.map(\.message) == [
        "\"aimcc.input_range.dense\" = \"\(many.prefix(40))…\" in metadata_props has 100 ranges of an"
          + " input that makes 8 rows"
      ])
  }

  /// Groups share one range, and gates are no product.
  @Test func groupsAndGatesHaveOneOrNone() throws {
    var bytes = WireBytes.model {
      $0.input("x", [1, 4, 4, 4])
      $0.initializer("w", Tensor([Float](repeating: 1, count: 36), shape: [4, 1, 3, 3]))
      $0.node("Conv", ["x", "w"], ["c"], name: "depthwise") { $0.attribute("group", Int64(4)) }
      $0.output("c")
    }
    bytes += Self.entry("aimcc.input_range.depthwise", "1, 2, 3, 4")
    #expect(
      try ImportFaultsTests.faults(bytes) == [
        "\"aimcc.input_range.depthwise\" = \"1, 2, 3, 4\" in metadata_props has 4 ranges of an input"
          + " whose 4 groups share one"
      ])
  }

  /// A layer of two directions is two nodes, each with ranges of x, in parts, and of the hidden state.
  @Test func recurrentLayersHaveThoseOfXAndOfTheState() throws {
    let path = Repository.model("lstm/model.onnx")
    let lstm = try [UInt8](Data(contentsOf: URL(filePath: path)))
    let plain = try importModel(path: path).graph
    let names = plain.nodes.filter { $0.op.trainedRanges.contains(.state) }.map(\.name)
    let name = try #require(names.first { $0.hasSuffix(".reverse") })
    let bytes =
      lstm + Self.entry("aimcc.input_range.\(name)", "1, 2")
      + Self.entry("aimcc.state_range.\(name)", "0.5")
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(
      graph.nodes.filter { !$0.ranges.isEmpty }.map(\.ranges)
        == [TrainedRanges(input: [1, 2], state: 0.5)])
    #expect(graph.verify().isEmpty)
    #expect(try Graph(text: graph.text) == graph)
    #expect(
      try ImportFaultsTests.faults(
        lstm + Self.entry("aimcc.output_range.\(name)", "1")
          + Self.entry("aimcc.state_range.\(name)", "1, 2")) == [
          "\"aimcc.output_range.\(name)\" = \"1\" in metadata_props names a node that is not a"
            + " product of floating-point numbers",
          "\"aimcc.state_range.\(name)\" = \"1, 2\" in metadata_props is not a range",
        ])
  }

  @Test func faultsNameKeyAndValue() throws {
    let found = try ImportFaultsTests.faults(
      model([
        ("aimcc.input_range.conv/1", "-1"), ("aimcc.output_range.conv/1", "wide"),
        ("aimcc.input_range.dense", "inf"), ("aimcc.output_range.dense", "1e-60"),
        ("aimcc.input_range.conv", "2"), ("aimcc.input_range.relu", "2"),
        ("aimcc.range.dense", "2"), ("aimcc.range.dense", "2"),
      ]))
    #expect(
      found == [
        "\"aimcc.input_range.conv/1\" = \"-1\" in metadata_props is not a range",
        "\"aimcc.output_range.conv/1\" = \"wide\" in metadata_props is not a range",
        "\"aimcc.input_range.dense\" = \"inf\" in metadata_props is not a range",
        "\"aimcc.output_range.dense\" = \"1e-60\" in metadata_props is not a range",
        "\"aimcc.input_range.conv\" = \"2\" in metadata_props names a node that the model does not"
          + " have",
        "\"aimcc.input_range.relu\" = \"2\" in metadata_props names a node that is not a product of"
          + " floating-point numbers",
        "\"aimcc.range.dense\" = \"2\" in metadata_props has an unknown key",
        "metadata_props has \"aimcc.range.dense\" twice",
      ])
  }
}
