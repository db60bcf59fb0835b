import COpenBLAS

/// A product of a fixed shape, whose bits do not depend on where a vector stands among the others.
///
/// The library promises no order of summation: some of its kernels add up the vectors at the edge of
/// a product in another order than those in the middle, so that the result of an inference would
/// depend on its neighbours. The product is therefore cut into calls of the greatest width at which
/// all places are found to agree.
struct Product: Sendable {
  /// The number of inputs of each vector.
  let rows: Int
  /// The number of vectors of one call; divides `Panel.width`.
  let width: Int

  /// Finds the width for products with matrices of `rows` inputs and `columns` outputs.
  init(rows: Int, columns: Int) {
    self.rows = rows
    var width = Panel.width
    while width > 1, !Self.placesAgree(rows: rows, columns: columns, width: width) { width /= 2 }
    self.width = width
  }

  /// Multiplies `used` vectors, a line of `inputs` for each row, with `columns` columns of `matrix`,
  /// into a line of `results` for each column.
  func run(
    _ matrix: UnsafePointer<Float>, columns: Int, _ inputs: UnsafePointer<Float>, used: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    for start in stride(from: 0, to: used, by: width) {
      Self.call(
        matrix, rows: rows, columns: columns, inputs + start, width: width, into: results + start)
    }
  }

  private static func call(
    _ matrix: UnsafePointer<Float>, rows: Int, columns: Int, _ inputs: UnsafePointer<Float>,
    width: Int, into results: UnsafeMutablePointer<Float>
  ) {
    single_product(
      Int32(columns), Int32(width), Int32(rows), matrix, Int32(rows), inputs, Int32(Panel.width),
      results, Int32(Panel.width))
  }

  /// Whether one vector at all places of a call has the same product everywhere.
  private static func placesAgree(rows: Int, columns: Int, width: Int) -> Bool {
    // Numbers with many bits, whose sums hardly agree in two orders by chance.
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func number() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
    let matrix = (0..<(columns * rows)).map { _ in number() }
    var inputs = [Float](repeating: 0, count: rows * Panel.width)
    var results = [Float](repeating: 0, count: columns * Panel.width)
    for row in 0..<rows {
      let value = number()
      for place in 0..<width { inputs[row * Panel.width + place] = value }
    }
    matrix.withUnsafeBufferPointer { matrix in
      inputs.withUnsafeBufferPointer { inputs in
        results.withUnsafeMutableBufferPointer { results in
          call(
            matrix.baseAddress!, rows: rows, columns: columns, inputs.baseAddress!, width: width,
            into: results.baseAddress!)
        }
      }
    }
    return (0..<columns).allSatisfy { column in
      let line = results[(column * Panel.width)..<(column * Panel.width + width)]
      return line.allSatisfy { $0 == line.first }
    }
  }
}
