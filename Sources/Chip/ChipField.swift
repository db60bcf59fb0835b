extension Chip {
  /// A key of a chip file whose value is one scalar.
  ///
  /// `Chip.fields` and `DeviceModel.fields` are the schema: reading, writing, `--set` and the
  /// specification follow them.
  public struct Field<Owner>: Sendable {
    /// The key with its section, such as `crossbar.rows`.
    public let path: String
    /// The unit, or an empty string.
    public let unit: String
    /// The values that are accepted.
    public let accepted: String
    /// What it means.
    public let meaning: String
    /// Stores a scalar; returns whether it was accepted.
    let read: @Sendable (Scalar, inout Owner) -> Bool
    /// Whether the value that an owner has is one that is accepted.
    let isAccepted: @Sendable (Owner) -> Bool
    /// The value in canonical form; `nil` if the owner leaves it out.
    fileprivate let written: @Sendable (Owner) -> String?
    /// Whether a chip file may leave it out.
    let isOptional: Bool

    /// The section, or an empty string for a key outside every section.
    let section: String
    /// The key inside its section.
    let key: String

    init(
      path: String, unit: String, accepted: String, meaning: String, isOptional: Bool = false,
      read: @escaping @Sendable (Scalar, inout Owner) -> Bool,
      isAccepted: @escaping @Sendable (Owner) -> Bool,
      written: @escaping @Sendable (Owner) -> String?
    ) {
      let words = path.split(separator: ".").map(String.init)
      self.path = path
      self.unit = unit
      self.accepted = accepted
      self.meaning = meaning
      self.read = read
      self.isAccepted = isAccepted
      self.written = written
      self.isOptional = isOptional
      section = words.count == 1 ? "" : words[0]
      key = words.last!
    }
  }

  /// A scalar of a file in YAML.
  public struct Scalar: Sendable {
    /// The text, without quotes.
    public var text: String
    /// Whether it stood without quotes, so that it can be a number.
    public var isPlain: Bool
  }
}

extension Chip.Field where Owner == Chip {
  /// The value in a chip, as the canonical text has it; `nil` for a figure of a unit that the chip
  /// does not have, of circuits that add nothing, or of a key that is left out.
  public func text(in chip: Chip) -> String? {
    if section == "gdpu" && chip.gdpu == nil { return nil }
    if section == Chip.circuitSection && chip.circuit == .none { return nil }
    if Chip.fabricSections.contains(section) && chip.fabric == nil { return nil }
    return written(chip)
  }
}

extension Chip.Field where Owner == DeviceModel {
  /// The value in a model, as the canonical text has it; `nil` if that leaves it out.
  public func text(in model: DeviceModel) -> String? { written(model) }
}

extension Chip.Field {
  typealias Path<Value> = WritableKeyPath<Owner, Value> & Sendable

  static func integer(
    _ path: String, _ value: Path<Int>, _ range: ClosedRange<Int>, _ meaning: String
  ) -> Self {
    Self(
      path: path, unit: "",
      accepted: "a whole number from \(range.lowerBound) to \(range.upperBound)", meaning: meaning,
      read: { scalar, owner in
        guard let number = scalar.integer, range.contains(number) else { return false }
        owner[keyPath: value] = number
        return true
      },
      isAccepted: { range.contains($0[keyPath: value]) },
      written: { String($0[keyPath: value]) })
  }

  static func limit(
    _ path: String, _ value: Path<Int?>, _ range: ClosedRange<Int>, _ meaning: String
  ) -> Self {
    Self(
      path: path, unit: "",
      accepted: "a whole number from \(range.lowerBound) to \(range.upperBound), or none",
      meaning: meaning,
      read: { scalar, owner in
        if scalar.isPlain && scalar.text == "none" {
          owner[keyPath: value] = nil
          return true
        }
        guard let number = scalar.integer, range.contains(number) else { return false }
        owner[keyPath: value] = number
        return true
      },
      isAccepted: { $0[keyPath: value].map(range.contains) ?? true },
      written: { $0[keyPath: value].map { String($0) } ?? "none" })
  }

  static func number(
    _ path: String, _ value: Path<Double>, _ range: ClosedRange<Double>, _ unit: String,
    _ meaning: String
  ) -> Self {
    Self(
      path: path, unit: unit,
      accepted: "a number from \(range.lowerBound.short) to \(range.upperBound.short)",
      meaning: meaning,
      read: { scalar, owner in
        guard let number = scalar.number, range.contains(number) else { return false }
        owner[keyPath: value] = number == 0 ? 0 : number  // -0.0 would be written with its sign
        return true
      },
      isAccepted: { range.contains($0[keyPath: value]) },
      written: { $0[keyPath: value].description })
  }

  static func choice<Value>(_ path: String, _ value: Path<Value>, _ meaning: String) -> Self
  where Value: RawRepresentable<String> & CaseIterable & Sendable {
    Self(
      path: path, unit: "", accepted: Value.allCases.map(\.rawValue).joined(separator: " or "),
      meaning: meaning,
      read: { scalar, owner in
        guard let chosen = Value(rawValue: scalar.text) else { return false }
        owner[keyPath: value] = chosen
        return true
      },
      isAccepted: { _ in true },
      written: { $0[keyPath: value].rawValue })
  }

  /// A choice that the canonical text leaves out where it is `usual`.
  static func optionalChoice<Value>(
    _ path: String, _ value: Path<Value>, default usual: Value, _ meaning: String
  ) -> Self where Value: RawRepresentable<String> & CaseIterable & Equatable & Sendable {
    let field = choice(path, value, meaning)
    return Self(
      path: path, unit: "", accepted: "\(field.accepted); \(usual.rawValue) if left out",
      meaning: meaning, isOptional: true, read: field.read, isAccepted: field.isAccepted,
      written: { $0[keyPath: value] == usual ? nil : $0[keyPath: value].rawValue })
  }

  static func curve(
    _ path: String, _ value: Path<Curve>, _ unit: String, _ meaning: String
  ) -> Self {
    Self(
      path: path, unit: unit, accepted: "a curve", meaning: meaning,
      read: { scalar, owner in
        guard let curve = Curve(scalar.text) else { return false }
        owner[keyPath: value] = curve
        return true
      },
      isAccepted: { $0[keyPath: value].isInRange },
      written: { $0[keyPath: value].text })
  }

  static func text(
    _ path: String, _ value: Path<String>, _ accepted: String, _ meaning: String,
    where accepts: @escaping @Sendable (String) -> Bool
  ) -> Self {
    Self(
      path: path, unit: "", accepted: accepted, meaning: meaning,
      read: { scalar, owner in
        guard accepts(scalar.text) else { return false }
        owner[keyPath: value] = scalar.text
        return true
      },
      isAccepted: { accepts($0[keyPath: value]) },
      written: { $0[keyPath: value].quoted })
  }

  /// A name that may be missing.
  static func optionalName(_ path: String, _ value: Path<String?>, _ meaning: String) -> Self {
    Self(
      path: path, unit: "", accepted: Chip.nameForm, meaning: meaning, isOptional: true,
      read: { scalar, owner in
        guard scalar.text.isChipName else { return false }
        owner[keyPath: value] = scalar.text
        return true
      },
      isAccepted: { $0[keyPath: value]?.isChipName ?? true },
      written: { $0[keyPath: value]?.quoted })
  }
}

extension Chip.Scalar {
  /// The whole number it spells in decimal without leading zeros, if it fits.
  var integer: Int? {
    let digits = text.utf8
    guard isPlain, !digits.isEmpty, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return digits.first == 48 && digits.count > 1 ? nil : Int(text)
  }

  /// The finite number it spells, as `12`, `-0.5` or `1e-3`.
  var number: Double? {
    guard isPlain, text.utf8.count <= 64, isDecimal else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  /// Whether it has the form `-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?`.
  private var isDecimal: Bool {
    // A chip has many numbers, and a regular expression would be compiled for each.
    var rest = Substring(text).utf8
    _ = rest.take("-")
    guard rest.takeDigits() else { return false }
    if rest.take("."), !rest.takeDigits() { return false }
    if rest.take("e") || rest.take("E") {
      _ = rest.take("-") || rest.take("+")
      guard rest.takeDigits() else { return false }
    }
    return rest.isEmpty
  }
}

extension Substring.UTF8View {
  /// Takes `character`, if it comes first.
  fileprivate mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard first == UInt8(ascii: character) else { return false }
    removeFirst()
    return true
  }

  /// Takes the digits that come first; returns whether there are any.
  fileprivate mutating func takeDigits() -> Bool {
    let digits = prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    removeFirst(digits.count)
    return !digits.isEmpty
  }
}

extension Double {
  /// A bound as a person writes it: 0, 100 or 1e12.
  fileprivate var short: String {
    var mantissa = self
    var exponent = 0
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    if mantissa == 1 && exponent > 3 { return "1e\(exponent)" }
    return self == rounded() ? String(Int(self)) : description
  }
}

extension String {
  /// The text in double quotes, as YAML reads it; it holds no control characters.
  fileprivate var quoted: String {
    let escaped = unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }
    return "\"\(escaped.joined())\""
  }

  /// Whether it is one line of at most 1,000 bytes that a chip file can hold.
  var isOneLine: Bool {
    !isEmpty && utf8.count <= 1000 && ChipTextGuard.allows(self)
      && unicodeScalars.allSatisfy {
        switch $0.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: false
        default: true
        }
      }
  }

  /// Whether it can be typed on a command line: letters, digits, `.`, `-` and `_`.
  var isChipName: Bool {
    guard let first = utf8.first, utf8.count <= 64, first.isLetterOrDigit else { return false }
    return utf8.allSatisfy {
      $0.isLetterOrDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
        || $0 == UInt8(ascii: "-")
    }
  }
}

extension UInt8 {
  /// Whether it is an ASCII letter or digit.
  var isLetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}
