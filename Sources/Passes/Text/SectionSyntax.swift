import Basics
import IR

extension TextCursor {
  /// Steps over `name =`, after `(` if the attribute is the first and after `,` if not.
  mutating func expectAttribute(_ name: String, isFirst: Bool = false) throws(TextFault) {
    try expect(isFirst ? "(" : ",")
    try expect(word: name)
    try expect("=")
  }

  /// Takes `(name = integer, …)` with exactly these names in this order; none may be negative.
  mutating func takeCounts(_ names: [String]) throws(TextFault) -> [Int] {
    var values: [Int] = []
    for (index, name) in names.enumerated() {
      try expectAttribute(name, isFirst: index == 0)
      values.append(try takeCount(name))
    }
    try expect(")")
    return values
  }

  /// Takes an integer that is not negative; `name` is what it counts.
  mutating func takeCount(_ name: String) throws(TextFault) -> Int {
    let position = token.position
    let value: Int = try takeInteger()
    guard value >= 0 else { throw TextFault(at: position, "\(name) is negative") }
    return value
  }

  /// Takes `true` or `false`.
  mutating func takeFlag() throws(TextFault) -> Bool {
    if accept(word: "true") { return true }
    guard accept(word: "false") else { throw unexpected("'true' or 'false'") }
    return false
  }

  /// Takes a finite number in single precision.
  mutating func takeFloat() throws(TextFault) -> Float {
    let position = token.position
    let value = Float(bitPattern: UInt32(try takeScalar(of: .f32)))
    guard value.isFinite else { throw TextFault(at: position, "the number is not finite") }
    return value
  }

  /// Takes `a`, or `[a, b, …]` of at least one number.
  mutating func takeFloatOrList() throws(TextFault) -> [Float] {
    guard token.kind == .punctuation, token.text == "[" else { return [try takeFloat()] }
    let position = token.position
    let list = try takeFloatList()
    guard !list.isEmpty else { throw TextFault(at: position, "the list holds no number") }
    return list
  }

  /// Takes `, name = number` if a comma stands there.
  mutating func takeOptionalFloat(_ name: String) throws(TextFault) -> Float? {
    guard accept(",") else { return nil }
    try expect(word: name)
    try expect("=")
    return try takeFloat()
  }

  /// Takes a finite number in double precision.
  mutating func takeDouble() throws(TextFault) -> Double {
    let position = token.position
    let value = Double(bitPattern: try takeScalar(of: .f64))
    guard value.isFinite else { throw TextFault(at: position, "the number is not finite") }
    return value
  }

  /// Takes `[a, b, …]`, each element by `take`.
  mutating func takeList<T>(
    _ take: (inout TextCursor) throws(TextFault) -> T
  ) throws(TextFault) -> [T] {
    try expect("[")
    var values: [T] = []
    while !accept("]") {
      if !values.isEmpty { try expect(",") }
      values.append(try take(&self))
    }
    return values
  }

  /// Takes `[a, b, …]`, whose integers ascend from 0 or above.
  mutating func takeAscending(count: ClosedRange<Int>) throws(TextFault) -> [Int] {
    let position = token.position
    let values = try takeIntegers()
    guard count.contains(values.count), values.first ?? 0 >= 0,
      zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw TextFault(at: position, "the bounds do not ascend") }
    return values
  }

  /// Takes `[a, b, …]`.
  mutating func takeIntegers() throws(TextFault) -> [Int] {
    try takeList { (cursor) throws(TextFault) -> Int in try cursor.takeInteger() }
  }

  /// Steps over this integer, which must be at the cursor.
  mutating func expect(_ integer: Int) throws(TextFault) {
    guard token.kind == .number, token.text == String(integer) else {
      throw unexpected("'\(integer)'")
    }
    advance()
  }
}

/// The text of a number, from which the cursor gets the same number back.
func numberText(_ value: Float) -> String { scalarText(UInt64(value.bitPattern), .f32) }

/// The text of a number, or of a list of several, from which the cursor gets the same numbers back.
func numbersText(_ values: [Float]) -> String {
  values.count == 1
    ? numberText(values[0]) : "[\(values.map { numberText($0) }.joined(separator: ", "))]"
}

/// The text of a number, from which the cursor gets the same number back.
func numberText(_ value: Double) -> String { scalarText(value.bitPattern, .f64) }

/// The nodes of a graph by name, for sections that refer to them, and where they did so first.
struct NodeNames {
  private var nodes: [String: NodeID] = [:]
  /// Where the section that is being read refers to each node first.
  private(set) var positions: [String: TextPosition] = [:]

  /// Collects the names of `graph`, whose nodes have different ones.
  init(_ graph: Graph) {
    for (index, node) in graph.nodes.enumerated() { nodes[node.name] = NodeID(index) }
  }

  /// Takes the name of a node in quotes.
  mutating func take(from cursor: inout TextCursor) throws(TextFault) -> NodeID {
    let token = try cursor.take(.string, "the name of a node in quotes")
    guard let node = nodes[token.text] else {
      throw TextFault(at: token.position, "the graph has no node \(token.description)")
    }
    if positions[token.text] == nil { positions[token.text] = token.position }
    return node
  }

  /// Takes the name of a node that is one of `layers`.
  mutating func takeLayer(
    from cursor: inout TextCursor, of layers: [NodeID: Int]
  ) throws(TextFault) -> Int {
    let position = cursor.token.position
    guard let layer = layers[try take(from: &cursor)] else {
      throw TextFault(at: position, "the node is not a layer of the partition")
    }
    return layer
  }

  /// Takes the name of the layer that is next in the order of the partition.
  mutating func take(
    _ layer: Layer, from cursor: inout TextCursor
  ) throws(TextFault) {
    let position = cursor.token.position
    guard try take(from: &cursor) == layer.node else {
      throw TextFault(at: position, "the layers are not those of the partition, in its order")
    }
  }
}
