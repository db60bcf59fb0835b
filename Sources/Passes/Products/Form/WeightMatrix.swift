import IR

/// How weights of an operator, operand 1, make a matrix.
struct WeightMatrix {
  /// The number of inputs of all groups.
  let rows: Int
  /// The number of outputs of all groups.
  let columns: Int
  /// Whether the weights lie column by column, each with the rows of its group only.
  let isByColumn: Bool

  /// The matrix of weights of `shape` that `op` multiplies with; `nil` if it is no Conv, Gemm or MatMul.
  ///
  /// A vector is a matrix of one column.
  init?(of op: Op, shape: [Int]) {
    switch op {
    case .conv(let convolution):
      rows = shape.dropFirst().reduce(1, *) * convolution.groups
      columns = shape[0]
      isByColumn = true
    case .gemm(let gemm):
      (rows, columns) = gemm.transposeB ? (shape[1], shape[0]) : (shape[0], shape[1])
      isByColumn = gemm.transposeB
    case .matMul:
      let hasColumns = shape.count > 1
      rows = hasColumns ? shape[shape.count - 2] : shape[0]
      columns = hasColumns ? shape[shape.count - 1] : 1
      isByColumn = false
    default: return nil
    }
  }

  /// The order of the weights.
  var order: Product.Order { isByColumn ? .columnByColumn : .rowByRow }
}
