import Basics
import IR

/// A matrix in memory: element (row, column) is at `row * rowStride + column * columnStride`.
struct MatrixView {
  /// The number of rows.
  var rows: Int
  /// The number of columns.
  var columns: Int
  /// The distance between rows.
  var rowStride: Int
  /// The distance between columns.
  var columnStride: Int

  /// Creates the view of a dense matrix, transposed if wanted.
  init(_ rows: Int, _ columns: Int, transposed: Bool = false) {
    self.rows = transposed ? columns : rows
    self.columns = transposed ? rows : columns
    rowStride = transposed ? 1 : columns
    columnStride = transposed ? columns : 1
  }
}

/// alpha·a'·b' + beta·c.
func gemm(_ parameters: Gemm, _ operands: Operands) throws -> Tensor {
  let a = try operands.required(0, "a")
  let b = try operands.required(1, "b")
  let c = try operands.optional(2, "c", of: a.type)
  guard a.shape.count == 2, b.shape.count == 2, a.type == b.type else {
    throw Fault("a of shape \(text(a.shape)) and b of \(text(b.shape)) are not two like matrices")
  }
  let left = MatrixView(a.shape[0], a.shape[1], transposed: parameters.transposeA)
  let right = MatrixView(b.shape[0], b.shape[1], transposed: parameters.transposeB)
  guard left.columns == right.rows else {
    throw Fault("\(left.columns) columns of a meet \(right.rows) rows of b")
  }
  let shape = [left.rows, right.columns]
  if let c, !broadcasts(c.shape, to: shape) {
    throw Fault("c of shape \(text(c.shape)) does not broadcast to \(text(shape))")
  }
  func result<T: Arithmetic>(
    _: T.Type,
    _ multiply: (
      MatrixView, UnsafePointer<T>, MatrixView, UnsafePointer<T>,
      UnsafeMutablePointer<T>
    ) -> Void
  ) throws -> Tensor {
    guard let alpha = T.factor(parameters.alpha), let beta = T.factor(parameters.beta) else {
      throw Fault("alpha \(parameters.alpha) and beta \(parameters.beta) are not of type \(a.type)")
    }
    var y = try Tensor(filling: shape, of: T.self) { y in
      guard left.columns > 0 else { return }
      a.withElements(of: T.self) { a in
        b.withElements(of: T.self) { b in
          multiply(left, a.baseAddress!, right, b.baseAddress!, y.baseAddress!)
        }
      }
    }
    if alpha != 1 { y = try mapElements(y) { (y: T) in T.product(alpha, y) } }
    if let c, beta == 1 {
      y = try sum(y, c, of: T.self)
    } else if let c {
      y = try mapPairs(y, c) { (y: T, c: T) in T.sum(y, T.product(beta, c)) }
    }
    return parameters.relu ? try withoutNegative(y, of: T.self) : y
  }
  switch a.type {
  case .f32: return try result(Float.self, multiplyReals)
  case .f64: return try result(Double.self, multiplyReals)
  case .i32: return try result(Int32.self, multiplyIntegers)
  case .i64: return try result(Int64.self, multiplyIntegers)
  case .u32: return try result(UInt32.self, multiplyIntegers)
  case .u64: return try result(UInt64.self, multiplyIntegers)
  default: throw Fault.unsupported(a.type, supported: ElementType.products)
  }
}

/// The matrix product of a and b as numpy.matmul has it, plus a bias of the last dimension.
func matMul(_ parameters: MatMul, _ operands: Operands) throws -> Tensor {
  let a = try operands.required(0, "a")
  let b = try operands.required(1, "b")
  let bias = try operands.optional(2, "bias", of: a.type)
  guard a.type == b.type else {
    throw Fault("element types \(a.type.rawValue) and \(b.type.rawValue) differ")
  }
  let shape = try MatMulShape(a.shape, b.shape)
  if let bias, !broadcasts(bias.shape, to: shape.result) {
    throw Fault("bias of \(text(bias.shape)) does not broadcast to \(text(shape.result))")
  }
  func result<T: Arithmetic>(
    _: T.Type,
    _ multiply: (
      MatrixView, UnsafePointer<T>, MatrixView, UnsafePointer<T>,
      UnsafeMutablePointer<T>
    ) -> Void
  ) throws -> Tensor {
    var y = try Tensor(filling: shape.result, of: T.self) { y in
      guard shape.left.columns > 0 else { return }
      a.withElements(of: T.self) { a in
        b.withElements(of: T.self) { b in
          let (a, b, y) = (a.baseAddress!, b.baseAddress!, y.baseAddress!)
          let pitch = shape.left.rows * shape.right.columns
          shape.batches.forEachRow(in: 0..<shape.batches.rowCount) { row, offsetA, offsetB in
            for index in 0..<shape.batches.rowLength {
              multiply(
                shape.left, a + offsetA + index * shape.batches.rowStrideA,
                shape.right, b + offsetB + index * shape.batches.rowStrideB,
                y + (row * shape.batches.rowLength + index) * pitch)
            }
          }
        }
      }
    }
    if let bias { y = try sum(y, bias, of: T.self) }
    return parameters.relu ? try withoutNegative(y, of: T.self) : y
  }
  switch a.type {
  case .f32: return try result(Float.self, multiplyReals)
  case .f64: return try result(Double.self, multiplyReals)
  case .i32: return try result(Int32.self, multiplyIntegers)
  case .i64: return try result(Int64.self, multiplyIntegers)
  case .u32: return try result(UInt32.self, multiplyIntegers)
  case .u64: return try result(UInt64.self, multiplyIntegers)
  default: throw Fault.unsupported(a.type, supported: ElementType.products)
  }
}

private func sum<T: Arithmetic>(_ y: Tensor, _ addend: Tensor, of _: T.Type) throws -> Tensor {
  T.self == Float.self
    ? try mapPairs(.add, y, addend, of: Float.self)
    : try mapPairs(y, addend) { (y: T, addend: T) in T.sum(y, addend) }
}

private func withoutNegative<T: Arithmetic>(_ y: Tensor, of _: T.Type) throws -> Tensor {
  T.self == Float.self
    ? try rectified(y, of: Float.self) : try mapElements(y) { (y: T) in y < 0 ? 0 : y }
}

/// The sizes of a product of arrays of matrices.
private struct MatMulShape {
  /// One matrix of a.
  var left: MatrixView
  /// One matrix of b.
  var right: MatrixView
  /// Where the matrices of a and b lie.
  var batches: PairedStrides
  /// The shape of the result.
  var result: [Int]

  init(_ a: [Int], _ b: [Int]) throws {
    guard let inner = a.last, !b.isEmpty else { throw Fault("a scalar is not a matrix") }
    let rows = a.count > 1 ? a[a.count - 2] : 1
    let columns = b.count > 1 ? b[b.count - 1] : 1
    guard inner == b[max(b.count - 2, 0)] else {
      throw Fault("shapes \(text(a)) and \(text(b)) have no product")
    }
    let (outerA, outerB) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
    let outer = try broadcastShape(outerA, outerB)
    result = outer + (a.count > 1 ? [rows] : []) + (b.count > 1 ? [columns] : [])
    // With one b for all, the matrices of a are the rows of one.
    if outerB.allSatisfy({ $0 == 1 }) {
      left = MatrixView(product(outer[...]) * rows, inner)
      batches = PairedStrides(shape: [], a: [], b: [])
    } else {
      left = MatrixView(rows, inner)
      batches = PairedStrides(
        shape: outer,
        a: broadcastStrides(outerA, to: outer).map { $0 * rows * inner },
        b: broadcastStrides(outerB, to: outer).map { $0 * inner * columns })
    }
    right = MatrixView(inner, columns)
  }
}

/// Writes the product of two matrices to `y`, row by row.
func multiplyReals<T: Real>(
  _ left: MatrixView, _ a: UnsafePointer<T>, _ right: MatrixView, _ b: UnsafePointer<T>,
  _ y: UnsafeMutablePointer<T>
) {
  let rows = PackedRows(
    a, count: left.rows, depth: left.columns, rowStride: left.rowStride,
    depthStride: left.columnStride)
  let (depth, columns) = (right.rows, right.columns)
  let panels = (columns + panelLanes - 1) / panelLanes
  // Neighbouring panels together use whatever comes with a line of memory.
  let group = max(1, min(16, 65536 / (panelLanes * max(depth, 1))))
  inParallel(
    (panels + group - 1) / group, cost: panelLanes * group * (depth + 1) * rows.count
  ) { groups in
    withPanelMemory(of: T.self, group * depth, ends: rows.count) { memory, ends in
      rows.elements.withUnsafeBufferPointer { elements in
        for first in groups.lazy.map({ $0 * group }) {
          let count = min(group, panels - first)
          let panel = Panels(right, b, first: first, count: count, rows: rows.count, memory)
          for number in 0..<count {
            let column = (first + number) * panelLanes
            let isWhole = column + panelLanes <= columns
            T.multiply(
              elements.baseAddress!, count: rows.count, panel.first + number * panel.pitch,
              step: panel.step, depth: depth,
              to: isWhole
                ? PanelTarget(first: y + column, step: columns)
                : PanelTarget(first: ends, step: panelLanes))
            guard !isWhole else { continue }
            for row in 0..<rows.count {
              (y + row * columns + column).update(
                from: ends + row * panelLanes, count: columns - column)
            }
          }
        }
      }
    }
  }
}

/// Neighbouring panels of a matrix.
private struct Panels<T: Real> {
  /// The first panel.
  var first: UnsafePointer<T>
  /// The distance between panels.
  var pitch: Int
  /// The distance between lines of a panel.
  var step: Int

  /// Takes panels of `right` as they lie, where they meet few rows, or else copies them to `memory`.
  init(
    _ right: MatrixView, _ b: UnsafePointer<T>, first: Int, count: Int, rows: Int,
    _ memory: UnsafeMutablePointer<T>
  ) {
    let (depth, column) = (right.rows, first * panelLanes)
    /// The panels whose lines lie side by side.
    let dense =
      right.columnStride == 1 ? min(count, (right.columns - column) / panelLanes) : 0
    if dense == count && rows <= panelRows {
      self.init(first: b + column, pitch: panelLanes, step: right.rowStride)
      return
    }
    self.init(first: memory, pitch: depth * panelLanes, step: panelLanes)
    if dense > 0 {
      T.copy(b + column, step: right.rowStride, panels: dense, depth: depth, to: memory)
    }
    for number in dense..<count {
      let panel = memory + number * pitch
      let start = column + number * panelLanes
      let lanes = min(panelLanes, right.columns - start)
      if right.rowStride == 1 {
        T.transpose(
          b + start * right.columnStride, lanes: lanes, step: right.columnStride, depth: depth,
          to: panel)
        continue
      }
      for k in 0..<depth {
        let line = b + k * right.rowStride + start * right.columnStride
        for lane in 0..<panelLanes {
          panel[k * panelLanes + lane] = line[min(lane, lanes - 1) * right.columnStride]
        }
      }
    }
  }

  private init(first: UnsafePointer<T>, pitch: Int, step: Int) {
    self.first = first
    self.pitch = pitch
    self.step = step
  }
}

private func multiplyIntegers<T: Arithmetic>(
  _ left: MatrixView, _ a: UnsafePointer<T>, _ right: MatrixView, _ b: UnsafePointer<T>,
  _ y: UnsafeMutablePointer<T>
) {
  for row in 0..<left.rows {
    let sums = y + row * right.columns
    for k in 0..<left.columns {
      let factor = a[row * left.rowStride + k * left.columnStride]
      let start = b + k * right.rowStride
      for column in 0..<right.columns {
        sums[column] = T.sum(sums[column], T.product(factor, start[column * right.columnStride]))
      }
    }
  }
}
