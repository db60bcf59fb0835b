import Basics
import IR
import Program

extension Prover {
  /// Checks that every block of a layer holds exactly the weights of its rows and columns.
  mutating func checkWeights(of layer: Int) {
    let matrix = layers[layer].matrix
    let mismatches = matrix.weights.withSingles { weights in
      let blocks = layers[layer].blocks
      return mappedInParallel(blocks.count, cost: 1 << 20) {
        mismatch(program.blocks[blocks[$0].index], matrix, weights)
      }
    }
    for (block, message) in zip(layers[layer].blocks, mismatches) {
      if let message { report(layer: layer, block: block, message) }
    }
  }

  /// The weights of a block in parts of the scales of their columns, row by row, as they are in the
  /// node; `nil` for a block that lies outside of its matrix.
  func weights(of id: BlockID, in layer: Int) -> [Double]? {
    let (block, matrix) = (program.blocks[id.index], layers[layer].matrix)
    guard block.lies(in: matrix) else { return nil }
    let columns = BlockColumn.columns(of: block, matrix)
    return matrix.weights.withSingles { weights in
      block.rows.flatMap { row in
        let rowPlace = matrix.shifted?.place(ofRow: row)
        return zip(columns, block.columnScale).map { column, scale in
          let place = column.weight(ofRow: row, rowPlace, matrix)
          return place.map { Double(weights.single($0)) / Double(scale) } ?? 0
        }
      }
    }
  }

  /// What is wrong with a block.
  ///
  /// Where the block is cut, g = ±1 stands for a larger weight of the same sign too.
  ///
  /// With g the weight divided by the scale, rounded to f32, g · scale is within a relative 2⁻²⁴ of
  /// the weight, or within half of the least positive f32 times the scale; twice that is allowed.
  private func mismatch(
    _ block: ConductanceBlock, _ matrix: ProductMatrix, _ weights: UnsafeRawBufferPointer
  ) -> String? {
    let kept = matrix.residualColumns
    let first = matrix.columns - kept
    let isForErrors = kept > 0 && block.columns.upperBound > first
    guard isForErrors ? block.residual?.isOf(kept, from: first) == true : block.residual == nil
    else { return "keeps other columns for errors than those from \(first) on" }
    guard block.lies(in: matrix) else {
      return "holds rows \(block.rows) and columns \(block.columns) of a matrix of "
        + "\(matrix.rows)×\(matrix.columns)"
    }
    let columns = BlockColumn.columns(of: block, matrix)
    let scales = block.columnScale
    let inexact = inexactColumns(of: block, columns, matrix, weights)
    var wrong = 0
    var example = ""
    block.conductances.withUnsafeBytes { raw in
      for (i, row) in block.rows.enumerated() where !inexact.isEmpty {
        let rowPlace = matrix.shifted?.place(ofRow: row)
        for j in inexact {
          let column = columns[j]
          let offset = (i * columns.count + j) * 4
          let g = Double(raw.loadUnaligned(fromByteOffset: offset, as: Float.self))
          let scale = Double(scales[j])
          let value = decoded(g, block.decoding)
          let weight =
            column.weight(ofRow: row, rowPlace, matrix).map { Double(weights.single($0)) } ?? 0
          // Where a decoding is steep, the rounding of g to f32 counts for more.
          let allowed =
            block.decoding.isEmpty
            ? weight.magnitude * 0x1p-23 + scale.magnitude * 0x1p-149
            : scale.magnitude * 0x1p-20
          if (value * scale - weight).magnitude <= allowed { continue }
          if block.isCut, g.magnitude == 1, scale != 0, weight / scale * g > 1 { continue }
          if wrong == 0 {
            example =
              "row \(row), column \(block.columns.lowerBound + j) stands for \(value * scale), "
              + "not \(weight)"
          }
          wrong += 1
        }
      }
    }
    return wrong == 0 ? nil : example + (wrong > 1 ? ", and \(wrong - 1) more" : "")
  }

  /// The columns of a block that may hold other conductances than their weights divided by the scale and
  /// rounded to f32.
  ///
  /// Looked at are eight columns at a time where all weights of a column are there, as of most products.
  private func inexactColumns(
    of block: ConductanceBlock, _ columns: [BlockColumn], _ matrix: ProductMatrix,
    _ weights: UnsafeRawBufferPointer
  ) -> [Int] {
    guard matrix.shifted == nil, matrix.groups == 1, block.decoding.isEmpty else {
      return Array(columns.indices)
    }
    var inexact: [Int] = []
    let whole = columns.count & ~7
    for first in stride(from: 0, to: whole, by: 8) {
      let scales = SIMD8(block.columnScale[first..<first + 8])
      var isInexact = SIMDMask<SIMD8<Int32>>(repeating: false)
      block.conductances.withUnsafeBytes { conductances in
        for (i, row) in block.rows.enumerated() {
          let place = columns[first].first &+ row &* matrix.rowStride
          var line = SIMD8<Float>()
          for lane in 0..<8 { line[lane] = weights.single(place &+ lane &* matrix.columnStride) }
          let offset = 4 &* (i &* columns.count &+ first)
          let g = conductances.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
          isInexact .|= line / scales .!= g
        }
      }
      inexact += (0..<8).filter { isInexact[$0] }.map { first + $0 }
    }
    return inexact + Array(whole..<columns.count)
  }
}

extension ConductanceBlock {
  fileprivate func lies(in matrix: ProductMatrix) -> Bool {
    rows.lowerBound >= 0 && rows.upperBound <= matrix.rows && columns.lowerBound >= 0
      && columns.upperBound <= matrix.columns
  }
}

extension ConductanceBlock.Residual {
  fileprivate func isOf(_ width: Int, from first: Int) -> Bool {
    self.width == width && firstColumn == first
  }
}

/// What a conductance stands for, in parts of what 1 stands for: straight lines between the points of
/// `decoding`, or itself.
func decoded(_ g: Double, _ decoding: [Float]) -> Double {
  guard decoding.count > 1 else { return g }
  let position = min(g.magnitude, 1) * Double(decoding.count - 1)
  let below = min(Int(position), decoding.count - 2)
  let (from, to) = (Double(decoding[below]), Double(decoding[below + 1]))
  let value = from + (to - from) * (position - Double(below))
  return g < 0 ? -value : value
}

/// The weights of a column of a block.
private struct BlockColumn {
  /// Where the weight of row 0 of the matrix would lie.
  var first: Int
  /// The rows whose weights are there.
  var rows: Range<Int>
  /// What it computes of a wide window; `nil` for other products.
  var position: ShiftedKernels.Place?

  /// The columns of `block`.
  static func columns(of block: ConductanceBlock, _ matrix: ProductMatrix) -> [BlockColumn] {
    let (height, width) = (matrix.rows / matrix.groups, matrix.columns / matrix.groups)
    return block.columns.map { column in
      let first = column / width * height
      return BlockColumn(
        first: column * matrix.columnStride - first * matrix.rowStride,
        rows: first..<first + height, position: matrix.shifted?.position(ofColumn: column))
    }
  }

  /// Where the weight of `row`, whose place in a wide window is `rowPlace`, lies; `nil` where it is 0
  /// whatever the weights.
  func weight(
    ofRow row: Int, _ rowPlace: ShiftedKernels.Place?, _ matrix: ProductMatrix
  ) -> Int? {
    if let shifted = matrix.shifted, let rowPlace, let position {
      return shifted.weight(rowPlace, position)
    }
    return rows.contains(row) ? first + row * matrix.rowStride : nil
  }
}
