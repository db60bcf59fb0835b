import Basics

/// What a constant of a printed graph is known by.
struct ConstantKey: Hashable {
  let checksum: UInt32
  let element: ElementType
  let shape: [Int]
}

extension Graph {
  /// The key of a constant of which only the checksum is known.
  private func key(of value: Value) -> ConstantKey? {
    guard case .reference(let checksum) = value.constant, let shape = value.type.fixedShape else {
      return nil
    }
    return ConstantKey(checksum: checksum, element: value.type.element, shape: shape)
  }

  /// The names of the constants of which only the checksum is known, in order.
  public var unresolvedConstants: [String] {
    usedValues().enumerated().compactMap { index, isUsed in
      guard isUsed, case .reference = values[index].constant else { return nil }
      return values[index].name
    }
      + nodes.flatMap { node in
        node.op.regions.flatMap(\.unresolvedConstants).map { "\(node.name).\($0)" }
      }
  }

  /// The different tensors that the text form holds by checksum only, in the order of the values.
  public func referencedTensors() -> [Tensor] {
    var keys: Set<ConstantKey> = []
    return referencedTensors(besides: &keys)
  }

  /// The tensors whose keys are not among `keys`, which learns of them.
  private func referencedTensors(besides keys: inout Set<ConstantKey>) -> [Tensor] {
    var tensors: [Tensor] = []
    for (index, isUsed) in usedValues().enumerated() where isUsed {
      guard case .tensor(let tensor) = values[index].constant, tensor.count > Self.denseLimit
      else { continue }
      let key = ConstantKey(
        checksum: CRC32C.checksum(tensor.bytes), element: tensor.type, shape: tensor.shape)
      if keys.insert(key).inserted { tensors.append(tensor) }
    }
    for region in nodes.flatMap(\.op.regions) {
      tensors += region.referencedTensors(besides: &keys)
    }
    return tensors
  }

  /// Gives the constants of which only the checksum is known their elements, where one of `tensors`
  /// has this checksum, the element type and the shape.
  ///
  /// Only tensors whose type and shape is asked for are read.
  /// Throws `Diagnostics` if two tensors that differ fit one constant.
  public mutating func attachConstants(from tensors: [Tensor]) throws {
    var wanted: Set<ValueType> = []
    for value in values where key(of: value) != nil { wanted.insert(value.type) }
    var found: [ConstantKey: Tensor] = [:]
    var ambiguous: Set<ConstantKey> = []
    for tensor in tensors where wanted.contains(ValueType(tensor.type, fixed: tensor.shape)) {
      let key = ConstantKey(
        checksum: CRC32C.checksum(tensor.bytes), element: tensor.type, shape: tensor.shape)
      if let other = found[key], other != tensor { ambiguous.insert(key) }
      found[key] = tensor
    }
    var faults = Diagnostics()
    for index in values.indices {
      let id = ValueID(index)
      guard let key = key(of: self[id]), let tensor = found[key] else { continue }
      if ambiguous.contains(key) {
        faults.append(
          Diagnostic(
            .error, "there are two tensors with the checksum of constant \(quoted(self[id].name))"))
      } else {
        self[id].constant = .tensor(tensor)
      }
    }
    try faults.throwIfErrors()
    try updateRegions { try $0.attachConstants(from: tensors) }
  }

  /// Changes the graphs that are parts of nodes.
  private mutating func updateRegions(_ body: (inout Graph) throws -> Void) rethrows {
    for index in nodes.indices {
      var regions = nodes[index].op.regions
      if regions.isEmpty { continue }
      for region in regions.indices { try body(&regions[region]) }
      nodes[index].op.regions = regions
    }
  }

  /// Gives the constants of which only the checksum is known the elements that `file` has for them.
  ///
  /// Only the tensors that are asked for are read, once, to check them. Throws `Diagnostics` if
  /// elements in the file do not have their checksum.
  public mutating func attachConstants(from file: WeightFile) throws {
    var faults = Diagnostics()
    var checked: [ConstantKey: Bool] = [:]
    for index in values.indices {
      let id = ValueID(index)
      guard let key = key(of: self[id]), let tensor = file.tensor(for: key) else { continue }
      let isSound =
        checked[key]
        ?? (CRC32C.checksum(tensor.bytes) == key.checksum && tensor.hasSoundElements)
      checked[key] = isSound
      if isSound {
        self[id].constant = .tensor(tensor)
      } else {
        faults.append(
          Diagnostic(
            file: file.path, "the elements of constant \(quoted(self[id].name)) are damaged"))
      }
    }
    try faults.throwIfErrors()
    try updateRegions { try $0.attachConstants(from: file) }
  }
}
