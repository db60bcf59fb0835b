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
    var maxima = [Float](repeating: 0, count: columns)
    difference = [Float](repeating: 0, count: vectors * columns)
    let lines = UnsafeMutablePointer<word_line>.allocate(capacity: rows.count)
    defer { lines.deallocate() }
    difference.withUnsafeMutableBufferPointer { difference in
      guard let sums = difference.baseAddress else { return }
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
        line_currents(g, columns, lines, count, sums + vector * columns, &maxima)
      }
    }
    self.maxima = maxima
  }
}
