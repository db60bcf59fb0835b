import Basics
import IR

/// The largest or smallest elements along an axis and their positions.
///
/// NaN counts as larger than all numbers.
func topK(axis: Int, largest: Bool, _ operands: Operands) throws -> [Tensor] {
  let x = try operands.required(0, "x")
  let counts = try operands.requiredIntegers(1, "count")
  let axis = try normalized(axis: axis, rank: x.shape.count)
  let size = x.shape[axis]
  guard counts.count == 1, 0...size ~= counts[0] else {
    throw Fault("\(counts) elements cannot be taken of \(size) along axis \(axis)")
  }
  let count = counts[0]
  let inner = product(x.shape[(axis + 1)...])
  var shape = x.shape
  shape[axis] = count
  let isBefore = try comparison(of: x)
  var positions = [Int64](repeating: 0, count: try elementCount(shape, of: .i64))
  var offsets = [Int](repeating: 0, count: positions.count)
  for line in 0..<product(x.shape[..<axis]) * inner {
    let (block, column) = (line / inner, line % inner)
    let start = block * size * inner + column
    let order = (0..<size).sorted {
      let (a, b) = (start + $0 * inner, start + $1 * inner)
      if largest ? isBefore(b, a) : isBefore(a, b) { return true }
      return $0 < $1 && !(largest ? isBefore(a, b) : isBefore(b, a))
    }
    for place in 0..<count {
      let target = (block * count + place) * inner + column
      positions[target] = Int64(order[place])
      offsets[target] = start + order[place] * inner
    }
  }
  let values = try take(x.reshaped([x.count]), axis: 0, offsets).reshaped(shape)
  return [values, Tensor(positions, shape: shape)]
}

/// The different elements or parts of x, where each is first met, which each part is, and how
/// often each is there.
func unique(axis: Int?, isSorted: Bool, _ operands: Operands) throws -> [Tensor] {
  let given = try operands.required(0, "x")
  let x = axis == nil ? given.reshaped([given.count]) : given
  let axis = try normalized(axis: axis ?? 0, rank: x.shape.count)
  let size = x.shape[axis]
  let inner = product(x.shape[(axis + 1)...])
  let outer = product(x.shape[..<axis])
  let isBefore = try comparison(of: x)
  /// −1, 0 or 1 as part a comes before, equals or comes behind part b.
  func order(_ a: Int, _ b: Int) -> Int {
    for block in 0..<outer {
      for column in 0..<inner {
        let (i, j) = ((block * size + a) * inner + column, (block * size + b) * inner + column)
        if isBefore(i, j) { return -1 }
        if isBefore(j, i) { return 1 }
      }
    }
    return 0
  }
  let sorted = (0..<size).sorted {
    let order = order($0, $1)
    return order < 0 || (order == 0 && $0 < $1)
  }
  var firsts: [Int] = []
  var counts: [Int64] = []
  var inverse = [Int64](repeating: 0, count: size)
  for (place, part) in sorted.enumerated() {
    if place == 0 || order(sorted[place - 1], part) != 0 {
      firsts.append(part)
      counts.append(0)
    }
    counts[counts.count - 1] += 1
    inverse[part] = Int64(firsts.count - 1)
  }
  if !isSorted {
    let byPosition = firsts.indices.sorted { firsts[$0] < firsts[$1] }
    var rank = [Int64](repeating: 0, count: firsts.count)
    for (place, index) in byPosition.enumerated() { rank[index] = Int64(place) }
    firsts = byPosition.map { firsts[$0] }
    counts = byPosition.map { counts[$0] }
    inverse = inverse.map { rank[Int($0)] }
  }
  return [
    try take(x, axis: axis, firsts), Tensor(firsts.map(Int64.init), shape: [firsts.count]),
    Tensor(inverse, shape: [size]), Tensor(counts, shape: [counts.count]),
  ]
}

/// The positions of the elements that are not 0, a row for each dimension; if `isPadded`, with as many columns as
/// there are elements.
func nonZero(isPadded: Bool, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  // A scalar is taken for a vector of one element.
  let shape = x.shape.isEmpty ? [1] : x.shape
  var rows = [[Int64]](repeating: [], count: shape.count)
  try cast(x, to: .bool).withElements(of: Bool8.self) { elements in
    forEachIndex(shape) { index, offset in
      guard elements[offset].value else { return }
      for (axis, position) in index.enumerated() { rows[axis].append(Int64(position)) }
    }
  }
  let found = Tensor(rows.flatMap { $0 }, shape: [shape.count, rows[0].count])
  return isPadded ? found.padded(to: [shape.count, x.count]) : found
}

/// The parts of x whose condition is true.
func compress(axis: Int?, _ operands: Operands) throws -> Tensor {
  let given = try operands.required(0, "x")
  guard let condition = try operands.optional(1, "condition", of: .bool) else {
    throw Fault("operand condition is missing")
  }
  let x = axis == nil ? given.reshaped([given.count]) : given
  let axis = try normalized(axis: axis ?? 0, rank: x.shape.count)
  let chosen = condition.elements(of: Bool8.self).enumerated().filter(\.element.value)
    .map(\.offset)
  guard chosen.last ?? -1 < x.shape[axis] else {
    throw Fault("there are \(condition.count) conditions for \(x.shape[axis]) elements")
  }
  return try take(x, axis: axis, chosen)
}

/// A new dimension in which the element that the index names has the second value.
func oneHot(axis: Int, _ operands: Operands) throws -> Tensor {
  let indices = try operands.requiredIntegers(0, "indices")
  let depths = try operands.requiredIntegers(1, "depth")
  let values = try operands.required(2, "values")
  let given = try operands.required(0, "indices").shape
  guard depths.count == 1, 1...largestTensor ~= depths[0] else {
    throw Fault("the depth is \(depths)")
  }
  guard values.shape == [2] else { throw Fault("the values have shape \(text(values.shape))") }
  let depth = depths[0]
  var shape = given
  let axis = try normalized(axis: axis, rank: given.count + 1)
  shape.insert(depth, at: axis)
  let strides = denseStrides(given)
  return try takeFlat(values, shape) { index, _ in
    var offset = 0
    for (position, stride) in strides.enumerated() {
      offset += index[position < axis ? position : position + 1] * stride
    }
    let wanted = indices[offset]
    return (wanted < 0 ? wanted &+ depth : wanted) == index[axis] ? 1 : 0
  }
}

/// Whether the element of `x` at one offset is less than that at another; NaN is not less than
/// anything, and all numbers are less than NaN.
private func comparison(of x: Tensor) throws -> (Int, Int) -> Bool {
  switch x.type {
  case .f64: return floating(x.elements(of: Double.self))
  case let type where type.isFloatingPoint:
    return floating(try cast(x, to: .f32).elements(of: Float.self))
  case .u64:
    let elements = x.elements(of: UInt64.self)
    return { elements[$0] < elements[$1] }
  default:
    let elements = try cast(x, to: .i64).elements(of: Int64.self)
    return { elements[$0] < elements[$1] }
  }
}

private func floating<T: Real>(_ elements: [T]) -> (Int, Int) -> Bool {
  {
    let (a, b) = (elements[$0], elements[$1])
    return a < b || (b != b && a == a)
  }
}
