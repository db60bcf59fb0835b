import Basics
import IR
import Program
import Reference

extension Emitter {
  /// A product with the matrix of the transform, whose columns are what the reference makes of each
  /// element alone.
  mutating func lowerFourier() {
    let (x, y) = (shape(operand(0)), shape(result))
    let rank = x.count
    let axis = normalized(optionalOperand(2).map { integers($0)[0] } ?? -2, rank: rank)
    let inside = [x[axis], x[rank - 1]]
    let outside = [y[axis], y[rank - 1]]
    let count = inside[0] * inside[1]
    var identity = [Float](repeating: 0, count: count * count)
    for index in 0..<count { identity[index * count + index] = 1 }
    let basis = Tensor(identity, shape: [count] + inside)
    let length = optionalOperand(1).flatMap { graph.tensor(of: $0) }
    guard
      let columns = try? evaluate(
        node, operands: [basis, length, Tensor([Int64(1)], shape: [1])])[0]
    else {
      return faults.append(
        Diagnostic(
          node: node.name, op: node.op.onnxName, "has a length that cannot be transformed",
          supported: "lengths of at least 1"))
    }
    let others = x.indices.filter { $0 != axis && $0 != rank - 1 }
    var source = view(operand(0)).transposed(others + [axis, rank - 1])
    source.loops.insert(
      contentsOf: outside.map { .init(count: $0, axis: 0, step: 0) }, at: others.count)
    let matrix = constant("matrix", columns.reshaped(inside + outside)).transposed([2, 3, 0, 1])
    host(
      .contract, to: (view(result).transposed(others + [axis, rank - 1]), 0),
      from: [(source, 2), (matrix.broadcast(to: source.shape), 2)])
  }
}
