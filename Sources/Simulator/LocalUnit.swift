import Basics
import CCrossbar
import Chip
import Program

/// The figures of an `affine` as its LDPU has loaded them.
struct LoadedAffine: Sendable {
  /// A number for each column, and so for the next figure: the factor, the addend, what a step of the partial sum is in
  /// steps of the result, the step of the partial sum, and that of the result.
  private let figures: [Float]
  private let columns: Int

  /// Loads the figures `affine` for `operation`: where units round, in steps of the result and
  /// rounded to `precision`, else as they are.
  ///
  /// Throws `RunFault` if one of them is too large for the precision.
  init(_ affine: Affine, for operation: LocalOperation, precision: Precision?) throws(RunFault) {
    func loaded(_ value: Double, _ what: @autoclosure () -> String) throws(RunFault) -> Float {
      let rounded = precision == .f16 ? nearestHalf(Float(value)) : Float(value)
      guard let precision, !rounded.isFinite else { return rounded }
      throw RunFault("\(what()), \(Float(value)), is too large for \(precision)")
    }
    var gains: [Float] = []
    var offsets: [Float] = []
    var partialGains: [Float] = []
    func steps(_ scale: Float, _ steps: [Float]) -> [Float] {
      steps.isEmpty
        ? [Float](repeating: scale, count: affine.gain.count) : steps.map { scale * $0 }
    }
    let step = steps(operation.scale, affine.steps)
    let partialStep = steps(operation.partialScale, affine.partialSteps)
    for (column, (gain, offset)) in zip(affine.gain, affine.offset).enumerated() {
      let step = precision == nil ? 1 : Double(step[column])
      gains.append(
        try loaded(
          Double(gain) / (Double(operation.countsPerCode) * step), "the gain of column \(column)"))
      offsets.append(try loaded(Double(offset) / step, "the offset of column \(column)"))
      partialGains.append(
        precision == nil
          ? 1
          : try loaded(
            Double(partialStep[column]) / step, "the factor of the partial sum of column \(column)")
      )
    }
    figures = gains + offsets + partialGains + partialStep + step
    columns = gains.count
  }

  /// Calls `body` with what the unit of `plan` does in `operation`.
  func withConversion<Result>(
    _ operation: LocalOperation, _ plan: Plan, _ body: (UnsafePointer<unit_conversion>) -> Result
  ) -> Result {
    let ldpu = plan.program.chip.ldpu
    return figures.withUnsafeBufferPointer { figures in
      let first = figures.baseAddress
      var conversion = unit_conversion(
        gain: first, offset: first.map { $0 + columns },
        partial_gain: first.map { $0 + 2 * columns },
        partial_step: first.map { $0 + 3 * columns }, step: first.map { $0 + 4 * columns },
        limit: Float(ldpu.maximumCode),
        // Where units round, no sum counts as a rest.
        rest: plan.rounds ? 0 : roundingRest, has_polarities: plan.hasPolarities,
        has_partial: operation.partial != nil, is_half: plan.rounds && ldpu.precision == .f16,
        rounds: plan.rounds, relu_before: operation.reluBefore, relu_after: operation.reluAfter)
      return body(&conversion)
    }
  }
}

extension Machine {
  /// Runs an `affine`: Specs/numerics.md, "The local digital unit".
  func run(_ operation: LocalOperation, iteration: Int) {
    var target: Operand<Float> = operand(operation.target, iteration, scratch: 0)
    var columns: Operand<Float> = operand(operation.columns, iteration, scratch: 1)
    var partial: Operand<Float>?
    if let walk = operation.partial { partial = operand(walk, iteration, scratch: 2) }
    let element = operation.target.memory.element
    let clips = affines[operation.number].withConversion(operation, plan) { conversion in
      var clips = 0
      forEachPanel(of: operation.columns.count) { vectors in
        columns.select(vectors)
        target.select(vectors)
        partial?.select(vectors)
        let count = vectors.count * lanes
        if let results = target.lines(), element == .f32,
          let lines = ColumnLines(columns, partial, hasPolarities: plan.hasPolarities)
        {
          clips += convert(conversion, 0..<operation.columns.elementCount, count, lines, results)
          return
        }
        // Lines of the panel, as many as columns are taken together: counts of both polarities, partial
        // sums; results replace the first.
        let positive = panel.inputs
        let negative = positive + Panel.group * Panel.step
        let link = negative + Panel.group * Panel.step
        for group in groups(of: operation.columns.elementCount) {
          columns.fetch(elements: group, into: positive, kernels)
          if plan.hasPolarities {
            columns.fetch(elements: group, plane: 1, into: negative, kernels)
          }
          partial?.fetch(elements: group, into: link, kernels)
          let lines = ColumnLines(
            positive: panel.lines(positive), negative: panel.lines(negative),
            partial: panel.lines(link))
          clips += convert(conversion, group, count, lines, lines.positive)
          for line in 0..<group.count {
            Float.conform(positive + line * Panel.step, count: count, to: element, isHalf: false)
          }
          target.store(positive, elements: group, kernels)
        }
      }
      return clips
    }
    statistics.tiles[operation.tile].resultsClipped += clips
    countTraffic(operation)
  }

  /// Converts `count` places of `columns` to results, each step rounded to the precision of the unit. Returns how many
  /// results the output code could not hold.
  private func convert(
    _ conversion: UnsafePointer<unit_conversion>, _ columns: Range<Int>, _ count: Int,
    _ lines: ColumnLines, _ results: memory_lines
  ) -> Int {
    var (lines, results) = (lines, results)
    return kernels.convert(
      conversion, columns.lowerBound, columns.upperBound, count, &lines.positive, &lines.negative,
      &lines.partial, &results)
  }

  private func countTraffic(_ operation: LocalOperation) {
    let results = operation.columns.count * operation.columns.elementCount * lanes
    let bytes = results * ((plan.program.chip.ldpu.outputBits + 7) / 8)
    statistics.tiles[operation.tile].results += results
    switch plan.program.buffers[operation.target.memory.id.index].space {
    case .host: statistics.bytesFromChip += bytes
    case .link, .gdpu: statistics.bytesOnLinks += bytes
    case .columns: break
    }
  }
}

/// What an LDPU reads of columns: counts of both polarities and partial sums, those of a column a line each. What there
/// is nothing of is never read.
private struct ColumnLines {
  var positive: memory_lines
  var negative: memory_lines
  var partial: memory_lines

  init(positive: memory_lines, negative: memory_lines, partial: memory_lines) {
    (self.positive, self.negative, self.partial) = (positive, negative, partial)
  }

  /// The lines where they are in memory; `nil` if they do not lie there densely.
  init?(_ columns: Operand<Float>, _ partial: Operand<Float>?, hasPolarities: Bool) {
    guard let lines = columns.lines() else { return nil }
    (positive, negative, self.partial) = (lines, lines, lines)
    if hasPolarities {
      guard let lines = columns.lines(plane: 1) else { return nil }
      negative = lines
    }
    if let partial {
      guard let lines = partial.lines() else { return nil }
      self.partial = lines
    }
  }
}
