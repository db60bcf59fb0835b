import Basics
import Driver
import Foundation
import IR
import TestSupport

/// A network of several kinds of layers, drawn by chance from a seed, with inputs for it.
struct DrawnNetwork {
  private(set) var graph = Graph(name: "drawn")
  private var random: SplitMix64
  private var count = 0

  init(seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    let value = try below(3) == 0 ? sequence() : below(2) == 0 ? image() : tokens()
    graph.outputs = [value]
  }

  /// Writes the network and two inferences of inputs into `folder`; their paths.
  func write(into folder: Folder) throws -> (model: String, data: String) {
    let (model, data) = (folder.file("net.aim"), folder.file("data.npz"))
    try graph.text.write(toFile: model, atomically: true, encoding: .utf8)
    var random = random
    let arrays = graph.inputs.map { id in
      let shape = graph[id].type.fixedShape ?? []
      let elements = (0..<2 * shape.reduce(1, *)).map { _ in
        Float.random(in: -1...1, using: &random)
      }
      return NamedTensor(name: graph[id].name, tensor: Tensor(elements, shape: [2] + shape))
    }
    try writeNPZ(arrays, to: data)
    return (model, data)
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private mutating func input(_ shape: [Int]) -> ValueID {
    let id = graph.addValue(name: "x", type: ValueType(.f32, fixed: shape))
    graph.inputs = [id]
    return id
  }

  private mutating func weights(_ shape: [Int]) -> ValueID {
    count += 1
    return graph.addValue(
      name: "w\(count)", type: ValueType(.f32, fixed: shape),
      constant: .random(seed: random.next() >> 1))
  }

  private mutating func node(_ op: Op, _ operands: [ValueID?], results: Int = 1) throws -> ValueID {
    count += 1
    let ids = (0..<results).map {
      graph.addValue(name: "n\(count).\($0)", type: ValueType(.f32, nil))
    }
    graph.nodes.append(Node(name: "n\(count)", op: op, operands: operands, results: ids))
    try graph.inferTypes()
    return ids[0]
  }

  private func shape(_ value: ValueID) -> [Int] { graph[value].type.fixedShape ?? [] }

  private mutating func image() throws -> ValueID {
    var value = input([1, 1 + below(8), 6 + below(10), 6 + below(10)])
    for _ in 0..<1 + below(4) {
      let channels = shape(value)[1]
      let branches = below(3)
      let groups = below(4) == 0 ? channels : 1
      let columns = branches > 0 ? channels : groups * (1 + below(groups == 1 ? 90 : 3))
      let y = try convolution(value, columns, groups: groups)
      if branches == 2 {
        value = try node(.binary(.add), [y, try convolution(value, columns, groups: 1)])
      } else {
        value = try branches == 1 ? node(.binary(.add), [value, y]) : node(.unary(.relu), [y])
      }
    }
    let flat = try node(.flatten(axis: 1), [value])
    return try product(flat, 1 + below(40))
  }

  private mutating func convolution(_ x: ValueID, _ columns: Int, groups: Int) throws -> ValueID {
    let kernel = [1, 3][below(2)]
    let weights = weights([columns, shape(x)[1] / groups, kernel, kernel])
    let pads = [Int](repeating: kernel / 2, count: 2)
    let window = Window(
      kernel: [kernel, kernel], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: pads, end: pads))
    return try node(.conv(Convolution(window: window, groups: groups)), [x, weights, nil])
  }

  private mutating func product(_ x: ValueID, _ columns: Int) throws -> ValueID {
    try node(.matMul(MatMul()), [x, weights([shape(x)[1], columns])])
  }

  /// Products of many rows, and of results with results, as in attention.
  private mutating func tokens() throws -> ValueID {
    var value = input([2 + below(30), 1 + below(300)])
    for _ in 0..<1 + below(3) {
      let width = 1 + below(600)
      if below(2) == 0 {
        value = try node(.unary(.relu), [try product(value, width)])
      } else {
        let (queries, keys) = (try product(value, 16), try product(value, 16))
        let turned = try node(.transpose(permutation: [1, 0]), [keys])
        let scores = try node(.matMul(MatMul()), [queries, turned])
        value = try node(.matMul(MatMul()), [scores, try product(value, width)])
      }
    }
    return value
  }

  private mutating func sequence() throws -> ValueID {
    let (depth, hidden) = (1 + below(300), 1 + below(90))
    let x = input([1 + below(5), 1, depth])
    return try node(
      .recurrent(Recurrent(cell: .lstm(couplesForget: false), reverse: false)),
      [x, weights([1, 4 * hidden, depth]), weights([1, 4 * hidden, hidden]), nil], results: 3)
  }
}
