import Basics
import Foundation
import Program
import Simulator
import TestSupport
import Testing

/// How fast simulation is: `AIMCC_BENCHMARK=1 swift test -c release --filter BenchmarkTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["AIMCC_BENCHMARK"] != nil))
struct BenchmarkTests {
  @Test func digits() throws {
    let count = 10_000
    var numbers = SplitMix64(seed: 7)
    let images = Tensor(numbers.floats(count * 784).map { max($0, 0) }, shape: [count, 28, 28])
    for fidelity in [Fidelity.ideal, .quantized] {
      let simulation = try Simulation(digitNetwork(), fidelity: fidelity)
      for lanes in [nil, 1, 8, 16, 32, 64] as [Int?] {
        var options = Simulation.Options()
        options.lanes = lanes
        let clock = ContinuousClock()
        var clips = 0
        let time = try clock.measure {
          let results = try simulation.run([images], options: options)
          clips = results.statistics.tiles.reduce(0) { $0 + $1.resultsClipped }
        }
        let seconds = Double(time.components.attoseconds) * 1e-18 + Double(time.components.seconds)
        print(
          "\(fidelity), lanes \(lanes.map(String.init) ?? "chosen"): "
            + "\(Int(Double(count) / seconds)) images/s, \(clips) results clipped")
      }
    }
  }
}
