import Basics

/// Operators that sample images, and those about regions.
extension Inference {
  func sampling(_ sampling: Sampling) throws(Diagnostics) -> ValueType {
    switch sampling {
    case .grid: try gridSample()
    case .affineGrid: try affineGrid()
    case .regionAlign(let region): try regions(region.rows, region.columns, width: 4)
    case .regionMaximum(let rows, let columns, _): try regions(rows, columns, width: 5)
    case .suppression(_, let isPadded): try suppression(isPadded: isPadded)
    case .unpool(let window): try unpool(window)
    case .fromColumns(let strides, let dilations, let pads):
      try fromColumns(strides, dilations, pads)
    }
  }

  private func gridSample() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    guard let x = shape(0), let grid = shape(1) else { return ValueType(element, nil) }
    guard x.count >= 3, grid.count == x.count else {
      throw fault("takes an image and a grid of as many dimensions: \(type(0)) and \(type(1))")
    }
    guard let batch = unified(x[0], grid[0]) else {
      throw fault("takes an image and a grid of one batch: \(type(0)) and \(type(1))")
    }
    try require(1, axis: grid.count - 1, toBe: .fixed(x.count - 2), "the spatial dimensions")
    return ValueType(element, [batch, x[1]] + grid[1..<grid.count - 1])
  }

  private func affineGrid() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    try require(0, rank: 3)
    let length = try vectorLength(1)
    guard let length else { return ValueType(element, nil) }
    guard 4...5 ~= length else {
      throw fault("takes \(operandName(1)) of 4 or 5 elements, not \(length)")
    }
    try require(0, axis: 1, toBe: .fixed(length - 2), "the spatial dimensions")
    try require(0, axis: 2, toBe: .fixed(length - 1), "the spatial dimensions and 1")
    guard let sizes = elements(1) else { return ValueType(element, unknownShape(length)) }
    for case .fixed(let size) in sizes where size < 0 { throw fault("has size \(size)") }
    try require(0, axis: 0, toBe: sizes[0], "the first size")
    return ValueType(element, [sizes[0]] + sizes[2...] + [.fixed(length - 2)])
  }

  private func regions(
    _ rows: Int, _ columns: Int, width: Int
  ) throws(Diagnostics) -> ValueType {
    try require(0, rank: 4)
    try require(1, rank: 2)
    try require(1, axis: 1, toBe: .fixed(width), "the numbers of a region")
    guard rows > 0, columns > 0 else { throw fault("has results of \(rows)×\(columns)") }
    let count = shape(1)?[0] ?? unknown(0)
    if width == 4, let length = shape(2) {
      try require(2, rank: 1)
      guard unified(length[0], count) != nil else {
        throw fault("has \(count) regions and \(length[0]) batches")
      }
    }
    let channels = shape(0)?[1] ?? unknown(1)
    return ValueType(type(0).element, [count, channels, .fixed(rows), .fixed(columns)])
  }

  private func suppression(isPadded: Bool) throws(Diagnostics) -> ValueType {
    try require(0, rank: 3)
    try require(0, axis: 2, toBe: .fixed(4), "the numbers of a box")
    try require(1, rank: 3)
    if let boxes = shape(0) {
      try require(1, axis: 0, toBe: boxes[0], "the batch")
      try require(1, axis: 2, toBe: boxes[1], "the boxes")
    }
    for index in 2...4 where operand(index) != nil {
      if let count = graph[operand(index)!].type.count, count > 1 {
        throw fault("takes \(operandName(index)) of one element, not \(type(index))")
      }
    }
    let most = isPadded ? mostSuppressed() : nil
    return ValueType(.i64, [most.map(Dimension.fixed) ?? unknown(0), .fixed(3)])
  }

  /// The most boxes that a suppression keeps: of each class of each batch no more than its count, and than there
  /// are; `nil` where that is not known.
  private func mostSuppressed() -> Int? {
    guard let scores = type(1).fixedShape, scores.count == 3 else { return nil }
    let count = operand(2) == nil ? 0 : integers(2).map { $0.first ?? 0 }
    return count.flatMap { elementCount([scores[0], scores[1], min(max($0, 0), scores[2])]) }
  }

  private func unpool(_ window: Window) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    try check(window)
    guard case .explicit(let begin, let end) = window.padding else {
      throw fault("has a padding that is not explicit")
    }
    try require(0, rank: window.kernel.count + 2)
    if let x = shape(0), let positions = shape(1) {
      guard x.count == positions.count, zip(x, positions).allSatisfy({ unified($0, $1) != nil })
      else { throw fault("has elements of \(type(0)) and positions of \(type(1))") }
    }
    if operand(2) != nil {
      let length = try vectorLength(2)
      guard let sizes = elements(2) else {
        return ValueType(element, unknownShape(length))
      }
      guard sizes.count == window.kernel.count + 2 else {
        throw fault("has a shape of \(sizes.count) dimensions")
      }
      for case .fixed(let size) in sizes where size < 0 { throw fault("has size \(size)") }
      return ValueType(element, sizes)
    }
    guard let x = shape(0) else {
      return ValueType(element, unknownShape(window.kernel.count + 2))
    }
    var result = Array(x[..<2])
    for axis in window.kernel.indices {
      guard let size = x[axis + 2].value else {
        result.append(unknown(axis + 2))
        continue
      }
      guard
        let reach = (size - 1).multiplied(by: window.strides[axis])?.adding(window.kernel[axis]),
        let padding = begin[axis].adding(end[axis]), let output = reach.subtracting(padding),
        output >= 0
      else { throw fault("has windows that do not fit along axis \(axis + 2) of \(type(0))") }
      result.append(.fixed(output))
    }
    return ValueType(element, result)
  }

  private func fromColumns(
    _ strides: [Int]?, _ dilations: [Int]?, _ pads: [Int]?
  ) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    try require(0, rank: 3)
    let lengths = [try vectorLength(1), try vectorLength(2)]
    guard let rank = lengths[0] ?? lengths[1] else { return ValueType(element, nil) }
    let counts = lengths.compactMap { $0 } + [strides?.count, dilations?.count].compactMap { $0 }
    guard rank >= 1, counts.allSatisfy({ $0 == rank }), pads?.count ?? 2 * rank == 2 * rank else {
      throw fault("has sizes, block, strides, dilations or pads of different lengths")
    }
    guard (strides ?? []).allSatisfy({ $0 >= 1 }), (dilations ?? []).allSatisfy({ $0 >= 1 }),
      (pads ?? []).allSatisfy({ $0 >= 0 })
    else { throw fault("has strides, dilations or pads that are out of range") }
    let sizes = elements(1)
    for case .fixed(let size)? in (sizes ?? []).map(Optional.some) where size < 0 {
      throw fault("has size \(size)")
    }
    let batch = shape(0)?[0] ?? unknown(0)
    var channels = unknown(1)
    if let block = integers(2), let count = shape(0)?[1].value {
      guard let size = elementCount(block), size > 0, count % size == 0 else {
        throw fault("has blocks of \(block) for \(count) rows of columns")
      }
      channels = .fixed(count / size)
    }
    return ValueType(
      element, [batch, channels] + (0..<rank).map { sizes?[$0] ?? unknown($0 + 2) })
  }
}
