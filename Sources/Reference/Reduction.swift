import Basics
import IR

/// The mean of x over the axes that the second operand names, or over all.
func reduce(_ parameters: Reduce, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let given = try operands.integers(1, "axes") ?? []
  if given.isEmpty && parameters.emptyIsIdentity { return x }
  let axes = try normalized(
    axes: given.isEmpty ? Array(x.shape.indices) : given, rank: x.shape.count)
  let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
  let means: Tensor
  switch x.type {
  case .f32: means = try mean(Float.self, x, kept)
  case .f64: means = try mean(Double.self, x, kept)
  case .i32: means = try mean(Int32.self, x, kept)
  case .i64: means = try mean(Int64.self, x, kept)
  case .u32: means = try mean(UInt32.self, x, kept)
  case .u64: means = try mean(UInt64.self, x, kept)
  default: throw Fault.unsupported(x.type, supported: ElementType.products)
  }
  if parameters.keepsDimensions { return means }
  return means.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
}

/// The mean over the dimensions of which `shape` keeps 1, summed in the order of the elements.
private func mean<T: Arithmetic>(_: T.Type, _ x: Tensor, _ shape: [Int]) throws -> Tensor {
  try Tensor(filling: shape, of: T.self) { sums in
    let count = x.count / sums.count
    guard count > 0 || !T.elementType.isInteger else {
      throw Fault("integers of shape \(text(x.shape)) have no mean")
    }
    // A floating-point mean of nothing is NaN.
    if count == 0 { return sums.update(repeating: T.quotient(0, 0)) }
    let strides = PairedStrides(
      shape: x.shape, a: denseStrides(x.shape), b: broadcastStrides(shape, to: x.shape))
    x.withElements(of: T.self) { x in
      strides.forEachRow(in: 0..<strides.rowCount) { _, offset, position in
        let (row, target) = (x.baseAddress! + offset, sums.baseAddress! + position)
        if strides.rowStrideB == 0 {
          var sum = target[0]
          for index in 0..<strides.rowLength { sum = T.sum(sum, row[index]) }
          target[0] = sum
        } else {
          for index in 0..<strides.rowLength { target[index] = T.sum(target[index], row[index]) }
        }
      }
    }
    for index in sums.indices { sums[index] = T.quotient(sums[index], T.count(count)) }
  }
}
