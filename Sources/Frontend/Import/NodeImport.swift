import Basics
import COnnx
import IR

/// One node of a model on its way into the graph: reads attributes and collects faults.
///
/// Faults do not end the reading, so that all are found. What a function that reads a node returns
/// is used only if there are none.
struct NodeImport {
  /// What is known of an operand.
  struct Operand {
    /// The type, as far as it is known.
    var type: ValueType
    /// The elements, if they are known.
    var constant: Tensor?
  }

  /// The operands of a node; `nil` for each that is left out, and for all behind the last.
  struct Operands {
    private let given: [Operand?]

    init(_ given: [Operand?]) { self.given = given }

    var count: Int { given.count }
    var indices: Range<Int> { given.indices }
    subscript(index: Int) -> Operand? { index < given.count ? given[index] : nil }
  }

  /// Something wrong with the node.
  struct Fault {
    var message: String
    var supported: String?
    var help: String?
  }

  /// The node.
  let node: OnnxNode
  /// The operator set version in force.
  let opset: Int
  /// What it reads.
  let operands: Operands
  /// Whether somebody reads each result.
  let isUsed: [Bool]
  /// Whether the types of all operands come from nodes that were read without a fault.
  let isFounded: Bool
  /// How many faults of one node are kept.
  static let faultLimit = 16

  /// What is wrong with it, in the order found.
  private(set) var faults: [Fault] = []

  private let files: ModelFiles
  private var known: Set<String> = []
  private var unread: [(name: String, attribute: UnsafePointer<Onnx__AttributeProto>)] = []

  /// Creates the reader of `node`, whose tensors lie in `files`.
  init(
    node: OnnxNode, opset: Int, operands: Operands, isUsed: [Bool], isFounded: Bool,
    files: ModelFiles
  ) {
    self.node = node
    self.isFounded = isFounded
    self.opset = opset
    self.operands = operands
    self.isUsed = isUsed
    self.files = files
    var names: Set<String> = []
    for attribute in node.attributes {
      if names.insert(attribute.name).inserted {
        unread.append((attribute.name, attribute.message))
      } else {
        fault("attribute \(attribute.name) is given twice")
      }
    }
  }

  /// Adds a fault; after very many they are not kept.
  mutating func fault(_ message: String, supported: String? = nil, help: String? = nil) {
    guard faults.count < Self.faultLimit else { return }
    if faults.count == Self.faultLimit - 1 {
      return faults.append(Fault(message: "has more faults, which are not listed"))
    }
    faults.append(Fault(message: message, supported: supported, help: help))
  }

  /// Adds a fault that says what an operand lacks, unless another fault may be the cause.
  mutating func operandFault(
    _ message: String, supported: String? = nil, help: String? = nil
  ) {
    if isFounded && faults.isEmpty { fault(message, supported: supported, help: help) }
  }

  /// Notes an operand fault of a node whose form depends on a size that the model leaves open.
  mutating func openSizeFault(_ message: String) {
    operandFault(
      message, supported: "sizes that the model fixes",
      help: "fix them in the model, since --dim and data give sizes once it is read: "
        + "onnxruntime.tools.make_dynamic_shape_fixed")
  }

  /// Checks how many operands there are, and that the first of `range` are not left out, except for
  /// those that are `optional`.
  mutating func expectOperands(_ range: ClosedRange<Int>, optional: [Int] = []) {
    let count = operands.count
    if !range.contains(count) {
      let wanted =
        range.count == 1
        ? "\(range.lowerBound)"
        : range.upperBound == .max
          ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      fault("has \(count) operands instead of \(wanted)")
    }
    for index in 0..<min(range.lowerBound, count)
    where operands[index] == nil && !optional.contains(index) {
      fault("leaves out operand \(index), which it needs")
    }
  }

  /// Checks that nobody reads any result but the first, which there must be.
  mutating func expectOneResult() {
    if node.results.first?.isEmpty != false { fault("has no result") }
    for index in node.results.indices.dropFirst() where isUsed[index] {
      fault("result \(index) (\"\(node.results[index])\") is used, which is not supported")
    }
  }

  /// Reports attributes that nobody has read.
  mutating func expectNoMoreAttributes() {
    guard !unread.isEmpty else { return }
    let names = unread.prefix(8).map(\.name).joined(separator: ", ")
    let more = unread.count > 8 ? " and \(unread.count - 8) more" : ""
    fault(
      unread.count == 1
        ? "attribute \(names) is not supported in this operator set"
        : "attributes \(names)\(more) are not supported in this operator set",
      supported: known.isEmpty
        ? "no attributes" : "attributes \(known.sorted().joined(separator: ", "))")
  }

  /// Whether there is no attribute that nobody has read.
  var hasAllAttributesRead: Bool { unread.isEmpty }

  /// Whether there is an attribute `name` that is not read yet.
  mutating func has(_ name: String) -> Bool {
    known.insert(name)
    return unread.contains { $0.name == name }
  }

  /// An integer, which must be given if there is no default.
  mutating func integer(_ name: String, default value: Int? = nil) -> Int {
    if let attribute = take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, "an integer") {
      return Int(attribute.pointee.i)
    }
    return self.default(value, of: name) ?? 0
  }

  /// An integer that must be 0 or 1.
  mutating func flag(_ name: String, default value: Bool = false) -> Bool {
    let number = integer(name, default: value ? 1 : 0)
    if number != 0 && number != 1 { fault("attribute \(name) is \(number) instead of 0 or 1") }
    return number == 1
  }

  /// A list of integers, if it is given.
  mutating func integers(_ name: String) -> [Int]? {
    take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, "a list of integers").map {
      scalars($0.pointee.ints, $0.pointee.n_ints).map { Int($0) }
    }
  }

  /// A list of integers that must be given.
  mutating func requiredIntegers(_ name: String) -> [Int] {
    let isGiven = has(name)
    let list = integers(name)
    return isGiven ? list ?? [] : self.default(list, of: name) ?? []
  }

  /// A number, if it is given.
  mutating func float(_ name: String) -> Float? {
    take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, "a number")?.pointee.f
  }

  /// A number.
  mutating func float(_ name: String, default value: Float) -> Float { float(name) ?? value }

  /// A list of numbers, if it is given.
  mutating func floats(_ name: String) -> [Float]? {
    take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, "a list of numbers").map {
      scalars($0.pointee.floats, $0.pointee.n_floats)
    }
  }

  /// A list of words, if it is given.
  mutating func words(_ name: String) -> [String]? {
    take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS, "a list of words").map {
      scalars($0.pointee.strings, $0.pointee.n_strings).map {
        String(decoding: UnsafeRawBufferPointer(start: $0.data, count: $0.len), as: UTF8.self)
      }
    }
  }

  /// A text, which must be given.
  mutating func text(_ name: String) -> String? {
    let isGiven = has(name)
    let text = readText(name)
    return isGiven ? text : self.default(text, of: name)
  }

  private mutating func readText(_ name: String) -> String? {
    take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, "a word").map {
      String(
        decoding: UnsafeRawBufferPointer(start: $0.pointee.s.data, count: $0.pointee.s.len),
        as: UTF8.self)
    }
  }

  /// A word out of a list, of which the first is the default.
  mutating func word(_ name: String, of words: [String]) -> String {
    guard let word = readText(name) else { return words[0] }
    if words.contains(word) { return word }
    fault(
      "attribute \(name) is \"\(word)\", which is not supported",
      supported: words.joined(separator: ", "))
    return words[0]
  }

  /// A tensor, if it is given.
  mutating func tensor(_ name: String) -> Tensor? {
    guard let attribute = take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, "a tensor")
    else { return nil }
    guard let message = attribute.pointee.t else {
      fault("attribute \(name) is an empty tensor")
      return nil
    }
    let tensor = OnnxTensor(message: UnsafePointer(message), files: files)
    return read(name) { try tensor.tensor() }
  }

  /// A sparse tensor with all its elements, if it is given.
  mutating func sparseTensor(_ name: String) -> Tensor? {
    guard
      let attribute = take(
        name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR, "a sparse tensor")
    else { return nil }
    guard let message = attribute.pointee.sparse_tensor else {
      fault("attribute \(name) is an empty tensor")
      return nil
    }
    let tensor = OnnxSparseTensor(message: UnsafePointer(message), files: files)
    return read(name) { try tensor.tensor() }
  }

  /// What `body` reads of attribute `name`; `nil` after a fault.
  private mutating func read(_ name: String, _ body: () throws -> Tensor) -> Tensor? {
    do {
      return try body()
    } catch {
      for item in (error as? Diagnostics)?.items ?? [] {
        fault("attribute \(name): \(item.message)", supported: item.supported, help: item.help)
      }
      return nil
    }
  }

  /// A graph, which must be given.
  mutating func graph(_ name: String) -> UnsafePointer<Onnx__GraphProto>? {
    let isGiven = has(name)
    let attribute = take(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH, "a graph")
    if let graph = attribute?.pointee.g { return UnsafePointer(graph) }
    if attribute != nil || !isGiven { fault("attribute \(name) is missing") }
    return nil
  }

  /// Reads an attribute that makes no difference here.
  mutating func ignore(_ name: String) {
    known.insert(name)
    unread.removeAll { $0.name == name }
  }

  private mutating func `default`<T>(_ value: T?, of name: String) -> T? {
    if value == nil && !faults.contains(where: { $0.message.hasPrefix("attribute \(name) ") }) {
      fault("attribute \(name) is missing")
    }
    return value
  }

  private mutating func take(
    _ name: String, _ type: Onnx__AttributeProto__AttributeType, _ typeName: String
  ) -> UnsafePointer<Onnx__AttributeProto>? {
    known.insert(name)
    guard let index = unread.firstIndex(where: { $0.name == name }) else { return nil }
    let attribute = unread.remove(at: index).attribute
    guard attribute.pointee.has_type != 0 && attribute.pointee.type == type else {
      fault("attribute \(name) is not \(typeName)")
      return nil
    }
    // A field that has its default value may be left out of the file, so that its absence says
    // nothing unless another is there instead.
    if !Self.holds(attribute, type)
      && Self.valueTypes.contains(where: { Self.holds(attribute, $0) })
    {
      fault("attribute \(name) is declared as \(typeName), but holds something else")
      return nil
    }
    if !string(attribute.pointee.ref_attr_name).isEmpty {
      fault("attribute \(name) refers to an attribute of a function, but is not in a function")
      return nil
    }
    return attribute
  }

  private static let valueTypes: [Onnx__AttributeProto__AttributeType] = [
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH,
  ]

  /// Whether the field for a value of `type` is there.
  private static func holds(
    _ attribute: UnsafePointer<Onnx__AttributeProto>, _ type: Onnx__AttributeProto__AttributeType
  ) -> Bool {
    switch type {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: attribute.pointee.has_f != 0
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: attribute.pointee.has_i != 0
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING: attribute.pointee.has_s != 0
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR: attribute.pointee.t != nil
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH: attribute.pointee.g != nil
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
      attribute.pointee.sparse_tensor != nil
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS: attribute.pointee.n_floats > 0
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS: attribute.pointee.n_ints > 0
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS: attribute.pointee.n_strings > 0
    default: false
    }
  }
}
