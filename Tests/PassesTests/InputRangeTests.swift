import Basics
import Chip
import IR
import Passes
import Testing

/// The range of a DAC follows the rule that is asked for.
struct InputRangeTests {
  private static let text = """
    graph "net" {
      input %0 "x": f32[1, 100]
      constant %1 "w": f32[100, 4] = random(seed: 1)
      %2 "y": f32[1, 4] = matmul "dense" (%0, %1)ATTRIBUTES
      output %2
    }

    """

  /// The magnitude of the largest code where 990 inputs spread evenly to 1 and 10 are `outlier`.
  private func largest(
    _ rule: InputRange, outlier: Float, attributes: String = "", bits: Int = 8
  ) throws -> Float {
    let graph = try Graph(
      text: Self.text.replacing("ATTRIBUTES", with: attributes)
    ).folded().fused().legalized()
    let inferences = (0..<10).map { inference in
      [
        Tensor(
          (0..<100).map { $0 == 0 ? outlier : Float($0 * 10 + inference) / 1000 },
          shape: [1, 100])
      ]
    }
    var chip = try Chip.named("hermes")
    chip.dac.bits = bits
    let partition = try graph.partitioned(for: chip, chips: nil)
    let calibration = try graph.calibrated(with: inferences, origin: "made")
    var options = QuantizationOptions()
    options.inputRange = rule
    let layer = try partition.quantized(by: calibration, options: options).layers[0]
    return layer.inputScale * Float(chip.dac.maximumCode)
  }

  @Test func isTheLargestMagnitude() throws {
    #expect(abs(try largest(.maximum, outlier: 20) - 20) < 1e-5)
  }

  @Test func cutsWhatIsBeyondThePercentile() throws {
    #expect(abs(try largest(.percentile(0.99), outlier: 20) - 0.999) < 0.02)
    #expect(abs(try largest(.percentile(1), outlier: 20) - 20) < 1e-5)
  }

  @Test func balancesRoundingAndCutting() throws {
    // With steps of 1.6 / 127, cutting ten of 1,000 inputs costs more than finer steps gain.
    #expect(abs(try largest(.leastSquares, outlier: 1.6) - 1.6) < 1e-5)
    // With steps of 1.6 / 3 it does not: the others lie within 1.
    let coarse = try largest(.leastSquares, outlier: 1.6, bits: 3)
    #expect(coarse < 1.6 && coarse > 0.8)
  }

  @Test(arguments: ["max", "mse", "99.9%", "100.0%"])
  func isReadAsItIsWritten(_ text: String) throws {
    #expect(try #require(InputRange(text)).description == text)
  }

  @Test(arguments: ["", "least", "50%", "101%", "nan%", "99.9"])
  func isNoOther(_ text: String) { #expect(InputRange(text) == nil) }

  @Test func leavesWhatTrainingFound() throws {
    let range = try largest(.percentile(0.5), outlier: 20, attributes: " {input_range = 3.0}")
    #expect(abs(range - 3) < 1e-5)
  }
}
