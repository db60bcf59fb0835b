import Basics
import Frontend
import IR
import TestSupport
import Testing

/// What is wrong with a model is said, all of it, by name.
struct ImportFaultsTests {
  /// What is said of a model of `bytes`: each node in front of what is wrong with it.
  static func faults(_ bytes: [UInt8]) throws -> [String] {
    try Folder.withFile(bytes) { path in
      do {
        _ = try importModel(path: path)
        return []
      } catch {
        return ((error as? Diagnostics)?.items ?? []).map {
          ($0.node.map { "\($0): " } ?? "") + $0.message
        }
      }
    }
  }

  /// What is said of a node `op` of input x (2×3×4×4, f32) whose results are used.
  static func faults(
    _ op: String, opset: Int64 = 13, extra: [String] = [], results: [String] = ["y"],
    graph more: WireBytes = WireBytes(),
    _ attributes: (inout WireBytes) -> Void = { _ in }
  ) throws -> [String] {
    try faults(
      WireBytes.model(opset: opset) {
        $0.input("x", [2, 3, 4, 4])
        $0.bytes += more.bytes
        $0.node(op, ["x"] + extra, results, name: "n", attributes)
        for result in results { $0.output(result) }
      })
  }

  @Test func operators() throws {
    #expect(try Self.faults("StringSplit") == ["n: is not supported"])
    #expect(try Self.faults("HardSwish", opset: 13) == ["n: is not in this operator set"])
    #expect(
      try Self.faults("If")
        == ["n: attribute then_branch is missing; attribute else_branch is missing"])
    let foreign = WireBytes.model {
      $0.input("x", [1])
      $0.node("Relu", ["x"], ["y"], name: "n", domain: "com.example")
      $0.output("y")
    }
    #expect(
      try Self.faults(foreign) == ["n: belongs to domain com.example, and is not supported"])
  }

  @Test func causesAreReportedOnce() throws {
    let bytes = WireBytes.model {
      $0.input("x", [1, 2])
      $0.node("StringSplit", ["x"], ["a"], name: "cause")
      $0.node("Transpose", ["a"], ["b"], name: "rank")
      $0.node("Relu", ["b"], ["c"], name: "after")
      $0.node("StringSplit", ["c"], ["d"], name: "second")
      $0.output("d")
    }
    // That of the second is the same as that of the first.
    #expect(try Self.faults(bytes) == ["cause: is not supported"])
  }

  @Test func names() throws {
    let bytes = WireBytes.model {
      $0.input("x", [1])
      $0.input("x", [1])
      $0.node("Relu", ["late"], ["a"], name: "early")
      $0.node("Relu", ["x"], ["late"], name: "later")
      $0.node("Relu", ["nowhere"], ["b"], name: "lost")
      $0.node("Relu", ["self"], ["self"], name: "loop")
      $0.node("Relu", ["x"], ["a"], name: "again")
      $0.output("a")
      $0.output("a")
      $0.output("gone")
    }
    #expect(
      try Self.faults(bytes) == [
        "value \"x\" is defined twice",
        "node \"loop\" (Relu) reads its own result",
        "lost: reads \"nowhere\", which nothing defines",
        "again: value \"a\" is defined twice",
        "output \"a\" is listed twice",
        "output \"gone\" is not defined",
      ])
  }

  @Test func attributes() throws {
    #expect(
      try Self.faults("Relu") { $0.attribute("slope", Float(1)) }
        == ["n: attribute slope is not supported in this operator set"])
    #expect(try Self.faults("Concat") == ["n: attribute axis is missing"])
    #expect(
      try Self.faults("Concat") { $0.attribute("axis", Float(1)) }
        == ["n: attribute axis is not an integer"])
    #expect(
      try Self.faults("Concat") {
        $0.attribute("axis", Int64(1))
        $0.attribute("axis", Int64(1))
      } == ["n: attribute axis is given twice"])
    #expect(
      try Self.faults("MaxPool", opset: 9) {
        $0.attribute("kernel_shape", [0, 2] as [Int64])
        $0.attribute("pads", [1] as [Int64])
        $0.attribute("ceil_mode", Int64(1))
      } == [
        "n: attribute kernel_shape holds 0; attribute pads has 1 entries instead of 4; "
          + "attribute ceil_mode is not supported in this operator set"
      ])
    #expect(
      try Self.faults("Transpose") { $0.attribute("perm", [0, 0, 1, 2] as [Int64]) }
        == ["n: attribute perm is [0, 0, 1, 2], which is not a permutation"])
    #expect(
      try Self.faults("Pad", extra: ["x"]) { $0.attribute("mode", "wrap") }
        == ["n: attribute mode is \"wrap\", which is not supported"])
    #expect(
      try Self.faults("Cast") { $0.attribute("to", Int64(14)) }
        == ["n: casts to type complex64, which is not supported"])
  }

  @Test func operandsAndResults() throws {
    #expect(try Self.faults("Add") == ["n: has 1 operands instead of 2"])
    #expect(
      try Self.faults("Clip", extra: ["x", "x", "x"]) == ["n: has 4 operands instead of 1 to 3"])
    #expect(
      try Self.faults("Gemm", extra: ["", "x"]) == ["n: leaves out operand 1, which it needs"])
    #expect(
      try Self.faults("Relu", results: ["y", "indices"]) == [
        "n: result 1 (\"indices\") is used, which is not supported"
      ])
    #expect(
      try Self.faults(
        "Dropout", extra: ["", "on"],
        graph: WireBytes { $0.initializer("on", Tensor(scalar: true as Bool8)) }) == [
          "n: operand training_mode must be the constant false"
        ])
    #expect(
      try Self.faults("Resize", extra: ["", "", ""]) == ["n: has neither scales nor sizes"])
  }

  @Test func headers() throws {
    #expect(try Self.faults(WireBytes { $0.int(1, 8) }.bytes).count == 2)
    let graph: (inout WireBytes) -> Void = {
      $0.input("x", [1])
      $0.output("x")
    }
    #expect(try Self.faults(WireBytes.model(graph)).isEmpty)
    #expect(
      try Self.faults(WireBytes.model(opset: 5, graph))
        == ["uses ONNX operator set 5, which is not supported"])
    #expect(
      try Self.faults(WireBytes.model(opset: 1 << 40, graph))
        == ["uses ONNX operator set 1099511627776, which is not supported"])
    #expect(
      try Self.faults(WireBytes.model(irVersion: 2, graph))
        == ["has version 2 of the ONNX format, which is not supported"])
    #expect(
      try Self.faults(WireBytes.model(graph) + WireBytes { $0.message(8) { $0.int(2, 9) } }.bytes)
        == ["imports two different versions of the ONNX operator set"])
    #expect(
      try Self.faults(
        WireBytes.model(graph)
          + WireBytes { for _ in 0..<2 { $0.message(25) { $0.string(1, "f") } } }.bytes)
        == ["defines function f twice"])
    #expect(try Self.faults(WireBytes.model { $0.input("x", [1]) }) == ["has no output"])
  }

  @Test func values() throws {
    let bytes = WireBytes.model(irVersion: 3) {
      $0.input("w", [3])
      $0.input("big", [1 << 40, 1 << 40])
      $0.input("text", [1], type: 8)
      $0.message(11) { $0.string(1, "bare") }
      $0.input("", [1])
      $0.input("negative", [-2])
      $0.message(15) { $0.message(1) { $0.string(8, "sparse") } }
      $0.message(5) {
        $0.int(1, 2)
        $0.int(2, 1)
        $0.string(8, "short")
        $0.data(9, [0])
      }
      $0.initializer("w", Tensor([Float(1), 2], shape: [2]))
      $0.output("w")
    }
    #expect(
      try Self.faults(bytes) == [
        "sparse tensor \"sparse\" lacks values or indices",
        "tensor \"short\" has 1 bytes of data; its shape needs 8",
        "input \"w\" differs from its initializer in type or shape",
        "input \"big\" has more elements than can be addressed",
        "input \"text\" has elements of type string, which is not supported",
        "input \"bare\" has no type", "an input has no name",
        "input \"negative\" has a dimension of -2 elements",
      ])
  }

  @Test func types() throws {
    #expect(
      try Self.faults("Softmax") { $0.attribute("axis", Int64(4)) }
        == ["n: has axis 4, but there are 4 dimensions"])
    #expect(
      try Self.faults("Max", extra: ["k", "k"], graph: WireBytes { $0.input("k", [5]) }).count == 1)
    let bytes = WireBytes.model {
      $0.input("x", [2, 3])
      $0.node("Relu", ["x"], ["y"])
      $0.output("y", [2, 4])
    }
    let model = try Folder.withFile(bytes) { try importModel(path: $0) }
    #expect(model.graph[model.graph.outputs[0]].type == ValueType(.f32, fixed: [2, 3]))
    #expect(
      model.warnings.map(\.message) == ["output \"y\" is declared as f32[2, 4], but is f32[2, 3]"])
    let wrong = WireBytes.model {
      $0.input("x", [2, 3])
      $0.node("Relu", ["x"], ["y"])
      $0.output("y", [2, 3], type: 7)
    }
    #expect(try Self.faults(wrong) == ["output \"y\" is declared as i64[2, 3], but is f32[2, 3]"])
  }

  @Test func computedShapes() throws {
    let bytes = WireBytes.model {
      $0.input("x", [-1, 3, 4])
      $0.initializer("zero", Tensor([Int64(0)], shape: [1]))
      $0.initializer("rest", Tensor([Int64(-1)], shape: [1]))
      $0.node("Shape", ["x"], ["dims"])
      $0.node("Gather", ["dims", "zero"], ["batch"])
      $0.node("Concat", ["batch", "rest"], ["to"]) { $0.attribute("axis", Int64(0)) }
      $0.node("Reshape", ["x", "to"], ["y"])
      $0.node("Transpose", ["y"], ["z"])
      $0.output("z")
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph[graph.outputs[0]].type == ValueType(.f32, [.fixed(12), .symbol("x.0")]))
  }

  @Test func damagedModels() throws {
    var generator = SplitMix64(seed: 3)
    let model = WireBytes.model {
      $0.input("x", [-1, 3, 4, 4])
      $0.initializer("w", Tensor([Float](repeating: 0.5, count: 27), shape: [1, 3, 3, 3]))
      $0.initializer("shape", Tensor([Int64(0), -1], shape: [2]))
      $0.node("Conv", ["x", "w"], ["a"]) { $0.attribute("pads", [1, 1, 1, 1] as [Int64]) }
      $0.node("MaxPool", ["a"], ["b"]) { $0.attribute("kernel_shape", [2, 2] as [Int64]) }
      $0.node("Reshape", ["b", "shape"], ["c"])
      $0.node("Constant", [], ["k"]) { $0.attribute("value", Tensor(scalar: Float(2))) }
      $0.node("Max", ["c", "k", "k"], ["d"])
      $0.node("Cast", ["d"], ["e"]) { $0.attribute("to", Int64(7)) }
      $0.output("e")
    }
    #expect(try Self.faults(model).isEmpty)
    var accepted = 0
    for _ in 0..<2_000 {
      let bytes = WireScanMutationTests.mutated(model, &generator)
      if try Self.faults(bytes).isEmpty { accepted += 1 }
    }
    #expect(accepted > 20)
  }
}
