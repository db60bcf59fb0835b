import Basics
import CVectors

/// The rows of a matrix in blocks of four, the elements of a block that are multiplied with the same
/// column element side by side.
struct PackedRows<T: Real> {
  /// The number of rows.
  let count: Int
  /// The number of elements of a row.
  let depth: Int
  /// For each block its `depth` groups of four; rows beyond the last are 0.
  let elements: [SIMD4<T>]

  /// Packs a matrix whose element (row, k) is at `row * rowStride + k * depthStride`.
  init(
    _ matrix: UnsafePointer<T>, count: Int, depth: Int, rowStride: Int, depthStride: Int
  ) {
    self.count = count
    self.depth = depth
    let blocks = (count + 3) / 4
    elements = [SIMD4<T>](unsafeUninitializedCapacity: blocks * depth) { buffer, initialized in
      for block in 0..<blocks {
        for k in 0..<depth {
          var group = SIMD4<T>()
          for lane in 0..<min(4, count - block * 4) {
            group[lane] = matrix[(block * 4 + lane) * rowStride + k * depthStride]
          }
          buffer[block * depth + k] = group
        }
      }
      initialized = blocks * depth
    }
  }
}

/// Four sums for each of eight columns.
struct PanelSums<T: Real> {
  var row0 = SIMD8<T>()
  var row1 = SIMD8<T>()
  var row2 = SIMD8<T>()
  var row3 = SIMD8<T>()

  /// The sums of one of the rows.
  subscript(index: Int) -> SIMD8<T> {
    switch index {
    case 0: row0
    case 1: row1
    case 2: row2
    default: row3
    }
  }
}

/// Multiplies the rows of a matrix with columns that `pack` delivers eight at a time.
///
/// Each element of the product is summed sequentially over the depth, so that the result depends
/// neither on blocks nor on threads. `pack` writes the columns from `column` on, one group of eight
/// for each k; `store` receives the sums of four rows from `row` on; both clamp to what is there.
@inline(__always)
func multiply<T: Real>(
  _ rows: PackedRows<T>, columns: Int,
  pack: (_ column: Int, _ panel: UnsafeMutablePointer<SIMD8<T>>) -> Void,
  store: (_ row: Int, _ column: Int, _ sums: PanelSums<T>) -> Void
) {
  let depth = rows.depth
  let panels = (columns + 7) / 8
  // As many panels at a time as stay in the cache while all rows pass.
  let group = max(1, min(16, 8192 / max(depth, 1)))
  inParallel((panels + group - 1) / group, cost: 8 * group * (depth + 1) * rows.count) { groups in
    let buffer = UnsafeMutablePointer<SIMD8<T>>.allocate(capacity: max(group * depth, 1))
    defer { buffer.deallocate() }
    rows.elements.withUnsafeBufferPointer { elements in
      for first in groups.lazy.map({ $0 * group }) {
        let count = min(group, panels - first)
        for panel in 0..<count { pack((first + panel) * 8, buffer + panel * depth) }
        for block in 0..<(rows.count + 3) / 4 {
          for panel in 0..<count {
            let sums = panelSums(
              UnsafeBufferPointer(rebasing: elements[(block * depth)..<((block + 1) * depth)]),
              buffer + panel * depth)
            store(block * 4, (first + panel) * 8, sums)
          }
        }
      }
    }
  }
}

@inline(__always)
private func panelSums<T: Real>(
  _ rows: UnsafeBufferPointer<SIMD4<T>>, _ panel: UnsafePointer<SIMD8<T>>
) -> PanelSums<T> {
  var sums = PanelSums<T>()
  if T.self == Float.self {
    withUnsafeMutableBytes(of: &sums) { sums in
      panel_sums(
        UnsafeRawPointer(rows.baseAddress)?.assumingMemoryBound(to: Float.self),
        UnsafeRawPointer(panel).assumingMemoryBound(to: Float.self), rows.count,
        sums.baseAddress?.assumingMemoryBound(to: Float.self))
    }
    return sums
  }
  for k in 0..<rows.count {
    let (row, columns) = (rows[k], panel[k])
    sums.row0 += columns * row.x
    sums.row1 += columns * row.y
    sums.row2 += columns * row.z
    sums.row3 += columns * row.w
  }
  return sums
}
