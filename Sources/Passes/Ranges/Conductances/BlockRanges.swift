import CVectors
import Chip

/// Chooses the ranges of the blocks of a layer.
struct BlockRanges {
  private let weights: LayerWeights
  /// The sampled vectors as codes of the DAC: `[vector][row of the layer]`.
  private let codes: [Float]
  private let options: QuantizationOptions
  /// The largest g_max, in µS.
  private let largest: Float
  private let limits: LineLimits
  /// What conductances at the largest g_max stand for; `nil` for themselves.
  private let decoding: [Float]?
  /// Beyond which magnitude the whole sum of each column, without the rest of its rows, is cut, where columns
  /// of partial sums have steps of their own; infinite where it is not.
  private let limitsOfColumns: [Float]?
  /// Where weights are cut, if they are, and how many columns hold the same as each one.
  private let cut: (least: LeastSquares, copies: [Int])?

  /// Creates the choice for a layer on `chip` that multiplies vectors such as `codes`.
  init(
    _ weights: LayerWeights, codes: [Float], chip: Chip, _ options: QuantizationOptions,
    limitsOfColumns: [Float]? = nil
  ) {
    self.weights = weights
    self.limitsOfColumns = limitsOfColumns
    self.codes = codes
    self.options = options
    let gMax = options.range * chip.crossbar.gMax
    largest = Float(gMax)
    limits = LineLimits(chip, gMax: gMax)
    decoding = options.predistortion?.decoding(gMax: Float(gMax))
    cut =
      options.weightRange == .leastSquares
      ? options.device.map { (LeastSquares($0, gMax: gMax), weights.equalColumns()) }
      : nil
  }

  /// The ranges of the blocks of `stack`; `scale` tells the step of the DAC of some rows.
  func blocks(of stack: Stack, scale: (Range<Int>) -> Float) -> [BlockQuantization] {
    let columns = stack.columns.count
    // One running sum a starting block, so that any segment's range is known before placement.
    var running: [[Float]] = []
    var maximaOfColumns: [[[Float]]] = []
    var blocks = stack.rows.map { rows in
      var factors = columnFactors(rows, stack.columns)
      let block = weights.block(rows: rows, columns: stack.columns, factors: factors)
      let currents = currents(block, rows)
      let inputScale = scale(rows)
      running.append([Float](repeating: 0, count: vectors * columns))
      let columnMaxima = running.indices.map { start in
        add(
          currents.difference, to: &running[start],
          factors: block.columnScale.map { $0 * inputScale })
      }
      maximaOfColumns.append(columnMaxima)
      func maxima(_ factors: [Float]) -> [Float] {
        self.currents(
          weights.block(
            rows: rows, columns: stack.columns, factors: factors, decoding: decoding ?? []), rows
        ).maxima
      }
      let first = decoding == nil ? currents.maxima : maxima(factors)
      var gMax = limits.conductance(for: first.max() ?? 0)
      if options.lineLimit == .column, options.weightRange != .block, gMax < largest {
        if factors.isEmpty { factors = [Float](repeating: 1, count: columns) }
        let isProportional = decoding == nil && options.weightRange == .maximum
        limits.widen(&factors, carrying: first, isProportional ? nil : maxima)
        gMax = largest
      }
      return BlockQuantization(
        gMax: gMax, columnFactors: factors.allSatisfy { $0 == 1 } ? [] : factors,
        decoding: (gMax == largest ? decoding : options.predistortion?.decoding(gMax: gMax)) ?? [],
        partialMaxima: columnMaxima.map { $0.max() ?? 0 })
    }
    let endings = endings(running, stack.columns)
    for (start, columns) in endings {
      blocks[blocks.count - 1].partialMaxima[start] = columns.max() ?? 0
    }
    if let limits = limitsOfColumns.map({ $0[stack.columns] }) {
      setPartialSteps(of: &blocks, Array(limits), &maximaOfColumns, endings)
    }
    return blocks
  }

  /// The largest magnitudes of the columns in `sums` of later row blocks through the last, to which that adds the bias:
  /// by the first row block, where there is a bias.
  private func endings(
    _ sums: [[Float]], _ columns: Range<Int>
  ) -> [(start: Int, maxima: [Float])] {
    guard let bias = weights.bias?[columns] else { return [] }
    return sums.indices.dropFirst().map { start in
      var sum = [Float](repeating: 0, count: sums[start].count)
      for vector in stride(from: 0, to: sum.count, by: max(columns.count, 1)) {
        sum.replaceSubrange(vector..<vector + columns.count, with: bias)
      }
      return (
        start, add(sums[start], to: &sum, factors: [Float](repeating: 1, count: columns.count))
      )
    }
  }

  /// The number of sampled vectors.
  private var vectors: Int { codes.count / weights.product.rows }

  private func currents(_ block: BlockConductances, _ rows: Range<Int>) -> LineCurrents {
    LineCurrents(
      block.values, rows: rows, columns: block.columnScale.count, codes: codes,
      rowStride: weights.product.rows, vectors: vectors)
  }

  /// The ranges of the columns of a block in parts of their largest weights; empty for all of them.
  private func columnFactors(_ rows: Range<Int>, _ columns: Range<Int>) -> [Float] {
    switch options.weightRange {
    case .maximum: return []
    case .block:
      let block = weights.block(rows: rows, columns: columns)
      let range = max(block.magnitudes.max() ?? 0, .leastNormalMagnitude)
      return zip(block.magnitudes, block.columnScale).map { magnitude, scale in
        magnitude > 0 ? min(range / scale, .greatestFiniteMagnitude) : 1
      }
    case .leastSquares:
      guard let cut else { return [] }
      var power = [Double](repeating: 0, count: rows.count)
      for start in stride(from: 0, to: codes.count, by: max(weights.product.rows, 1)) {
        for (i, row) in rows.enumerated() {
          power[i] += Double(codes[start + row]) * Double(codes[start + row])
        }
      }
      let block = weights.block(rows: rows, columns: columns)
      let factors = cut.least.factors(
        of: block, power: power, copies: columns.map { cut.copies[$0] })
      return zip(factors, block.columnScale).map { factor, scale in
        // No scale of a column is subnormal.
        scale * factor < .leastNormalMagnitude ? 1 : factor
      }
    }
  }

  /// Gives columns of partial sums steps of their own, by the `maxima` that they reach: `[block][first block of
  /// the sum][column]`.
  ///
  /// What is beyond the limit of a column by more than the rest of its rows can take back is cut anyway. `endings` are the
  /// maxima of the last block with the bias.
  private func setPartialSteps(
    of blocks: inout [BlockQuantization], _ limits: [Float], _ maxima: inout [[[Float]]],
    _ endings: [(start: Int, maxima: [Float])]
  ) {
    for block in blocks.indices {
      if block == blocks.count - 1 {
        for (start, columns) in endings { maxima[block][start] = columns }
      }
      if block < blocks.count - 1 {
        // The rest was met in samples, which may not have had the largest.
        let rests = maxima[blocks.count - 1][block + 1]
        for column in limits.indices {
          maxima[block][0][column] = min(
            maxima[block][0][column], limits[column] + 1.25 * rests[column])
        }
      }
      var steps: [[Float]] = []
      for (first, columns) in maxima[block].enumerated() {
        let largest = columns.max() ?? 0
        blocks[block].partialMaxima[first] = largest
        steps.append(ColumnRanges.steps(of: columns, in: largest))
      }
      while steps.last?.isEmpty == true { steps.removeLast() }
      blocks[block].partialSteps = steps
    }
  }

  /// Adds `currents`, each times the factor of its column, to `sums`, and returns the largest magnitude
  /// of each column.
  private func add(_ currents: [Float], to sums: inout [Float], factors: [Float]) -> [Float] {
    var maxima = [Float](repeating: 0, count: factors.count)
    add_currents(currents, factors, vectors, factors.count, &sums, &maxima)
    return maxima
  }
}
