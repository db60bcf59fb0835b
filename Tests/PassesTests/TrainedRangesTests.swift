import Basics
import Chip
import IR
import Passes
import Testing

/// What training has found of converters reaches them, whatever calibration data show.
struct TrainedRangesTests {
  private static let text = """
    graph "net" {
      input %0 "x": f32[1, 2, 5, 5]
      constant %1 "w": f32[3, 2, 3, 3] = random(seed: 1)
      %2 "c": f32[1, 3, 3, 3] = conv "conv" (%0, %1) {input_range = 0.5, kernel = [3, 3], output_range = 2.0}
      %3 "r": f32[1, 3, 3, 3] = relu "relu" (%2)
      %4 "f": f32[1, 27] = flatten "flatten" (%3)
      constant %5 "m": f32[27, 4] = random(seed: 2)
      %6 "y": f32[1, 4] = matmul "dense" (%4, %5)
      output %6
    }

    """

  private func graph() throws -> Graph {
    try Graph(text: Self.text).folded().fused().legalized()
  }

  private func inputs(_ seed: UInt64) throws -> [Tensor] {
    let data = Value(
      name: "data", type: ValueType(.f32, fixed: [1, 2, 5, 5]), constant: .random(seed: seed))
    return [try #require(data.tensor)]
  }

  @Test func takeThePlaceOfWhatCalibrationMeets() throws {
    let graph = try graph()
    let chip = try Chip.named("tiny")
    let partition = try graph.partitioned(for: chip, chips: nil)
    var scales: [[Float]] = []
    for seed: UInt64 in [3, 4] {
      let calibration = try graph.calibrated(with: [inputs(seed)], origin: "random")
      let layers = try partition.quantized(by: calibration).layers
      scales.append(layers.map(\.inputScale) + layers.map(\.outputScale))
    }
    #expect(scales[0][0] * 127 == 0.5 && scales[0][2] * 127 == 2)
    #expect(scales[0][0] == scales[1][0] && scales[0][2] == scales[1][2])
    // The other layer has none, and goes by what is met.
    #expect(scales[0][1] != scales[1][1] && scales[0][3] != scales[1][3])
  }

  /// Blocks of a recurrent layer end where its ranges of x change, and where its hidden state begins.
  @Test func recurrentLayersHaveThoseOfXAndOfTheState() throws {
    let graph = try Graph(
      text: """
        graph "net" {
          input %0 "x": f32[3, 1, 20]
          constant %1 "w": f32[1, 16, 20] = random(seed: 1)
          constant %2 "r": f32[1, 16, 4] = random(seed: 2)
          %3 "y": f32[3, 1, 1, 4], %4 "h": f32[1, 1, 4], %5 "c": f32[1, 1, 4] = lstm "lstm" (%0, %1, %2) {input_range = [2.0, 0.5, 0.5], state_range = 0.25}
          output %3
        }

        """)
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: nil)
    #expect(partition.verify().isEmpty)
    let rows = Set(partition.layers[0].stacks.map(\.rows))
    #expect(rows == [[0..<7, 7..<20, 20..<24]])
    let data = Value(
      name: "data", type: ValueType(.f32, fixed: [3, 1, 20]), constant: .random(seed: 3))
    let calibration = try graph.calibrated(with: [[#require(data.tensor)]], origin: "random")
    #expect(calibration.verify(of: graph).isEmpty)
    let ranges = try partition.quantized(by: calibration).layers[0]
    #expect(ranges.inputScales.map { $0 * 127 } == [2, 0.5, 0.5])
    #expect(ranges.stateScale.map { $0 * 127 } == 0.25)
  }

  @Test func growByTheMeanThatIsSubtracted() throws {
    let inputs = try inputs(3)
    let centered = try graph().centered(by: [inputs], codes: 127)
    let conv = try #require(centered.nodes.first { $0.name == "conv" })
    let channels = inputs[0].elements(of: Float.self)
    let means = [0, 25].map { start in
      Float(channels[start..<start + 25].reduce(0.0) { $0 + Double($1) } / 25).magnitude
    }
    let range = try #require(conv.ranges.input.first)
    #expect(conv.ranges == TrainedRanges(input: [range], output: 2))
    #expect(abs(range - 0.5 - means.max()!) < range / 127)
    // Means are whole numbers of steps of the DAC.
    let subtracted = try #require(centered.subtracted(before: "conv"))
    for mean in subtracted {
      let steps = mean / range * 127
      #expect(steps != 0 && abs(steps - steps.rounded()) < 1e-3)
    }
    #expect(centered.verify().isEmpty)
  }

  /// Products of the same input in different ranges need converters of their own.
  @Test func joinOnlyProductsOfTheSameRange() throws {
    func joined(_ a: String, _ b: String) throws -> [Node] {
      try Graph(
        text: """
          graph "net" {
            input %0 "x": f32[1, 8]
            constant %1 "v": f32[8, 4] = random(seed: 1)
            constant %2 "w": f32[8, 4] = random(seed: 2)
            %3 "a": f32[1, 4] = matmul "first" (%0, %1) {\(a)}
            %4 "b": f32[1, 4] = matmul "second" (%0, %2) {\(b)}
            output %3
            output %4
          }

          """
      ).concatenated(for: Chip.named("hermes")).nodes
    }
    let same = try joined(
      "input_range = 2.0, output_range = 1.0", "input_range = 2.0, output_range = 3.0")
    #expect(same.map(\.name) == ["first+second", "first+second.parts"])
    #expect(same.first?.ranges == TrainedRanges(input: [2], output: 3))
    let different = try joined("input_range = 2.0", "input_range = 3.0")
    #expect(different.map(\.name) == ["first", "second"])
  }

  @Test func soundGraphsHaveThemAtProductsOnly() throws {
    var graph = try graph()
    #expect(graph.verify().isEmpty)
    let flatten = try #require(graph.nodes.firstIndex { $0.name == "flatten" })
    graph.nodes[flatten].ranges.input = [1]
    graph.nodes[0].ranges.output = -1
    #expect(graph.verify().map { $0.node ?? "" } == ["conv", "flatten"])
    #expect(throws: Diagnostics.self) {
      try Graph(
        text: Self.text.replacing("flatten\" (%3)", with: "flatten\" (%3) {input_range = 1.0}"))
    }
  }
}
