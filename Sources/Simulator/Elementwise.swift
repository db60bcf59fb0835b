import Basics
import Program

// Kernels over dense arrays. The switch over the function is outside the loops, so that each loop
// becomes vector code.

/// `map` of `count` elements.
func map(
  _ function: MapFunction, _ x: Float, _ y: Float, _ from: UnsafePointer<Float>,
  _ to: UnsafeMutablePointer<Float>, _ count: Int
) {
  switch function {
  case .affine: for i in 0..<count { to[i] = x * from[i] + y }
  case .clip:
    for i in 0..<count {
      let raised = from[i] < x ? x : from[i]
      to[i] = raised > y ? y : raised
    }
  case .leaky: for i in 0..<count { to[i] = from[i] < 0 ? x * from[i] : from[i] }
  case .exp: for i in 0..<count { to[i] = Float(exponential(Double(from[i]))) }
  case .log: for i in 0..<count { to[i] = logarithm(from[i]) }
  case .tanh: for i in 0..<count { to[i] = hyperbolicTangent(from[i]) }
  case .round: for i in 0..<count { to[i] = from[i].rounded(.toNearestOrEven) }
  case .sigmoid: for i in 0..<count { to[i] = logistic(from[i]) }
  case .abs: for i in 0..<count { to[i] = from[i].magnitude }
  case .sign: for i in 0..<count { to[i] = from[i] > 0 ? 1 : (from[i] < 0 ? -1 : from[i]) }
  case .floor: for i in 0..<count { to[i] = from[i].rounded(.down) }
  case .ceil: for i in 0..<count { to[i] = from[i].rounded(.up) }
  case .sqrt: for i in 0..<count { to[i] = from[i].squareRoot() }
  case .erf: for i in 0..<count { to[i] = errorFunction(from[i]) }
  case .sin: for i in 0..<count { to[i] = sine(from[i], quarterTurns: 0) }
  case .cos: for i in 0..<count { to[i] = sine(from[i], quarterTurns: 1) }
  case .atan: for i in 0..<count { to[i] = arctangent(from[i]) }
  }
}

/// The larger of two values; NaN if one of them is.
@inline(__always) func larger(_ a: Float, _ b: Float) -> Float { a > b || a != a ? a : b }

/// The smaller of two values; NaN if one of them is.
@inline(__always) func smaller(_ a: Float, _ b: Float) -> Float { a < b || a != a ? a : b }

/// `zip` of `count` pairs of floating elements.
func zip(
  _ function: ZipFunction, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  _ to: UnsafeMutablePointer<Float>, _ count: Int
) {
  switch function {
  case .add: for i in 0..<count { to[i] = a[i] + b[i] }
  case .sub: for i in 0..<count { to[i] = a[i] - b[i] }
  case .mul: for i in 0..<count { to[i] = a[i] * b[i] }
  case .div: for i in 0..<count { to[i] = a[i] / b[i] }
  case .max: for i in 0..<count { to[i] = larger(a[i], b[i]) }
  case .min: for i in 0..<count { to[i] = smaller(a[i], b[i]) }
  case .leaky: for i in 0..<count { to[i] = a[i] < 0 ? a[i] * b[i] : a[i] }
  case .pow: for i in 0..<count { to[i] = power(a[i], b[i]) }
  case .mod: for i in 0..<count { to[i] = flooredRemainder(a[i], b[i]) }
  case .rem: for i in 0..<count { to[i] = a[i].truncatingRemainder(dividingBy: b[i]) }
  case .equal, .less, .and, .or, .xor, .left, .right:
    preconditionFailure("\(function) gives no floating element")
  }
}

/// A comparison of `count` pairs of floating elements.
func compare(
  _ function: ZipFunction, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  _ to: UnsafeMutablePointer<Int64>, _ count: Int
) {
  if function == .equal {
    for i in 0..<count { to[i] = a[i] == b[i] ? 1 : 0 }
  } else {
    for i in 0..<count { to[i] = a[i] < b[i] ? 1 : 0 }
  }
}

/// `zip` of `count` pairs of integers, modulo 2⁶⁴; u64 are bit patterns.
func zip(
  _ function: ZipFunction, isUnsigned: Bool, _ a: UnsafePointer<Int64>, _ b: UnsafePointer<Int64>,
  _ to: UnsafeMutablePointer<Int64>, _ count: Int
) throws(RunFault) {
  // Flipping the sign bits orders bit patterns as the unsigned numbers that they stand for.
  let flip = isUnsigned ? Int64.min : 0
  switch function {
  case .add: for i in 0..<count { to[i] = a[i] &+ b[i] }
  case .sub: for i in 0..<count { to[i] = a[i] &- b[i] }
  case .mul: for i in 0..<count { to[i] = a[i] &* b[i] }
  case .div:
    for i in 0..<count {
      guard b[i] != 0 else { throw RunFault("an integer is divided by 0") }
      to[i] =
        isUnsigned
        ? Int64(bitPattern: UInt64(bitPattern: a[i]) / UInt64(bitPattern: b[i]))
        : a[i].dividedReportingOverflow(by: b[i]).partialValue
    }
  case .max: for i in 0..<count { to[i] = a[i] ^ flip > b[i] ^ flip ? a[i] : b[i] }
  case .min: for i in 0..<count { to[i] = a[i] ^ flip < b[i] ^ flip ? a[i] : b[i] }
  case .leaky:
    for i in 0..<count { to[i] = !isUnsigned && a[i] < 0 ? a[i] &* b[i] : a[i] }
  case .pow: for i in 0..<count { to[i] = try power(a[i], b[i], isUnsigned: isUnsigned) }
  case .mod, .rem:
    for i in 0..<count {
      guard b[i] != 0 else { throw RunFault("an integer is divided by 0") }
      let rest =
        isUnsigned
        ? Int64(bitPattern: UInt64(bitPattern: a[i]) % UInt64(bitPattern: b[i]))
        : a[i].remainderReportingOverflow(dividingBy: b[i]).partialValue
      let floors = function == .mod && !isUnsigned && rest != 0 && (rest < 0) != (b[i] < 0)
      to[i] = floors ? rest &+ b[i] : rest
    }
  case .equal: for i in 0..<count { to[i] = a[i] == b[i] ? 1 : 0 }
  case .less: for i in 0..<count { to[i] = a[i] ^ flip < b[i] ^ flip ? 1 : 0 }
  case .and: for i in 0..<count { to[i] = a[i] & b[i] }
  case .or: for i in 0..<count { to[i] = a[i] | b[i] }
  case .xor: for i in 0..<count { to[i] = a[i] ^ b[i] }
  case .left: for i in 0..<count { to[i] = (0..<64).contains(b[i]) ? a[i] &<< b[i] : 0 }
  case .right:
    for i in 0..<count {
      let isWithin = (0..<64).contains(b[i])
      to[i] =
        isUnsigned
        ? (isWithin ? Int64(bitPattern: UInt64(bitPattern: a[i]) &>> UInt64(b[i])) : 0)
        : a[i] &>> (isWithin ? b[i] : 63)
    }
  }
}

extension Machine {
  /// Runs a `cast`: floating to integer without the fraction, cut to the range; integer to integer
  /// modulo its width; to bool whether it is not 0; to floating the nearest f32, to f8e5m2 its largest
  /// number for an infinity of another type.
  func cast(_ target: Walk, _ source: Walk, _ iteration: Int) {
    let element = target.memory.element
    switch (source.memory.isFloating, target.memory.isFloating) {
    case (true, true):
      unary(target, source, iteration) { (from: UnsafePointer<Float>, to, count) in
        (to as UnsafeMutablePointer<Float>).update(from: from, count: count)
        guard element == .f8e5m2, source.memory.element != element, let format = element.format
        else { return }
        let largest = format.greatestFiniteMagnitude
        for i in 0..<count where to[i].isInfinite { to[i] = to[i] < 0 ? -largest : largest }
      }
    case (true, false):
      unary(target, source, iteration) { (from: UnsafePointer<Float>, to, count) in
        for i in 0..<count { to[i] = saturated(from[i], to: element) as Int64 }
      }
    case (false, true):
      let isUnsigned = source.memory.element == .u64
      unary(target, source, iteration) { (from: UnsafePointer<Int64>, to, count) in
        for i in 0..<count {
          to[i] = isUnsigned ? Float(UInt64(bitPattern: from[i])) : Float(from[i])
        }
      }
    case (false, false):
      unary(target, source, iteration) { (from: UnsafePointer<Int64>, to, count) in
        (to as UnsafeMutablePointer<Int64>).update(from: from, count: count)
      }
    }
  }
}
