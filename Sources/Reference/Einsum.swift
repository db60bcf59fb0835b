import Basics
import IR

/// Sums of products, as the equation says.
func einsum(_ equation: String, _ operands: Operands) throws -> Tensor {
  let given = try (0..<operands.count).map { try operands.required($0, "\($0)") }
  guard let type = given.first?.type, given.allSatisfy({ $0.type == type }) else {
    throw Fault("the operands differ in element type")
  }
  let einsum: Einsum
  do throws(Einsum.Fault) {
    einsum = try Einsum(equation, ranks: given.map(\.shape.count))
  } catch {
    throw Fault("\(error.message): \(equation)")
  }
  switch type {
  case .f32: return try sumProducts(Float.self, einsum, given)
  case .f64: return try sumProducts(Double.self, einsum, given)
  case .i8: return try sumProducts(Int8.self, einsum, given)
  case .i16: return try sumProducts(Int16.self, einsum, given)
  case .i32: return try sumProducts(Int32.self, einsum, given)
  case .i64: return try sumProducts(Int64.self, einsum, given)
  case .u8: return try sumProducts(UInt8.self, einsum, given)
  case .u16: return try sumProducts(UInt16.self, einsum, given)
  case .u32: return try sumProducts(UInt32.self, einsum, given)
  case .u64: return try sumProducts(UInt64.self, einsum, given)
  default: throw Fault.unsupported(type, supported: ElementType.numeric)
  }
}

private func sumProducts<T: Arithmetic>(
  _: T.Type, _ einsum: Einsum, _ operands: [Tensor]
) throws -> Tensor {
  var sizes: [Einsum.Label: Int] = [:]
  var order = einsum.result
  for (labels, tensor) in zip(einsum.operands, operands) {
    for (label, size) in zip(labels, tensor.shape) {
      let known = sizes[label]
      guard known == nil || known == size || known == 1 || size == 1 else {
        throw Fault("sizes \(known ?? 0) and \(size) have the same letter")
      }
      if known == nil || known == 1 { sizes[label] = size }
      if !order.contains(label) { order.append(label) }
    }
  }
  let shape = einsum.result.map { sizes[$0] ?? 1 }
  let summed = order[shape.count...].map { sizes[$0] ?? 1 }
  _ = try elementCount(shape + summed, of: .u8)
  // How far each operand moves with each label; a repeated one moves along a diagonal.
  let strides = zip(einsum.operands, operands).map { labels, tensor in
    var moves = [Int](repeating: 0, count: order.count)
    for (axis, stride) in denseStrides(tensor.shape).enumerated() where tensor.shape[axis] != 1 {
      moves[order.firstIndex(of: labels[axis])!] += stride
    }
    return moves
  }
  let elements = operands.map { $0.elements(of: T.self) }
  return try Tensor(filling: shape, of: T.self) { result in
    inParallel(result.count, cost: 4 * product(summed[...])) { range in
      for place in range {
        var starts = [Int](repeating: 0, count: operands.count)
        var rest = place
        for axis in shape.indices.reversed() {
          let index = rest % shape[axis]
          rest /= shape[axis]
          for operand in starts.indices { starts[operand] += index * strides[operand][axis] }
        }
        result[place] = sum(
          T.self, summed, starts, strides.map { Array($0[shape.count...]) }, elements)
      }
    }
  }
}

/// The sum of the products of the elements at `starts` and everywhere from there in `shape`.
private func sum<T: Arithmetic>(
  _: T.Type, _ shape: [Int], _ starts: [Int], _ strides: [[Int]], _ elements: [[T]]
) -> T {
  var total = T.count(0)
  forEachIndex(shape) { index, _ in
    var product = T.count(1)
    for (operand, moves) in strides.enumerated() {
      var offset = starts[operand]
      for (axis, position) in index.enumerated() { offset += position * moves[axis] }
      product = T.product(product, elements[operand][offset])
    }
    total = T.sum(total, product)
  }
  return total
}
