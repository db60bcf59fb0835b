import Basics
import IR
import Program
import Reference

extension Emitter {
  /// Writes an operator that only moves elements, to where constant operands say, as one gather.
  ///
  /// The reference moves the numbers of the elements instead of the elements, which gives for each
  /// element of the result the number of the one that it is. `moved` are the operands whose elements
  /// move; their elements are numbered one operand after the other.
  mutating func lowerByTable(moving moved: [Int]) {
    var first = 0
    let operands: [Tensor?] = node.operands.indices.map { index in
      guard moved.contains(index) else { return node.operands[index].flatMap(graph.tensor) }
      let shape = shape(operand(index))
      let count = shape.reduce(1, *)
      defer { first += count }
      return Tensor((first..<first + count).map { Int64($0) }, shape: shape)
    }
    guard let table = try? evaluate(node, operands: operands)[0].elements(of: Int64.self) else {
      return faults.append(
        Diagnostic(
          node: node.name, op: node.op.onnxName, "names elements that are not there",
          supported: "indices within the dimensions"))
    }
    let element = graph[result].type.element
    var source = View(memory(of: operand(moved[0])), shape: [first])
    if moved.count > 1 {
      source = scratch("all", element: element, shape: [first])
      var start = 0
      for index in moved {
        let count = shape(operand(index)).reduce(1, *)
        host(
          .copy, to: source.sliced(0, start: start, count: count),
          from: [View(memory(of: operand(index)), shape: [count])])
        start += count
      }
    }
    let numbers = constant("numbers", table, shape: [table.count])
    let y = View(memory(of: result), shape: [table.count])
    host(.gather, to: (y, 0), from: [(source, 0), (numbers, 1)])
  }

  /// 1 − |index − position|, at least 0, is 1 where the index names the position and 0 elsewhere; it
  /// chooses among the two values.
  mutating func lowerOneHot(_ axis: Int) {
    let shape = shape(result)
    let axis = normalized(axis, rank: shape.count)
    let depth = shape[axis]
    var indices = view(operand(0))
    if indices.axes.isEmpty { indices.axes = [.init(extent: 1, stride: 1)] }
    let given = indices.shape
    func number(_ value: Int, _ emitter: inout Emitter) -> View {
      emitter.constant("number\(value)", [Int64(value)], shape: []).broadcast(to: given)
    }
    let places = scratch("places", element: .i64, shape: given)
    // −1 for what counts from the end, 0 for the others.
    combine(.min, indices, number(0, &self), to: places)
    combine(.max, places, number(-1, &self), to: places)
    combine(.mul, places, number(-depth, &self), to: places)
    combine(.add, places, indices, to: places)
    var spread = places
    if spread.axes.isEmpty { spread.axes = [.init(extent: 1, stride: 1)] }
    spread.loops.insert(.init(count: depth, axis: 0, step: 0), at: axis)
    let positions = constant("positions", (0..<depth).map(Int64.init), shape: [depth])
    var along = positions.broadcast(to: [Int](repeating: 1, count: shape.count - 1) + [depth])
    along = along.transposed(
      (0..<shape.count).map { $0 == axis ? shape.count - 1 : $0 < axis ? $0 : $0 - 1 }
    ).broadcast(to: shape)
    let distance = scratch("distance", element: .i64, shape: shape)
    let opposite = scratch("opposite", element: .i64, shape: shape)
    combine(.sub, spread, along, to: distance)
    combine(.sub, along, spread, to: opposite)
    combine(.max, distance, opposite, to: distance)
    let one = constant("one", [Int64(1)], shape: []).broadcast(to: shape)
    let zero = constant("zero", [Int64(0)], shape: []).broadcast(to: shape)
    combine(.sub, one, distance, to: distance)
    combine(.max, distance, zero, to: distance)
    host(
      .gather, to: (view(result), 0),
      from: [(view(operand(2)), 0), (distance, shape.count)])
  }
}
