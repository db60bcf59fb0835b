import Basics
import IR
import Program
import Reference

extension Emitter {
  mutating func lower(_ function: UnaryFunction) {
    let x = view(operand(0))
    let y = view(result)
    switch function {
    case .identity: host(.copy, to: y, from: [x])
    case .not: combine(.xor, x, truth, to: y)
    case .bitwiseNot: combine(.xor, x, number(-1), to: y)
    case .isNaN:
      combine(.equal, x, x, to: y)
      combine(.xor, y, truth, to: y)
    case .isInfinite(let negative, let positive): infinite(x, to: y, negative, positive)
    case .negate: combine(.mul, x, number(-1), to: y)
    case .relu where !isFloating(x): combine(.max, x, number(0), to: y)
    case .relu: apply(.clip, x, to: y, 0, .infinity)
    case .abs where !isFloating(x):
      // An unsigned number is its own magnitude, and less than its negative.
      guard element(of: x).isSignedInteger else { return host(.copy, to: y, from: [x]) }
      combine(.mul, x, number(-1), to: y)
      combine(.max, x, y, to: y)
    case .sign where !isFloating(x):
      combine(.min, x, number(1), to: y)
      if element(of: x).isSignedInteger { combine(.max, y, number(-1), to: y) }
    case .shrink(let bias, let lambda) where !isFloating(x):
      shrinkIntegers(x, to: y, bias, lambda)
    default: inFloats(x, to: y) { emitter, x, y in emitter.lower(function, of: x, to: y) }
    }
  }

  /// x where it is beyond ±lambda, nearer to 0 by the bias without its fraction, and 0 elsewhere; a bias is
  /// 0 unless f32 has all the numbers of the type.
  private mutating func shrinkIntegers(_ x: View, to y: View, _ bias: Float, _ lambda: Float) {
    let element = element(of: x)
    let range = element.integerRange ?? 0...0
    let isOutside = scratch("outside", element: .bool, shape: x.shape)
    let isBelow = scratch("below", element: .bool, shape: x.shape)
    // x > λ and x < −λ, of integers.
    let (high, low) = (lambda.rounded(.down), (-lambda).rounded(.up))
    func compare(_ target: View, always: Bool, never: Bool, _ body: (inout Emitter) -> Void) {
      if always || never {
        host(.fill, to: target, from: [], immediates: [always ? 1 : 0])
      } else {
        body(&self)
      }
    }
    compare(
      isOutside, always: high < Float(range.lowerBound), never: high >= Float(range.upperBound)
    ) { $0.combine(.less, $0.number(Int64(high), element), x, to: isOutside) }
    compare(
      isBelow, always: low > Float(range.upperBound), never: low <= Float(range.lowerBound)
    ) { $0.combine(.less, x, $0.number(Int64(low), element), to: isBelow) }
    combine(.or, isOutside, isBelow, to: isOutside)
    var value = x
    if bias != 0 {
      value = scratch("value", element: element, shape: x.shape)
      let wide = scratch("wide", element: .f32, shape: x.shape)
      let rest = scratch("rest", element: .f32, shape: x.shape)
      let sign = scratch("sign", element: .f32, shape: x.shape)
      host(.cast, to: wide, from: [x])
      apply(.affine, wide, to: sign, 2, 1)
      apply(.clip, sign, to: sign, -1, 1)
      apply(.abs, wide, to: wide)
      // What is left of the magnitude loses its fraction without being rounded: it is the greater of
      // |x| − ⌈bias⌉ and, where that is negative, |x| − ⌊bias⌋.
      apply(.affine, wide, to: rest, 1, -bias.rounded(.down))
      apply(.clip, rest, to: rest, -.infinity, 0)
      apply(.affine, wide, to: wide, 1, -bias.rounded(.up))
      combine(.max, wide, rest, to: wide)
      combine(.mul, wide, sign, to: wide)
      host(.cast, to: value, from: [wide])
    }
    host(.select, to: y, from: [isOutside, value, number(0).broadcast(to: x.shape)])
  }

  private mutating func infinite(_ x: View, to y: View, _ negative: Bool, _ positive: Bool) {
    let infinities: [Double] = (negative ? [-.infinity] : []) + (positive ? [.infinity] : [])
    guard let first = infinities.first else {
      return host(.fill, to: y, from: [], immediates: [0])
    }
    combine(.equal, x, constant("infinity", [Float(first)], shape: []), to: y)
    for other in infinities.dropFirst() {
      let also = scratch("infinity", element: .bool, shape: y.shape)
      combine(.equal, x, constant("infinity", [Float(other)], shape: []), to: also)
      combine(.or, y, also, to: y)
    }
  }

  mutating func lower(_ function: BinaryFunction) {
    let shape = shape(result)
    let a = view(operand(0)).broadcast(to: shape)
    let b = view(operand(1)).broadcast(to: shape)
    let y = view(result)
    switch function {
    case .add: combine(.add, a, b, to: y)
    case .sub: combine(.sub, a, b, to: y)
    case .mul: combine(.mul, a, b, to: y)
    case .div: combine(.div, a, b, to: y)
    case .max: combine(.max, a, b, to: y)
    case .min: combine(.min, a, b, to: y)
    case .prelu: combine(.leaky, a, b, to: y)
    case .mod: combine(.mod, a, b, to: y)
    case .fmod: combine(.rem, a, b, to: y)
    case .equal: combine(.equal, a, b, to: y)
    case .less: combine(.less, a, b, to: y)
    case .greater: combine(.less, b, a, to: y)
    case .lessOrEqual: combineOrEqual(a, b, to: y)
    case .greaterOrEqual: combineOrEqual(b, a, to: y)
    case .and, .bitwiseAnd: combine(.and, a, b, to: y)
    case .or, .bitwiseOr: combine(.or, a, b, to: y)
    case .xor, .bitwiseXor: combine(.xor, a, b, to: y)
    case .shiftLeft: combine(.left, a, b, to: y)
    case .shiftRight: combine(.right, a, b, to: y)
    case .pow: power(a, b, to: y)
    }
  }

  /// a ≤ b, which is false of NaN.
  private mutating func combineOrEqual(_ a: View, _ b: View, to y: View) {
    let equal = scratch("equal", element: .bool, shape: y.shape)
    combine(.equal, a, b, to: equal)
    combine(.less, a, b, to: y)
    combine(.or, y, equal, to: y)
  }

  /// a to the power of b, which may be of another type; of integers to whole powers only.
  private mutating func power(_ a: View, _ b: View, to y: View) {
    if element(of: a) == element(of: b) || isFloating(a) && isFloating(b) {
      return combine(.pow, a, b, to: y)
    }
    func cast(_ x: View, _ suffix: String, _ element: ElementType) -> View {
      let copy = scratch(suffix, element: element, shape: y.shape)
      host(.cast, to: copy, from: [x])
      return copy
    }
    guard isFloating(a) else {
      // Modulo 2⁶⁴, whatever the width.
      let wide: ElementType = isFloating(b) || element(of: b).isSignedInteger ? .i64 : .u64
      let (base, exponent) = (cast(a, "base", wide), cast(b, "exponent", wide))
      combine(.pow, base, exponent, to: base)
      return host(.cast, to: y, from: [base])
    }
    guard element(of: b).byteCount > 2, !isExactInSinglePrecision(operand(1)) else {
      return combine(.pow, a, cast(b, "exponent", .f32), to: y)
    }
    // An f32 has not all exponents, and whether they are odd counts: the lowest bits have a power of their
    // own.
    let rest = scratch("rest", element: element(of: b), shape: y.shape)
    let whole = scratch("whole", element: element(of: b), shape: y.shape)
    combine(.rem, b, number(1 << 12, element(of: b)), to: rest)
    combine(.sub, b, rest, to: whole)
    let (first, second) = (cast(whole, "exponent", .f32), cast(rest, "rest·exponent", .f32))
    combine(.pow, a, first, to: first)
    combine(.pow, a, second, to: second)
    combine(.mul, first, second, to: y)
  }

  /// Whether a value is a constant of integers that an f32 has.
  private func isExactInSinglePrecision(_ value: ValueID) -> Bool {
    guard let tensor = graph.tensor(of: value) else { return false }
    func fits<T: FixedWidthInteger & Scalar>(_: T.Type) -> Bool {
      tensor.elements(of: T.self).allSatisfy { $0.magnitude <= 1 << 24 }
    }
    switch tensor.type {
    case .i32: return fits(Int32.self)
    case .u32: return fits(UInt32.self)
    case .i64: return fits(Int64.self)
    case .u64: return fits(UInt64.self)
    default: return false
    }
  }

  mutating func lowerClip() {
    let shape = shape(result)
    var x = view(operand(0))
    let y = view(result)
    if let low = optionalOperand(1) {
      combine(.max, x, view(low).broadcast(to: shape), to: y)
      x = y
    }
    if let high = optionalOperand(2) {
      combine(.min, x, view(high).broadcast(to: shape), to: y)
      x = y
    }
    if x.buffer != y.buffer { host(.copy, to: y, from: [x]) }
  }

  mutating func lowerSelect() {
    let shape = shape(result)
    let operands = (0..<3).map { view(operand($0)).broadcast(to: shape) }
    host(.select, to: view(result), from: operands)
  }

  // MARK: Pieces of code

  /// Adds a `map` instruction.
  mutating func apply(
    _ function: MapFunction, _ x: View, to y: View, _ first: Float = 0, _ second: Float = 0
  ) {
    host(
      .map, function: function.rawValue, to: y, from: [x], immediates: [first, second])
  }

  /// Adds a `zip` instruction over views that are broadcast to that of the result.
  mutating func combine(_ function: ZipFunction, _ a: View, _ b: View, to y: View) {
    host(
      .zip, function: function.rawValue, to: y,
      from: [a.broadcast(to: y.shape), b.broadcast(to: y.shape)])
  }

  /// The type of the elements of a view's memory.
  func element(of view: View) -> ElementType { program.buffers[view.buffer.index].element }

  /// Whether a view's memory holds floating-point numbers.
  func isFloating(_ view: View) -> Bool { element(of: view).isFloatingPoint }

  /// The constant true.
  private var truth: View { mutating get { constant("true", [Bool8(true)], shape: []) } }

  /// A number of the element type of the first operand, an integer modulo its width.
  mutating func number(_ value: Int64) -> View { number(value, graph[operand(0)].type.element) }

  /// A number of an element type, an integer modulo its width.
  mutating func number(_ value: Int64, _ element: ElementType) -> View {
    switch element {
    case .i8: constant("number", [Int8(truncatingIfNeeded: value)], shape: [])
    case .i16: constant("number", [Int16(truncatingIfNeeded: value)], shape: [])
    case .i32: constant("number", [Int32(truncatingIfNeeded: value)], shape: [])
    case .i64: constant("number", [value], shape: [])
    case .u8: constant("number", [UInt8(truncatingIfNeeded: value)], shape: [])
    case .u16: constant("number", [UInt16(truncatingIfNeeded: value)], shape: [])
    case .u32: constant("number", [UInt32(truncatingIfNeeded: value)], shape: [])
    case .u64: constant("number", [UInt64(bitPattern: value)], shape: [])
    case .bool: constant("number", [Bool8(value != 0)], shape: [])
    default: constant("number", [Float(value)], shape: [])
    }
  }

  /// Computes in single precision what a function of x gives, so that only the result is rounded to
  /// half precision, or loses its fraction if it is an integer.
  mutating func inFloats(
    _ x: View, to y: View, _ compute: (inout Emitter, View, View) -> Void
  ) {
    var wide = x
    if !isFloating(x) {
      wide = scratch("wide", element: .f32, shape: x.shape)
      host(.cast, to: wide, from: [x])
    }
    if element(of: y) == .f32 { return compute(&self, wide, y) }
    let result = scratch("result", element: .f32, shape: y.shape)
    compute(&self, wide, result)
    host(.cast, to: y, from: [result])
  }
}
