import Basics
import CVectors

/// The rows of a matrix in blocks, as `Real.multiply` reads them: those elements of a block that are
/// multiplied with the same line of a panel side by side.
struct PackedRows<T: Real> {
  /// The number of rows.
  let count: Int
  /// The number of elements of a row.
  let depth: Int
  /// The blocks, the last of as many rows as are left.
  let elements: [T]

  /// Packs a matrix whose element (row, k) is at `row * rowStride + k * depthStride`.
  init(
    _ matrix: UnsafePointer<T>, count: Int, depth: Int, rowStride: Int, depthStride: Int
  ) {
    self.count = count
    self.depth = depth
    elements = [T](unsafeUninitializedCapacity: count * depth) { buffer, initialized in
      if let base = buffer.baseAddress {
        Self.pack(
          matrix, count: count, depth: depth, rowStride: rowStride, depthStride: depthStride,
          to: base)
      }
      initialized = count * depth
    }
  }

  /// Writes packed rows.
  static func pack(
    _ matrix: UnsafePointer<T>, count: Int, depth: Int, rowStride: Int, depthStride: Int,
    to packed: UnsafeMutablePointer<T>
  ) {
    for first in stride(from: 0, to: count, by: panelRows) {
      let width = min(panelRows, count - first)
      let block = packed + first * depth
      for row in 0..<width {
        let start = matrix + (first + row) * rowStride
        for k in 0..<depth { block[k &* width &+ row] = start[k &* depthStride] }
      }
    }
  }
}

/// The rows of a block.
let panelRows = Int(block_rows)
/// The columns of a panel: one line of it holds an element of each.
let panelLanes = Int(panel_lanes)

/// Where the products of rows with a panel go.
struct PanelTarget<T> {
  /// Where the first row begins.
  var first: UnsafeMutablePointer<T>
  /// The distance between rows.
  var step: Int
  /// What is added to each row, if anything.
  var bias: UnsafePointer<T>?
  /// Whether negative results become 0.
  var relu = false
}

extension Float {
  static func multiply(
    _ rows: UnsafePointer<Float>, count: Int, _ panel: UnsafePointer<Float>, step: Int, depth: Int,
    to target: PanelTarget<Float>
  ) {
    var target = panel_products_f32_target(
      first: target.first, step: target.step, bias: target.bias, relu: target.relu)
    singles.multiply(rows, count, panel, step, depth, &target)
  }

  static func gather(
    _ base: UnsafePointer<Float>, lanes: UnsafePointer<Int>, offsets: UnsafePointer<Int>,
    depth: Int, to panel: UnsafeMutablePointer<Float>
  ) {
    singles.gather(base, lanes, offsets, depth, panel)
  }

  static func copy(
    _ base: UnsafePointer<Float>, step: Int, panels: Int, depth: Int,
    to copies: UnsafeMutablePointer<Float>
  ) {
    singles.copy(base, step, panels, depth, copies)
  }

  static func transpose(
    _ base: UnsafePointer<Float>, lanes: Int, step: Int, depth: Int,
    to panel: UnsafeMutablePointer<Float>
  ) {
    singles.transpose(base, lanes, step, depth, panel)
  }
}

extension Double {
  static func multiply(
    _ rows: UnsafePointer<Double>, count: Int, _ panel: UnsafePointer<Double>, step: Int,
    depth: Int, to target: PanelTarget<Double>
  ) {
    var target = panel_products_f64_target(
      first: target.first, step: target.step, bias: target.bias, relu: target.relu)
    doubles.multiply(rows, count, panel, step, depth, &target)
  }

  static func gather(
    _ base: UnsafePointer<Double>, lanes: UnsafePointer<Int>, offsets: UnsafePointer<Int>,
    depth: Int, to panel: UnsafeMutablePointer<Double>
  ) {
    doubles.gather(base, lanes, offsets, depth, panel)
  }

  static func copy(
    _ base: UnsafePointer<Double>, step: Int, panels: Int, depth: Int,
    to copies: UnsafeMutablePointer<Double>
  ) {
    doubles.copy(base, step, panels, depth, copies)
  }

  static func transpose(
    _ base: UnsafePointer<Double>, lanes: Int, step: Int, depth: Int,
    to panel: UnsafeMutablePointer<Double>
  ) {
    doubles.transpose(base, lanes, step, depth, panel)
  }
}

// What this processor has.
private let singles = panel_products_f32_here()!.pointee
private let doubles = panel_products_f64_here()!.pointee

/// What multiplies a matrix, an element type of products.
protocol PanelElement {
  /// Multiplies `count` packed rows with a panel whose lines, one for each of `depth`, are `step`
  /// apart, and writes all lanes of each row.
  ///
  /// Each result is summed sequentially over the depth from 0 on, so that it depends neither on
  /// blocks nor on threads nor on the processor.
  static func multiply(
    _ rows: UnsafePointer<Self>, count: Int, _ panel: UnsafePointer<Self>, step: Int, depth: Int,
    to target: PanelTarget<Self>)
  /// Writes a panel of the elements at `base + lanes[lane] + offsets[line]`.
  static func gather(
    _ base: UnsafePointer<Self>, lanes: UnsafePointer<Int>, offsets: UnsafePointer<Int>,
    depth: Int, to panel: UnsafeMutablePointer<Self>)
  /// Writes panels, one behind the other, of lines that lie side by side; the next are `step` behind.
  static func copy(
    _ base: UnsafePointer<Self>, step: Int, panels: Int, depth: Int,
    to copies: UnsafeMutablePointer<Self>)
  /// Writes a panel of up to 16 dense vectors that are `step` apart; the other lanes are 0.
  static func transpose(
    _ base: UnsafePointer<Self>, lanes: Int, step: Int, depth: Int,
    to panel: UnsafeMutablePointer<Self>)
}

/// Calls `body` with memory for `lines` lines of panels, and for `ends` rows that are 16 wide.
func withPanelMemory<T>(
  of _: T.Type, _ lines: Int, ends: Int,
  _ body: (_ lines: UnsafeMutablePointer<T>, _ ends: UnsafeMutablePointer<T>) -> Void
) {
  // Whole lines of the cache.
  let memory = UnsafeMutableRawPointer.allocate(
    byteCount: max((lines + ends) * panelLanes, 1) * MemoryLayout<T>.stride, alignment: 64)
  defer { memory.deallocate() }
  let first = memory.assumingMemoryBound(to: T.self)
  body(first, first + lines * panelLanes)
}
