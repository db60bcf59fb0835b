import Basics
import IR

/// eˣ divided by its sum over the axis, or the logarithm of that, or 1 for the greatest element.
func softmax(_ parameters: Softmax, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  // A scalar counts as one element, as numpy has it.
  let rank = x.shape.count
  let axis = rank == 0 ? 0 : try normalized(axis: parameters.axis, rank: rank)
  let vectors = AxisVectors(x.shape, axis: axis, flattens: parameters.flattens)
  switch x.type {
  case .f32: return try softmax(Float.self, parameters.kind, x, vectors)
  case .f64: return try softmax(Double.self, parameters.kind, x, vectors)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func softmax<T: Real>(
  _: T.Type, _ kind: Softmax.Kind, _ x: Tensor, _ vectors: AxisVectors
) throws -> Tensor {
  try Tensor(filling: x.shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(vectors.count, cost: 32 * vectors.length) { range in
        let powers = UnsafeMutableBufferPointer<Double>.allocate(capacity: vectors.length)
        defer { powers.deallocate() }
        for vector in range {
          let start = vectors.start(vector)
          let indices = stride(
            from: start, to: start + vectors.length * vectors.stride, by: vectors.stride)
          var largest = -T.infinity
          for index in indices { largest = T.larger(largest, x[index]) }
          if kind == .hardmax {
            // Of equal elements, the first; of NaN as well.
            if let index = indices.first(where: { x[$0] == largest || x[$0] != x[$0] }) {
              y[index] = 1
            }
            continue
          }
          var sum: T = 0
          for (number, index) in indices.enumerated() {
            powers[number] = (x[index] - largest).wide
          }
          Elementary.OfMany.exp(powers)
          for (number, index) in indices.enumerated() {
            y[index] = T(rounding: powers[number])
            sum += y[index]
          }
          if kind == .logSoftmax {
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
