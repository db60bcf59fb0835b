import Basics
import Chip
import Program

/// The figures of an `affine` as its LDPU has loaded them.
struct LoadedAffine: Sendable {
  /// The factor of each column.
  let gain: [Float]
  /// The addend of each column.
  let offset: [Float]
  /// What a step of each column's partial sum is in steps of the result.
  let partialGain: [Float]
  /// The step of each column's result, and of its partial sum.
  let step: [Float]
  let partialStep: [Float]

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
    step = steps(operation.scale, affine.steps)
    partialStep = steps(operation.partialScale, affine.partialSteps)
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
    gain = gains
    offset = offsets
    partialGain = partialGains
  }
}

extension Machine {
  /// Runs an `affine`: Specs/numerics.md, "The local digital unit".
  func run(_ operation: LocalOperation, iteration: Int) {
    var target: Operand<Float> = operand(operation.target, iteration, scratch: 0)
    var columns: Operand<Float> = operand(operation.columns, iteration, scratch: 1)
    var partial: Operand<Float>?
    if let walk = operation.partial { partial = operand(walk, iteration, scratch: 2) }
    // Lines of the panel, as many as columns are taken together: counts of both polarities, partial sums;
    // results replace the first.
    let positive = panel.inputs
    let negative = positive + Panel.group * Panel.width
    let link = negative + Panel.group * Panel.width
    let isHalf = plan.rounds && plan.program.chip.ldpu.precision == .f16
    var clips = 0
    forEachPanel(of: operation.columns.count) { vectors in
      columns.select(vectors)
      target.select(vectors)
      partial?.select(vectors)
      let count = vectors.count * lanes
      for group in groups(of: operation.columns.elementCount) {
        columns.fetch(elements: group, into: positive)
        if plan.hasPolarities { columns.fetch(elements: group, plane: 1, into: negative) }
        partial?.fetch(elements: group, into: link)
        for (index, column) in group.enumerated() {
          let line = index * Panel.width
          clips +=
            isHalf
            ? convert(
              operation, column, positive + line, negative + line, link + line, count,
              HalfArithmetic.self)
            : convert(
              operation, column, positive + line, negative + line, link + line, count,
              SingleArithmetic.self)
          Float.conform(
            positive + line, count: count, to: operation.target.memory.element, isHalf: false)
        }
        target.store(positive, elements: group)
      }
    }
    statistics.tiles[operation.tile].resultsClipped += clips
    countTraffic(operation)
  }

  /// Columns to a result, each step rounded to the precision of the unit. Returns how many results
  /// the output code could not hold.
  private func convert<Arithmetic: UnitArithmetic>(
    _ operation: LocalOperation, _ column: Int, _ line: UnsafeMutablePointer<Float>,
    _ negative: UnsafeMutablePointer<Float>, _ link: UnsafeMutablePointer<Float>, _ count: Int,
    _: Arithmetic.Type
  ) -> Int {
    let loaded = affines[operation.number]
    let gain = loaded.gain[column]
    let offset = loaded.offset[column]
    let limit = Float(plan.program.chip.ldpu.maximumCode)
    if plan.hasPolarities {
      for i in 0..<count {
        line[i] = Arithmetic.rounded(line[i]) - Arithmetic.rounded(negative[i])
      }
    }
    // Where units round, no sum counts as a rest.
    let part: Float = plan.rounds ? 0 : roundingRest
    let rest = abs(offset) * part
    for i in 0..<count {
      let sum = Arithmetic.rounded(gain * Arithmetic.rounded(line[i]) + offset)
      line[i] = abs(sum) < rest ? 0 : sum
    }
    if operation.reluBefore { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
    if operation.partial != nil {
      if plan.rounds {
        let partialScale = loaded.partialStep[column]
        for i in 0..<count { link[i] = nearestInteger(clipped(link[i] / partialScale, to: limit)) }
      }
      let partialGain = loaded.partialGain[column]
      for i in 0..<count {
        let sum = Arithmetic.rounded(partialGain * link[i] + line[i])
        line[i] = abs(sum) < abs(link[i]) * part ? 0 : sum
      }
    }
    if operation.reluAfter { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
    guard plan.rounds else { return 0 }
    let scale = loaded.step[column]
    var clips: Int32 = 0
    for i in 0..<count {
      clips &+= abs(line[i]) < limit + 0.5 ? 0 : 1
      line[i] = nearestInteger(clipped(line[i], to: limit)) * scale
    }
    return Int(clips)
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
