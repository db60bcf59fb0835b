import Basics
import IR

/// The shape that two operands broadcast to, as numpy does; throws a fault if they do not.
func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
  let rank = max(a.count, b.count)
  let left = [Int](repeating: 1, count: rank - a.count) + a
  let right = [Int](repeating: 1, count: rank - b.count) + b
  return try zip(left, right).map { x, y in
    if x == y || y == 1 { return x }
    guard x == 1 else { throw Fault("shapes \(text(a)) and \(text(b)) do not broadcast") }
    return y
  }
}

/// Whether `shape` broadcasts to `result` as it is.
func broadcasts(_ shape: [Int], to result: [Int]) -> Bool {
  shape.count <= result.count
    && zip(shape.reversed(), result.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
}

/// The strides of a dense tensor of `shape` seen as one of `result`, to which it broadcasts.
func broadcastStrides(_ shape: [Int], to result: [Int]) -> [Int] {
  let missing = [Int](repeating: 0, count: result.count - shape.count)
  return missing + zip(shape, denseStrides(shape)).map { $0 == 1 ? 0 : $1 }
}

/// `operation` of each element of `x`.
@inline(__always)
func mapElements<T: Scalar, R: Scalar>(
  _ x: Tensor, cost: Int = 4, _ operation: (T) -> R
) throws -> Tensor {
  try Tensor(filling: x.shape, of: R.self) { result in
    x.withElements(of: T.self) { x in
      inParallel(x.count, cost: cost) { range in
        for index in range { result[index] = operation(x[index]) }
      }
    }
  }
}

/// `operation` of each pair of elements of `a` and `b`, which broadcast to each other.
@inline(__always)
func mapPairs<A: Scalar, B: Scalar, R: Scalar>(
  _ a: Tensor, _ b: Tensor, cost: Int = 4, _ operation: (A, B) -> R
) throws -> Tensor {
  let shape = try broadcastShape(a.shape, b.shape)
  return try Tensor(filling: shape, of: R.self) { result in
    let strides = PairedStrides(
      shape: shape, a: broadcastStrides(a.shape, to: shape), b: broadcastStrides(b.shape, to: shape)
    )
    let length = strides.rowLength
    let (stepA, stepB) = (strides.rowStrideA, strides.rowStrideB)
    a.withElements(of: A.self) { a in
      b.withElements(of: B.self) { b in
        inParallel(strides.rowCount, cost: cost * length) { rows in
          strides.forEachRow(in: rows) { row, offsetA, offsetB in
            // A result with elements has operands with elements.
            let (a, b) = (a.baseAddress! + offsetA, b.baseAddress! + offsetB)
            let y = result.baseAddress! + row * length
            if stepA == 1 && stepB == 1 {
              for i in 0..<length { y[i] = operation(a[i], b[i]) }
            } else if stepA == 1 && stepB == 0 {
              let value = b[0]
              for i in 0..<length { y[i] = operation(a[i], value) }
            } else {
              for i in 0..<length { y[i] = operation(a[i &* stepA], b[i &* stepB]) }
            }
          }
        }
      }
    }
  }
}

/// Throws a fault if `op` is not defined for the element type of its operand at `index`, `x`.
func requireElements(of x: Tensor, _ op: Op, _ index: Int = 0) throws {
  let elements = op.signature.operands[index].elements
  guard elements.contains(x.type) else { throw Fault.unsupported(x.type, supported: elements) }
}
