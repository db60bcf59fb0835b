import Basics
import COnnx
import IR

/// What a node does with a sequence of tensors, all of which are known by their places when importing.
enum ImportedSequence {
  /// Tensors → their sequence.
  case construct
  /// → a sequence of nothing.
  case empty
  /// x, [sizes] → its parts along an axis; without that axis if there are no sizes and it is not kept.
  case split(axis: Int, keepsAxis: Bool)
  /// Sequence, position → a tensor of it.
  case element
  /// Sequence, tensor, [position] → a sequence of one more.
  case insert
  /// Sequence, [position] → a sequence of one less.
  case erase
  /// Sequence → the number of its tensors.
  case length
  /// Sequence → its tensors side by side along an axis, which is new or not.
  case concat(axis: Int, isNew: Bool)
}

extension OperatorImport {
  /// Operators of sequences, which become those of their tensors.
  static let sequences = [
    OperatorImport("SequenceConstruct", since: 11) { sequence(&$0, .construct, 1...Int.max) },
    OperatorImport("SequenceEmpty", since: 11) { node in
      node.ignore("dtype")
      return sequence(&node, .empty, 0...0)
    },
    OperatorImport("SplitToSequence", since: 11) { node in
      let axis = node.integer("axis", default: 0)
      let keepsAxis = node.flag("keepdims", default: true)
      return sequence(&node, .split(axis: axis, keepsAxis: keepsAxis), 1...2)
    },
    OperatorImport("SequenceAt", since: 11) { sequence(&$0, .element, 2...2) },
    OperatorImport("SequenceInsert", since: 11) { sequence(&$0, .insert, 2...3) },
    OperatorImport("SequenceErase", since: 11) { sequence(&$0, .erase, 1...2) },
    OperatorImport("SequenceLength", since: 11) { sequence(&$0, .length, 1...1) },
    OperatorImport("ConcatFromSequence", since: 11) { node in
      let axis = node.integer("axis")
      let isNew = node.flag("new_axis")
      return sequence(&node, .concat(axis: axis, isNew: isNew), 1...1)
    },
  ]

  /// Whether operand `index` of `node` may be a sequence.
  static func takesSequence(_ node: OnnxNode, at index: Int) -> Bool {
    let readers = [
      "SequenceAt", "SequenceInsert", "SequenceErase", "SequenceLength", "ConcatFromSequence",
    ]
    return index == 0 && node.domain.isEmpty && readers.contains(node.op)
  }

  private static func sequence(
    _ node: inout NodeImport, _ sequence: ImportedSequence, _ operands: ClosedRange<Int>
  ) -> ImportedNode {
    node.expectOperands(operands)
    node.expectOneResult()
    return .sequence(sequence)
  }
}

extension GraphImporter {
  /// The most tensors of a sequence.
  private static let sequenceLimit = 4096

  /// The tensors of the sequence that `name` means in the scope; `nil` if it means none.
  func sequence(of name: String) -> [ValueID]? {
    var index = scopes.count - 1
    while scopes[index].level == enclosing.count {
      if let sequence = scopes[index].sequences[name] { return sequence }
      guard scopes[index].isOpen, index > 0 else { return nil }
      index -= 1
    }
    return nil
  }

  /// Adds to the graph what `node` does with a sequence.
  mutating func add(_ sequence: ImportedSequence, of node: OnnxNode, _ reader: inout NodeImport) {
    switch sequence {
    case .construct: define(node.operands.compactMap { id(of: $0) }, node, &reader)
    case .empty: define([], node, &reader)
    case .split(let axis, let keepsAxis): split(axis, keepsAxis, node, &reader)
    case .element:
      guard let tensors = tensors(of: node, &reader),
        let place = place(1, tensors.count, node, &reader)
      else { return }
      addCopy(of: tensors[place], named: node.results[0], for: node, nodeName: node.name)
    case .insert:
      guard var tensors = tensors(of: node, &reader), let tensor = id(of: node.operands[1]),
        let place = place(
          2, tensors.count, default: tensors.count, isBehind: true, node, &reader)
      else { return }
      tensors.insert(tensor, at: place)
      define(tensors, node, &reader)
    case .erase:
      guard var tensors = tensors(of: node, &reader),
        let place = place(1, tensors.count, default: tensors.count - 1, node, &reader)
      else { return }
      tensors.remove(at: place)
      define(tensors, node, &reader)
    case .length:
      guard let tensors = tensors(of: node, &reader) else { return }
      add(.constant(Tensor(scalar: Int64(tensors.count))), of: node, &reader)
    case .concat(let axis, let isNew): concatenate(axis, isNew, node, &reader)
    }
  }

  /// The tensors of the sequence that operand 0 is.
  private func tensors(of node: OnnxNode, _ reader: inout NodeImport) -> [ValueID]? {
    if let sequence = sequence(of: node.operands[0]) { return sequence }
    reader.operandFault(
      "takes a sequence as operand 0, but \"\(node.operands[0])\" is not a known sequence")
    return nil
  }

  /// The place that operand `index` names among `count`, counted from the end where it is negative; with `isBehind`
  /// also that behind all.
  private func place(
    _ index: Int, _ count: Int, default last: Int? = nil, isBehind: Bool = false,
    _ node: OnnxNode, _ reader: inout NodeImport
  ) -> Int? {
    var position = last
    if reader.isGiven(index) {
      position = numbers(of: node.operands[index])?.first
      guard position != nil else {
        reader.operandFault(
          "takes a position, \"\(node.operands[index])\", that is computed at run time",
          supported: "positions that follow from constants and shapes")
        return nil
      }
    }
    guard let position, position >= -count, position < count || isBehind && position == count
    else {
      reader.operandFault("takes position \(position ?? 0) of \(count)")
      return nil
    }
    return position < 0 ? position + count : position
  }

  /// The integers that are known of the value `name`.
  private func numbers(of name: String) -> [Int]? {
    guard let id = id(of: name) else { return nil }
    if let numbers = level.known.numbers(of: id) { return numbers }
    guard let tensor = graph.tensor(of: id), tensor.count <= Self.sequenceLimit else { return nil }
    switch tensor.type {
    case .i64: return tensor.elements(of: Int64.self).map { Int($0) }
    case .i32: return tensor.elements(of: Int32.self).map { Int($0) }
    default: return nil
    }
  }

  /// Makes the result of `node` the sequence of `tensors`.
  private mutating func define(
    _ tensors: [ValueID], _ node: OnnxNode, _ reader: inout NodeImport
  ) {
    guard tensors.count <= Self.sequenceLimit else {
      return reader.operandFault(
        "makes a sequence of \(tensors.count) tensors", supported: "up to \(Self.sequenceLimit)")
    }
    scopes[scopes.count - 1].sequences[node.results[0]] = tensors
  }

  private mutating func split(
    _ axis: Int, _ keepsAxis: Bool, _ node: OnnxNode, _ reader: inout NodeImport
  ) {
    guard let x = id(of: node.operands[0]), !level.unfounded.contains(x) else { return }
    guard let sizes = partSizes(axis, graph[x].type, node, &reader) else { return }
    guard sizes.count <= Self.sequenceLimit else {
      return reader.operandFault(
        "makes a sequence of \(sizes.count) tensors", supported: "up to \(Self.sequenceLimit)")
    }
    guard !sizes.isEmpty else { return define([], node, &reader) }
    let lengths = addConstant(
      "\(node.name).sizes", Tensor(sizes.map { Int64($0) }, shape: [sizes.count]))
    var parts = sizes.indices.map { addValue("\(node.name).\($0)") }
    append(
      Node(name: node.name, op: .split(axis: axis), operands: [x, lengths], results: parts),
      of: node)
    if !keepsAxis && !reader.isGiven(1) {
      let axes = addConstant("\(node.name).axes", Tensor([Int64(axis)], shape: [1]))
      parts = parts.map { step(.squeeze, [$0, axes], "squeeze", of: node) }
    }
    define(parts, node, &reader)
  }

  /// How many elements each part of x has along `axis`; a fault if that is not known.
  private func partSizes(
    _ axis: Int, _ type: ValueType, _ node: OnnxNode, _ reader: inout NodeImport
  ) -> [Int]? {
    guard let shape = type.shape, axis >= -shape.count, axis < shape.count else {
      reader.operandFault("splits axis \(axis) of a tensor of type \(type)")
      return nil
    }
    let size = shape[axis < 0 ? axis + shape.count : axis].value
    var given: [Int]?
    if reader.isGiven(1) {
      given = numbers(of: node.operands[1])
      guard let given, given.allSatisfy({ $0 >= 0 }) else {
        reader.operandFault(
          "takes sizes of parts, \"\(node.operands[1])\", that are computed at run time",
          supported: "sizes that follow from constants and shapes")
        return nil
      }
      let isList = id(of: node.operands[1]).map { graph[$0].type.shape?.count == 1 } ?? false
      if isList { return given }
    }
    guard let size else {
      reader.openSizeFault("splits axis \(axis) of a tensor of type \(type), whose size is open")
      return nil
    }
    let part = given?.first ?? 1
    guard part > 0, size / part < Self.sequenceLimit else {
      reader.operandFault(
        "makes parts of \(part) of \(size) elements", supported: "up to \(Self.sequenceLimit) parts"
      )
      return nil
    }
    return stride(from: 0, to: size, by: part).map { min(part, size - $0) }
  }

  private mutating func concatenate(
    _ axis: Int, _ isNew: Bool, _ node: OnnxNode, _ reader: inout NodeImport
  ) {
    guard var parts = tensors(of: node, &reader) else { return }
    guard !parts.isEmpty else {
      return reader.operandFault("joins a sequence without tensors")
    }
    if isNew {
      let axes = addConstant("\(node.name).axes", Tensor([Int64(axis)], shape: [1]))
      parts = parts.map { step(.unsqueeze, [$0, axes], "unsqueeze", of: node) }
    }
    guard let result = define(node.results[0], type: ValueType(.f32, nil), by: node) else { return }
    append(
      Node(name: node.name, op: .concat(axis: axis), operands: parts, results: [result]), of: node)
  }

  /// Adds a node with one result, which it returns.
  private mutating func step(
    _ op: Op, _ operands: [ValueID], _ name: String, of node: OnnxNode
  ) -> ValueID {
    let result = addValue("\(node.name).\(name)")
    append(
      Node(
        name: freshNodeName("\(node.name).\(name)"), op: op, operands: operands, results: [result]),
      of: node)
    return result
  }
}
