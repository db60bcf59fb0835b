import Basics

/// The text of one element of `type`, given by its bit pattern, from which `scalarBits` gets the
/// same pattern back: the shortest decimal that rounds to it, `inf`, `-inf`, `nan`, `true`,
/// `false`; `bits(0x…)` for any other pattern.
public func scalarText(_ bits: UInt64, _ type: ElementType) -> String {
  guard type.hasElement(bits) else { return bitsText(bits) }
  switch type {
  case .f16: return floatText(Float16(bitPattern: UInt16(bits)), bits)
  case .f32: return floatText(Float(bitPattern: UInt32(bits)), bits)
  case .f64: return floatText(Double(bitPattern: bits), bits)
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    return formatText(UInt16(bits), type)
  case .i8, .i4, .i2: return String(Int8(truncatingIfNeeded: bits))
  case .i16: return String(Int16(truncatingIfNeeded: bits))
  case .i32: return String(Int32(truncatingIfNeeded: bits))
  case .i64: return String(Int64(truncatingIfNeeded: bits))
  case .u8, .u16, .u32, .u64, .u4, .u2: return String(bits)
  case .bool: return bits == 0 ? "false" : bits == 1 ? "true" : bitsText(bits)
  }
}

/// The text of a parameter.
func floatText(_ value: Float) -> String { scalarText(UInt64(value.bitPattern), .f32) }

private func floatText<T: BinaryFloatingPoint & CustomStringConvertible>(
  _ value: T, _ bits: UInt64
) -> String {
  guard value.isNaN else { return value.description }
  let isPlain =
    value.sign == .plus && !value.isSignalingNaN
    && value.significandBitPattern == T.nan.significandBitPattern
  return isPlain ? "nan" : bitsText(bits)
}

/// The text of a number of a format that Swift has no type for: that of the same f32.
private func formatText(_ code: UInt16, _ type: ElementType) -> String {
  let value = type.format!.number(of: code)
  guard value.isNaN else { return value.description }
  return type.format!.codeInRange(of: .nan) == code ? "nan" : bitsText(UInt64(code))
}

private func bitsText(_ bits: UInt64) -> String { "bits(0x\(String(bits, radix: 16)))" }

/// The bit pattern of the element of `type` that `text` stands for; `nil` if it stands for none.
func scalarBits(_ text: String, _ type: ElementType) -> UInt64? {
  switch type {
  case .f16: float(text, Float16.self).map { UInt64($0.bitPattern) }
  case .f32: float(text, Float.self).map { UInt64($0.bitPattern) }
  case .f64: float(text, Double.self).map(\.bitPattern)
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    float(text, Double.self).flatMap { type.format!.codeInRange(of: $0) }.map { UInt64($0) }
  case .i4, .i2, .u4, .u2:
    integer(text).flatMap { (value: Int8) in UInt64(UInt8(bitPattern: value)) }
      .flatMap { type.hasElement($0) ? $0 : nil }
  case .i8: integer(text).map { (value: Int8) in UInt64(UInt8(bitPattern: value)) }
  case .i16: integer(text).map { (value: Int16) in UInt64(UInt16(bitPattern: value)) }
  case .i32: integer(text).map { (value: Int32) in UInt64(UInt32(bitPattern: value)) }
  case .i64: integer(text).map { (value: Int64) in UInt64(bitPattern: value) }
  case .u8: integer(text).map { (value: UInt8) in UInt64(value) }
  case .u16: integer(text).map { (value: UInt16) in UInt64(value) }
  case .u32: integer(text).map { (value: UInt32) in UInt64(value) }
  case .u64: integer(text)
  case .bool: text == "true" ? 1 : text == "false" ? 0 : nil
  }
}

/// The integer that `text` stands for, if it is one and fits.
func integer<T: FixedWidthInteger>(_ text: String) -> T? {
  if text.hasPrefix("0x") { return hexadecimal(text.dropFirst(2)) }
  return text.hasPrefix("+") ? nil : T(text)
}

private func hexadecimal<T: FixedWidthInteger>(_ digits: Substring) -> T? {
  guard let first = digits.utf8.first, isWordByte(first) else { return nil }
  return T(digits, radix: 16)
}

/// The number that `text` stands for, correctly rounded, if it is one and its magnitude fits.
private func float<T: BinaryFloatingPoint & LosslessStringConvertible>(
  _ text: String, _: T.Type
) -> T? {
  switch text {
  case "inf": return .infinity
  case "-inf": return -.infinity
  case "nan": return .nan
  default:
    guard isDecimal(text), let value = T(text), value.isFinite else { return nil }
    return value
  }
}

/// Whether `text` is `-`?, digits, (`.`, digits)?, (`e`, sign?, digits)?.
private func isDecimal(_ text: String) -> Bool {
  var rest = text.utf8[...]
  func digits() -> Bool {
    let count = rest.prefix(while: isDigit).count
    rest = rest.dropFirst(count)
    return count > 0
  }
  if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
  guard digits() else { return false }
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    guard digits() else { return false }
  }
  if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
    rest.removeFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    guard digits() else { return false }
  }
  return rest.isEmpty
}

/// The bit pattern of each element of a tensor, in order.
func elementBits(_ tensor: Tensor) -> [UInt64] {
  let size = tensor.type.byteCount
  return tensor.bytes.withUnsafeBytes { bytes in
    (0..<bytes.count / size).map { index in
      var bits: UInt64 = 0
      for byte in 0..<size { bits |= UInt64(bytes[index * size + byte]) << UInt64(8 * byte) }
      return bits
    }
  }
}

/// The tensor whose elements have the bit patterns `elements`, which must be as many as fit.
func tensor(_ type: ElementType, shape: [Int], elements: [UInt64]) -> Tensor {
  let size = type.byteCount
  let bytes = Bytes(count: elements.count * size) { buffer in
    for (index, bits) in elements.enumerated() {
      for byte in 0..<size {
        buffer[index * size + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))
      }
    }
  }
  return Tensor(type: type, shape: shape, bytes: bytes)
}
