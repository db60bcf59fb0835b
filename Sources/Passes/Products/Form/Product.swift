import IR
import Program

/// A product with constant weights, whatever operator it is of: one matrix that multiplies many vectors.
///
/// Row r is input element r of a vector (im2col order: channel, then kernel position), column c is
/// output channel c. A grouped convolution is one block-diagonal matrix. Passes on products, the
/// mapping, calibration, quantization and emission see products in this form only.
struct Product: Sendable {
  /// The order of the weights in their tensor.
  enum Order: Sendable {
    case rowByRow, columnByColumn
    /// Those of the gates of a recurrent layer.
    case gates(Gates)
    /// Those of a convolution whose window computes several positions.
    case wide(WideWindow)
  }

  /// The node.
  let node: NodeID
  /// The operand that is multiplied.
  let input: ValueID
  /// The result; of a recurrent layer, the hidden states of all steps.
  let result: ValueID
  /// The operand that holds the weights.
  var weights: ValueID
  /// The operand that holds a bias for every column.
  var bias: ValueID?
  /// What training has found out about its converters.
  let ranges: TrainedRanges
  /// Whether negative results become 0.
  let relu: Bool

  /// The number of inputs of all groups.
  private(set) var rows: Int
  /// The number of outputs of all groups.
  private(set) var columns: Int
  /// The number of groups: equal parts of rows and columns, with zeros outside the diagonal.
  private(set) var groups = 1
  /// Whether every group has one input channel, as a depthwise convolution.
  private(set) var isDepthwise = false
  /// The order of the weights; column by column, a column has the rows of its group only.
  private(set) var order: Order
  /// The axis of the channels in the input, each of which has as many rows; `nil` if there is none.
  private(set) var rowAxis: Int?
  /// The axis of the columns in the result; `nil` if there is none.
  private(set) var columnAxis: Int?
  /// Where the vectors of a convolution lie; `nil` for other products.
  private(set) var windows: Windows?
  /// How it is laid out.
  private(set) var layout = ProductLayout.plain
  /// How input vectors lie in the input; `buffer` is still to be set.
  private(set) var source: Descriptor
  /// How results lie in the result; `buffer` is still to be set.
  var destination: Descriptor

  /// The number of vectors of one inference.
  var vectors: Int { source.vectors.count }
  /// The zeros that the matrix has whatever the weights, beside those of the diagonal form.
  var zeros: Int { if case .wide(let window) = order { window.zeros } else { 0 } }
  /// The weights, those zeros left out.
  var cells: Int { rows * columns / groups - zeros }
  /// The multiply-accumulates of one inference.
  var macs: Int { vectors * cells }
  /// The rows of the matrix that are of the input; a recurrent layer has those of its hidden state behind them.
  var inputRows: Int { gates?.stateRow ?? rows }
  /// Rows of the input that follow each other and have one range: all of them, or as many parts as training has
  /// found different ranges for; none of a matrix without rows.
  var rowsOfRanges: [Range<Int>] {
    guard ranges.differByRow else { return inputRows > 0 ? [0..<inputRows] : [] }
    let parts = RowParts(rows: inputRows, count: ranges.input.count)
    var found: [Range<Int>] = []
    for (index, range) in ranges.input.enumerated() {
      if index > 0, range == ranges.input[index - 1], let last = found.popLast() {
        found.append(last.lowerBound..<parts[index].upperBound)
      } else {
        found.append(parts[index])
      }
    }
    return found
  }
  /// The columns of a recurrent layer; `nil` for other products.
  var gates: Gates? { if case .gates(let gates) = order { gates } else { nil } }
}

extension Product {
  /// Lays a plain product out.
  mutating func lay(out layout: ProductLayout) {
    self.layout = layout
    if let wide = WideWindow(self, positions: layout.positions) { widen(to: wide) }
  }

  /// Lets a convolution compute several positions from one vector.
  private mutating func widen(to wide: WideWindow) {
    (rowAxis, columnAxis) = (nil, nil)
    rows = wide.rows
    columns = wide.columns
    order = .wide(wide)
    source = wide.source
    destination = wide.destination
  }

  /// Whether every weight has one place in the matrix, at which `place(ofElement:)` is.
  var isPlain: Bool {
    switch order {
    case .rowByRow, .columnByColumn: true
    case .gates, .wide: false
    }
  }

  /// The row and the column of an element of the weights of a plain product.
  func place(ofElement index: Int) -> (row: Int, column: Int) {
    switch order {
    case .rowByRow: return (index / columns, index % columns)
    case .columnByColumn:
      let height = rows / groups
      let (column, element) = index.quotientAndRemainder(dividingBy: height)
      return (column / (columns / groups) * height + element, column)
    case .gates, .wide: preconditionFailure("the product is not plain")
    }
  }
}

extension Product {
  /// The vectors of a tensor whose last dimension makes them.
  static func walk(vectors: Int, elements: Int) -> Descriptor {
    walk(vectors: vectors, elements: elements, vectorStride: elements, elementStride: 1)
  }

  /// `vectors` vectors, each of `elements` elements.
  static func walk(
    vectors: Int, elements: Int, vectorStride: Int, elementStride: Int
  ) -> Descriptor {
    Descriptor(
      buffer: BufferID(0),
      axes: [
        .init(extent: vectors, stride: vectorStride),
        .init(extent: elements, stride: elementStride),
      ],
      loops: [
        .init(count: vectors, axis: 0, step: 1), .init(count: elements, axis: 1, step: 1),
      ], innerLoops: 1)
  }

  /// `batch` tensors of `elements` × `vectors`, whose vectors lie along the first dimension.
  static func walk(batch: Int, vectors: Int, elements: Int) -> Descriptor {
    Descriptor(
      buffer: BufferID(0),
      axes: [
        .init(extent: batch, stride: elements * vectors), .init(extent: vectors, stride: 1),
        .init(extent: elements, stride: vectors),
      ],
      loops: [
        .init(count: batch, axis: 0, step: 1), .init(count: vectors, axis: 1, step: 1),
        .init(count: elements, axis: 2, step: 1),
      ], innerLoops: 1)
  }
}
