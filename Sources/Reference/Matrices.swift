import Basics
import IR

/// The determinants of square matrices, the last two dimensions.
func determinant(_ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let shape = x.shape
  guard shape.count >= 2, shape[shape.count - 1] == shape[shape.count - 2] else {
    throw Fault("shape \(text(shape)) is not one of square matrices")
  }
  switch x.type {
  case .f32: return try determinant(Float.self, x, size: shape[shape.count - 1])
  case .f64: return try determinant(Double.self, x, size: shape[shape.count - 1])
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func determinant<T: Real>(_: T.Type, _ x: Tensor, size: Int) throws -> Tensor {
  try Tensor(filling: Array(x.shape.dropLast(2)), of: T.self) { y in
    x.withElements(of: T.self) { x in
      for matrix in y.indices {
        let elements = x[matrix * size * size..<(matrix + 1) * size * size].map(\.wide)
        y[matrix] = T(rounding: determinant(elements, size: size))
      }
    }
  }
}

/// The determinant of a row-major matrix by Gaussian elimination with the largest pivot of a column.
private func determinant(_ elements: [Double], size: Int) -> Double {
  var m = elements
  var result = 1.0
  for column in 0..<size {
    var pivot = column
    for row in column..<size
    where m[row * size + column].magnitude > m[pivot * size + column].magnitude { pivot = row }
    if pivot != column {
      for index in 0..<size { m.swapAt(pivot * size + index, column * size + index) }
      result = -result
    }
    let divisor = m[column * size + column]
    result *= divisor
    if divisor == 0 { return result }
    for row in column + 1..<max(size, column + 1) {
      let factor = m[row * size + column] / divisor
      for index in column..<size {
        m[row * size + index] -= factor * m[column * size + index]
      }
    }
  }
  return result
}

/// Matrices, the last two dimensions, with 0 below or above a diagonal.
func triangle(upper: Bool, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let offsets = try operands.integers(1, "offset") ?? [0]
  guard offsets.count == 1 else { throw Fault("offset has \(offsets.count) elements") }
  guard x.shape.count >= 2 else { throw Fault("shape \(text(x.shape)) is not one of matrices") }
  let rows = x.shape[x.shape.count - 2]
  let columns = x.shape[x.shape.count - 1]
  let offset = max(-rows, min(offsets[0], columns))
  let size = x.type.byteCount
  return try Tensor(filling: x.shape, type: x.type) { result in
    x.bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress, let to = result.baseAddress else { return }
      for row in 0..<x.count / columns {
        let diagonal = max(0, min(row % rows + offset + (upper ? 0 : 1), columns))
        let kept = upper ? diagonal..<columns : 0..<diagonal
        let start = (row * columns + kept.lowerBound) * size
        (to + start).copyMemory(from: from + start, byteCount: kept.count * size)
      }
    }
  }
}

/// A matrix with 1 on a diagonal and the shape of the operand.
func identityMatrix(element: ElementType?, offset: Int, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  guard x.shape.count == 2 else { throw Fault("shape \(text(x.shape)) is not that of a matrix") }
  let type = element ?? x.type
  let (rows, columns) = (x.shape[0], x.shape[1])
  let one = try cast(Tensor(scalar: Float(1)), to: type)
  return try Tensor(filling: x.shape, type: type) { result in
    one.bytes.withUnsafeBytes { one in
      guard let from = one.baseAddress, let to = result.baseAddress else { return }
      for row in 0..<rows {
        let (column, overflow) = row.addingReportingOverflow(offset)
        guard !overflow, (0..<columns).contains(column) else { continue }
        (to + (row * columns + column) * type.byteCount)
          .copyMemory(from: from, byteCount: type.byteCount)
      }
    }
  }
}
