/// A binary floating-point format that Swift has no type for: how its codes stand for numbers.
///
/// A code is a sign bit (which e8m0 lacks), the exponent and the fraction, from the highest bit
/// down. Sources: the ONNX specification of Cast; OCP 8-bit floating point (OFP8) for e4m3fn and
/// e5m2; Noune et al., arXiv 2206.02915, for the formats of one zero; OCP microscaling formats (MX)
/// for e8m0 and e2m1.
public struct FloatFormat: Hashable, Sendable {
  /// What the codes beside the numbers are.
  enum Specials: Hashable { case infinityAndNaN, twoNaNs, oneNaN, none }

  let exponentBits: Int
  let fractionBits: Int
  let bias: Int
  let specials: Specials
  /// Whether infinities are among its numbers.
  public var hasInfinity: Bool { specials == .infinityAndNaN }

  /// How a number between two powers of two becomes one of them, in e8m0.
  public enum PowerRounding: String, Hashable, Sendable, CaseIterable { case up, down, nearest }

  private var isPower: Bool { fractionBits == 0 }
  private var signBit: UInt16 { isPower ? 0 : 1 << UInt16(exponentBits + fractionBits) }
  private var magnitudeMask: UInt16 { 1 << UInt16(exponentBits + fractionBits) - 1 }

  /// The code of the largest finite number.
  private var largest: UInt16 {
    switch specials {
    case .infinityAndNaN: magnitudeMask - (1 << UInt16(fractionBits))
    case .twoNaNs: magnitudeMask - 1
    case .oneNaN: isPower ? magnitudeMask - 1 : magnitudeMask
    case .none: magnitudeMask
    }
  }

  /// The largest number.
  public var greatestFiniteMagnitude: Float { number(of: largest) }

  /// The number that `code` stands for, which is exact in f32.
  public func number(of code: UInt16) -> Float {
    let magnitude = code & magnitudeMask
    if isPower {
      return code == magnitudeMask
        ? .nan : Float(sign: .plus, exponent: Int(code) - bias, significand: 1)
    }
    let isNegative = code & signBit != 0
    switch specials {
    case .infinityAndNaN:
      if magnitude == largest + 1 { return isNegative ? -.infinity : .infinity }
      if magnitude > largest { return .nan }
    case .twoNaNs: if magnitude > largest { return .nan }
    case .oneNaN: if code & (signBit | magnitudeMask) == signBit { return .nan }
    case .none: break
    }
    let exponent = Int(magnitude >> UInt16(fractionBits))
    let fraction = Float(magnitude & (1 << UInt16(fractionBits) - 1))
    let hidden: Float = exponent == 0 ? 0 : Float(1 << fractionBits)
    let step = Float(
      sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
    return (isNegative ? -1 : 1) * (hidden + fraction) * step
  }

  /// The code of the number nearest to `value`, ties to even; what is beyond the largest number
  /// becomes that number if `saturates`, else infinity or, in a format without, NaN.
  ///
  /// A format without NaN has zero for it, and saturates always.
  public func code(
    of value: Double, saturates: Bool, rounding: PowerRounding = .up
  ) -> UInt16 {
    if isPower { return powerCode(of: value, saturates: saturates, rounding) }
    let sign = value.sign == .minus ? signBit : 0
    guard !value.isNaN else {
      switch specials {
      case .infinityAndNaN: return sign | (largest + 1) | 1 << UInt16(fractionBits - 1)
      case .twoNaNs: return sign | magnitudeMask
      case .oneNaN, .none: return signBit
      }
    }
    if let magnitude = magnitude(of: value) {
      return specials == .oneNaN && magnitude == 0 ? 0 : sign | magnitude
    }
    if saturates { return sign | largest }
    switch specials {
    case .infinityAndNaN: return sign | (largest + 1)
    case .twoNaNs: return sign | magnitudeMask
    case .oneNaN: return signBit
    case .none: return sign | largest
    }
  }

  /// The code of the number nearest to `value`, ties to even; `nil` where that number is of another
  /// kind: beyond the largest, or infinite, not-a-number or negative in a format without.
  public func codeInRange(of value: Double) -> UInt16? {
    if value.isNaN { return specials == .none ? nil : code(of: value, saturates: false) }
    if isPower {
      let code = powerCode(of: value, saturates: false, .nearest)
      return value > 0 && code <= largest ? code : nil
    }
    let isInRange =
      value.isInfinite ? specials == .infinityAndNaN : magnitude(of: value) != nil
    return isInRange ? code(of: value, saturates: false) : nil
  }

  /// The code of the magnitude nearest to that of `value`; `nil` beyond the largest number.
  private func magnitude(of value: Double) -> UInt16? {
    guard value.isFinite else { return nil }
    let exponent = value == 0 ? 1 - bias : max(Int(value.exponent), 1 - bias)
    guard exponent <= 1 << exponentBits - bias else { return nil }
    let step = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
    let steps = Int((value.magnitude / step).rounded(.toNearestOrEven))
    let code = (exponent + bias - 1) << fractionBits + steps
    return code <= Int(largest) ? UInt16(code) : nil
  }

  /// The code of a power of two near a number, whose sign does not count.
  private func powerCode(
    of value: Double, saturates: Bool, _ rounding: PowerRounding
  ) -> UInt16 {
    let nan = magnitudeMask
    guard value.isFinite else { return value.isInfinite && saturates ? largest : nan }
    guard value != 0 else { return saturates ? 0 : nan }
    let isUp =
      switch rounding {
      case .down: false
      case .up: value.significand > 1
      case .nearest: value.significand >= 1.5
      }
    let code = Int(value.exponent) + bias + (isUp ? 1 : 0)
    if code < 0 { return saturates ? 0 : nan }
    if code > Int(largest) { return saturates ? largest : nan }
    return UInt16(code)
  }
}

extension ElementType {
  /// The format of a floating-point type that Swift has no type for; `nil` for all other types.
  public var format: FloatFormat? {
    switch self {
    case .bf16:
      FloatFormat(exponentBits: 8, fractionBits: 7, bias: 127, specials: .infinityAndNaN)
    case .f8e4m3fn: FloatFormat(exponentBits: 4, fractionBits: 3, bias: 7, specials: .twoNaNs)
    case .f8e4m3fnuz: FloatFormat(exponentBits: 4, fractionBits: 3, bias: 8, specials: .oneNaN)
    case .f8e5m2:
      FloatFormat(exponentBits: 5, fractionBits: 2, bias: 15, specials: .infinityAndNaN)
    case .f8e5m2fnuz: FloatFormat(exponentBits: 5, fractionBits: 2, bias: 16, specials: .oneNaN)
    case .f8e8m0: FloatFormat(exponentBits: 8, fractionBits: 0, bias: 127, specials: .oneNaN)
    case .f4e2m1: FloatFormat(exponentBits: 2, fractionBits: 1, bias: 1, specials: .none)
    case .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .i4, .u4, .i2, .u2:
      nil
    }
  }
}
