import Basics

/// Conv, pooling and global pooling.
extension Inference {
  /// The number of spatial dimensions that windows can have.
  private static let spatialRanks = 1...3

  func convolution(_ convolution: Convolution) throws(Diagnostics) -> ValueType {
    let window = convolution.window
    let spatial = window.kernel.count
    try check(window)
    try require(0, rank: spatial + 2)
    try require(1, rank: spatial + 2)
    let groups = convolution.groups
    guard groups > 0 else { throw fault("has \(groups) groups") }
    for axis in 0..<spatial {
      try require(1, axis: axis + 2, toBe: .fixed(window.kernel[axis]), "the kernel")
    }
    let filters = shape(1)?[0] ?? unknown(1)
    if let channels = shape(0)?[1].value, let depth = shape(1)?[1].value,
      depth.multiplied(by: groups) != channels
    {
      throw fault(
        "has \(groups) group\(groups == 1 ? "" : "s") of \(depth) channels in its weights,"
          + " but \(channels) channels in its input")
    }
    if let count = filters.value, count % groups != 0 {
      throw fault("has \(count) filters, which \(groups) groups do not divide")
    }
    try require(2, rank: 1)
    try require(2, axis: 0, toBe: filters, "the number of filters")
    let batch = shape(0)?[0] ?? unknown(0)
    let places = try positions(window, of: shape(0), ceil: false)
    return ValueType(type(0).element, [batch, filters] + places)
  }

  func pool(_ pool: Pool) throws(Diagnostics) -> [ValueType] {
    let window = pool.window
    try check(pool.kind)
    if pool.positions != nil && pool.kind != .max { throw fault("has positions, but no maximum") }
    try check(window)
    try require(0, rank: window.kernel.count + 2)
    let leading = shape(0).map { Array($0.prefix(2)) } ?? [unknown(0), unknown(1)]
    let shape = leading + (try positions(window, of: shape(0), ceil: pool.ceil))
    let values = ValueType(type(0).element, shape)
    return pool.positions == nil ? [values] : [values, ValueType(.i64, shape)]
  }

  private func check(_ kind: PoolKind) throws(Diagnostics) {
    if case .norm(let power) = kind, power < 1 { throw fault("has power \(power)") }
  }

  func globalPool(_ kind: PoolKind) throws(Diagnostics) -> ValueType {
    try check(kind)
    guard let shape = shape(0) else { return type(0) }
    guard shape.count >= 3 else {
      throw fault("takes \(operandName(0)) with at least 3 dimensions, not \(shape.count)")
    }
    let ones = [Dimension](repeating: .fixed(1), count: shape.count - 2)
    return ValueType(type(0).element, shape.prefix(2) + ones)
  }

  /// The number of windows along each spatial dimension.
  private func positions(
    _ window: Window, of shape: [Dimension]?, ceil: Bool
  ) throws(Diagnostics) -> [Dimension] {
    var result: [Dimension] = []
    for axis in window.kernel.indices {
      switch shape?[axis + 2] {
      case .fixed(let size):
        do throws(Diagnostics) {
          result.append(
            .fixed(try window.resolved(dimension: axis, size: size, ceil: ceil).output))
        } catch {
          throw fault(error.items[0].message)
        }
      case .symbol(let name) where window.preservesSize(axis): result.append(.symbol(name))
      default: result.append(unknown(axis + 2))
      }
    }
    return result
  }

  func check(_ window: Window) throws(Diagnostics) {
    let rank = window.kernel.count
    guard Self.spatialRanks.contains(rank) else {
      throw fault("has a kernel of \(rank) dimensions; there can be 1 to 3")
    }
    var lists = [("strides", window.strides), ("dilations", window.dilations)]
    if case .explicit(let begin, let end) = window.padding {
      lists += [("begins of padding", begin), ("ends of padding", end)]
    }
    for (name, list) in lists where list.count != rank {
      throw fault("has \(list.count) \(name) for a kernel of \(rank) dimensions")
    }
    for (name, list) in [("kernel", window.kernel)] + lists {
      let least = name.hasSuffix("padding") ? 0 : 1
      guard list.allSatisfy({ $0 >= least }) else {
        throw fault("has \(name) \(list), where each must be at least \(least)")
      }
    }
  }
}
