import Basics
import IR
import Program

extension Emitter {
  mutating func lowerExpand() {
    host(.copy, to: view(result), from: [view(operand(0)).broadcast(to: shape(result))])
  }

  /// One instruction for each position along the axis.
  mutating func lower(_ cumulative: Cumulative) {
    let shape = shape(result)
    let axis = normalized(integers(operand(1))[0], rank: shape.count)
    let count = shape[axis]
    let x = view(operand(0))
    let y = view(result)
    var previous: Int?
    for step in 0..<count {
      let position = cumulative.reverse ? count - 1 - step : step
      let target = y.sliced(axis, start: position, count: 1)
      defer { previous = position }
      guard let previous else {
        if cumulative.exclusive {
          host(.fill, to: target, from: [], immediates: [cumulative.kind == .sum ? 0 : 1])
        } else {
          host(.cast, to: target, from: [x.sliced(axis, start: position, count: 1)])
        }
        continue
      }
      let source = cumulative.exclusive ? previous : position
      combine(
        cumulative.kind == .sum ? .add : .mul, y.sliced(axis, start: previous, count: 1),
        x.sliced(axis, start: source, count: 1), to: target)
    }
  }

  /// A choice, by a constant, between the elements and 0.
  mutating func lowerTriangle(upper: Bool) {
    let shape = shape(result)
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    let given = optionalOperand(1).map { integers($0)[0] } ?? 0
    let offset = max(-rows, min(given, columns))
    var isKept: [Bool8] = []
    for row in 0..<rows {
      for column in 0..<columns {
        isKept.append(Bool8(upper ? column >= row + offset : column <= row + offset))
      }
    }
    let mask = constant("kept", isKept, shape: [rows, columns])
    let zero = scratch("zero", element: graph[result].type.element, shape: [])
    host(.fill, to: zero, from: [], immediates: [0])
    host(
      .select, to: view(result),
      from: [mask.broadcast(to: shape), view(operand(0)), zero.broadcast(to: shape)])
  }
}
