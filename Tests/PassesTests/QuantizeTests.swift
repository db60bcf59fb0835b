import Basics
import Chip
import IR
import Passes
import Testing

struct QuantizeTests {
  /// A dense layer of random weights, with a `bias` or without, and random inputs for it.
  private func layer(
    rows: Int, columns: Int, samples: Int = 32, bias: [Float] = []
  ) throws -> (graph: Graph, weights: [Float], inputs: [[Float]]) {
    var graph = Graph(name: "dense")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [1, rows]))
    let w = graph.addValue(
      name: "w", type: ValueType(.f32, fixed: [rows, columns]), constant: .random(seed: 1))
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [1, columns]))
    graph.inputs = [x]
    graph.outputs = [y]
    graph.nodes = [Node(name: "dense", op: .matMul(MatMul()), operands: [x, w], results: [y])]
    if !bias.isEmpty {
      let b = graph.addValue(
        name: "b", type: ValueType(.f32, fixed: [columns]),
        constant: .tensor(Tensor(bias, shape: [columns])))
      graph.nodes[0].op = .gemm(Gemm())
      graph.nodes[0].operands.append(b)
    }
    let weights = try #require(graph.tensor(of: w)).elements(of: Float.self)
    let data = Value(
      name: "data", type: ValueType(.f32, fixed: [samples, rows]), constant: .random(seed: 2))
    let elements = try #require(data.tensor).elements(of: Float.self)
    let inputs = (0..<samples).map { Array(elements[$0 * rows..<($0 + 1) * rows]) }
    return (graph, weights, inputs)
  }

  private func calibrated(_ graph: Graph, _ inputs: [[Float]]) throws -> Calibration {
    try graph.calibrated(
      with: inputs.map { [Tensor($0, shape: [1, $0.count])] }, origin: "random")
  }

  @Test func scalesSpanWhatCalibrationMet() throws {
    let (graph, weights, inputs) = try layer(rows: 20, columns: 6)
    let chip = try Chip.named("tiny")
    let partition = try graph.partitioned(for: chip, chips: nil)
    let ranges = try partition.quantized(by: calibrated(graph, inputs)).layers[0]
    let largestInput = try #require(inputs.joined().map(\.magnitude).max())
    #expect(ranges.inputScale * 127 == largestInput)
    let results = inputs.flatMap { x in
      (0..<6).map { column in
        (0..<20).reduce(0.0) { $0 + Double(x[$1]) * Double(weights[$1 * 6 + column]) }
      }
    }
    let largestResult = try #require(results.map(\.magnitude).max())
    #expect(abs(Double(ranges.outputScale) * 127 - largestResult) < 1e-5)
  }

  /// Whatever run of row blocks lies on linked cores, its sum of quantized inputs fits its range; the last block adds the
  /// bias.
  @Test(arguments: [[], [3, -50, 0, 7.5, 0.125, 20]])
  func partialMaximaCoverTheSumsOfSegments(bias: [Float]) throws {
    let (graph, weights, inputs) = try layer(rows: 60, columns: 6, bias: bias)
    let chip = try Chip.named("tiny")
    let partition = try graph.partitioned(for: chip, chips: nil)
    let ranges = try partition.quantized(by: calibrated(graph, inputs)).layers[0]
    let stack = partition.layers[0].stacks[0]
    #expect(stack.rows.count == 4)
    for last in stack.rows.indices {
      #expect(ranges.blocks[0][last].partialMaxima.count == last + 1)
      for first in 0...last {
        let rows = stack.rows[first].lowerBound..<stack.rows[last].upperBound
        // The sum of all blocks is no partial one.
        let isEnd = last == stack.rows.count - 1 && first > 0 && !bias.isEmpty
        let sums = inputs.flatMap { x in
          stack.columns.map { column in
            rows.reduce(isEnd ? Double(bias[column]) : 0) { sum, row in
              let code = (x[row] / ranges.inputScale).rounded(.toNearestOrEven)
              return sum + Double(code * ranges.inputScale) * Double(weights[row * 6 + column])
            }
          }
        }
        let largest = try #require(sums.map(\.magnitude).max())
        let range = Double(ranges.blocks[0][last].partialMaxima[first])
        #expect(abs(range - largest) < 1e-4 * largest)
        let step = ranges.partialScale(stack: 0, from: first, through: last, codes: 127)
        #expect(abs(Double(step) * 127 - range) < 1e-5 * range)
      }
    }
  }

  /// With the conductances that are chosen, no line of any sample is over its limit or its count; and
  /// none is lower than that takes, with a fifth in reserve.
  @Test(
    arguments: [
      ("crossbar.line-current-limit", 15.0), ("crossbar.line-current-limit", 8.0),
      ("adc.counts-per-g-max", 2000.0), ("adc.counts-per-g-max", 900.0),
      ("crossbar.read-voltage", 2.0),
    ], LineLimit.allCases)
  func smallerConductancesKeepTheLimits(_ setting: (String, Double), _ limit: LineLimit) throws {
    let (graph, weights, inputs) = try layer(rows: 16, columns: 8)
    let chip = try Chip.named("tiny", settings: ["\(setting.0)=\(setting.1)"])
    let partition = try graph.partitioned(for: chip, chips: 1)
    var options = QuantizationOptions()
    options.lineLimit = limit
    let ranges = try partition.quantized(by: calibrated(graph, inputs), options: options).layers[0]
    let block = ranges.blocks[0][0]
    let factors = limit == .block ? [Float](repeating: 1, count: 8) : block.columnFactors
    #expect(factors.count == 8)
    let largest = Double(block.gMax)
    let uses = (0..<8).map { column in
      // In conductances of one side of a pair at the largest code.
      var fullest = 0.0
      let scale = (0..<16).map { weights[$0 * 8 + column].magnitude }.max() ?? 1
      for x in inputs {
        var sides = (positive: 0.0, negative: 0.0)
        for row in 0..<16 {
          let code = Double((x[row] / ranges.inputScale).rounded(.toNearestOrEven))
          let product = code / 127 * Double(weights[row * 8 + column] / scale)
          if product > 0 { sides.positive += product } else { sides.negative -= product }
        }
        fullest = max(fullest, sides.positive, sides.negative)
      }
      fullest /= Double(factors[column])
      let current = fullest * largest * chip.crossbar.readVoltage
      let count = fullest * largest / chip.crossbar.gMax * chip.adc.countsPerGMax
      return max(current / chip.crossbar.lineCurrentLimit, count / Double(chip.adc.maximumCount))
        * 1.2
    }
    #expect(abs((uses.max() ?? 0) - 1) < 1e-4, "the case limits nothing")
    for (use, factor) in zip(uses, factors) where factor != 1 {
      #expect(factor > 1 && abs(use - 1) < 1e-4)
    }
    #expect((largest < chip.crossbar.gMax) == (limit == .block))
  }

  @Test func aBlockHasOneScale() throws {
    let (graph, weights, inputs) = try layer(rows: 12, columns: 6)
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: 1)
    var options = QuantizationOptions()
    options.weightRange = .block
    let quantization = try partition.quantized(by: calibrated(graph, inputs), options: options)
    let factors = quantization.layers[0].blocks[0][0].columnFactors
    let largest = try #require(weights.map(\.magnitude).max())
    try #require(factors.count == 6)
    for column in 0..<6 {
      let own = (0..<12).map { weights[$0 * 6 + column].magnitude }.max() ?? 0
      #expect(abs(own * factors[column] - largest) < 1e-6 * largest)
    }
    #expect(Set(factors).count > 1)
    let text = quantization.text(of: partition)
    #expect(try StageDump(text: text) { try Chip.named($0) }.quantization == quantization)
  }

  /// A weight that stands alone is cut, the less the more copies there are of its column, and one among
  /// many of its size is not.
  @Test func leastSquaresCutsWhatStandsAlone() throws {
    let chip = try Chip.named("hermes")
    func factors(of columns: [[Float]]) throws -> [Float] {
      let rows = columns[0].count
      let elements = (0..<rows).flatMap { row in columns.map { $0[row] } }
      var graph = Graph(name: "dense")
      let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [1, rows]))
      let w = graph.addConstant(name: "w", Tensor(elements, shape: [rows, columns.count]))
      let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [1, columns.count]))
      graph.inputs = [x]
      graph.outputs = [y]
      graph.nodes = [Node(name: "dense", op: .matMul(MatMul()), operands: [x, w], results: [y])]
      var options = QuantizationOptions()
      options.weightRange = .leastSquares
      options.device = chip.device("hermes-tdp")
      #expect(options.device != nil)
      let inputs = (0..<8).map { vector in
        (0..<rows).map { row in Float((row + vector) % 8) - 3.5 }
      }
      let factors = try graph.partitioned(for: chip, chips: 1)
        .quantized(by: calibrated(graph, inputs), options: options)
        .layers[0].blocks[0][0].columnFactors
      return factors.isEmpty ? columns.map { _ in 1 } : factors
    }
    let even = (0..<32).map { Float($0 % 2 == 0 ? 0.1 : -0.1) }
    let alone = even.enumerated().map { $0 == 10 ? 0.3 : $1 }
    let two = try factors(of: [even, alone])
    #expect(two[0] == 1)
    #expect(two[1] < 0.95)
    let copies = try factors(of: [even] + Array(repeating: alone, count: 8))
    #expect(copies[1] > two[1])
  }

  @Test func keepsTheChipsConductanceWhereNothingLimitsIt() throws {
    let (graph, _, inputs) = try layer(rows: 4, columns: 2)
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: 1)
    let ranges = try partition.quantized(by: calibrated(graph, inputs)).layers[0]
    #expect(ranges.blocks[0][0].gMax == 20.7)
  }

  /// Ranges are found before replication and placement, and do not depend on them.
  @Test func doesNotDependOnReplicas() throws {
    let graph = try Models.legalGraph("network-opset13")
    let calibration = try graph.calibrated(
      with: [Models.inputs(of: "network-opset13")], origin: "test")
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: nil)
    let quantization = try partition.quantized(by: calibration)
    #expect(try partition.replicated().quantized(by: calibration) == quantization)
  }
}
