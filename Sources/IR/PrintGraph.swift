import Basics

extension Graph {
  /// The number of elements up to which a constant is printed in full.
  static let denseLimit = 16

  /// The text form (Specs/ir.md), from which `init(text:file:)` gets an equal graph.
  ///
  /// Each constant stands before the first node that uses it. The elements of large ones are read
  /// for their checksum only.
  public var text: String {
    var out = ""
    write(to: &out)
    return out
  }

  /// Appends the text form to `out`.
  public func write(to out: inout String) {
    write(to: &out, indent: "")
    out += "\n"
  }

  /// Appends the text form without the end of its last line; lines but the first begin with `indent`.
  private func write(to out: inout String, indent: String) {
    out += "graph \(quoted(name)) {\n"
    for input in inputs {
      out += "\(indent)  input "
      writeDefinition(of: input, to: &out)
      out += "\n"
    }
    let constants = constantTexts()
    var isWritten = [Bool](repeating: false, count: values.count)
    func writeConstant(_ id: ValueID) {
      guard id.index < values.count, !isWritten[id.index], let constant = constants[id.index]
      else { return }
      isWritten[id.index] = true
      out += "\(indent)  constant "
      writeDefinition(of: id, to: &out)
      out += " = "
      out += constant
      out += "\n"
    }
    for node in nodes {
      for case let operand? in node.operands { writeConstant(operand) }
      write(node, to: &out, indent: indent + "  ")
    }
    for output in outputs {
      writeConstant(output)
      out += "\(indent)  output %\(output.rawValue)\n"
    }
    out += "\(indent)}"
  }

  /// The text of each constant, indexed by `ValueID`.
  private func constantTexts() -> [String?] {
    let used = usedValues()
    let byteCount = values.reduce(0) { sum, value in
      if case .tensor(let tensor)? = value.constant { sum + tensor.bytes.count } else { sum }
    }
    return mappedInParallel(values.count, cost: byteCount / max(values.count, 1)) { index in
      used[index] ? values[index].constant?.text : nil
    }
  }

  private func write(_ node: Node, to out: inout String, indent: String) {
    out += indent
    for (index, result) in node.results.enumerated() {
      if index > 0 { out += ", " }
      writeDefinition(of: result, to: &out)
    }
    out += " = \(node.op.mnemonic) \(quoted(node.name)) ("
    for (index, operand) in node.operands.enumerated() {
      if index > 0 { out += ", " }
      if let operand { out += "%\(operand.rawValue)" } else { out += "_" }
    }
    out += ")"
    let attributes = node.op.attributes + node.ranges.attributes
    writeAttributes(attributes.sorted { $0.name < $1.name }, to: &out)
    if case .control(let control) = node.op {
      for (word, region) in zip(control.regionWords, control.regions) {
        out += " \(word) "
        region.write(to: &out, indent: indent)
      }
    }
    out += "\n"
  }

  private func writeDefinition(of id: ValueID, to out: inout String) {
    out += "%\(id.rawValue)"
    guard id.index < values.count else { return }
    out += " \(quoted(self[id].name)): "
    self[id].type.write(to: &out)
  }
}

extension ValueType: CustomStringConvertible {
  /// The text form, as `f32[N, 8, 28, 28]`; `f32[?]` where the number of dimensions is unknown.
  public var description: String {
    var out = ""
    write(to: &out)
    return out
  }

  fileprivate func write(to out: inout String) {
    out += element.rawValue
    guard let shape else {
      out += "[?]"
      return
    }
    out += "["
    for (index, dimension) in shape.enumerated() {
      if index > 0 { out += ", " }
      out += dimension.description
    }
    out += "]"
  }
}

extension Dimension: CustomStringConvertible {
  /// The text form: a number, a word or text in quotes.
  public var description: String {
    switch self {
    case .fixed(let size): String(size)
    case .symbol(let name): isWord(name) ? name : quoted(name)
    }
  }
}

extension Constant {
  /// The text form, as `splat(0.5)`; the elements of a large tensor are read for their checksum only.
  public var text: String {
    switch self {
    case .tensor(let tensor) where tensor.count <= Graph.denseLimit:
      let elements = elementBits(tensor).map { scalarText($0, tensor.type) }
      return "dense[\(elements.joined(separator: ", "))]"
    case .tensor(let tensor): return dataText(CRC32C.checksum(tensor.bytes))
    case .splat(let tensor):
      return "splat(\(elementBits(tensor).first.map { scalarText($0, tensor.type) } ?? ""))"
    case .random(let seed): return "random(seed: \(seed))"
    case .reference(let checksum): return dataText(checksum)
    }
  }

  private func dataText(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return "data(crc32c: 0x\(String(repeating: "0", count: 8 - digits.count))\(digits))"
  }
}

extension Op {
  /// The operator and its attributes, without operands.
  var text: String {
    var out = mnemonic
    writeAttributes(attributes, to: &out)
    return out
  }
}

/// Appends `attributes` in braces, if there are any.
private func writeAttributes(_ attributes: [Attribute], to out: inout String) {
  for (index, attribute) in attributes.enumerated() {
    out += "\(index == 0 ? " {" : ", ")\(attribute.name) = "
    attribute.value.write(to: &out)
  }
  if !attributes.isEmpty { out += "}" }
}

extension Attribute.Value {
  fileprivate func write(to out: inout String) {
    func list(_ numbers: [Int]) -> String {
      "[\(numbers.map(String.init).joined(separator: ", "))]"
    }
    switch self {
    case .flag(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .integers(let values): out += list(values)
    case .float(let value): out += floatText(value)
    case .floats(let values): out += "[\(values.map(floatText).joined(separator: ", "))]"
    case .word(let word): out += word
    case .text(let text): out += quoted(text)
    case .words(let words): out += "[\(words.joined(separator: ", "))]"
    case .padding(let begin, let end): out += "explicit(\(list(begin)), \(list(end)))"
    case .scalar(let type, let bits): out += "\(type.rawValue)(\(scalarText(bits, type)))"
    }
  }
}
