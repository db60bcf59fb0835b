import Basics

/// A neural network as a list of nodes in an order in which every operand is defined before use.
public struct Graph: Sendable {
  /// The name, as the ONNX graph has it.
  public var name: String
  /// Every value, indexed by `ValueID`; a value that nothing refers to any more may stay.
  public private(set) var values: [Value] = []
  /// The nodes in the order of evaluation, indexed by `NodeID`.
  public var nodes: [Node] = []
  /// The values that the user supplies, in the order of the model.
  public var inputs: [ValueID] = []
  /// The values that the user receives, in the order of the model.
  public var outputs: [ValueID] = []

  /// Creates an empty graph.
  public init(name: String) { self.name = name }

  /// Adds a value and returns its id.
  public mutating func addValue(
    name: String, type: ValueType, constant: Constant? = nil
  ) -> ValueID {
    addValue(Value(name: name, type: type, constant: constant))
  }

  /// Adds a value and returns its id.
  public mutating func addValue(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(values.count - 1)
  }

  /// Adds a constant that holds `tensor` and returns its id.
  public mutating func addConstant(name: String, _ tensor: Tensor) -> ValueID {
    addValue(
      name: name, type: ValueType(tensor.type, fixed: tensor.shape), constant: .tensor(tensor))
  }

  /// The value named by `id`.
  public subscript(id: ValueID) -> Value {
    get { values[id.index] }
    set { values[id.index] = newValue }
  }

  /// The node named by `id`.
  public subscript(id: NodeID) -> Node {
    get { nodes[id.index] }
    set { nodes[id.index] = newValue }
  }

  /// The node that defines each value, indexed by `ValueID`; `nil` for inputs and constants.
  public func producers() -> [NodeID?] {
    var producers = [NodeID?](repeating: nil, count: values.count)
    for (index, node) in nodes.enumerated() {
      for result in node.results { producers[result.index] = NodeID(index) }
    }
    return producers
  }

  /// The nodes that use each value, indexed by `ValueID`, each node once, in order.
  public func users() -> [[NodeID]] {
    var users = [[NodeID]](repeating: [], count: values.count)
    for (index, node) in nodes.enumerated() {
      for case let operand? in node.operands where users[operand.index].last != NodeID(index) {
        users[operand.index].append(NodeID(index))
      }
    }
    return users
  }
}

/// A value of a graph.
public struct Value: Equatable, Sendable {
  /// The name, as in the ONNX model; unique in the graph.
  public var name: String
  /// The type.
  public var type: ValueType
  /// What the value is, if it does not depend on the inputs.
  public var constant: Constant?

  /// Creates a value.
  public init(name: String, type: ValueType, constant: Constant? = nil) {
    self.name = name
    self.type = type
    self.constant = constant
  }
}

/// The content of a constant value.
public enum Constant: Sendable {
  /// Elements in memory or in a mapped file.
  case tensor(Tensor)
  /// Every element is the same; the tensor is a scalar of the value's element type.
  case splat(Tensor)
  /// Elements drawn uniformly from −1 ..< 1 by a generator with this seed (Specs/ir.md), so that
  /// a test is complete without a file of weights.
  case random(seed: UInt64)
  /// Elements known by checksum only: what a printed graph holds until its weights are attached.
  case reference(crc32c: UInt32)
}

/// One operation of a graph.
public struct Node: Sendable {
  /// The name, as in the ONNX model, or made from the operator and the position there.
  public var name: String
  /// What it computes.
  public var op: Op
  /// What it reads; `nil` stands for an optional operand that is left out.
  public var operands: [ValueID?]
  /// What it defines.
  public var results: [ValueID]
  /// What training has found out about its converters.
  public var ranges = TrainedRanges()

  /// Creates a node.
  public init(name: String, op: Op, operands: [ValueID?], results: [ValueID]) {
    self.name = name
    self.op = op
    self.operands = operands
    self.results = results
  }
}
