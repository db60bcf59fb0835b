import Basics

/// Operators that take, place, order or repeat elements.
extension Inference {
  func movement(_ movement: Movement) throws(Diagnostics) -> [ValueType] {
    switch movement {
    case .gatherElements(let axis): [try gatherElements(axis)]
    case .gatherND(let batchDimensions): [try gatherND(batchDimensions)]
    case .scatterElements(let axis, _): [try scatterElements(axis)]
    case .scatterND: [try scatterND()]
    case .topK(let axis, _): try topK(axis)
    case .oneHot(let axis): [try oneHot(axis)]
    case .nonZero(let isPadded):
      [
        ValueType(
          .i64,
          shape(0).map { shape in
            let most = isPadded ? type(0).count.map(Dimension.fixed) : nil
            return [.fixed(max(shape.count, 1)), most ?? unknown(1)]
          })
      ]
    case .compress(let axis): [try compress(axis)]
    case .unique(let axis, _): try unique(axis)
    case .tile: [try tile()]
    case .depthToSpace(let size, _): [try depthToSpace(size)]
    case .spaceToDepth(let size, _): [try spaceToDepth(size)]
    case .reverseSequence(let batchAxis, let timeAxis):
      [try reverseSequence(batchAxis, timeAxis)]
    case .centerCropPad(let axes): [try centerCropPad(axes)]
    }
  }

  private func gatherElements(_ axis: Int) throws(Diagnostics) -> ValueType {
    try checkIndices(axis)
    return ValueType(type(0).element, shape(1))
  }

  private func scatterElements(_ axis: Int) throws(Diagnostics) -> ValueType {
    try checkIndices(axis)
    if let indices = shape(1), let updates = shape(2) {
      guard indices.count == updates.count,
        zip(indices, updates).allSatisfy({ unified($0, $1) != nil })
      else { throw fault("has indices of \(type(1)) and updates of \(type(2))") }
    }
    return type(0)
  }

  /// Checks indices that name elements along `axis` of the first operand.
  private func checkIndices(_ axis: Int) throws(Diagnostics) {
    guard let data = shape(0) else { return }
    let axis = try resolve(axis: axis, rank: data.count)
    if let size = data[axis].value, let indices = integers(1) {
      for index in indices where index < -size || index >= size {
        throw fault("names element \(index) of \(size) along axis \(axis)")
      }
    }
    guard let indices = shape(1) else { return }
    guard indices.count == data.count else {
      throw fault("takes indices of as many dimensions as data: \(type(0)) and \(type(1))")
    }
    for other in data.indices where other != axis {
      if let size = data[other].value, let count = indices[other].value, count > size {
        throw fault("has \(count) indices along axis \(other), where data has \(size) elements")
      }
    }
  }

  private func gatherND(_ batchDimensions: Int) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    guard let data = shape(0), let indices = shape(1) else { return ValueType(element, nil) }
    guard let last = indices.last else { throw fault("takes indices with a dimension") }
    guard batchDimensions >= 0, batchDimensions < min(data.count, indices.count) else {
      throw fault("has \(batchDimensions) batch dimensions for \(type(0)) and \(type(1))")
    }
    for axis in 0..<batchDimensions where unified(data[axis], indices[axis]) == nil {
      throw fault("has batch dimensions that differ: \(type(0)) and \(type(1))")
    }
    guard let depth = last.value else { return ValueType(element, nil) }
    guard depth >= 1, batchDimensions + depth <= data.count else {
      throw fault("has indices of \(depth) numbers for \(data.count) dimensions of data")
    }
    try checkTuples(Array(data[batchDimensions..<batchDimensions + depth]))
    return ValueType(element, indices.dropLast() + data[(batchDimensions + depth)...])
  }

  private func scatterND() throws(Diagnostics) -> ValueType {
    guard let data = shape(0), let indices = shape(1) else { return type(0) }
    guard let last = indices.last else { throw fault("takes indices with a dimension") }
    guard let depth = last.value else { return type(0) }
    guard depth <= data.count else {
      throw fault("has indices of \(depth) numbers for \(data.count) dimensions of data")
    }
    try checkTuples(Array(data[..<depth]))
    if let updates = shape(2) {
      let wanted = indices.dropLast() + data[depth...]
      guard updates.count == wanted.count,
        zip(updates, wanted).allSatisfy({ unified($0, $1) != nil })
      else {
        throw fault(
          "takes updates of type \(ValueType(type(0).element, Array(wanted))), not \(type(2))")
      }
    }
    return type(0)
  }

  /// Checks constant indices that name elements of `sizes`.
  private func checkTuples(_ sizes: [Dimension]) throws(Diagnostics) {
    guard let indices = integers(1), !sizes.isEmpty else { return }
    for (position, index) in indices.enumerated() {
      let axis = position % sizes.count
      if let size = sizes[axis].value, index < -size || index >= size {
        throw fault("names element \(index) of \(size)")
      }
    }
  }

  private func topK(_ axis: Int) throws(Diagnostics) -> [ValueType] {
    func types(_ shape: [Dimension]?) -> [ValueType] {
      [ValueType(type(0).element, shape), ValueType(.i64, shape)]
    }
    if let shape = shape(1), shape.count > 1 || shape.first.map({ $0.value ?? 1 }) ?? 1 != 1 {
      throw fault("takes \(operandName(1)) of one element, not \(type(1))")
    }
    guard var shape = shape(0) else { return types(nil) }
    let axis = try resolve(axis: axis, rank: shape.count)
    if let count = elements(1)?.first {
      if let count = count.value, count < 0 || count > shape[axis].value ?? .max {
        throw fault("takes \(count) elements of \(shape[axis]) along axis \(axis)")
      }
      shape[axis] = count
    } else {
      shape[axis] = unknown(axis)
    }
    return types(shape)
  }

  private func oneHot(_ axis: Int) throws(Diagnostics) -> ValueType {
    let element = type(2).element
    if let length = try vectorLength(2), length != 2 {
      throw fault("takes two values, not \(length)")
    }
    if let count = type(1).count, count != 1 {
      throw fault("takes \(operandName(1)) of one element, not \(type(1))")
    }
    guard var shape = shape(0) else { return ValueType(element, nil) }
    let axis = try resolve(axis: axis, rank: shape.count + 1)
    let depth = elements(1)?.first
    if let depth = depth?.value, depth < 1 { throw fault("has depth \(depth)") }
    shape.insert(depth ?? unknown(axis), at: axis)
    return ValueType(element, shape)
  }

  private func compress(_ axis: Int?) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    _ = try vectorLength(1)
    let chosen = operand(1).flatMap { graph.tensor(of: $0) }.map { condition in
      condition.type == .bool ? condition.elements(of: Bool8.self).count(where: \.value) : 0
    }
    guard let axis else {
      return ValueType(element, [chosen.map(Dimension.fixed) ?? unknown(0)])
    }
    guard var shape = shape(0) else { return ValueType(element, nil) }
    let resolved = try resolve(axis: axis, rank: shape.count)
    if let length = try vectorLength(1), let size = shape[resolved].value, length > size {
      throw fault("has \(length) conditions for \(size) elements along axis \(resolved)")
    }
    shape[resolved] = chosen.map(Dimension.fixed) ?? unknown(resolved)
    return ValueType(element, shape)
  }

  private func unique(_ axis: Int?) throws(Diagnostics) -> [ValueType] {
    let element = type(0).element
    let counts = ValueType(.i64, [unknown(0, result: 1)])
    var inverse = ValueType(.i64, [unknown(0, result: 2)])
    var first = ValueType(element, [unknown(0)])
    if let axis {
      guard var shape = shape(0) else {
        return [ValueType(element, nil), counts, inverse, counts]
      }
      let axis = try resolve(axis: axis, rank: shape.count)
      inverse.shape = [shape[axis]]
      shape[axis] = unknown(axis)
      first.shape = shape
    } else if let count = type(0).count {
      inverse.shape = [.fixed(count)]
    }
    return [first, counts, inverse, counts]
  }

  private func tile() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try vectorLength(1)
    guard var shape = shape(0) else { return ValueType(element, nil) }
    if let length, length != shape.count {
      throw fault("has \(length) repeats for \(shape.count) dimensions")
    }
    let repeats = elements(1)
    for axis in shape.indices {
      guard let times = repeats?[axis] else {
        shape[axis] = unknown(axis)
        continue
      }
      if let times = times.value, times < 0 { throw fault("repeats \(times) times") }
      guard let product = DimensionProduct([shape[axis], times]) else {
        throw fault("has a size that is out of range along axis \(axis)")
      }
      shape[axis] = product.dimension ?? unknown(axis)
    }
    return ValueType(element, shape)
  }

  private func depthToSpace(_ size: Int) throws(Diagnostics) -> ValueType {
    try require(0, rank: 4)
    let square = try square(size)
    guard let shape = shape(0) else { return ValueType(type(0).element, unknownShape(4)) }
    if let channels = shape[1].value, channels % square != 0 {
      throw fault("has \(channels) channels, no multiple of \(square)")
    }
    return ValueType(
      type(0).element,
      [
        shape[0], shape[1].value.map { .fixed($0 / square) } ?? unknown(1),
        try scaled(shape[2], size, 2), try scaled(shape[3], size, 3),
      ])
  }

  private func spaceToDepth(_ size: Int) throws(Diagnostics) -> ValueType {
    try require(0, rank: 4)
    let square = try square(size)
    guard let shape = shape(0) else { return ValueType(type(0).element, unknownShape(4)) }
    for axis in 2...3 {
      if let count = shape[axis].value, count % size != 0 {
        throw fault("has \(count) elements along axis \(axis), no multiple of \(size)")
      }
    }
    func divided(_ axis: Int) -> Dimension {
      shape[axis].value.map { .fixed($0 / size) } ?? (size == 1 ? shape[axis] : unknown(axis))
    }
    return ValueType(
      type(0).element, [shape[0], try scaled(shape[1], square, 1), divided(2), divided(3)])
  }

  private func square(_ size: Int) throws(Diagnostics) -> Int {
    guard size >= 1, let square = size.multiplied(by: size) else {
      throw fault("has a block of size \(size)")
    }
    return square
  }

  private func scaled(
    _ size: Dimension, _ factor: Int, _ axis: Int
  ) throws(Diagnostics) -> Dimension {
    guard let product = DimensionProduct([size, .fixed(factor)]) else {
      throw fault("has a size that is out of range along axis \(axis)")
    }
    return product.dimension ?? unknown(axis)
  }

  private func reverseSequence(
    _ batchAxis: Int, _ timeAxis: Int
  ) throws(Diagnostics) -> ValueType {
    let length = try vectorLength(1)
    guard let shape = shape(0) else { return type(0) }
    let axes = try resolve(axes: [batchAxis, timeAxis], rank: shape.count)
    if let length, let batch = shape[axes[0]].value, batch != length {
      throw fault("has \(length) lengths for a batch of \(batch)")
    }
    if let lengths = integers(1), let size = shape[axes[1]].value {
      for length in lengths where length < 0 || length > size {
        throw fault("has length \(length) for \(size) elements along axis \(axes[1])")
      }
    }
    return type(0)
  }

  private func centerCropPad(_ axes: [Int]?) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try vectorLength(1)
    guard var shape = shape(0) else { return ValueType(element, nil) }
    let resolved = try resolve(axes: axes ?? Array(shape.indices), rank: shape.count)
    if let length, length != resolved.count {
      throw fault("has \(length) sizes for \(resolved.count) axes")
    }
    let sizes = elements(1)
    for (position, axis) in resolved.enumerated() {
      if let size = sizes?[position].value, size < 0 { throw fault("has size \(size)") }
      shape[axis] = sizes?[position] ?? unknown(axis)
    }
    return ValueType(element, shape)
  }
}
