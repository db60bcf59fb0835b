import Basics

/// How the parts of a listing are spelled.
enum AssemblyText {
  /// A name as it is if it looks like a word, else in quotes.
  static func name(_ name: String) -> String {
    let bytes = name.utf8
    guard let first = bytes.first, AssemblyLexer.startsWord(first),
      bytes.allSatisfy(AssemblyLexer.continuesWord)
    else { return quoted(name) }
    return name
  }

  /// A string in quotes, with quotes, backslashes and what is hidden escaped.
  static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case _ where scalar.isHidden:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  /// A checksum.
  static func hexadecimal<T: FixedWidthInteger & UnsignedInteger>(_ bits: T) -> String {
    let digits = String(bits, radix: 16)
    return "0x" + String(repeating: "0", count: T.bitWidth / 4 - digits.count) + digits
  }

  /// The shortest decimal number that is read back as `value`; the bits where no number does.
  static func number(_ value: Float) -> String {
    value.isNaN && value.bitPattern != Float.nan.bitPattern
      ? hexadecimal(value.bitPattern) : "\(value)"
  }

  static func number(_ value: Float16) -> String {
    value.isNaN && value.bitPattern != Float16.nan.bitPattern
      ? hexadecimal(value.bitPattern) : "\(value)"
  }

  static func number(_ value: Double) -> String {
    value.isNaN && value.bitPattern != Double.nan.bitPattern
      ? hexadecimal(value.bitPattern) : "\(value)"
  }

  /// The elements of a constant, in brackets; truth values, and numbers in formats that Swift has
  /// no type for, as the codes that they are.
  static func list(_ bytes: Bytes, of element: ElementType) -> String {
    func spell<T: BitwiseCopyable>(_: T.Type, _ text: (T) -> String) -> String {
      let elements = bytes.withUnsafeBytes { raw in
        (0..<raw.count / MemoryLayout<T>.size).map { number in
          text(raw.loadUnaligned(fromByteOffset: number * MemoryLayout<T>.size, as: T.self))
        }
      }
      return "[\(elements.joined(separator: ", "))]"
    }
    return switch element {
    case .f16: spell(Float16.self, number)
    case .f32: spell(Float.self, number)
    case .f64: spell(Double.self, number)
    case .i8, .i4, .i2: spell(Int8.self) { "\($0)" }
    case .i16: spell(Int16.self) { "\($0)" }
    case .i32: spell(Int32.self) { "\($0)" }
    case .i64: spell(Int64.self) { "\($0)" }
    case .u8, .u4, .u2, .bool, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
      spell(UInt8.self) { "\($0)" }
    case .u16, .bf16: spell(UInt16.self) { "\($0)" }
    case .u32: spell(UInt32.self) { "\($0)" }
    case .u64: spell(UInt64.self) { "\($0)" }
    }
  }

  /// The bytes of elements, each spelled as in a listing; `nil` for the first that is not of the
  /// type, with its index.
  static func bytes(
    _ texts: [String], of element: ElementType
  ) -> Result<Bytes, InvalidElement> {
    func parse<T: BitwiseCopyable>(_ value: (String) -> T?) -> Result<Bytes, InvalidElement> {
      var elements: [T] = []
      elements.reserveCapacity(texts.count)
      for (index, text) in texts.enumerated() {
        guard let element = value(text) else { return .failure(InvalidElement(index: index)) }
        elements.append(element)
      }
      return .success(Bytes(copying: elements))
    }
    return switch element {
    case .f16: parse(half)
    case .f32: parse(single)
    case .f64: parse(double)
    case .i8: parse { Int8($0) }
    case .i4, .i2, .u4, .u2, .f4e2m1:
      parse { text in
        Int8(text).map { UInt8(bitPattern: $0) }.flatMap {
          element.hasElement(UInt64($0)) ? $0 : nil
        }
      }
    case .i16: parse { Int16($0) }
    case .i32: parse { Int32($0) }
    case .i64: parse { Int64($0) }
    case .u8, .bool, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0: parse { UInt8($0) }
    case .u16, .bf16: parse { UInt16($0) }
    case .u32: parse { UInt32($0) }
    case .u64: parse { UInt64($0) }
    }
  }

  /// An element of a list that is not of the type of the list.
  struct InvalidElement: Error { var index: Int }

  /// The number that `text` spells, as `number` does.
  static func single(_ text: String) -> Float? {
    if let bits = bits(text) { return UInt32(exactly: bits).map { Float(bitPattern: $0) } }
    return Float(text).flatMap { $0.isInfinite && !text.hasSuffix("inf") ? nil : $0 }
  }

  private static func half(_ text: String) -> Float16? {
    if let bits = bits(text) { return UInt16(exactly: bits).map { Float16(bitPattern: $0) } }
    return Float16(text).flatMap { $0.isInfinite && !text.hasSuffix("inf") ? nil : $0 }
  }

  private static func double(_ text: String) -> Double? {
    if let bits = bits(text) { return Double(bitPattern: bits) }
    return Double(text).flatMap { $0.isInfinite && !text.hasSuffix("inf") ? nil : $0 }
  }

  private static func bits(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : nil
  }
}
