import Basics

extension TextCursor {
  /// Takes the attributes in braces, if there are any, of the operator that `mnemonic` names, and
  /// what training has found out about it.
  mutating func takeOp(_ mnemonic: Token) throws(TextFault) -> (
    op: Op, ranges: TrainedRanges
  ) {
    var attributes = AttributeReader(operatorPosition: mnemonic.position)
    if accept("{") {
      repeat {
        let name = try take(.word, "an attribute")
        try expect("=")
        attributes.add(name, try takeLiteral(depth: 0))
      } while accept(",")
      try expect("}")
    }
    for word in ControlFlow.regionWords(mnemonic.text) {
      try expect(word: word)
      attributes.regions.append(try takeRegion())
    }
    guard let op = attributes.op(mnemonic.text) else {
      throw TextFault(
        at: mnemonic.position, "there is no operator \(quoted(mnemonic.text)) (Specs/ir.md)")
    }
    let ranges = TrainedRanges(op, from: &attributes)
    attributes.reportLeftovers()
    for fault in attributes.faults { report(fault) }
    return (op, ranges)
  }

  /// Takes a graph that is part of a node.
  private mutating func takeRegion() throws(TextFault) -> Graph {
    guard depth < ControlFlow.depthLimit else {
      throw TextFault(
        at: token.position, "graphs are nested more than \(ControlFlow.depthLimit) deep")
    }
    depth += 1
    defer { depth -= 1 }
    return ParsedGraph(from: &self).graph
  }

  private mutating func takeLiteral(depth: Int) throws(TextFault) -> Literal {
    if accept("[") {
      var elements: [String] = []
      if accept("]") { return .list(elements) }
      repeat {
        guard token.kind == .word || token.kind == .number else {
          throw unexpected("a number or a name")
        }
        elements.append(advance().text)
      } while accept(",")
      try expect("]")
      return .list(elements)
    }
    if token.kind == .string { return .quoted(advance().text) }
    guard token.kind == .word || token.kind == .number else { throw unexpected("a value") }
    let text = advance().text
    guard depth < 2, accept("(") else { return .plain(text) }
    var arguments: [Literal] = []
    repeat { arguments.append(try takeLiteral(depth: depth + 1)) } while accept(",")
    try expect(")")
    return .call(text, arguments)
  }
}

/// The value of an attribute before it is known what it should be.
enum Literal {
  case plain(String)
  case quoted(String)
  case list([String])
  case call(String, [Literal])

  /// The bit pattern of the element of `type` that this is.
  func bits(_ type: ElementType) -> UInt64? {
    switch self {
    case .plain(let text): scalarBits(text, type)
    case .call("bits", let arguments):
      if arguments.count == 1, case .plain(let digits) = arguments[0] {
        integer(digits)
      } else {
        nil
      }
    case .quoted, .list, .call: nil
    }
  }
}

/// Hands out the attributes of one node by name and type, and collects what is wrong with them.
struct AttributeReader {
  private var entries: [(name: Token, literal: Literal, isTaken: Bool)] = []
  /// The graphs behind the attributes.
  var regions: [Graph] = []
  private let operatorPosition: TextPosition
  private(set) var known: [String] = []
  var faults: [TextFault] = []

  init(operatorPosition: TextPosition) { self.operatorPosition = operatorPosition }

  mutating func add(_ name: Token, _ literal: Literal) { entries.append((name, literal, false)) }

  /// The attribute `name` as `convert` understands it; `fallback` where it is left out, and where
  /// it is faulty or lacking, which is reported.
  mutating func value<T>(
    _ name: String, _ expected: String, default fallback: T?, lacking: T,
    _ convert: (Literal) -> T?
  ) -> T {
    known.append(name)
    guard let index = entries.firstIndex(where: { $0.name.text == name }) else {
      if fallback == nil {
        faults.append(TextFault(at: operatorPosition, "attribute \(name) is missing"))
      }
      return fallback ?? lacking
    }
    entries[index].isTaken = true
    if let value = convert(entries[index].literal) { return value }
    faults.append(
      TextFault(at: entries[index].name.position, "attribute \(name) must be \(expected)"))
    return fallback ?? lacking
  }

  /// Reports the attributes that nothing asked for.
  mutating func reportLeftovers() {
    for entry in entries where !entry.isTaken {
      let name = entry.name.text
      let what =
        known.contains(name)
        ? "is given twice"
        : known.isEmpty
          ? "is unknown; there are none here"
          : "is unknown; there are \(known.sorted().joined(separator: ", "))"
      faults.append(TextFault(at: entry.name.position, "attribute \(name) \(what)"))
    }
  }

  mutating func flag(_ name: String, default fallback: Bool = false) -> Bool {
    value(name, "true or false", default: fallback, lacking: fallback) {
      if case .plain(let text) = $0 {
        text == "true" ? true : text == "false" ? false : nil
      } else {
        nil
      }
    }
  }

  mutating func integer(_ name: String, default fallback: Int?) -> Int {
    value(name, "an integer", default: fallback, lacking: 0) {
      if case .plain(let text) = $0 { IR.integer(text) } else { nil }
    }
  }

  mutating func optionalInteger(_ name: String) -> Int? {
    value(name, "an integer", default: .some(nil), lacking: nil) {
      if case .plain(let text) = $0, let value: Int = IR.integer(text) { value } else { nil }
    }
  }

  mutating func integers(_ name: String, default fallback: [Int]? = nil) -> [Int] {
    value(name, "a list of integers", default: fallback, lacking: [], Self.integers)
  }

  /// A list of `count` numbers that are 0 or 1.
  mutating func integers(_ name: String, count: Int, default fallback: [Int]) -> [Int] {
    value(name, "\(count) numbers that are 0 or 1", default: fallback, lacking: fallback) {
      guard let list = Self.integers($0), list.count == count,
        list.allSatisfy({ $0 == 0 || $0 == 1 })
      else { return nil }
      return list
    }
  }

  mutating func optionalIntegers(_ name: String) -> [Int]? {
    value(name, "a list of integers", default: .some(nil), lacking: nil) {
      Self.integers($0).map(Optional.some)
    }
  }

  mutating func float(_ name: String, default fallback: Float) -> Float {
    value(name, "a number that fits f32", default: fallback, lacking: fallback) {
      $0.bits(.f32).flatMap { UInt32(exactly: $0) }.map(Float.init(bitPattern:))
    }
  }

  mutating func optionalFloat(_ name: String) -> Float? {
    value(name, "a number that fits f32", default: .some(nil), lacking: nil) {
      if let bits = $0.bits(.f32) {
        Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      } else {
        nil
      }
    }
  }

  /// A number, or a list of at least one; empty where it is left out.
  mutating func floats(_ name: String) -> [Float] {
    value(name, "a number that fits f32, or a list of such numbers", default: [], lacking: []) {
      switch $0 {
      case .list(let texts):
        let bits = texts.compactMap { scalarBits($0, .f32) }
        guard bits.count == texts.count, !bits.isEmpty else { return nil }
        return bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
      case let number:
        return number.bits(.f32).map { [Float(bitPattern: UInt32(truncatingIfNeeded: $0))] }
      }
    }
  }

  /// A list of numbers, as many as `count`.
  mutating func optionalFloats(_ name: String, count: Int) -> [Float]? {
    value(name, "a list of \(count) numbers that fit f32", default: .some(nil), lacking: nil) {
      guard case .list(let texts) = $0 else { return nil }
      let bits = texts.compactMap { scalarBits($0, .f32) }
      guard bits.count == texts.count, bits.count == count else { return nil }
      return bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
    }
  }

  /// A list of words out of a closed set.
  mutating func words<T: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: [T]
  ) -> [T] where T.RawValue == String {
    let words = T.allCases.map(\.rawValue).joined(separator: ", ")
    return value(name, "a list of \(words)", default: fallback, lacking: fallback) {
      guard case .list(let texts) = $0 else { return nil }
      let values = texts.compactMap(T.init(rawValue:))
      return values.count == texts.count ? values : nil
    }
  }

  mutating func word<T: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: T?, lacking: T
  ) -> T where T.RawValue == String {
    let words = T.allCases.map(\.rawValue).joined(separator: ", ")
    return value(name, "one of \(words)", default: fallback, lacking: lacking) {
      if case .plain(let text) = $0 { T(rawValue: text) } else { nil }
    }
  }

  mutating func text(_ name: String) -> String {
    value(name, "a text in quotes", default: nil, lacking: "") {
      if case .quoted(let text) = $0 { text } else { nil }
    }
  }

  mutating func window() -> Window {
    let kernel = integers("kernel")
    let ones = [Int](repeating: 1, count: kernel.count)
    let zeros = [Int](repeating: 0, count: kernel.count)
    return Window(
      kernel: kernel, strides: integers("strides", default: ones),
      dilations: integers("dilations", default: ones),
      padding: value(
        "padding", "same_upper, same_lower, valid or explicit([begins], [ends])",
        default: .explicit(begin: zeros, end: zeros), lacking: .valid
      ) {
        switch $0 {
        case .plain("same_upper"): .sameUpper
        case .plain("same_lower"): .sameLower
        case .plain("valid"): .valid
        case .call("explicit", let lists):
          if lists.count == 2, let begin = Self.integers(lists[0]),
            let end = Self.integers(lists[1])
          {
            .explicit(begin: begin, end: end)
          } else {
            nil
          }
        default: nil
        }
      })
  }

  mutating func element(_ name: String, default fallback: ElementType?) -> ElementType {
    word(name, default: fallback, lacking: .f32)
  }

  mutating func optionalElement(_ name: String) -> ElementType? {
    let words = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    return value(name, "one of \(words)", default: .some(nil), lacking: nil) {
      if case .plain(let text) = $0, let type = ElementType(rawValue: text) { type } else { nil }
    }
  }

  mutating func scalar(_ name: String) -> (type: ElementType, bits: UInt64) {
    value(name, "an element with its type, as f32(0.5)", default: (.f32, 0), lacking: (.f32, 0)) {
      guard case .call(let type, let arguments) = $0, arguments.count == 1,
        let type = ElementType(rawValue: type), let bits = arguments[0].bits(type)
      else { return nil }
      return (type, bits)
    }
  }

  private static func integers(_ literal: Literal) -> [Int]? {
    guard case .list(let texts) = literal else { return nil }
    let values = texts.compactMap { IR.integer($0) as Int? }
    return values.count == texts.count ? values : nil
  }
}
