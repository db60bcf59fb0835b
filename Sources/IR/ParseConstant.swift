import Basics

extension TextCursor {
  /// Takes a type, as `f32[N, 8, 28, 28]` or `f32[?]`.
  public mutating func takeType() throws(TextFault) -> ValueType {
    guard token.kind == .word, let element = ElementType(rawValue: token.text) else {
      throw unexpected("an element type")
    }
    advance()
    try expect("[")
    if accept("?") {
      try expect("]")
      return ValueType(element, nil)
    }
    var shape: [Dimension] = []
    if accept("]") { return ValueType(element, shape) }
    repeat { shape.append(try takeDimension()) } while accept(",")
    try expect("]")
    return ValueType(element, shape)
  }

  private mutating func takeDimension() throws(TextFault) -> Dimension {
    switch token.kind {
    case .word, .string: return .symbol(advance().text)
    case .number:
      let position = token.position
      let size: Int = try takeInteger("a dimension")
      guard size >= 0 else { throw TextFault(at: position, "a dimension is not negative") }
      return .fixed(size)
    default: throw unexpected("a dimension")
    }
  }

  /// Takes what a constant of `type` holds: `dense[…]`, `splat(…)`, `random(seed: …)` or
  /// `data(crc32c: …)`.
  public mutating func takeConstant(of type: ValueType) throws(TextFault) -> Constant {
    let form = token
    if accept(word: "dense") { return .tensor(try takeDense(of: type, at: form.position)) }
    if accept(word: "splat") {
      try expect("(")
      let bits = try takeScalar(of: type.element)
      try expect(")")
      return .splat(tensor(type.element, shape: [], elements: [bits]))
    }
    if accept(word: "random") {
      let seed: UInt64 = try takeArgument("seed")
      return .random(seed: seed)
    }
    if accept(word: "data") {
      let checksum: UInt32 = try takeArgument("crc32c")
      return .reference(crc32c: checksum)
    }
    throw unexpected("'dense', 'splat', 'random' or 'data'")
  }

  /// Takes `(name: integer)`.
  private mutating func takeArgument<T: FixedWidthInteger>(
    _ name: String
  ) throws(TextFault) -> T {
    try expect("(")
    try expect(word: name)
    try expect(":")
    let value: T = try takeInteger("an unsigned integer of \(T.bitWidth) bits")
    try expect(")")
    return value
  }

  private mutating func takeDense(
    of type: ValueType, at position: TextPosition
  ) throws(TextFault) -> Tensor {
    try expect("[")
    var elements: [UInt64] = []
    if !accept("]") {
      repeat { elements.append(try takeScalar(of: type.element)) } while accept(",")
      try expect("]")
    }
    guard let shape = type.fixedShape else {
      throw TextFault(at: position, "a constant's dimensions are numbers")
    }
    guard elementCount(shape) == elements.count else {
      throw TextFault(
        at: position, "\(elements.count) elements do not fit \(type)")
    }
    return tensor(type.element, shape: shape, elements: elements)
  }

  /// Takes one element of `type` and returns its bit pattern.
  public mutating func takeScalar(of type: ElementType) throws(TextFault) -> UInt64 {
    let isPattern = token.kind == .word && token.text == "bits"
    if isPattern {
      advance()
      try expect("(")
      let position = token.position
      let bits: UInt64 = try takeInteger("a bit pattern")
      guard type.hasElement(bits) else {
        throw TextFault(at: position, "the bit pattern does not fit \(type)")
      }
      try expect(")")
      return bits
    }
    guard token.kind == .number || token.kind == .word, let bits = scalarBits(token.text, type)
    else { throw unexpected("an element of type \(type)") }
    advance()
    return bits
  }
}
