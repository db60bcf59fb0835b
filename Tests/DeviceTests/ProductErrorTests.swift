import Chip
import Device
import Dispatch
import Foundation
import Synchronization
import Testing

/// The relative error of a matrix-vector product on 256 × 256 pairs, against figures that were
/// computed apart from this program.
///
/// Conventions: weights scaled by their largest; inputs uniform in 0 … 1, half of them zero, divided
/// by the largest and rounded to 127 steps; all products of one weight draw share its read noise, also
/// at 0 s; drift compensation by one factor, the mean of |w| after programming, without read noise,
/// over that at the time; ‖Δy‖ / ‖y‖, averaged over inputs and weight draws.
@Suite struct ProductErrorTests {
  private static let size = 256
  private static let inputs = 16
  private static let draws = 40
  private static let times: [Double] = [0, 3600, 86_400, 30 * 86_400, 360 * 86_400]

  enum Weights: String, Sendable {
    /// Uniform in ±1, 30 % of them zero.
    case uniform
    /// Normal with σ = 0.246, cut to ±1.
    case gaussian
  }

  struct Expectation: Sendable {
    let weights: Weights
    let model: String
    /// In %, one for each time.
    let compensated: [Double]
    /// The same without drift compensation, where it is known.
    let uncompensated: [Double?]
  }

  private static let table = [
    Expectation(
      weights: .uniform, model: "hermes-tdp", compensated: [10.3, 11.4, 14.5, 19, 23],
      uncompensated: [nil, 14, 22, 31, 37]),
    Expectation(
      weights: .uniform, model: "hermes-odp", compensated: [16.3, 17.6, 20.4, 24.5, 28],
      uncompensated: [nil, 19, 26, 34, 39]),
    Expectation(
      weights: .uniform, model: "pcm", compensated: [8.3, 9.8, 11.4, 13.5, 15.1],
      uncompensated: [nil, 24, 35, 45, 51]),
    Expectation(
      weights: .gaussian, model: "hermes-tdp", compensated: [16.3, 17.0, 18.8, 21.9, 24.6],
      uncompensated: [nil, 21, 32, 44, 52]),
    Expectation(
      weights: .gaussian, model: "hermes-odp", compensated: [23.5, 24.4, 26.5, 29.8, 32.7],
      uncompensated: [nil, nil, nil, nil, nil]),
    Expectation(
      weights: .gaussian, model: "pcm", compensated: [13.4, 15.1, 17.1, 19.6, 21.8],
      uncompensated: [nil, 26, 36, 46, 52]),
  ]

  /// Uniform numbers of 32 bits, from the generator that the device models use.
  private struct Uniform {
    private let seed: UInt32
    private var counter: UInt32 = 0

    init(seed: Int) { self.seed = UInt32(seed) }

    mutating func next() -> Double {
      counter += 1
      return (Double(Philox.words((counter, 0, 0, 0), key: (seed, 99)).0) + 0.5) * 0x1p-32
    }

    mutating func normal() -> Double {
      (-2 * log(next())).squareRoot() * cos(2 * .pi * next())
    }
  }

  private static func weights(_ kind: Weights, _ random: inout Uniform) -> [Float] {
    let values: [Double] = (0..<size * size).map { _ in
      switch kind {
      case .uniform: random.next() < 0.3 ? 0 : 2 * random.next() - 1
      case .gaussian: min(max(0.246 * random.normal(), -1), 1)
      }
    }
    let largest = values.reduce(0) { max($0, abs($1)) }
    return values.map { Float($0 / largest) }
  }

  private static func input(_ random: inout Uniform) -> [Float] {
    let values = (0..<size).map { _ in random.next() < 0.5 ? 0 : random.next() }
    let largest = values.max()!
    return values.map { Float(($0 / largest * 127).rounded() / 127) }
  }

  private static func product(_ weights: [Float], _ input: [Float]) -> [Float] {
    var sums = [Float](repeating: 0, count: size)
    for row in 0..<size where input[row] != 0 {
      for column in 0..<size { sums[column] += input[row] * weights[row * size + column] }
    }
    return sums
  }

  private static func meanMagnitude(_ weights: [Float]) -> Float {
    weights.reduce(0) { $0 + abs($1) } / Float(weights.count)
  }

  private static func error(_ sums: [Float], _ truth: [Float], factor: Float) -> Double {
    var (distance, norm) = (Float(0), Float(0))
    for (sum, exact) in zip(sums, truth) {
      distance += (factor * sum - exact) * (factor * sum - exact)
      norm += exact * exact
    }
    return Double((distance / norm).squareRoot())
  }

  /// The errors in % at each time, with and without compensation, of one draw of weights.
  private static func errors(
    _ kind: Weights, _ model: DeviceModel, draw: Int
  ) -> [(compensated: Double, uncompensated: Double)] {
    var random = Uniform(seed: draw)
    let targets = weights(kind, &random)
    let vectors = (0..<inputs).map { _ in input(&random) }
    let truth = vectors.map { product(targets, $0) }
    let gMax = model.maximumConductance
    let cells = ProgrammedCells(
      targets, columns: size, gMax: gMax, model: model,
      randomness: CellRandomness(
        chip: 0, core: CoreID(0), firstRow: 0, firstColumn: 0, coreColumns: size,
        seed: UInt64(draw)))
    func read(_ time: Double, _ noise: ReadNoise) -> [Float] {
      let sides = cells.conductances(at: time, noise)
      return zip(sides.positive, sides.negative).map { ($0 - $1) / Float(gMax) }
    }
    let baseline = meanMagnitude(read(0, .absent))
    return times.map { time in
      let weights = read(time, .fresh(Epoch(.inference)))
      let factor = baseline / meanMagnitude(weights)
      let sums = vectors.map { product(weights, $0) }
      func mean(_ factor: Float) -> Double {
        100 * zip(sums, truth).reduce(0) { $0 + error($1.0, $1.1, factor: factor) }
          / Double(inputs)
      }
      return (mean(factor), mean(1))
    }
  }

  @Test(arguments: table) func errorsAreThoseOfTheTable(expected: Expectation) throws {
    let model = try #require(try Chip.named("hermes").device(expected.model))
    let errors = Mutex([[(compensated: Double, uncompensated: Double)]]())
    DispatchQueue.concurrentPerform(iterations: Self.draws) { draw in
      let found = Self.errors(expected.weights, model, draw: draw)
      errors.withLock { $0.append(found) }
    }
    let all = errors.withLock { $0 }
    for (index, time) in Self.times.enumerated() {
      let compensated = all.reduce(0) { $0 + $1[index].compensated } / Double(Self.draws)
      let uncompensated = all.reduce(0) { $0 + $1[index].uncompensated } / Double(Self.draws)
      let place = "\(expected.weights) \(expected.model) at \(time) s"
      #expect(abs(compensated - expected.compensated[index]) < 0.7, "\(place)")
      // The others are known to a whole per cent.
      if let figure = expected.uncompensated[index] {
        #expect(abs(uncompensated - figure) < 1.2, "\(place), not compensated")
      }
    }
  }
}
