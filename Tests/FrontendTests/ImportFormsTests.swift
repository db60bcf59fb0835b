import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Older forms of operators become those of the newest operator set.
struct ImportFormsTests {
  /// Imports a graph with input x (2×3×4×4, f32), the node `op` of it and output y.
  static func graph(
    _ op: String, opset: Int64, extra: [String] = [], results: [String] = ["y"],
    dims: [Int64] = [2, 3, 4, 4], type: Int64 = 1, graph more: WireBytes = WireBytes(),
    _ attributes: (inout WireBytes) -> Void = { _ in }
  ) throws -> Graph {
    let bytes = WireBytes.model(opset: opset) {
      $0.input("x", dims, type: type)
      $0.bytes += more.bytes
      $0.node(op, ["x"] + extra, results, name: "node", attributes)
      $0.output(results[0])
    }
    return try Folder.withFile(bytes) { try importModel(path: $0).graph }
  }

  /// The elements of the constant operand `index` of the only node.
  static func list(_ graph: Graph, _ index: Int) -> [Int64]? {
    guard let tensor = constant(graph, index), tensor.shape.count == 1 else { return nil }
    return tensor.elements(of: Int64.self)
  }

  static func constant(_ graph: Graph, _ index: Int) -> Tensor? {
    guard index < graph.nodes[0].operands.count, let id = graph.nodes[0].operands[index],
      case .tensor(let tensor)? = graph[id].constant
    else { return nil }
    return tensor
  }

  @Test func clip() throws {
    let old = try Self.graph("Clip", opset: 10) { $0.attribute("max", Float(6)) }
    #expect(old.nodes[0].op == .clip)
    #expect(old.nodes[0].operands.count == 3 && old.nodes[0].operands[1] == nil)
    #expect(Self.constant(old, 2) == Tensor(scalar: Float(6)))
    #expect(old[old.nodes[0].operands[2]!].name == "node.max")
    let half = try Self.graph("Clip", opset: 7, type: 10) {
      $0.attribute("min", Float(-1))
      $0.attribute("max", Float(1))
    }
    #expect(Self.constant(half, 1) == Tensor(scalar: Float16(-1)))
    let new = try Self.graph(
      "Clip", opset: 13, extra: ["", "six"],
      graph: WireBytes { $0.initializer("six", Tensor(scalar: Float(6))) })
    #expect(new.nodes[0].operands[1] == nil)
    #expect(Self.constant(new, 2) == Tensor(scalar: Float(6)))
  }

  /// The root that the second result is the inverse of divides the first.
  @Test func inverseRoots() throws {
    let graph = try Self.graph(
      "SimplifiedLayerNormalization", opset: 17, extra: ["gain"], results: ["y", "inverse"],
      graph: WireBytes {
        $0.initializer("gain", Tensor([1, 2, 3, 4] as [Float], shape: [4]))
        $0.output("inverse")
      })
    #expect(graph.verify().isEmpty)
    let last = try #require(graph.nodes.last)
    #expect(last.op == .unary(.reciprocal))
    #expect(graph[last.results[0]].name == "inverse")
    #expect(graph[last.results[0]].type == ValueType(.f32, fixed: [2, 3, 4, 1]))
  }

  @Test func axes() throws {
    let squeeze = try Self.graph("Squeeze", opset: 12, dims: [1, 2, 3, 1]) {
      $0.attribute("axes", [0, -1] as [Int64])
    }
    #expect(squeeze.nodes[0].op == .squeeze && Self.list(squeeze, 1) == [0, -1])
    let all = try Self.graph("Squeeze", opset: 12)
    #expect(all.nodes[0].operands.count == 1)
    let unsqueeze = try Self.graph("Unsqueeze", opset: 7) { $0.attribute("axes", [1] as [Int64]) }
    #expect(unsqueeze.nodes[0].op == .unsqueeze && Self.list(unsqueeze, 1) == [1])
    let mean = try Self.graph("ReduceMean", opset: 17) {
      $0.attribute("axes", [2, 3] as [Int64])
      $0.attribute("keepdims", Int64(0))
    }
    #expect(mean.nodes[0].op == .reduce(Reduce(kind: .mean, keepsDimensions: false)))
    #expect(Self.list(mean, 1) == [2, 3])
    let new = try Self.graph(
      "ReduceMean", opset: 18, extra: ["axes"],
      graph: WireBytes { $0.initializer("axes", Tensor([Int64(1)], shape: [1])) }
    ) {
      $0.attribute("noop_with_empty_axes", Int64(1))
    }
    #expect(new.nodes[0].op == .reduce(Reduce(kind: .mean, emptyIsIdentity: true)))
    #expect(Self.list(new, 1) == [1])
  }

  @Test func sliceAndPad() throws {
    let slice = try Self.graph("Slice", opset: 9) {
      $0.attribute("starts", [0, 1] as [Int64])
      $0.attribute("ends", [2, 3] as [Int64])
      $0.attribute("axes", [0, 2] as [Int64])
    }
    #expect(slice.nodes[0].op == .slice && slice.nodes[0].operands.count == 4)
    #expect((1...3).map { Self.list(slice, $0) } == [[0, 1], [2, 3], [0, 2]])
    let pad = try Self.graph("Pad", opset: 10) {
      $0.attribute("pads", [0, 0, 1, 1, 0, 0, 1, 1] as [Int64])
      $0.attribute("value", Float(2))
    }
    #expect(pad.nodes[0].op == .pad(.constant))
    #expect(Self.list(pad, 1) == [0, 0, 1, 1, 0, 0, 1, 1])
    #expect(Self.constant(pad, 2) == Tensor(scalar: Float(2)))
    let edge = try Self.graph(
      "Pad", opset: 11, extra: ["pads"],
      graph: WireBytes {
        $0.initializer("pads", Tensor([Int64](repeating: 1, count: 8), shape: [8]))
      }
    ) {
      $0.attribute("mode", "edge")
    }
    #expect(edge.nodes[0].op == .pad(.edge) && edge.nodes[0].operands.count == 2)
  }

  @Test func split() throws {
    let old = try Self.graph("Split", opset: 11, results: ["y", "z"]) {
      $0.attribute("axis", Int64(1))
      $0.attribute("split", [1, 2] as [Int64])
    }
    #expect(old.nodes[0].op == .split(axis: 1) && Self.list(old, 1) == [1, 2])
    #expect(old.nodes[0].results.map { old[$0].name } == ["y", "z"])
    let new = try Self.graph("Split", opset: 18, results: ["y", ""]) {
      $0.attribute("num_outputs", Int64(2))
    }
    #expect(new.nodes[0].op == .split(axis: 0) && new.nodes[0].operands.count == 1)
    #expect(new.nodes[0].results.map { new[$0].name } == ["y", "node.1"])
  }

  @Test func softmax() throws {
    let old = try Self.graph("Softmax", opset: 12)
    #expect(old.nodes[0].op == .softmax(Softmax(axis: 1, flattens: true)))
    let new = try Self.graph("LogSoftmax", opset: 13)
    #expect(new.nodes[0].op == .softmax(Softmax(.logSoftmax, axis: -1)))
  }

  @Test func dropout() throws {
    for opset in [7, 10, 12, 13, 22] as [Int64] {
      let graph = try Self.graph("Dropout", opset: opset, results: ["y", "mask"])
      #expect(graph.nodes[0].op == .unary(.identity))
      #expect(graph.nodes[0].results.count == 1)
    }
    let off = try Self.graph(
      "Dropout", opset: 13, extra: ["", "off"],
      graph: WireBytes { $0.initializer("off", Tensor(scalar: false as Bool8)) })
    #expect(off.nodes[0].operands.count == 1)
  }

  @Test func resize() throws {
    let scales = WireBytes {
      $0.initializer("scales", Tensor([Float(1), 1, 2, 2], shape: [4]))
      $0.initializer("empty", Tensor([Float](), shape: [0]))
      $0.initializer("sizes", Tensor([Int64(2), 3, 8, 8], shape: [4]))
    }
    let old = try Self.graph("Resize", opset: 10, extra: ["scales"], graph: scales)
    #expect(
      old.nodes[0].op
        == .resize(Resize(mode: .nearest, coordinates: .asymmetric, rounding: .floor)))
    #expect(old.nodes[0].operands.count == 3 && old.nodes[0].operands[1] == nil)
    let small = try Self.graph(
      "Resize", opset: 10, extra: ["scales"],
      graph: WireBytes { $0.initializer("scales", Tensor([Float(1), 1, 0.5, 0.5], shape: [4])) })
    #expect(
      small.nodes[0].op
        == .resize(Resize(mode: .nearest, coordinates: .asymmetric, rounding: .ceil)))
    let sized = try Self.graph(
      "Resize", opset: 11, extra: ["empty", "empty", "sizes"], graph: scales
    ) {
      $0.attribute("mode", "linear")
      $0.attribute("coordinate_transformation_mode", "align_corners")
    }
    #expect(sized.nodes[0].op == .resize(Resize(mode: .linear, coordinates: .alignCorners)))
    #expect(sized.nodes[0].operands.map { $0 == nil } == [false, true, true, false])
  }

  @Test func constants() throws {
    func value(_ attributes: (inout WireBytes) -> Void) throws -> Tensor? {
      let bytes = WireBytes.model {
        $0.node("Constant", [], ["y"], attributes)
        $0.output("y")
      }
      let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
      #expect(graph.nodes.isEmpty)
      guard case .tensor(let tensor)? = graph[graph.outputs[0]].constant else { return nil }
      return tensor
    }
    #expect(try value { $0.attribute("value_int", Int64(3)) } == Tensor(scalar: Int64(3)))
    #expect(
      try value { $0.attribute("value_ints", [3, 4] as [Int64]) }
        == Tensor([Int64(3), 4], shape: [2]))
    #expect(try value { $0.attribute("value_float", Float(0.5)) } == Tensor(scalar: Float(0.5)))
    let tensor = Tensor([Float(1), 2], shape: [2, 1])
    #expect(try value { $0.attribute("value", tensor) } == tensor)
    let fill = try Self.graph("ConstantOfShape", opset: 13, dims: [2], type: 7) {
      $0.attribute("value", Tensor([Int64(-2)], shape: [1]))
    }
    #expect(
      fill.nodes[0].op == .constantOfShape(element: .i64, bits: UInt64(bitPattern: -2)))
    let zero = try Self.graph("ConstantOfShape", opset: 13, dims: [2], type: 7)
    #expect(zero.nodes[0].op == .constantOfShape(element: .f32, bits: 0))
  }

  @Test func chains() throws {
    let three = WireBytes {
      $0.initializer("a", Tensor(scalar: Float(1)))
      $0.initializer("b", Tensor(scalar: Float(2)))
    }
    let graph = try Self.graph("Max", opset: 13, extra: ["a", "b"], graph: three)
    #expect(graph.nodes.map(\.op) == [.binary(.max), .binary(.max)])
    #expect(graph.nodes.map(\.name) == ["node.1", "node"])
    #expect(graph.nodes[1].operands[0] == graph.nodes[0].results[0])
    #expect(graph[graph.nodes[1].results[0]].name == "y")
    #expect(graph[graph.nodes[0].results[0]].name == "node.1")
    let one = try Self.graph("Sum", opset: 13)
    #expect(one.nodes.map(\.op) == [.unary(.identity)])
  }

  @Test func windows() throws {
    let weights = WireBytes {
      $0.initializer("w", Tensor([Float](repeating: 0, count: 4 * 3 * 9), shape: [4, 3, 3, 3]))
    }
    let plain = try Self.graph("Conv", opset: 11, extra: ["w"], graph: weights)
    let window = Window(
      kernel: [3, 3], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: [0, 0], end: [0, 0]))
    #expect(plain.nodes[0].op == .conv(Convolution(window: window)))
    #expect(plain.nodes[0].operands.count == 2)
    let full = try Self.graph("Conv", opset: 22, extra: ["w"], graph: weights) {
      $0.attribute("kernel_shape", [3, 3] as [Int64])
      $0.attribute("pads", [1, 2, 3, 4] as [Int64])
      $0.attribute("strides", [2, 1] as [Int64])
      $0.attribute("dilations", [1, 2] as [Int64])
    }
    let padded = Window(
      kernel: [3, 3], strides: [2, 1], dilations: [1, 2],
      padding: .explicit(begin: [1, 2], end: [3, 4]))
    #expect(full.nodes[0].op == .conv(Convolution(window: padded)))
    let pool = try Self.graph("AveragePool", opset: 19) {
      $0.attribute("kernel_shape", [2, 2] as [Int64])
      $0.attribute("auto_pad", "SAME_LOWER")
      $0.attribute("count_include_pad", Int64(1))
      $0.attribute("ceil_mode", Int64(1))
    }
    let same = Window(
      kernel: [2, 2], strides: [1, 1], dilations: [1, 1], padding: .sameLower)
    #expect(
      pool.nodes[0].op
        == .pool(Pool(kind: .average, window: same, ceil: true, includesPadding: true)))
  }

  @Test func transpose() throws {
    let reversed = try Self.graph("Transpose", opset: 13)
    #expect(reversed.nodes[0].op == .transpose(permutation: [3, 2, 1, 0]))
    let given = try Self.graph("Transpose", opset: 13) {
      $0.attribute("perm", [0, 2, 3, 1] as [Int64])
    }
    #expect(given.nodes[0].op == .transpose(permutation: [0, 2, 3, 1]))
  }

  @Test func names() throws {
    let bytes = WireBytes.model(irVersion: 3) {
      $0.input("x", [-1, 4])
      $0.input("w", [4, 4])
      $0.initializer("w", Tensor([Float](repeating: 1, count: 16), shape: [4, 4]))
      $0.node("Relu", ["x"], ["a"])
      $0.node("Relu", ["a"], ["b"], name: "same")
      $0.node("Relu", ["b"], ["c"], name: "same")
      $0.node("MatMul", ["c", "w"], ["d"], name: "Relu_0", domain: "ai.onnx")
      $0.output("d")
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.nodes.map(\.name) == ["Relu_0_2", "same", "same_2", "Relu_0"])
    #expect(graph.inputs.map { graph[$0].name } == ["x"])
    #expect(graph[graph.inputs[0]].type == ValueType(.f32, [.symbol("x.0"), .fixed(4)]))
    #expect(graph.nodes[3].operands.count == 2)
  }
}
