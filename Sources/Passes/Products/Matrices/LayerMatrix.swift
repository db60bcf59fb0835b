import Basics
import IR
import Program

/// A product with constant weights, seen as one matrix that multiplies many vectors.
///
/// Row r is input element r of a vector (im2col order: channel, then kernel position), column c is
/// output channel c. A grouped convolution is one block-diagonal matrix.
struct LayerMatrix {
  /// The order of the weights in their tensor.
  enum Order {
    case rowByRow, columnByColumn
    /// Those of the gates of a recurrent layer.
    case gates(Gates)
    /// Those of a convolution whose window computes several positions.
    case wide(WideWindow)
  }

  /// The number of inputs of all groups.
  var rows: Int
  /// The number of outputs of all groups.
  var columns: Int
  /// The number of groups: equal parts of rows and columns, with zeros outside the diagonal.
  var groups: Int
  /// The operand that is multiplied.
  var input: ValueID
  /// The operand that holds the weights.
  var weights: ValueID
  /// The order of the weights; column by column, a column has the rows of its group only.
  var order: Order
  /// The operand that holds a bias for every column.
  var bias: ValueID?
  /// Whether negative results become 0.
  var relu: Bool
  /// How input vectors lie in the input; `buffer` is still to be set.
  var source: Descriptor
  /// How results lie in the result; `buffer` is still to be set.
  var destination: Descriptor

  /// The number of vectors of one inference.
  var vectors: Int { source.vectors.count }
  /// The zeros that the matrix has whatever the weights, beside those of the diagonal form.
  var zeros: Int {
    if case .wide(let window) = order { window.zeros } else { 0 }
  }
  /// The multiply-accumulates of one inference, those zeros left out.
  var macs: Int { vectors * (rows * columns / groups - zeros) }
  /// Whether every group has one input channel, as a depthwise convolution.
  var isDepthwise: Bool

  /// The matrix of `node`, or `nil` if the node is not a floating-point product with constant
  /// weights or its shapes are not known.
  init?(_ node: Node, in graph: Graph) {
    guard let result = node.results.first,
      graph[result].type.element == .f32
        || graph[result].type.element == .f16
    else { return nil }
    switch node.op {
    case .conv(let convolution): self.init(convolution, node, graph)
    case .gemm(let gemm): self.init(gemm, node, graph)
    case .matMul(let matMul): self.init(matMul, node, graph)
    case .recurrent(let recurrent): self.init(recurrent, node, graph)
    default: return nil
    }
  }

  private init?(_ convolution: Convolution, _ node: Node, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      graph[weights].constant != nil, let x = graph[input].type.fixedShape,
      let w = graph[weights].type.fixedShape, let y = graph[node.results[0]].type.fixedShape,
      case .explicit(let begin, _) = convolution.window.padding,
      2 * x.count - 2 <= Descriptor.maximumRank
    else { return nil }
    rows = w.dropFirst().reduce(1, *) * convolution.groups
    columns = w[0]
    groups = convolution.groups
    isDepthwise = groups > 1 && w[1] == 1
    self.input = input
    self.weights = weights
    order = .columnByColumn
    bias = node.operands.count > 2 ? node.operands[2] : nil
    if let bias, graph[bias].constant == nil { return nil }
    relu = convolution.relu
    if let wide = WideWindow(convolution, input: x[1], output: y[1]) {
      rows = wide.rows
      columns = wide.columns
      order = .wide(wide)
      (source, destination) = wide.walks(over: x, output: y, begin: begin)
      return
    }
    source = Self.windows(over: x, output: y, window: convolution.window, begin: begin)
    let spatial = y.dropFirst(2).reduce(1, *)
    destination = Descriptor(
      buffer: BufferID(0),
      axes: [
        .init(extent: y[0], stride: y[1] * spatial), .init(extent: spatial, stride: 1),
        .init(extent: y[1], stride: spatial),
      ],
      loops: [
        .init(count: y[0], axis: 0, step: 1), .init(count: spatial, axis: 1, step: 1),
        .init(count: y[1], axis: 2, step: 1),
      ], innerLoops: 1)
  }

  /// The walk of im2col: a vector per output position, channels and kernel positions within it.
  static func windows(
    over x: [Int], output y: [Int], window: Window, begin: [Int], fill: Float = 0
  ) -> Descriptor {
    let spatial = x.count - 2
    var axes = [Descriptor.Axis]()
    var stride = x.reduce(1, *)
    for (axis, extent) in x.enumerated() {
      stride /= max(extent, 1)
      axes.append(.init(origin: axis < 2 ? 0 : -begin[axis - 2], extent: extent, stride: stride))
    }
    var loops = [Descriptor.Loop(count: x[0], axis: 0, step: 1)]
    for axis in 0..<spatial {
      loops.append(.init(count: y[axis + 2], axis: axis + 2, step: window.strides[axis]))
    }
    loops.append(.init(count: x[1], axis: 1, step: 1))
    for axis in 0..<spatial {
      loops.append(
        .init(count: window.kernel[axis], axis: axis + 2, step: window.dilations[axis]))
    }
    return Descriptor(
      buffer: BufferID(0), axes: axes, loops: loops, innerLoops: spatial + 1, fill: fill)
  }

  private init?(_ gemm: Gemm, _ node: Node, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      graph[weights].constant != nil, gemm.alpha == 1, gemm.beta == 1,
      let x = graph[input].type.fixedShape, let w = graph[weights].type.fixedShape
    else { return nil }
    rows = gemm.transposeB ? w[1] : w[0]
    columns = gemm.transposeB ? w[0] : w[1]
    groups = 1
    isDepthwise = false
    self.input = input
    self.weights = weights
    order = gemm.transposeB ? .columnByColumn : .rowByRow
    bias = node.operands.count > 2 ? node.operands[2] : nil
    if let bias {
      guard graph[bias].constant != nil, graph[bias].type.fixedShape == [columns] else {
        return nil
      }
    }
    relu = gemm.relu
    let vectors = gemm.transposeA ? x[1] : x[0]
    source = Self.matrix(
      vectors: vectors, elements: rows, vectorStride: gemm.transposeA ? 1 : rows,
      elementStride: gemm.transposeA ? vectors : 1)
    destination = Self.matrix(
      vectors: vectors, elements: columns, vectorStride: columns, elementStride: 1)
  }

  private init?(_ matMul: MatMul, _ node: Node, _ graph: Graph) {
    guard let a = node.operands[0], let b = node.operands[1],
      let left = graph[a].type.fixedShape, let right = graph[b].type.fixedShape,
      !left.isEmpty, !right.isEmpty
    else { return nil }
    bias = node.operands.count > 2 ? node.operands[2] : nil
    if let bias, graph[bias].constant == nil { return nil }
    groups = 1
    isDepthwise = false
    relu = matMul.relu
    if graph[b].constant != nil, right.dropLast(2).allSatisfy({ $0 == 1 }) {
      rows = right.count == 1 ? right[0] : right[right.count - 2]
      columns = right.count == 1 ? 1 : right[right.count - 1]
      input = a
      weights = b
      order = .rowByRow
      let vectors = left.dropLast().reduce(1, *)
      source = Self.matrix(
        vectors: vectors, elements: rows, vectorStride: rows, elementStride: 1)
      destination = Self.matrix(
        vectors: vectors, elements: columns, vectorStride: columns, elementStride: 1)
    } else if graph[a].constant != nil, left.dropLast(2).allSatisfy({ $0 == 1 }), left.count >= 2,
      right.count >= 2, bias == nil
    {
      rows = left[left.count - 1]
      columns = left[left.count - 2]
      input = b
      weights = a
      order = .columnByColumn
      let batch = right.dropLast(2).reduce(1, *)
      let width = right[right.count - 1]
      source = Self.columns(batch: batch, vectors: width, elements: rows)
      destination = Self.columns(batch: batch, vectors: width, elements: columns)
    } else {
      return nil
    }
  }

  static func matrix(
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

  /// The columns of `batch` matrices of `elements` rows and `vectors` columns.
  private static func columns(batch: Int, vectors: Int, elements: Int) -> Descriptor {
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

extension LayerMatrix {
  /// The bias of every column, of the operand's elements.
  func bias(_ elements: [Float]) -> [Float] {
    switch order {
    case .rowByRow, .columnByColumn: elements
    case .gates(let gates): gates.bias(elements)
    case .wide(let window): window.bias(elements)
    }
  }

  /// The weights of a block, row by row, zeros outside the groups' diagonal; `recurrence` has those
  /// for the hidden state of a recurrent layer.
  func block(
    rows blockRows: Range<Int>, columns blockColumns: Range<Int>, of weights: Singles,
    _ recurrence: Singles? = nil
  ) -> [Float] {
    switch order {
    case .gates(let gates):
      gates.block(rows: blockRows, columns: blockColumns, of: weights, recurrence)
    case .wide(let window): window.block(rows: blockRows, columns: blockColumns, of: weights)
    case .rowByRow: rowByRow(blockRows, blockColumns, of: weights)
    case .columnByColumn: columnByColumn(blockRows, blockColumns, of: weights)
    }
  }

  private func columnByColumn(
    _ blockRows: Range<Int>, _ blockColumns: Range<Int>, of weights: Singles
  ) -> [Float] {
    let width = blockColumns.count
    var block = [Float](repeating: 0, count: blockRows.count * width)
    block.withUnsafeMutableBufferPointer { block in
      weights.bytes.withUnsafeBytes { weights in
        if groups == 1 {
          // Some columns at a time: every row of a column lies in another line of the cache.
          for tile in stride(from: 0, to: width, by: 8).map({ $0..<min($0 + 8, width) }) {
            for (i, row) in blockRows.enumerated() {
              for j in tile {
                block[i &* width &+ j] = weights.single(
                  (blockColumns.lowerBound &+ j) &* rows &+ row)
              }
            }
          }
          return
        }
        let (rowsPerGroup, columnsPerGroup) = (rows / groups, columns / groups)
        for (j, column) in blockColumns.enumerated() {
          let firstRow = column / columnsPerGroup * rowsPerGroup
          for row in blockRows.clamped(to: firstRow..<firstRow + rowsPerGroup) {
            block[(row - blockRows.lowerBound) * width + j] = weights.single(
              column * rowsPerGroup + row - firstRow)
          }
        }
      }
    }
    return block
  }

  private func rowByRow(
    _ blockRows: Range<Int>, _ blockColumns: Range<Int>, of weights: Singles
  ) -> [Float] {
    let width = blockColumns.count
    return [Float](unsafeUninitializedCapacity: blockRows.count * width) { block, count in
      count = blockRows.count * width
      let lines = UnsafeMutableRawBufferPointer(block)
      weights.bytes.withUnsafeBytes { weights in
        for (i, row) in blockRows.enumerated() {
          let first = 4 * (row * columns + blockColumns.lowerBound)
          UnsafeMutableRawBufferPointer(rebasing: lines[4 * i * width..<4 * (i + 1) * width])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: weights[first..<first + 4 * width]))
        }
      }
    }
  }
}
