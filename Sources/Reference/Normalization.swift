import Basics

/// (x − mean) · scale / √(variance + epsilon) + bias for each channel, the second dimension of x.
func batchNormalization(epsilon: Float, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let channels = x.shape.count > 1 ? x.shape[1] : 1
  guard !x.shape.isEmpty else { throw Fault("x is a scalar") }
  let parameters = try ["scale", "bias", "mean", "variance"].enumerated().map { index, role in
    let parameter = try operands.required(index + 1, role)
    guard parameter.shape == [channels], parameter.type.isFloatingPoint else {
      throw Fault("\(role) has shape \(text(parameter.shape)), not \(channels)")
    }
    return parameter
  }
  switch x.type {
  case .f32: return try batchNormalization(Float.self, epsilon, x, parameters)
  case .f64: return try batchNormalization(Double.self, epsilon, x, parameters)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func batchNormalization<T: Real>(
  _: T.Type, _ epsilon: Float, _ x: Tensor, _ parameters: [Tensor]
) throws -> Tensor {
  let values = try parameters.map { try cast($0, to: T.elementType).elements(of: T.self) }
  let (bias, mean) = (values[1], values[2])
  let slopes = zip(values[0], values[3]).map { $0 / ($1 + T(epsilon)).squareRoot() }
  let count = x.shape.count > 1 ? product(x.shape[2...]) : x.count
  return try Tensor(filling: x.shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(x.count / count, cost: 2 * count) { planes in
        for plane in planes {
          let channel = plane % slopes.count
          let (slope, center, offset) = (slopes[channel], mean[channel], bias[channel])
          T.normalize(
            x.baseAddress! + plane * count, center, slope, offset, count,
            y.baseAddress! + plane * count)
        }
      }
    }
  }
}
