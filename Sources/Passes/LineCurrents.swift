import CVectors

/// The currents of a block's bit lines on sampled input codes, in codes times g.
struct LineCurrents {
  /// The current of either polarity that is largest, a column each.
  private(set) var maxima: [Float]
  /// Positive minus negative current: `[vector][column]`.
  private(set) var difference: [Float]

  /// Sums up the conductances `g`, which lie row by row, times the codes of `rows` of each vector; a
  /// vector has `rowStride` codes.
  init(
    _ g: [Float], rows: Range<Int>, columns: Int, codes: [Float], rowStride: Int, vectors: Int
  ) {
    maxima = [Float](repeating: 0, count: columns)
    difference = [Float](repeating: 0, count: vectors * columns)
    let lines = UnsafeMutableBufferPointer<word_line>.allocate(capacity: rows.count)
    defer { lines.deallocate() }
    for vector in 0..<vectors {
      // Those whose code is not 0, as every second one behind a ReLU: a branch would often be wrong.
      var count = 0
      codes.withUnsafeBufferPointer { codes in
        for i in 0..<rows.count {
          let code = codes[vector &* rowStride &+ rows.lowerBound &+ i]
          lines[count] = word_line(start: i &* columns, code: code)
          count &+= code == 0 ? 0 : 1
        }
      }
      add(UnsafeBufferPointer(rebasing: lines[..<count]), g, to: vector * columns, columns)
    }
  }

  /// Sums up the products of the vector whose sums lie at `place`.
  private mutating func add(
    _ lines: UnsafeBufferPointer<word_line>, _ g: [Float], to place: Int, _ columns: Int
  ) {
    let whole = columns & ~15
    if whole > 0 {
      difference.withUnsafeMutableBufferPointer { difference in
        maxima.withUnsafeMutableBufferPointer { maxima in
          g.withUnsafeBufferPointer { g in
            for column in stride(from: 0, to: whole, by: 16) {
              line_currents(
                g.baseAddress! + column, lines.baseAddress, lines.count,
                difference.baseAddress! + place + column, maxima.baseAddress! + column)
            }
          }
        }
      }
    }
    for column in whole..<columns {
      var (sum, magnitude): (Float, Float) = (0, 0)
      for line in lines {
        let product = line.code * g[line.start + column]
        sum += product
        magnitude += product.magnitude
      }
      // The larger polarity of a sum s of magnitude m carries (m + |s|) / 2.
      maxima[column] = max(maxima[column], (magnitude + sum.magnitude) / 2)
      difference[place + column] = sum
    }
  }
}
