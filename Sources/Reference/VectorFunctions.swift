import Basics
import CVectors
import IR

// Loops for the vectors of a processor, in C. They do the same to each element as those in Swift.

/// The elements of f32 less than 0 as 0.
func rectified<T: Real>(_ x: Tensor, of _: T.Type) throws -> Tensor {
  guard T.self == Float.self else { return try mapElements(x) { (x: T) in x < 0 ? 0 : x } }
  return try mapRanges(x) { x, count, result in rectify(x, count, result) }
}

/// The elements of f32 cut to `low` and then to `high`.
func clipped(_ x: Tensor, _ low: Float, _ high: Float) throws -> Tensor {
  try mapRanges(x) { x, count, result in clip_elements(x, low, high, count, result) }
}

/// `body` for parts of the elements of `x`, which are of f32 as those of the result.
func mapRanges(
  _ x: Tensor,
  _ body: (UnsafePointer<Float>, _ count: Int, _ results: UnsafeMutablePointer<Float>) -> Void
) throws -> Tensor {
  try Tensor(filling: x.shape, of: Float.self) { results in
    x.withElements(of: Float.self) { x in
      inParallel(x.count, cost: 1) { range in
        body(
          x.baseAddress! + range.lowerBound, range.count, results.baseAddress! + range.lowerBound)
      }
    }
  }
}

/// The results for each pair of elements of `a` and `b`, which broadcast to each other.
func mapPairs<T: Real>(
  _ operation: PairOperation, _ a: Tensor, _ b: Tensor, of _: T.Type
) throws -> Tensor {
  let shape = try broadcastShape(a.shape, b.shape)
  let strides = PairedStrides(
    shape: shape, a: broadcastStrides(a.shape, to: shape), b: broadcastStrides(b.shape, to: shape))
  let steps = (a: strides.rowStrideA, b: strides.rowStrideB)
  guard T.self == Float.self, 0...1 ~= steps.a, 0...1 ~= steps.b else {
    return switch operation {
    case .add: try mapPairs(a, b) { (x: T, y: T) in x + y }
    case .subtract: try mapPairs(a, b) { (x: T, y: T) in x - y }
    case .multiply: try mapPairs(a, b) { (x: T, y: T) in x * y }
    case .divide: try mapPairs(a, b) { (x: T, y: T) in x / y }
    }
  }
  let length = strides.rowLength
  return try Tensor(filling: shape, of: Float.self) { results in
    a.withElements(of: Float.self) { a in
      b.withElements(of: Float.self) { b in
        // A result with elements has operands with elements.
        let (a, b, y) = (a.baseAddress!, b.baseAddress!, results.baseAddress!)
        /// Some of the elements of some of the rows.
        func compute(_ rows: Range<Int>, _ part: Range<Int>) {
          strides.forEachRow(in: rows) { row, offsetA, offsetB in
            operate_on_pairs(
              operation.loop, a + offsetA + part.lowerBound * steps.a, steps.a,
              b + offsetB + part.lowerBound * steps.b, steps.b, part.count,
              y + row * length + part.lowerBound)
          }
        }
        if strides.rowCount == 1 {
          inParallel(length, cost: 1) { compute(0..<1, $0) }
        } else {
          inParallel(strides.rowCount, cost: length) { compute($0, 0..<length) }
        }
      }
    }
  }
}

extension Float {
  static func normalize(
    _ x: UnsafePointer<Float>, _ center: Float, _ slope: Float, _ offset: Float, _ count: Int,
    _ y: UnsafeMutablePointer<Float>
  ) {
    normalize_elements(x, center, slope, offset, count, y)
  }
}

extension Double {
  static func normalize(
    _ x: UnsafePointer<Double>, _ center: Double, _ slope: Double, _ offset: Double, _ count: Int,
    _ y: UnsafeMutablePointer<Double>
  ) {
    for index in 0..<count { y[index] = (x[index] - center) * slope + offset }
  }
}

/// What is done with pairs of elements of floating-point types.
enum PairOperation {
  case add
  case subtract
  case multiply
  case divide

  fileprivate var loop: pair_operation {
    switch self {
    case .add: pairs_add
    case .subtract: pairs_subtract
    case .multiply: pairs_multiply
    case .divide: pairs_divide
    }
  }
}

extension Elementary {
  /// Functions of many numbers at a time, in place, with the same results as those of one.
  enum OfMany {
    case exp
    case sigmoid
    case tanh
    case erf

    /// Replaces numbers by the function of each.
    func callAsFunction(_ x: UnsafeMutableBufferPointer<Double>) {
      switch self {
      case .exp: vector_exp(x.baseAddress, x.count, x.baseAddress)
      case .sigmoid: vector_sigmoid(x.baseAddress, x.count, x.baseAddress)
      case .tanh: vector_tanh(x.baseAddress, x.count, x.baseAddress)
      case .erf: vector_erf(x.baseAddress, x.count, x.baseAddress)
      }
    }
  }
}

/// A function of elements that is made of one of many numbers.
struct CompoundFunction {
  /// What comes before it.
  enum Argument {
    case element
    case product(Double)
    /// 2·u of `gelu`, whose hyperbolic tangent is that of u.
    case geluTangent
  }

  /// What comes after it.
  enum Result {
    case value
    /// x · value.
    case product
    /// x / 2 · (1 + value).
    case gelu
  }

  var argument = Argument.element
  var function: Elementary.OfMany
  var result = Result.value

  /// The function of each element in double precision, rounded once.
  func callAsFunction<T: Real>(_ x: Tensor, of _: T.Type) throws -> Tensor {
    try Tensor(filling: x.shape, of: T.self) { results in
      x.withElements(of: T.self) { x in
        inParallel(x.count, cost: 16) { range in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: 512) { memory in
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 256) {
              let count = min(256, range.upperBound - start)
              let elements = UnsafeMutableBufferPointer(rebasing: memory[256..<256 + count])
              for index in 0..<count { elements[index] = x[start + index].wide }
              let values = UnsafeMutableBufferPointer(rebasing: memory[0..<count])
              prepare(elements, values)
              function(values)
              finish(elements, values)
              for index in 0..<count { results[start + index] = T(rounding: values[index]) }
            }
          }
        }
      }
    }
  }

  private func prepare(
    _ x: UnsafeMutableBufferPointer<Double>, _ values: UnsafeMutableBufferPointer<Double>
  ) {
    switch argument {
    case .element: for i in x.indices { values[i] = x[i] }
    case .product(let factor): for i in x.indices { values[i] = factor * x[i] }
    case .geluTangent:
      let factor = (2 / Double.pi).squareRoot()
      for i in x.indices {
        values[i] = 2 * (factor * (x[i] + 0.044715 * x[i] * x[i] * x[i]))
      }
    }
  }

  private func finish(
    _ x: UnsafeMutableBufferPointer<Double>, _ values: UnsafeMutableBufferPointer<Double>
  ) {
    switch result {
    case .value: break
    case .product: for i in x.indices { values[i] = x[i] * values[i] }
    case .gelu: for i in x.indices { values[i] = x[i] / 2 * (1 + values[i]) }
    }
  }
}

extension UnaryFunction {
  /// The function as one of many numbers, if it is.
  var compound: CompoundFunction? {
    switch self {
    case .exp: CompoundFunction(function: .exp)
    case .sigmoid: CompoundFunction(function: .sigmoid)
    case .tanh: CompoundFunction(function: .tanh)
    case .erf: CompoundFunction(function: .erf)
    case .swish(let alpha):
      CompoundFunction(argument: .product(Double(alpha)), function: .sigmoid, result: .product)
    case .gelu(tanh: false):
      CompoundFunction(argument: .product(0.5.squareRoot()), function: .erf, result: .gelu)
    // ½ · (1 + tanh u), which cancels far below 0, is the logistic function of 2·u.
    case .gelu(tanh: true):
      CompoundFunction(argument: .geluTangent, function: .sigmoid, result: .product)
    default: nil
    }
  }
}
