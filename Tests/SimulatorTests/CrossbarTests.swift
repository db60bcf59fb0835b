import Basics
import Chip
import Program
import Simulator
import TestSupport
import Testing

/// One layer on one core: input, crossbar, LDPU, output.
struct Layer {
  var vectors = 1
  var rows: Int
  var columns: Int
  var conductances: [Float]
  var inputScale: Float = 1
  var gain: [Float]
  var offset: [Float]
  var scale: Float = 1
  var partial: Float = 0
  /// The steps of columns in parts of `scale`, and of `partial`; empty for 1.
  var steps: [Float] = []
  var partialSteps: [Float] = []
  var flags: Instruction.Flags = []
  var gMax: Float = 20
  var chip = smallChip(rows: 256, columns: 256)

  /// The program; with a partial sum, core 1 sends what a second input holds (`linkInput`).
  func program() -> Program {
    var builder = ProgramBuilder(chip)
    let x = builder.input("x", [vectors, rows])
    let link: BufferID? = partial > 0 ? builder.input("link", [vectors, columns]) : nil
    let partialSteps = partial > 0 ? partialSteps : []
    let y = builder.output("y", [vectors, columns])
    let tile = builder.tile(conductances, rows: rows, columns: columns, gMax: gMax)
    let memory = builder.columns(vectors * columns)
    let out = builder.dense(
      memory, [vectors, columns], inner: 1, counter: builder.counter(), amount: 1)
    builder.add(
      .mvm, on: .crossbar(chip: 0, core: CoreID(0)), out,
      builder.dense(x, [vectors, rows], inner: 1), tile, immediates: [inputScale])
    let partialSource = link.map { send($0, in: &builder) } ?? Instruction.none
    builder.add(
      .affine, on: .ldpu(chip: 0, core: CoreID(0)), flags: flags,
      builder.dense(y, [vectors, columns], inner: 1), out, partialSource,
      builder.affine(gain: gain, offset: offset, steps: steps, partialSteps: partialSteps),
      immediates: [scale, partial])
    return builder.finished()
  }

  /// The step of a column's partial sum.
  private func partialStep(_ column: Int) -> Float {
    partial * (partialSteps.isEmpty ? 1 : partialSteps[column])
  }

  /// What the second input has to hold for `link` to arrive: codes of core 1, not rounded.
  func linkInput(_ link: [Float]) -> Tensor {
    Tensor(
      link.enumerated().map { $1 / partialStep($0 % columns) }, shape: [vectors, columns])
  }

  /// Has core 1 send what an input holds, each column by a cell of its own; gives the walk that reads it.
  private func send(_ input: BufferID, in builder: inout ProgramBuilder) -> UInt32 {
    let (width, core) = (columns, CoreID(1))
    var identity = [Float](repeating: 0, count: width * width)
    for column in 0..<width { identity[column * width + column] = 1 }
    // A count a code, or the smallest part more, so that none is lost where counts are cut.
    var gMax = Float(chip.crossbar.gMax * Double(chip.dac.maximumCode) / chip.adc.countsPerGMax)
    if Double(gMax) * chip.adc.countsPerGMax < chip.crossbar.gMax * Double(chip.dac.maximumCode) {
      gMax = gMax.nextUp
    }
    let tile = builder.tile(identity, rows: width, columns: width, core: 1, gMax: gMax)
    let counts = builder.dense(
      builder.columns(vectors * width, core: 1), [vectors, width], inner: 1,
      counter: builder.counter(), amount: 1)
    builder.add(
      .mvm, on: .crossbar(chip: 0, core: core), counts,
      builder.dense(input, [vectors, width], inner: 1), tile, immediates: [1])
    let link = builder.dense(
      builder.buffer(
        "link", vectors * width, space: .link(chip: 0, source: core, target: CoreID(0))),
      [vectors, width], inner: 1, counter: builder.counter(), amount: 1)
    builder.add(
      .affine, on: .ldpu(chip: 0, core: core), link, counts, Instruction.none,
      builder.affine(
        gain: (0..<width).map(partialStep), offset: Array(repeating: 0, count: width),
        steps: partialSteps), immediates: [partial, 0])
    return link
  }

  /// What Specs/numerics.md says, written down without a thought for speed.
  ///
  /// Conductances must be multiples of 1/64, for sums to be exact in any order.
  func expected(_ x: [Float], _ link: [Float]) -> (counts: [[Float]], results: [Float]) {
    let half = chip.ldpu.precision == .f16
    func p(_ v: Float) -> Float { half ? Float(Float16(v)) : v }
    func code(_ v: Float, _ step: Float, _ limit: Int) -> Float {
      min(max((v / step).rounded(.toNearestOrEven), -Float(limit)), Float(limit))
    }
    let countsPerCode = Float(
      chip.adc.countsPerGMax / Double(chip.dac.maximumCode)
        * (Double(gMax) / chip.crossbar.gMax))
    func count(_ current: Float) -> Float {
      let rule: FloatingPointRoundingRule =
        chip.adc.rounding == .floor ? .down : .toNearestOrEven
      return min((current * countsPerCode).rounded(rule), Float(chip.adc.maximumCount))
    }
    var counts: [[Float]] = [[], []]
    var results: [Float] = []
    for vector in 0..<vectors {
      for column in 0..<columns {
        var currents: (Float, Float) = (0, 0)
        for row in 0..<rows {
          let product =
            code(x[vector * rows + row], inputScale, chip.dac.maximumCode)
            * conductances[row * columns + column]
          if product > 0 { currents.0 += product } else { currents.1 -= product }
        }
        counts[0].append(count(currents.0))
        counts[1].append(count(currents.1))
        let scale = scale * (steps.isEmpty ? 1 : steps[column])
        let partial = partial * (partialSteps.isEmpty ? 1 : partialSteps[column])
        let a = p(Float(Double(gain[column]) / (Double(countsPerCode) * Double(scale))))
        let b = p(Float(Double(offset[column]) / Double(scale)))
        var y = p(a * p(p(count(currents.0)) - p(count(currents.1))) + b)
        if flags.contains(.reluBefore) && y < 0 { y = 0 }
        if partial > 0 {
          let k = code(link[vector * columns + column], partial, chip.ldpu.maximumCode)
          y = p(p(Float(Double(partial) / Double(scale))) * k + y)
        }
        if flags.contains(.reluAfter) && y < 0 { y = 0 }
        results.append(code(y, 1, chip.ldpu.maximumCode) * scale)
      }
    }
    return (counts, results)
  }
}

struct CrossbarTests {
  private static func layer(
    seed: UInt64, rows: Int = 200, columns: Int = 60, vectors: Int = 7, chip: Chip
  ) -> Layer {
    var numbers = SplitMix64(seed: seed)
    return Layer(
      vectors: vectors, rows: rows, columns: columns,
      conductances: numbers.floats(rows * columns).map { ($0 * 64).rounded() / 64 },
      inputScale: 1.0 / 100, gain: numbers.floats(columns).map { 0.02 * $0 },
      offset: numbers.floats(columns), scale: 0.05, gMax: 15, chip: chip)
  }

  @Test(arguments: [Precision.f16, .f32], [ADC.Rounding.floor, .round])
  func quantizedIsAsSpecified(precision: Precision, rounding: ADC.Rounding) throws {
    let chip = smallChip(
      rows: 256, columns: 256, precision: precision, rounding: rounding, countsPerGMax: 160)
    for (seed, flags) in [Instruction.Flags(), .reluBefore, .reluAfter].enumerated() {
      for (partial, hasSteps) in [(0, false), (0.04, false), (0, true), (0.04, true)]
        as [(Float, Bool)]
      {
        var layer = Self.layer(seed: UInt64(seed), chip: chip)
        layer.flags = flags
        layer.partial = partial
        if hasSteps {
          layer.steps = (0..<60).map { [1, 0.5, 0.25, 3][$0 % 4] }
          layer.partialSteps = (0..<60).map { [2, 1, 0.125][$0 % 3] }
        }
        var numbers = SplitMix64(seed: 100)
        let x = numbers.floats(7 * 200).map { $0 * 1.4 }
        let link = numbers.floats(7 * 60).map { $0 * 6 }
        var inputs = [Tensor(x, shape: [7, 200])]
        if partial > 0 { inputs.append(layer.linkInput(link)) }
        let simulation = try Simulation(layer.program(), fidelity: .quantized)
        var options = Simulation.Options()
        let columns = simulation.program.buffers.firstIndex { $0.name == "columns 0" }!
        options.recorded = [BufferID(columns)]
        let results = try simulation.run(inputs, options: options)
        let expected = layer.expected(x, link)
        #expect(results.recorded[0].elements(of: Float.self) == expected.counts.flatMap { $0 })
        #expect(results.outputs[0].elements(of: Float.self) == expected.results)
        #expect(Set(expected.results).count > 50)
      }
    }
  }

  @Test func idealIsTheProduct() throws {
    var layer = Self.layer(seed: 3, chip: smallChip(rows: 256, columns: 256))
    layer.flags = .reluAfter
    layer.partial = 0.04
    var numbers = SplitMix64(seed: 5)
    let x = numbers.floats(7 * 200).map { $0 * 100 }
    let link = numbers.floats(7 * 60)
    let simulation = try Simulation(layer.program(), fidelity: .ideal)
    let outputs = try simulation.run([Tensor(x, shape: [7, 200]), layer.linkInput(link)])
      .outputs[0].elements(of: Float.self)
    for vector in 0..<7 {
      for column in 0..<60 {
        var sum = 0.0
        for row in 0..<200 {
          sum +=
            Double(x[vector * 200 + row]) * 100
            * Double(layer.conductances[row * 60 + column])
        }
        let y =
          sum * Double(layer.gain[column]) + Double(layer.offset[column])
          + Double(link[vector * 60 + column])
        #expect(abs(Double(outputs[vector * 60 + column]) - max(y, 0)) < 1e-2)
      }
    }
  }

  @Test(arguments: [Fidelity.ideal, .quantized])
  func oneConductanceChangesTheResult(fidelity: Fidelity) throws {
    var layer = Self.layer(seed: 9, chip: smallChip(rows: 256, columns: 256))
    var numbers = SplitMix64(seed: 5)
    let x = Tensor(numbers.floats(7 * 200), shape: [7, 200])
    let before = try Simulation(layer.program(), fidelity: fidelity).run([x]).outputs[0]
    layer.conductances[3 * 60 + 5] *= -1
    layer.gain[5] = 0.02
    let reference = layer
    layer.conductances[3 * 60 + 5] = 1
    let changed = try Simulation(layer.program(), fidelity: fidelity).run([x]).outputs[0]
    let same = try Simulation(reference.program(), fidelity: fidelity).run([x]).outputs[0]
    #expect(before != changed)
    #expect(same != changed)
    let pairs = zip(same.elements(of: Float.self), changed.elements(of: Float.self))
    for (index, (a, b)) in pairs.enumerated() where index % 60 != 5 { #expect(a == b) }
  }

  @Test func clippingIsCounted() throws {
    let layer = Layer(
      rows: 40, columns: 2, conductances: (0..<80).map { $0 % 2 == 0 ? 1 : -1 }, gain: [1, 1],
      offset: [0, 0], scale: 1, chip: smallChip(rows: 64, columns: 2))
    // 40 · 127 codes at one count each are 5080, and 4095 fit.
    let x = Tensor((0..<40).map { $0 < 3 ? 200 : Float(127) }, shape: [1, 40])
    let results = try Simulation(layer.program(), fidelity: .quantized).run([x])
    #expect(results.outputs[0].elements(of: Float.self) == [127, -127])
    let tile = results.statistics.tiles[0]
    #expect(tile.inputsClipped == 3)
    #expect(tile.columnsClipped == 2)
    #expect(tile.resultsClipped == 2)
    #expect(tile.results == 2)
    #expect(tile.multiplications == 1)
    #expect(results.statistics.bytesToChip == 40)
    #expect(results.statistics.bytesFromChip == 2)

    let ideal = try Simulation(layer.program(), fidelity: .ideal).run([x])
    #expect(ideal.outputs[0].elements(of: Float.self) == [5299, -5299])
    #expect(ideal.statistics.tiles[0].inputsClipped == 0)
  }

  @Test func notANumberBecomesCodeZero() throws {
    let layer = Layer(rows: 2, columns: 1, conductances: [1, 1], gain: [1], offset: [0])
    let x = Tensor([Float.nan, 5], shape: [1, 2])
    let results = try Simulation(layer.program(), fidelity: .quantized).run([x])
    #expect(results.outputs[0].elements(of: Float.self) == [5])
    #expect(results.statistics.tiles[0].inputsClipped == 1)
    let ideal = try Simulation(layer.program(), fidelity: .ideal).run([x])
    #expect(ideal.outputs[0].elements(of: Float.self)[0].isNaN)
  }

  @Test func gainsBeyondThePrecisionAreRefused() throws {
    let layer = Layer(rows: 1, columns: 2, conductances: [1, 1], gain: [1, 1e6], offset: [0, 0])
    _ = try Simulation(layer.program(), fidelity: .ideal)
    let error = #expect(throws: Diagnostics.self) {
      try Simulation(layer.program(), fidelity: .quantized)
    }
    #expect(error?.description.contains("the gain of column 1") == true)
  }
}
