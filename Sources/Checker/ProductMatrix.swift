import Basics
import IR
import Program

/// Why a node is no product that crossbars can compute.
struct MatrixFault: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// A Conv, Gemm or MatMul with constant weights, or a recurrent layer, as vectors times a matrix, from
/// the definition of the ONNX operator.
///
/// A vector of a convolution is a window: row `channel · kernel positions + position` is an element
/// of it, column c is output channel c, and vectors are numbered batch first, then position.
struct ProductMatrix {
  /// The number of rows of all groups.
  var rows: Int
  /// The number of columns of all groups.
  var columns: Int
  /// The number of equal diagonal parts outside of which the matrix is zero.
  var groups = 1
  /// The value that is multiplied.
  var input: ValueID
  /// The weights.
  var weights: Tensor
  /// The distance of the weights of neighbouring rows of a group.
  var rowStride: Int
  /// The distance of the weights of neighbouring columns.
  var columnStride: Int
  /// The addend of each column; `nil` for none.
  var bias: [Float]?
  /// Whether negative results become 0.
  var isRectified: Bool
  /// Where element r of vector v lies in the input; the memory is left open.
  var source: Descriptor
  /// Where column c of vector v lies in the result; the memory is left open.
  var destination: Descriptor

  /// Where weights lie if a column computes one of several positions; `nil` for other products.
  var shifted: ShiftedKernels?
  /// How many columns, the last ones, are kept for errors of the others.
  var residualColumns = 0
  /// Where the hidden state of a recurrent layer is; `nil` for other products.
  var state: HiddenState?

  /// The number of vectors; in a recurrent layer, of one step.
  var vectors: Int { source.vectors.count }

  /// The matrix of `node`, laid out as `layout` says.
  ///
  /// Throws `MatrixFault` if the node is no product with constant weights, or none that can be laid out so.
  init(of node: Node, in graph: Graph, layout: ProductLayout) throws(MatrixFault) {
    switch node.op {
    case .conv(let convolution):
      let operands = try Operands(node, graph)
      try self.init(convolution, operands)
      if !layout.positions.isEmpty {
        try shift(convolution.window, by: layout.positions, operands.result)
      }
    case .gemm(let gemm): try self.init(gemm, Operands(node, graph))
    case .matMul(let matMul): try self.init(matMul, Operands(node, graph))
    case .recurrent(let recurrent): try self.init(recurrent, Operands(node, graph))
    default: throw MatrixFault("is not a product")
    }
    residualColumns = layout.residualColumns
    guard bias == nil || bias?.count == columns else {
      throw MatrixFault("has a bias that is not one number per column")
    }
  }

  private init(_ convolution: Convolution, _ operands: Operands) throws(MatrixFault) {
    let x = try operands.shape(0)
    let w = try operands.shape(1)
    let y = operands.result
    let window = convolution.window
    let spatial = x.count - 2
    guard case .explicit(let begin, _) = window.padding, (1...3).contains(spatial),
      w.count == x.count, y.count == x.count
    else { throw MatrixFault("is not a convolution over 1 to 3 dimensions with explicit padding") }
    let kernel = w.dropFirst(2).reduce(1, *)
    rows = x[1] * kernel
    columns = y[1]
    groups = convolution.groups
    input = try operands.value(0)
    weights = try operands.constant(1)
    rowStride = 1
    columnStride = w[1] * kernel
    bias = try operands.bias(2)
    isRectified = convolution.relu
    guard w[0] == columns, w[1] * groups == x[1], columns % groups == 0,
      Array(w.dropFirst(2)) == window.kernel
    else { throw MatrixFault("has weights of another shape than its windows and channels") }

    var axes = Self.rowMajor(x)
    var outer = [Descriptor.Loop(count: x[0], axis: 0, step: 1)]
    var inner = [Descriptor.Loop(count: x[1], axis: 1, step: 1)]
    for dimension in 0..<spatial {
      let axis = dimension + 2
      axes[axis].origin = -begin[dimension]
      outer.append(.init(count: y[axis], axis: axis, step: window.strides[dimension]))
      inner.append(
        .init(count: window.kernel[dimension], axis: axis, step: window.dilations[dimension]))
    }
    source = Descriptor(
      buffer: BufferID(0), axes: axes, loops: outer + inner, innerLoops: inner.count)
    destination = Self.channelsFirst(
      batch: y[0], channels: y[1], positions: y.dropFirst(2).reduce(1, *))
  }

  private init(_ gemm: Gemm, _ operands: Operands) throws(MatrixFault) {
    let a = try operands.shape(0)
    let b = try operands.shape(1)
    guard a.count == 2, b.count == 2, gemm.alpha == 1,
      gemm.beta == 1 || operands.isAbsent(2)
    else { throw MatrixFault("has factors beside the product") }
    let vectors = gemm.transposeA ? a[1] : a[0]
    rows = gemm.transposeA ? a[0] : a[1]
    columns = gemm.transposeB ? b[0] : b[1]
    guard b[gemm.transposeB ? 1 : 0] == rows else {
      throw MatrixFault("has weights that do not fit")
    }
    input = try operands.value(0)
    weights = try operands.constant(1)
    rowStride = gemm.transposeB ? 1 : columns
    columnStride = gemm.transposeB ? rows : 1
    bias = try operands.bias(2)
    isRectified = gemm.relu
    source = Self.walk([
      (vectors, gemm.transposeA ? 1 : rows), (rows, gemm.transposeA ? vectors : 1),
    ])
    destination = Self.walk([(vectors, columns), (columns, 1)])
  }

  private init(_ matMul: MatMul, _ operands: Operands) throws(MatrixFault) {
    let a = try operands.shape(0)
    let b = try operands.shape(1)
    guard !a.isEmpty, !b.isEmpty else { throw MatrixFault("multiplies a scalar") }
    isRectified = matMul.relu
    bias = try operands.bias(2)
    if operands.isConstant(1), b.dropLast(2).allSatisfy({ $0 == 1 }) {
      rows = b.count == 1 ? b[0] : b[b.count - 2]
      columns = b.count == 1 ? 1 : b[b.count - 1]
      input = try operands.value(0)
      weights = try operands.constant(1)
      rowStride = columns
      columnStride = 1
      let vectors = a.dropLast().reduce(1, *)
      source = Self.walk([(vectors, rows), (rows, 1)])
      destination = Self.walk([(vectors, columns), (columns, 1)])
    } else {
      guard a.count >= 2, b.count >= 2, a.dropLast(2).allSatisfy({ $0 == 1 }), bias == nil else {
        throw MatrixFault("has no constant matrix as an operand")
      }
      rows = a[a.count - 1]
      columns = a[a.count - 2]
      input = try operands.value(1)
      weights = try operands.constant(0)
      rowStride = 1
      columnStride = rows
      let batch = b.dropLast(2).reduce(1, *)
      source = Self.channelsFirst(batch: batch, channels: rows, positions: b[b.count - 1])
      destination = Self.channelsFirst(batch: batch, channels: columns, positions: b[b.count - 1])
    }
  }

  /// The rows that can be other than zero in some of `columns`: those of their groups.
  func rows(of columns: Range<Int>) -> Range<Int> {
    let (width, height) = (self.columns / groups, rows / groups)
    return columns.lowerBound / width * height..<((columns.upperBound - 1) / width + 1) * height
  }

  /// The axes of a tensor in row-major order.
  static func rowMajor(_ shape: [Int]) -> [Descriptor.Axis] {
    var stride = 1
    var axes: [Descriptor.Axis] = []
    for extent in shape.reversed() {
      axes.append(.init(extent: extent, stride: stride))
      stride *= extent
    }
    return axes.reversed()
  }

  /// A walk of loops with the given counts and distances, the last of which makes a vector.
  static func walk(_ loops: [(count: Int, stride: Int)]) -> Descriptor {
    Descriptor(
      buffer: BufferID(0), axes: loops.map { .init(extent: $0.count, stride: $0.stride) },
      loops: loops.enumerated().map { .init(count: $1.count, axis: $0, step: 1) }, innerLoops: 1)
  }

  /// The vectors of channels of a tensor of batch × channels × positions.
  private static func channelsFirst(batch: Int, channels: Int, positions: Int) -> Descriptor {
    walk([(batch, channels * positions), (positions, 1), (channels, positions)])
  }
}

/// The operands of a node.
struct Operands {
  let node: Node
  let graph: Graph
  let result: [Int]

  init(_ node: Node, _ graph: Graph) throws(MatrixFault) {
    guard let result = node.results.first.flatMap({ graph[$0].type.fixedShape }) else {
      throw MatrixFault("has a result of unknown shape")
    }
    self.node = node
    self.graph = graph
    self.result = result
  }

  func isAbsent(_ index: Int) -> Bool {
    index >= node.operands.count || node.operands[index] == nil
  }

  func value(_ index: Int) throws(MatrixFault) -> ValueID {
    guard index < node.operands.count, let value = node.operands[index] else {
      throw MatrixFault("has no operand \(index)")
    }
    return value
  }

  func shape(_ index: Int) throws(MatrixFault) -> [Int] {
    guard let shape = graph[try value(index)].type.fixedShape else {
      throw MatrixFault("has an operand of unknown shape")
    }
    return shape
  }

  func isConstant(_ index: Int) -> Bool {
    !isAbsent(index) && node.operands[index].map { graph[$0].constant != nil } == true
  }

  func constant(_ index: Int) throws(MatrixFault) -> Tensor {
    guard let tensor = graph.tensor(of: try value(index)),
      tensor.type == .f32 || tensor.type == .f16
    else { throw MatrixFault("operand \(index) is not a constant of f32 or f16") }
    return tensor
  }

  func bias(_ index: Int) throws(MatrixFault) -> [Float]? {
    isAbsent(index) ? nil : try constant(index).singles
  }
}

extension Tensor {
  /// The elements of a tensor of f32 or f16.
  fileprivate var singles: [Float] {
    type == .f32 ? elements(of: Float.self) : elements(of: Float16.self).map(Float.init)
  }

  /// Calls `body` with the elements of a tensor of f32 or f16 as f32, at any place.
  func withSingles<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    type == .f32 ? bytes.withUnsafeBytes(body) : singles.withUnsafeBytes(body)
  }
}
