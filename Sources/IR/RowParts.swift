/// Rows of a matrix in parts that follow each other and are as equal as can be: of n rows in k parts, the
/// first n mod k have ⌈n / k⌉ rows, the others ⌊n / k⌋.
///
/// So the IBM Analog Hardware Acceleration Kit splits the inputs of a layer over its tiles (balanced splits).
public struct RowParts: Hashable, Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of parts, from 1 to the number of rows.
  public let count: Int

  /// Cuts `rows` into `count` parts.
  public init(rows: Int, count: Int) {
    self.rows = rows
    self.count = count
  }

  /// The rows of a part.
  public subscript(part: Int) -> Range<Int> {
    let (least, over) = rows.quotientAndRemainder(dividingBy: count)
    let first = part * least + min(part, over)
    return first..<first + least + (part < over ? 1 : 0)
  }

  /// The part that a row belongs to.
  public func part(ofRow row: Int) -> Int {
    let (least, over) = rows.quotientAndRemainder(dividingBy: count)
    let larger = over * (least + 1)
    return row < larger ? row / (least + 1) : over + (row - larger) / least
  }
}

extension Graph {
  /// What `count` ranges of the input of `node` are that its matrix cannot have, as words that follow "has", and
  /// how many it can have; `nil` if it can have these.
  public func misfit(
    ofInputRanges count: Int, of node: Node
  ) -> (message: String, supported: String)? {
    guard count > 1 else { return nil }
    let ranges = "\(count) ranges of an input"
    if case .conv(let convolution) = node.op, convolution.groups > 1 {
      return ("\(ranges) whose \(convolution.groups) groups share one", "1 range")
    }
    guard let rows = rowsOfMatrix(of: node) else {
      return ("\(ranges) that makes an unknown number of rows", "1 range")
    }
    return count <= rows
      ? nil : ("\(ranges) that makes \(rows) rows", "1 to \(rows) ranges")
  }

  /// The rows of the matrix with which a node multiplies its input; `nil` if they are not known, as of a node
  /// without operands.
  private func rowsOfMatrix(of node: Node) -> Int? {
    func shape(_ operand: Int) -> [Dimension]? {
      guard operand < node.operands.count, let value = node.operands[operand],
        value.index < values.count, let shape = self[value].type.shape, !shape.isEmpty
      else { return nil }
      return shape
    }
    func size(_ operand: Int, fromEnd place: Int) -> Int? {
      shape(operand).flatMap { $0[max($0.count - 1 - place, 0)].value }
    }
    switch node.op {
    case .conv:
      let sizes = shape(1)?.dropFirst().map(\.value)
      guard let sizes, sizes.allSatisfy({ $0 != nil }) else { return nil }
      return elementCount(sizes.compactMap { $0 })
    case .gemm(let gemm):
      return size(1, fromEnd: gemm.transposeB ? 0 : 1) ?? size(0, fromEnd: gemm.transposeA ? 1 : 0)
    case .matMul: return size(1, fromEnd: 1) ?? size(0, fromEnd: 0)
    case .recurrent: return size(1, fromEnd: 0) ?? size(0, fromEnd: 0)
    default: return nil
    }
  }
}
