import Basics
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
    for (key, value) in entries {
      bytes +=
        WireBytes {
          $0.message(14) {
            $0.string(1, key)
            $0.string(2, value)
          }
        }.bytes
    }
    return bytes
  }

  @Test func arriveAtTheirNodes() throws {
    let bytes = model([
      ("aimcc.input_range.conv/1", "255"), ("author", "somebody"),
      ("aimcc.output_range.conv/1", "3.25"), ("aimcc.output_range.dense", "1e1"),
    ])
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(
      graph.nodes.map(\.ranges) == [
        TrainedRanges(input: 255, output: 3.25), TrainedRanges(), TrainedRanges(),
        TrainedRanges(output: 10),
      ])
    #expect(graph.verify().isEmpty)
    // They are part of what the text holds.
    #expect(graph.text.contains("{input_range = 255.0, kernel = [3, 3], output_range = 3.25}"))
    #expect(try Graph(text: graph.text) == graph)
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
