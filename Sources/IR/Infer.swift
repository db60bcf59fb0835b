import Basics

extension Graph {
  /// The types of the results of `node`, which need not be in the graph, from the types and
  /// constants that it reads.
  ///
  /// A symbolic dimension is passed through where the result has as many elements. A dimension that
  /// is not known yet gets a symbol of its own, made of the name of the value and the axis; where
  /// not even the number of dimensions is known, the shape is `nil`.
  ///
  /// Throws `Diagnostics` naming the node if its operands or parameters do not fit.
  public func inferResults(of node: Node) throws(Diagnostics) -> [ValueType] {
    try Inference(graph: self, node: node, known: KnownElements()).results().types
  }

  /// The types of the results of `node`, as above, and what is known of their elements by `known`,
  /// which learns of them.
  public func inferResults(
    of node: Node, known: inout KnownElements
  ) throws(Diagnostics) -> [ValueType] {
    let outcome = try Inference(graph: self, node: node, known: known).outcome().get()
    if let elements = outcome.elements { known[node.results[0]] = elements }
    return outcome.types
  }

  /// Sets the types of all results, in the order of the nodes.
  ///
  /// A known dimension of a result that cannot be inferred is kept. What follows a faulty node is
  /// looked at with results of unknown shape.
  ///
  /// Throws `Diagnostics` with every fault found.
  public mutating func inferTypes() throws(Diagnostics) {
    try inferTypes(known: KnownElements())
  }

  /// Sets the types of all results, given what is known of the elements of the inputs.
  mutating func inferTypes(known elements: KnownElements) throws(Diagnostics) {
    var known = elements
    var faults = Diagnostics()
    for index in nodes.indices {
      let node = nodes[index]
      let outcome = Inference(graph: self, node: node, known: known).outcome()
      switch outcome {
      case .success(let (types, elements, control)):
        if let control { nodes[index].op = .control(control.control) }
        for (axisOwner, (id, type)) in zip(node.results, types).enumerated() {
          self[id].type = merged(type, into: self[id], result: axisOwner)
        }
        if let elements { known[node.results[0]] = elements }
      case .failure(let diagnostics):
        faults.items += diagnostics.items
        for id in node.results where id.index < values.count { self[id].type.shape = nil }
      }
    }
    if faults.hasErrors { throw faults }
  }

  /// The names of the dimensions that the inputs leave open, in the order in which they occur.
  public var openDimensions: [String] { openDimensions(amongFirst: .max) }

  /// The same of so many dimensions of each input.
  public func openDimensions(amongFirst count: Int) -> [String] {
    var names: [String] = []
    for input in inputs {
      for case .symbol(let name) in (self[input].type.shape ?? []).prefix(count)
      where !names.contains(name) {
        names.append(name)
      }
    }
    return names
  }

  /// Replaces the dimension known as `symbol` by `size`, which must not be negative, in the types
  /// of all values.
  ///
  /// `inferTypes()` then finds what follows from it.
  public mutating func bind(symbol: String, to size: Int) {
    precondition(size >= 0)
    for index in values.indices {
      let id = ValueID(index)
      guard let shape = self[id].type.shape, shape.contains(.symbol(symbol)) else { continue }
      self[id].type.shape = shape.map { $0 == .symbol(symbol) ? .fixed(size) : $0 }
    }
  }

  /// The inferred type, with what the value knows of dimensions that could not be inferred.
  private func merged(_ inferred: ValueType, into value: Value, result: Int) -> ValueType {
    guard inferred.element == value.type.element, let old = value.type.shape else {
      return inferred
    }
    guard let new = inferred.shape else { return value.type }
    guard old.count == new.count else { return inferred }
    var type = inferred
    for axis in new.indices where new[axis] == Inference.unknown(value.name, axis) {
      type.shape?[axis] = old[axis]
    }
    return type
  }
}

/// Infers the types of the results of one node.
struct Inference {
  let graph: Graph
  let node: Node
  let known: KnownElements

  /// The greatest number of dimensions that a value may have.
  static let rankLimit = 64

  /// The types of the results.
  func results() throws(Diagnostics) -> (types: [ValueType], control: InferredControl?) {
    try checkSignature()
    var control: InferredControl?
    if case .control(let flow) = node.op { control = try self.control(flow) }
    let types: [ValueType]
    if let control { types = control.types } else { types = try inferred() }
    for type in types {
      guard let shape = type.shape else { continue }
      if shape.count > Self.rankLimit {
        throw fault("has a result of \(shape.count) dimensions; at most \(Self.rankLimit) can be")
      }
      if type.fixedShape != nil && type.count == nil {
        throw fault("has a result whose number of elements is out of range: \(type)")
      }
    }
    return (types, control)
  }

  /// The types of the results, the elements of the first one where they are known integers, and
  /// what is inferred of regions.
  func outcome()
    -> Result<(types: [ValueType], elements: [Dimension]?, control: InferredControl?), Diagnostics>
  {
    do throws(Diagnostics) {
      let (types, control) = try results()
      return .success((types, resultElements(types), control))
    } catch {
      return .failure(error)
    }
  }

  private func inferred() throws(Diagnostics) -> [ValueType] {
    switch node.op {
    case .conv(let convolution): [try self.convolution(convolution)]
    case .gemm(let gemm): [try self.gemm(gemm)]
    case .matMul: [try matMul()]
    case .batchNormalization: [try batchNormalization()]
    case .unary(let function):
      [ValueType(function.isTest ? .bool : type(0).element, shape(0))]
    case .binary(let function): [try binary(function)]
    case .clip: [try clip()]
    case .softmax(let softmax): [try self.softmax(softmax)]
    case .pool(let pool): try self.pool(pool)
    case .globalPool(let kind): [try globalPool(kind)]
    case .reduce(let reduce): [try self.reduce(reduce)]
    case .extremum(let extremum): [try self.extremum(extremum)]
    case .cumulative: [try cumulative()]
    case .select: [try select()]
    case .expand: [try expand()]
    case .determinant: [try determinant()]
    case .fourier(let fourier): [try self.fourier(fourier)]
    case .triangle: [try triangle()]
    case .identityMatrix(let element, _):
      [try identityMatrix(element ?? type(0).element)]
    case .range: [try range()]
    case .concat(let axis): [try concat(axis)]
    case .split(let axis): try split(axis)
    case .slice: [try slice()]
    case .pad: [try pad()]
    case .reshape(let allowZero): [try reshape(allowZero: allowZero)]
    case .flatten(let axis): [try flatten(axis)]
    case .transpose(let permutation): [try transpose(permutation)]
    case .squeeze: [try squeeze()]
    case .unsqueeze: [try unsqueeze()]
    case .gather(let axis): [try gather(axis)]
    case .shape(let start, let end): [shapeOf(start: start, end: end)]
    case .cast(let element, _, _): [ValueType(element, shape(0))]
    case .quantize(let quantize):
      [
        try quantization(
          to: quantize.element, .quantized, axis: quantize.axis, blockSize: quantize.blockSize)
      ]
    case .dequantize(let dequantize):
      [
        try quantization(
          to: dequantize.element, .floats, axis: dequantize.axis, blockSize: dequantize.blockSize)
      ]
    case .constantOfShape(let element, let bits): [try constantOfShape(element, bits)]
    case .resize(let resize): [try self.resize(resize)]
    case .recurrent(let recurrent): try self.recurrent(recurrent)
    case .movement(let movement): try self.movement(movement)
    case .control(let control): try self.control(control).types
    case .sampling(let sampling): [try self.sampling(sampling)]
    case .einsum(let equation): [try einsum(equation)]
    }
  }
}
