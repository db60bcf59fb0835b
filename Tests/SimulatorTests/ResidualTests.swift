import Basics
import Chip
import Device
import Program
import Simulator
import TestSupport
import Testing

/// Columns that hold what programming makes wrong in others.
@Suite struct ResidualTests {
  private static let (rows, width, vectors) = (48, 12, 60)

  /// A layer of which each column is there `copies` times, and once more for errors, and its inputs.
  private static func network(copies: Int, share: Float) throws -> (program: Program, x: [Float]) {
    var numbers = SplitMix64(seed: 29)
    let weights = numbers.floats(rows * width)
    let columns = (copies + 1) * width
    let held = copies * width
    var conductances: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns {
        conductances.append(column < held ? weights[row * width + column % width] : 0)
      }
    }
    // Errors count a quarter of what they are programmed as.
    let scales = (0..<columns).map { column -> Float in column < held ? 1 : 0.25 }
    var layer = Layer(
      vectors: vectors, rows: rows, columns: columns, conductances: conductances, gain: scales,
      offset: [Float](repeating: 0, count: columns))
    layer.chip = smallChip(rows: 256, columns: 256, countsPerGMax: 160)
    var program = layer.program()
    program.blocks[0].columnScale = scales
    program.blocks[0].residual = .init(firstColumn: copies * width, width: width, share: share)
    return (program, numbers.floats(vectors * rows))
  }

  /// The sums over all copies, and the results of the copies that hold weights.
  private static func run(
    _ program: Program, _ x: [Float], effects: Effects, seed: UInt64 = 4, time: Double = 0
  ) throws -> (sums: [Double], copies: [Float]) {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    var fidelity = Fidelity.devices(SimulatedDevices(model: model, seed: seed, time: time))
    fidelity.effects = effects
    let results = try Simulation(program, fidelity: fidelity)
      .run([Tensor(x, shape: [vectors, rows])]).outputs[0].elements(of: Float.self)
    let columns = results.count / vectors
    var sums: [Double] = []
    var copies: [Float] = []
    for vector in 0..<vectors {
      let line = results[vector * columns..<(vector + 1) * columns]
      copies += line.dropLast(width)
      for column in 0..<width {
        sums.append(
          stride(from: column, to: columns, by: width).reduce(0) {
            $0 + Double(line[line.startIndex + $1])
          })
      }
    }
    return (sums, copies)
  }

  private static func error(_ a: [Double], _ b: [Double]) -> Double {
    (zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(a.count)).squareRoot()
  }

  @Test(arguments: [1, 3]) func correctWhatProgrammingMakesWrong(copies: Int) throws {
    let (program, x) = try Self.network(copies: copies, share: 1)
    var plain = program
    plain.blocks[0].residual = nil
    let ideal = try Self.run(program, x, effects: []).sums
    let corrected = try Self.run(program, x, effects: .programming)
    let uncorrected = try Self.run(plain, x, effects: .programming)
    // What is corrected is programmed as before.
    #expect(corrected.copies == uncorrected.copies)
    #expect(
      Self.error(corrected.sums, ideal) < 0.35 * Self.error(uncorrected.sums, ideal))
  }

  /// What a read cannot tell from noise is better left as it is.
  @Test func noisyReadsCorrectLess() throws {
    let (program, x) = try Self.network(copies: 1, share: 1)
    let ideal = try Self.run(program, x, effects: []).sums
    func error(_ effects: Effects, share: Float) throws -> Double {
      var program = program
      program.blocks[0].residual?.share = share
      return Self.error(try Self.run(program, x, effects: effects).sums, ideal)
    }
    let noisy: Effects = [.programming, .readNoise]
    #expect(try error(noisy, share: 1) > error(.programming, share: 1))
    // The noise of the read that verifies is none of that of the inference.
    #expect(try error(.readNoise, share: 1) > 1.2 * error(.readNoise, share: 0x1p-20))
  }

  /// Errors without devices are none.
  @Test func nothingIsCorrectedWhereNothingIsWrong() throws {
    let (program, x) = try Self.network(copies: 2, share: 1)
    var plain = program
    plain.blocks[0].residual = nil
    for effects in [Effects.quantized, []] {
      #expect(
        try Self.run(program, x, effects: effects).sums
          == Self.run(plain, x, effects: effects).sums)
    }
  }
}
