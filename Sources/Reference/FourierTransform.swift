import Basics
import IR

/// The discrete Fourier transform of x along an axis; sums are in double precision.
func fourier(_ parameters: Fourier, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  switch x.type {
  case .f32: return try fourier(Float.self, parameters, x, operands)
  case .f64: return try fourier(Double.self, parameters, x, operands)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func fourier<T: Real>(
  _: T.Type, _ parameters: Fourier, _ x: Tensor, _ operands: Operands
) throws -> Tensor {
  let rank = x.shape.count
  let axis = try normalized(axis: operands.integers(2, "axis")?.first ?? -2, rank: rank)
  guard rank >= 2, axis < rank - 1, let parts = x.shape.last, parts == 1 || parts == 2 else {
    throw Fault("shape \(text(x.shape)) has no numbers to transform along axis \(axis)")
  }
  let (isInverse, isOneSided) = (parameters.isInverse, parameters.isOneSided)
  let size = x.shape[axis]
  let length =
    try operands.integers(1, "length")?.first
    ?? (isInverse && isOneSided ? 2 * (size - 1) : size)
  guard length >= 1, length <= Int(Int32.max) else { throw Fault("there are \(length) elements") }
  var shape = x.shape
  shape[axis] = isOneSided && !isInverse ? length / 2 + 1 : length
  shape[rank - 1] = isInverse && isOneSided ? 1 : 2
  _ = try elementCount(shape, of: x.type)
  let inner = x.shape[(axis + 1)..<(rank - 1)].reduce(1, *)
  let (count, results) = (shape[axis], shape[rank - 1])
  // One turn in `length` steps.
  let turn = (0..<length).map { step in
    let angle = 2 * Double.pi * Double(step) / Double(length)
    return (cos: Elementary.cos(angle), sin: Elementary.sin(angle))
  }
  // Of half a spectrum, the elements between its ends stand for their mirrors, too.
  let terms = min(size, isInverse && isOneSided ? length / 2 + 1 : length)
  let mirrored = isInverse && isOneSided ? 1..<(length + 1) / 2 : 0..<0
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      for line in 0..<(y.count / max(count * inner * results, 1)) * inner {
        let (outer, offset) = (line / inner, line % inner)
        for k in 0..<count {
          var (real, imaginary) = (0.0, 0.0)
          for index in 0..<terms {
            let place = ((outer * size + index) * inner + offset) * parts
            let (a, b) = (x[place].wide, parts == 2 ? x[place + 1].wide : 0)
            let (cos, sin) = turn[(index * k) % length]
            let direction = isInverse ? sin : -sin
            let weight = mirrored.contains(index) ? 2.0 : 1.0
            real += weight * (a * cos - b * direction)
            imaginary += weight * (a * direction + b * cos)
          }
          let scale = isInverse ? 1 / Double(length) : 1
          let place = ((outer * count + k) * inner + offset) * results
          y[place] = T(rounding: real * scale)
          if results == 2 { y[place + 1] = T(rounding: imaginary * scale) }
        }
      }
    }
  }
}
