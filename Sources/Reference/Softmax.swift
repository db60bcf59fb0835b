import Basics
import IR

/// eˣ divided by its sum over the axis, or the logarithm of that.
func softmax(_ parameters: Softmax, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let rank = x.shape.count
  // A scalar counts as one element, as numpy has it.
  let axis = rank == 0 ? 0 : try normalized(axis: parameters.axis, rank: rank)
  let length = parameters.flattens ? product(x.shape[axis...]) : rank == 0 ? 1 : x.shape[axis]
  let inner = parameters.flattens || rank == 0 ? 1 : product(x.shape[(axis + 1)...])
  switch x.type {
  case .f32: return try softmax(Float.self, parameters, x, length: length, inner: inner)
  case .f64: return try softmax(Double.self, parameters, x, length: length, inner: inner)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func softmax<T: Real>(
  _: T.Type, _ parameters: Softmax, _ x: Tensor, length: Int, inner: Int
) throws -> Tensor {
  try Tensor(filling: x.shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(x.count / length, cost: 64 * length) { vectors in
        for vector in vectors {
          let start = vector / inner * inner * length + vector % inner
          let indices = stride(from: start, to: start + length * inner, by: inner)
          var largest = -T.infinity
          for index in indices { largest = T.larger(largest, x[index]) }
          var sum: T = 0
          for index in indices {
            y[index] = T(rounding: Elementary.exp((x[index] - largest).wide))
            sum += y[index]
          }
          if parameters.log {
            let logarithm = T(rounding: Elementary.log(sum.wide))
            for index in indices { y[index] = x[index] - largest - logarithm }
          } else {
            for index in indices { y[index] /= sum }
          }
        }
      }
    }
  }
}
