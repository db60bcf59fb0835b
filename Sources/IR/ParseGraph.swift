import Basics

extension Graph {
  /// Reads the text form of a graph (Specs/ir.md).
  ///
  /// Throws `Diagnostics` with every fault found, each with its line and column.
  public init(text: String, file: String? = nil) throws {
    var cursor = TextCursor(text: text, file: file)
    let parsed = ParsedGraph(from: &cursor)
    try cursor.finish()
    self = parsed.graph
  }
}

/// A graph read from a text, and where in the text its parts are.
public struct ParsedGraph: Sendable {
  /// The graph; without what was reported as faulty.
  public private(set) var graph = Graph(name: "")
  /// The value that each label names.
  public private(set) var valueIDs: [String: ValueID] = [:]
  /// Where the graph begins.
  public let position: TextPosition
  /// Where each node begins, indexed by `NodeID`.
  public private(set) var nodePositions: [TextPosition] = []

  /// A label, and the value that it names once that is defined.
  private struct Label {
    let text: String
    let firstPosition: TextPosition
    /// Whether its definition was begun; if it is faulty, that alone is worth a fault.
    var isBegun = false
    var value: Value?
  }

  /// A value with its label, on the left of a statement.
  private struct Definition {
    let label: Token
    var value: Value
  }

  /// Every label in the order of appearance. Until all are seen, `ValueID`s of the graph are
  /// indices into this array.
  private var labels: [Label] = []
  private var labelIndices: [String: Int] = [:]

  /// Reads a graph at the cursor and leaves the cursor behind it; faults go to the cursor.
  public init(from cursor: inout TextCursor) {
    position = cursor.token.position
    do throws(TextFault) {
      try cursor.expect(word: "graph", beginsLine: true)
      graph.name = try cursor.take(.string, "the graph's name in quotes").text
      try cursor.expect("{")
    } catch {
      cursor.report(error)
      return
    }
    while !cursor.accept("}") {
      if cursor.isAtEnd {
        cursor.report(cursor.unexpected("'}'", beginsLine: true))
        break
      }
      let start = cursor.token.position
      do throws(TextFault) {
        try parseStatement(&cursor)
        if !cursor.token.startsLine && cursor.token.text != "}" {
          throw cursor.unexpected("a new line")
        }
      } catch {
        // A line on which something is wrong already is not worth a second fault.
        if cursor.lastFaultLine != error.position.line { cursor.report(error) }
        if !cursor.token.startsLine || cursor.token.position == start { cursor.skipLine() }
      }
    }
    assignIDs(&cursor)
  }

  private mutating func parseStatement(_ cursor: inout TextCursor) throws(TextFault) {
    if cursor.accept(word: "input") {
      graph.inputs.append(try define(try parseDefinition(&cursor)))
    } else if cursor.accept(word: "output") {
      graph.outputs.append(use(try cursor.take(.label, "a value")))
    } else if cursor.accept(word: "constant") {
      let definition = try parseDefinition(&cursor)
      // Defined before the rest is read, so that a fault there does not hide the value.
      let id = try define(definition)
      try cursor.expect("=")
      let constant = try cursor.takeConstant(of: definition.value.type)
      labels[id.index].value?.constant = constant
    } else if cursor.token.kind == .label {
      try parseNode(&cursor)
    } else {
      throw cursor.unexpected("'input', 'constant', 'output', a result or '}'", beginsLine: true)
    }
  }

  private mutating func parseNode(_ cursor: inout TextCursor) throws(TextFault) {
    let position = cursor.token.position
    var definitions = [try parseDefinition(&cursor)]
    while cursor.accept(",") { definitions.append(try parseDefinition(&cursor)) }
    var results: [ValueID] = []
    for definition in definitions { results.append(try define(definition)) }
    try cursor.expect("=")
    let mnemonic = try cursor.take(.word, "an operator")
    let name = cursor.token.kind == .string ? cursor.advance().text : definitions[0].value.name
    try cursor.expect("(")
    var operands: [ValueID?] = []
    if !cursor.accept(")") {
      repeat {
        if cursor.accept(word: "_") {
          operands.append(nil)
        } else {
          operands.append(use(try cursor.take(.label, "a value or '_'")))
        }
      } while cursor.accept(",")
      try cursor.expect(")")
    }
    let (op, ranges) = try cursor.takeOp(mnemonic)
    var node = Node(name: name, op: op, operands: operands, results: results)
    node.ranges = ranges
    graph.nodes.append(node)
    nodePositions.append(position)
  }

  private mutating func parseDefinition(
    _ cursor: inout TextCursor
  ) throws(TextFault) -> Definition {
    let label = try cursor.take(.label, "a value")
    labels[use(label).index].isBegun = true
    let name = cursor.token.kind == .string ? cursor.advance().text : label.text
    try cursor.expect(":")
    let type = try cursor.takeType()
    return Definition(label: label, value: Value(name: name, type: type))
  }

  private mutating func use(_ label: Token) -> ValueID {
    if let index = labelIndices[label.text] { return ValueID(index) }
    labelIndices[label.text] = labels.count
    labels.append(Label(text: label.text, firstPosition: label.position))
    return ValueID(labels.count - 1)
  }

  private mutating func define(_ definition: Definition) throws(TextFault) -> ValueID {
    let id = use(definition.label)
    guard labels[id.index].value == nil else {
      throw TextFault(
        at: definition.label.position, "%\(definition.label.text) is already defined")
    }
    labels[id.index].value = definition.value
    return id
  }

  /// Gives each label that is a number this number as its id, and the others the free ids in order.
  private mutating func assignIDs(_ cursor: inout TextCursor) {
    // Bounds the memory that a few bytes of text can ask for.
    let greatest = 1 << 18 + cursor.byteCount
    var ids = [Int?](repeating: nil, count: labels.count)
    var count = labels.count
    for (index, label) in labels.enumerated() {
      if !label.isBegun {
        cursor.report(TextFault(at: label.firstPosition, "%\(label.text) is not defined"))
      }
      let isNumber = label.text == "0" || !label.text.hasPrefix("0")
      guard !label.text.isEmpty, isNumber, label.text.utf8.allSatisfy(isDigit) else { continue }
      guard let number = Int(label.text), number <= greatest else {
        cursor.report(TextFault(at: label.firstPosition, "%\(label.text) is too large a number"))
        continue
      }
      ids[index] = number
      count = max(count, number + 1)
    }
    var values = [Value?](repeating: nil, count: count)
    var isTaken = [Bool](repeating: false, count: count)
    for case let id? in ids { isTaken[id] = true }
    var next = 0
    for (index, label) in labels.enumerated() {
      while ids[index] == nil && isTaken[next] { next += 1 }
      let id = ids[index] ?? next
      ids[index] = id
      isTaken[id] = true
      values[id] = label.value
      valueIDs[label.text] = ValueID(id)
    }
    for value in values {
      let unused = Value(name: "", type: ValueType(.f32, nil))
      _ = graph.addValue(value ?? unused)
    }
    func final(_ id: ValueID) -> ValueID { ValueID(ids[id.index]!) }
    graph.inputs = graph.inputs.map(final)
    graph.outputs = graph.outputs.map(final)
    for index in graph.nodes.indices {
      graph.nodes[index].operands = graph.nodes[index].operands.map { $0.map(final) }
      graph.nodes[index].results = graph.nodes[index].results.map(final)
    }
  }
}
