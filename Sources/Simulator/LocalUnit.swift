import Basics
import Chip
import Program

extension LocalOperation {
  /// The figures as the unit loads them: in steps of the result, rounded to its precision.
  ///
  /// Throws `PlanFault` if one of them is too large for that precision.
  func loaded(precision: Precision, countsPerCode: Float) throws(PlanFault) -> LocalOperation {
    func loaded(_ value: Double, _ what: @autoclosure () -> String) throws(PlanFault) -> Float {
      let rounded = precision == .f16 ? nearestHalf(Float(value)) : Float(value)
      guard rounded.isFinite else {
        throw PlanFault("\(what()), \(Float(value)), is too large for \(precision)")
      }
      return rounded
    }
    var gains: [Float] = []
    var offsets: [Float] = []
    let step = Double(scale)
    for (column, (gain, offset)) in zip(gain, offset).enumerated() {
      gains.append(
        try loaded(Double(gain) / (Double(countsPerCode) * step), "the gain of column \(column)"))
      offsets.append(try loaded(Double(offset) / step, "the offset of column \(column)"))
    }
    let partial = partial == nil ? 0 : Double(partialScale) / step
    return LocalOperation(
      target: target, columns: columns, partial: self.partial, tile: tile, gain: gains,
      offset: offsets, partialGain: try loaded(partial, "the factor of the partial sum"),
      scale: scale, partialScale: partialScale, reluBefore: reluBefore, reluAfter: reluAfter)
  }
}

extension Machine {
  /// Runs an `affine`: Specs/numerics.md, "The local digital unit".
  func run(_ operation: LocalOperation, iteration: Int) throws(RunFault) {
    var target: Operand<Float> = try operand(operation.target, iteration, scratch: 0)
    var columns: Operand<Float> = try operand(operation.columns, iteration, scratch: 1)
    var partial: Operand<Float>?
    if let walk = operation.partial { partial = try operand(walk, iteration, scratch: 2) }
    // Lines of the panel: counts of both polarities, partial sums, and a result in the first.
    let line = panel.inputs
    let negative = line + Panel.width
    let link = line + 2 * Panel.width
    let isHalf = plan.program.chip.ldpu.precision == .f16
    var clips = 0
    forEachPanel(of: operation.columns.count) { vectors in
      columns.select(vectors)
      target.select(vectors)
      partial?.select(vectors)
      let count = vectors.count * lanes
      for column in 0..<operation.columns.elementCount {
        columns.fetch(element: column, into: line)
        partial?.fetch(element: column, into: link)
        switch plan.fidelity {
        case .ideal:
          scale(operation, column, line, link, count)
        case .quantized:
          columns.fetch(element: column, plane: 1, into: negative)
          clips +=
            isHalf
            ? convert(operation, column, line, negative, link, count, HalfArithmetic.self)
            : convert(operation, column, line, negative, link, count, SingleArithmetic.self)
        }
        Float.conform(
          line, count: count, to: operation.target.memory.element, isHalf: false)
        target.store(line, element: column)
      }
    }
    statistics.tiles[operation.tile].resultsClipped += clips
    countTraffic(operation)
  }

  /// `ideal`: f32, in units of the model, nothing rounded or clipped.
  private func scale(
    _ operation: LocalOperation, _ column: Int, _ line: UnsafeMutablePointer<Float>,
    _ link: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let gain = operation.gain[column]
    let offset = operation.offset[column]
    for i in 0..<count { line[i] = gain * line[i] + offset }
    if operation.reluBefore { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
    if operation.partial != nil { for i in 0..<count { line[i] += link[i] } }
    if operation.reluAfter { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
  }

  /// Counts to a result, each step rounded to the precision of the unit. Returns how many results
  /// the output code could not hold.
  private func convert<Arithmetic: UnitArithmetic>(
    _ operation: LocalOperation, _ column: Int, _ line: UnsafeMutablePointer<Float>,
    _ negative: UnsafeMutablePointer<Float>, _ link: UnsafeMutablePointer<Float>, _ count: Int,
    _: Arithmetic.Type
  ) -> Int {
    let gain = operation.gain[column]
    let offset = operation.offset[column]
    let limit = Float(plan.program.chip.ldpu.maximumCode)
    for i in 0..<count {
      let difference = Arithmetic.rounded(
        Arithmetic.rounded(line[i]) - Arithmetic.rounded(negative[i]))
      line[i] = Arithmetic.rounded(gain * difference + offset)
    }
    if operation.reluBefore { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
    if operation.partial != nil {
      let partialGain = operation.partialGain
      let partialScale = operation.partialScale
      for i in 0..<count {
        let code = nearestInteger(clipped(link[i] / partialScale, to: limit))
        line[i] = Arithmetic.rounded(partialGain * code + line[i])
      }
    }
    if operation.reluAfter { for i in 0..<count { line[i] = line[i] < 0 ? 0 : line[i] } }
    let scale = operation.scale
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
    case .link: statistics.bytesOnLinks += bytes
    case .columns: break
    }
  }
}
