import Basics
import IR
import Program

// Operators that take or put elements where indices of run time say. The indices become numbers of
// elements, or of parts, in row-major order.

extension Emitter {
  mutating func lowerIndexing(_ movement: Movement) {
    let isConstant = graph[operand(1)].constant != nil
    switch (movement, isConstant) {
    case (.gatherElements, true), (.gatherND, true): lowerByTable(moving: [0])
    case (.scatterElements(_, .replace), true), (.scatterND(.replace), true):
      lowerByTable(moving: [0, 2])
    case (.gatherElements(let axis), _):
      let places = elementPlaces(along: axis, of: operand(0), view(operand(1)))
      gather(from: operand(0), at: places, length: 1, to: result)
    case (.gatherND(let count), _):
      let (places, length) = partPlaces(count, of: operand(0))
      gather(from: operand(0), at: places, length: length, to: result)
    case (.scatterElements(let axis, let reduction), _):
      let places = elementPlaces(along: axis, of: operand(0), view(operand(1)))
      scatter(reduction, at: places, length: 1)
    case (.scatterND(let reduction), _):
      let (places, length) = partPlaces(0, of: operand(0))
      scatter(reduction, at: places, length: length)
    default: preconditionFailure("\(movement) is lowered elsewhere")
    }
  }

  /// The positions come from sorting, the elements from gathering them.
  mutating func lowerTopK(_ axis: Int, largest: Bool) {
    let shape = shape(operand(0))
    let positions = view(node.results[1])
    let axis = normalized(axis, rank: shape.count)
    let order = shape.indices.filter { $0 != axis } + [axis]
    let function = largest ? SortFunction.descending : .ascending
    host(
      .sort, function: function.rawValue, to: (positions.transposed(order), 1),
      from: [(view(operand(0)).transposed(order), 1)])
    let places = elementPlaces(along: axis, of: operand(0), positions)
    gather(from: operand(0), at: places, length: 1, to: result)
  }

  /// The parts of `length` elements of `data` whose numbers `places` holds.
  private mutating func gather(
    from data: ValueID, at places: View, length: Int, to result: ValueID
  ) {
    host(
      .gather, to: (parts(of: result, length), 1),
      from: [(parts(of: data, length), 1), (places, places.loops.count)])
  }

  /// Copies the first operand, and puts the parts of the third where `places` says.
  private mutating func scatter(_ reduction: ScatterReduction, at places: View, length: Int) {
    let element = graph[result].type.element
    guard reduction != .replace, element.isFloatingPoint, element != .f32 else {
      host(.copy, to: view(result), from: [view(operand(0))])
      return put(
        parts(of: operand(2), length), reduction, at: places, into: parts(of: result, length))
    }
    // Only the result is rounded to its type, not each of several updates of one element.
    let wide = scratch("wide", element: .f32, shape: shape(result))
    let updates = scratch("updates", element: .f32, shape: shape(operand(2)))
    host(.cast, to: wide, from: [view(operand(0))])
    host(.cast, to: updates, from: [view(operand(2))])
    put(
      parts(in: updates.buffer, of: operand(2), length), reduction, at: places,
      into: parts(in: wide.buffer, of: result, length))
    host(.cast, to: view(result), from: [wide])
  }

  /// Adds a `scatter` instruction of parts of two memories.
  private mutating func put(
    _ updates: View, _ reduction: ScatterReduction, at places: View, into target: View
  ) {
    guard !updates.isEmpty else { return }
    let function: ScatterFunction =
      switch reduction {
      case .replace: .replace
      case .add: .add
      case .mul: .mul
      case .max: .max
      case .min: .min
      }
    host(
      .scatter, function: function.rawValue, to: (target, 1),
      from: [(updates, 1), (places, places.loops.count)])
  }

  /// A value as parts of `length` elements.
  private mutating func parts(of value: ValueID, _ length: Int) -> View {
    parts(in: memory(of: value), of: value, length)
  }

  /// A memory of the size of a value as parts of `length` elements.
  private func parts(in memory: BufferID, of value: ValueID, _ length: Int) -> View {
    let count = shape(value).reduce(1, *)
    return View(memory, shape: [length == 0 ? 0 : count / length, length])
  }

  /// The number in `data` of the element that each index names along `axis`, the other coordinates
  /// being those of the index itself.
  private mutating func elementPlaces(along axis: Int, of data: ValueID, _ indices: View) -> View {
    let shape = shape(data)
    let axis = normalized(axis, rank: shape.count)
    let strides = view(data).axes.map(\.stride)
    let places = named(indices, size: shape[axis], stride: strides[axis], "index")
    for other in shape.indices where other != axis {
      addCoordinate(other, stride: strides[other], to: places)
    }
    return places
  }

  /// The number in `data` of the part that each vector of the second operand names, and the number of
  /// elements of a part.
  private mutating func partPlaces(_ batchDimensions: Int, of data: ValueID) -> (View, Int) {
    let shape = shape(data)
    let indices = view(operand(1))
    let depth = indices.shape[indices.loops.count - 1]
    let rank = batchDimensions + depth
    let length = shape[rank...].reduce(1, *)
    let strides = View(memory(of: data), shape: Array(shape[..<rank])).axes.map(\.stride)
    let places = scratch("places", element: .i64, shape: Array(indices.shape.dropLast()))
    host(.fill, to: places, from: [], immediates: [0])
    for position in 0..<depth {
      var component = indices.sliced(indices.loops.count - 1, start: position, count: 1)
      component.loops.removeLast()
      let axis = batchDimensions + position
      let moved = named(component, size: shape[axis], stride: strides[axis], "index\(position)")
      combine(.add, places, moved, to: places)
    }
    for axis in 0..<batchDimensions { addCoordinate(axis, stride: strides[axis], to: places) }
    return (places, length)
  }

  /// Index · stride of each index, from a table: so those that are negative count from the end, and
  /// one that names nothing stops the run.
  private mutating func named(_ indices: View, size: Int, stride: Int, _ name: String) -> View {
    let table = constant("\(name)·table", (0..<size).map { Int64($0 * stride) }, shape: [size])
    let places = scratch("\(name)·places", element: .i64, shape: indices.shape)
    guard size > 0 else { return places }
    host(.gather, to: (places, 0), from: [(table, 0), (indices, indices.loops.count)])
    return places
  }

  /// Adds coordinate · stride along a dimension.
  private mutating func addCoordinate(_ axis: Int, stride: Int, to places: View) {
    let count = places.shape[axis]
    guard count > 1 else { return }
    let trailing = [Int](repeating: 1, count: places.shape.count - axis - 1)
    let along = constant(
      "along\(axis)", (0..<count).map { Int64($0 * stride) }, shape: [count] + trailing)
    combine(.add, places, along, to: places)
  }
}
