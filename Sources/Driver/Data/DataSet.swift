import Basics

/// What a network takes or gives at one of its ports in one inference.
public struct DataPort: Hashable, Sendable {
  /// The name, as in the ONNX model.
  public var name: String
  /// The type of the elements.
  public var element: ElementType
  /// The dimensions of one inference; empty if they are not known.
  public var shape: [Int]
  /// Whether the dimensions are known before an inference, as they are of all inputs.
  public var hasKnownShape: Bool
  /// Whether an inference may give less than there is room for: then `Tensor.absent` stands for the rest.
  public var isPadded = false

  /// Creates a description of a port.
  public init(name: String, element: ElementType, shape: [Int], hasKnownShape: Bool = true) {
    self.name = name
    self.element = element
    self.shape = shape
    self.hasKnownShape = hasKnownShape
  }
}

/// Inputs of a network, and what its outputs should be, matched with its ports.
public struct DataSet: Sendable {
  /// The path that the data came from.
  public var path: String
  /// The number of inferences.
  public var count: Int
  /// What each input port receives: `count` × the shape of the port, in the type of the port.
  public var inputs: [Tensor]
  /// What each output port should give, where that is known: `count` × the shape of the port.
  public var expected: [Tensor?]
  /// The right class of every sample, an equal number of samples to each inference.
  public var labels: [Int]?
  /// What was found and is not used.
  public var warnings: [Diagnostic]

  /// Matches the arrays of `source` with ports.
  ///
  /// The leading dimension of an array is divided into inferences: 360×1×8×8 are 360 inferences of a
  /// port of 1×1×8×8 and 45 of one of 8×1×8×8. Records are put one after the other. Samples that are
  /// left over are a fault, unless `dropsRest` says that they do not matter. Throws
  /// `Diagnostics` listing every array that is missing, does not fit or would lose precision.
  public init(
    _ source: DataSource, inputs: [DataPort], outputs: [DataPort], dropsRest: Bool = false
  ) throws {
    var matching = DataMatching(
      source: source, inputs: inputs, outputs: outputs, dropsRest: dropsRest)
    let cases = matching.cases()
    try matching.faults.throwIfErrors()
    let stacked = cases.compactMap { matching.stack($0) }
    try matching.faults.throwIfErrors()
    path = source.path
    count = stacked.reduce(0) { $0 + $1.count }
    self.inputs = inputs.indices.map { port in concatenate(stacked.map { $0.inputs[port] }) }
    expected = outputs.indices.map { port in
      let parts = stacked.compactMap { $0.expected[port] }
      return parts.count == stacked.count ? concatenate(parts) : nil
    }
    labels = nil
    if let found = matching.labels, !dropsRest {
      guard count > 0, found.classes.count.isMultiple(of: count), !found.classes.isEmpty else {
        throw Diagnostics(
          Diagnostic(
            file: source.path, "holds \(found.classes.count) labels for \(count) inferences"))
      }
      labels = found.classes
    }
    guard count > 0 else {
      throw Diagnostics(Diagnostic(file: source.path, "holds no data: its arrays are empty"))
    }
    warnings = matching.faults.items
    if !dropsRest, let found = matching.labels?.warning(for: outputs, count: count, file: path) {
      warnings.append(found)
    }
    warnings += oddities(inputs)
  }

  /// What each input port receives in the inferences `range`.
  public func inputs(_ range: Range<Int>) -> [Tensor] { inputs.map { $0.rows(range) } }
}

extension Tensor {
  /// The part of the tensor whose first index lies in `range`.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
    if range == 0..<shape[0] { return self }
    let size = shape.dropFirst().reduce(type.byteCount, *)
    let part = range.lowerBound * size..<range.upperBound * size
    let shape = [range.count] + shape.dropFirst()
    return Tensor(type: type, shape: shape, bytes: bytes[part])
  }
}

/// The tensors, of one type and of one shape but for the leading dimension, one after the other.
func concatenate(_ parts: [Tensor]) -> Tensor {
  if parts.count == 1 { return parts[0] }
  let rows = parts.reduce(0) { $0 + $1.shape[0] }
  let bytes = Bytes(writing: parts.reduce(0) { $0 + $1.bytes.count }) { target in
    var offset = 0
    for part in parts {
      part.bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
        offset += source.count
      }
    }
  }
  return Tensor(type: parts[0].type, shape: [rows] + parts[0].shape.dropFirst(), bytes: bytes)
}

extension DataSet {
  /// Keeps the inferences `chosen`, without what is expected of them.
  mutating func keep(_ chosen: [Int]) {
    inputs = inputs.map { input in concatenate(chosen.map { input.rows($0..<$0 + 1) }) }
    count = chosen.count
    expected = expected.map { _ in nil }
    labels = nil
  }

  /// The first inferences, `limit` at most, without what is expected of them.
  func first(_ limit: Int) -> DataSet {
    var part = self
    part.keep(Array(0..<min(limit, count)))
    return part
  }
}
