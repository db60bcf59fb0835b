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
    // The rows whose code is not 0, as every second one behind a ReLU: where they begin, and the codes.
    var present: [(start: Int, code: Float)] = []
    present.reserveCapacity(rows.count)
    for vector in 0..<vectors {
      present.removeAll(keepingCapacity: true)
      for (i, row) in rows.enumerated() {
        let code = codes[vector * rowStride + row]
        if code != 0 { present.append((i * columns, code)) }
      }
      g.withUnsafeBufferPointer { g in
        var column = 0
        while column + 16 <= columns {
          let sum = sums(of: present, g, column)
          for lane in 0..<16 { difference[vector * columns + column + lane] = sum[lane] }
          column += 16
        }
        for column in column..<columns {
          var (sum, magnitude): (Float, Float) = (0, 0)
          for (start, code) in present {
            let product = code * g[start + column]
            sum += product
            magnitude += product.magnitude
          }
          maxima[column] = max(maxima[column], (magnitude + sum.magnitude) / 2)
          difference[vector * columns + column] = sum
        }
      }
    }
  }

  /// The sums of 16 columns from `column` on, each in the order of the rows.
  private mutating func sums(
    of present: [(start: Int, code: Float)], _ g: UnsafeBufferPointer<Float>, _ column: Int
  ) -> SIMD16<Float> {
    guard let base = g.baseAddress else { return SIMD16() }
    let memory = UnsafeRawPointer(base + column)
    var sum = SIMD16<Float>()
    var magnitude = SIMD16<Float>()
    let withoutSign = SIMD16<UInt32>(repeating: 0x7FFF_FFFF)
    for (start, code) in present {
      let product =
        memory.loadUnaligned(fromByteOffset: start * 4, as: SIMD16<Float>.self) * code
      sum += product
      magnitude += SIMD16<Float>(
        bits: unsafeBitCast(product, to: SIMD16<UInt32>.self) & withoutSign)
    }
    // The larger polarity of a sum s of magnitude m carries (m + |s|) / 2.
    for lane in 0..<16 {
      maxima[column + lane] = max(
        maxima[column + lane], (magnitude[lane] + sum[lane].magnitude) / 2)
    }
    return sum
  }
}

extension SIMD16<Float> {
  fileprivate init(bits: SIMD16<UInt32>) { self = unsafeBitCast(bits, to: Self.self) }
}
