import Basics
import Chip
import IR
import Passes
import Testing

/// What training has found of the input of each part of the rows reaches the converters of its blocks.
struct RowRangesTests {
  /// A dense layer of random weights whose input has `ranges`.
  private func dense(rows: Int, columns: Int, _ ranges: [Float]) throws -> Graph {
    var graph = try Graph(
      text: """
        graph "net" {
          input %0 "x": f32[1, \(rows)]
          constant %1 "w": f32[\(rows), \(columns)] = random(seed: 1)
          %2 "y": f32[1, \(columns)] = matmul "dense" (%0, %1)
          output %2
        }

        """)
    graph.nodes[0].ranges.input = ranges
    #expect(graph.verify().isEmpty)
    return graph
  }

  private func rows(_ partition: Partition) -> [Int] {
    partition.layers[0].stacks[0].rows.map(\.lowerBound)
      + [partition.layers[0].stacks[0].rows.last?.upperBound ?? 0]
  }

  /// Blocks end where ranges change, and where a crossbar of 16 rows is full.
  @Test(
    arguments: [
      (40, [1, 4, 0.25], [0, 14, 27, 40]),
      (40, [1, 4], [0, 10, 20, 30, 40]),
      (7, [1, 2, 3], [0, 3, 5, 7]),
      (7, [1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 6, 7]),
      // Equal neighbours are one range.
      (40, [1, 1, 4], [0, 13, 27, 40]),
      (40, [4, 1, 1], [0, 14, 27, 40]),
      (12, [2, 1, 1, 2], [0, 3, 9, 12]),
      (40, [3, 3, 3], [0, 13, 26, 40]),
      (40, [3], [0, 13, 26, 40]),
      (40, [], [0, 13, 26, 40]),
    ] as [(Int, [Float], [Int])])
  func cutRows(count: Int, ranges: [Float], bounds: [Int]) throws {
    let partition = try dense(rows: count, columns: 20, ranges)
      .partitioned(for: Chip.named("tiny"), chips: nil)
    #expect(rows(partition) == bounds)
    #expect(Set(partition.layers[0].stacks.map(\.rows)).count == 1)
    #expect(partition.layers[0].stacks.map(\.columns) == [0..<6, 6..<13, 13..<20])
    #expect(partition.verify().isEmpty)
  }

  @Test func blocksOfSeveralRangesAreUnsound() throws {
    var partition = try dense(rows: 20, columns: 4, [1, 2])
      .partitioned(for: Chip.named("tiny"), chips: nil)
    partition.layers[0].stacks[0].rows = [0..<12, 12..<20]
    #expect(
      partition.verify().map(\.message) == [
        "has rows of different ranges of the input in one block"
      ])
  }

  /// The steps of the DACs and the partial sums of blocks are those of the ranges, whatever calibration meets.
  @Test func quantizeByTheirOwnStep() throws {
    let ranges: [Float] = [1, 0.25, 4]
    var graph = try dense(rows: 40, columns: 6, ranges)
    // With a range of results, partial sums are not cut by what columns reach.
    graph.nodes[0].ranges.output = 50
    let sizes = [14, 13, 13]
    let steps = zip(ranges, sizes).flatMap { [Float](repeating: $0 / 127, count: $1) }
    let data = Value(name: "d", type: ValueType(.f32, fixed: [16, 40]), constant: .random(seed: 2))
    let elements = try #require(data.tensor).elements(of: Float.self)
    let inputs = (0..<16).map { Array(elements[$0 * 40..<($0 + 1) * 40]) }
    let calibration = try graph.calibrated(
      with: inputs.map { [Tensor($0, shape: [1, 40])] }, origin: "random")
    #expect(calibration.layers[0].inputMaxima == ranges && calibration.layers[0].inputMaximum == 4)
    #expect(calibration.verify(of: graph).isEmpty)
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: nil)
    let quantization = try partition.quantized(by: calibration)
    let found = quantization.layers[0]
    #expect(found.inputScales == ranges.map { $0 / 127 })
    #expect(quantization.verify(of: partition).isEmpty)
    let weights = try #require(graph.values[1].tensor).elements(of: Float.self)
    let bounds = [0, 14, 27, 40]
    for last in 0..<3 {
      for first in 0...last {
        // Inputs beyond 0.25 are cut in the second part.
        let largest =
          inputs.flatMap { x in
            (0..<6).map { column in
              (bounds[first]..<bounds[last + 1]).reduce(0.0) { sum, row in
                let code = (x[row] / steps[row]).rounded(.toNearestOrEven)
                return sum + Double(min(max(code, -127), 127) * steps[row])
                  * Double(weights[row * 6 + column])
              }.magnitude
            }
          }.max() ?? 0
        let range = Double(found.blocks[0][last].partialMaxima[first])
        #expect(abs(range - largest) <= 1e-4 * largest, "\(first) to \(last)")
      }
    }
    // The texts give both again.
    let text = quantization.text(of: partition)
    #expect(text.contains("(input_scale = [0.007874016, 0.001968504, 0.031496063], output_scale"))
    #expect(calibration.text(of: graph).contains("(input_maximum = [1.0, 0.25, 4.0], output"))
  }

  @Test func scalesThatDoNotFitAreUnsound() throws {
    let graph = try dense(rows: 20, columns: 4, [1, 2])
    let input = Tensor([Float](repeating: 0.5, count: 20), shape: [1, 20])
    var calibration = try graph.calibrated(with: [[input]], origin: "data")
    let partition = try graph.partitioned(for: Chip.named("tiny"), chips: nil)
    var quantization = try partition.quantized(by: calibration)
    quantization.layers[0].inputScales = [1, 1, 1]
    #expect(
      quantization.verify(of: partition).map(\.message) == ["has 3 scales of its input, not 1 or 2"]
    )
    quantization.layers[0].inputScales = [1, 0]
    #expect(
      quantization.verify(of: partition).map(\.message) == ["has a scale that is not positive"])
    calibration.layers[0].inputMaxima = [1]
    #expect(calibration.verify(of: graph).map(\.message) == ["has 1 ranges of its input, not 2"])
    calibration.layers[0].inputMaxima = [1, -1]
    #expect(calibration.verify(of: graph).map(\.message) == ["has a range whose end is negative"])
  }

  /// The range of a part grows by the largest mean of its channels, of which the middle parts have both.
  @Test func growByTheMeansOfTheirRows() throws {
    let text = """
      graph "net" {
        input %0 "x": f32[1, 2, 5, 5]
        constant %1 "w": f32[3, 2, 3, 3] = random(seed: 1)
        %2 "c": f32[1, 3, 3, 3] = conv "conv" (%0, %1) {input_range = [1.0, 2.0, 3.0, 4.0], kernel = [3, 3]}
        output %2
      }

      """
    let input = Tensor((0..<50).map { $0 < 25 ? 0.5 : Float(-2) }, shape: [1, 2, 5, 5])
    let graph = try Graph(text: text).legalized().centered(by: [[input]], codes: 127)
    let conv = try #require(graph.nodes.first { $0.name == "conv" })
    // Of 18 rows, the parts have 5, 5, 4 and 4; channels have 9.
    #expect(conv.ranges.input == [1.5, 4, 5, 6])
    #expect(graph.verify().isEmpty)
  }

  /// Passes that rearrange rows leave them alone, unless all ranges are the same.
  @Test func keepTheirRows() throws {
    func convolution(_ ranges: String) throws -> Graph {
      try Graph(
        text: """
          graph "net" {
            input %0 "x": f32[1, 1, 6, 6]
            constant %1 "w": f32[2, 1, 2, 2] = random(seed: 1)
            %2 "c": f32[1, 2, 5, 5] = conv "conv" (%0, %1) {input_range = \(ranges), kernel = [2, 2]}
            output %2
          }

          """
      ).legalized()
    }
    let crossbar = try Chip.named("hermes").crossbar
    let (same, different) = (try convolution("[2.0, 2.0]"), try convolution("[2.0, 1.0]"))
    #expect(!ProductLayouts().widened(for: crossbar, in: same).isEmpty)
    #expect(ProductLayouts().widened(for: crossbar, in: different).isEmpty)
    #expect(same.copiedInRows(for: crossbar).nodes.count == 2)
    #expect(different.copiedInRows(for: crossbar) == different)
    var layouts = ProductLayouts()
    layouts[NodeID(0)].positions = [1, 5]
    #expect(layouts.verify(of: same).isEmpty)
    #expect(
      layouts.verify(of: different).map(\.message) == [
        "computes positions [1, 5] together, and its rows have different ranges"
      ])
  }

  /// Products of the same input in different ranges need converters of their own.
  @Test func joinOnlyProductsOfTheSameRanges() throws {
    func joined(_ a: String, _ b: String) throws -> [Node] {
      try Graph(
        text: """
          graph "net" {
            input %0 "x": f32[1, 8]
            constant %1 "v": f32[8, 4] = random(seed: 1)
            constant %2 "w": f32[8, 4] = random(seed: 2)
            %3 "a": f32[1, 4] = matmul "first" (%0, %1) {input_range = \(a)}
            %4 "b": f32[1, 4] = matmul "second" (%0, %2) {input_range = \(b)}
            output %3
            output %4
          }

          """
      ).concatenated(for: Chip.named("hermes")).nodes
    }
    let same = try joined("[1.0, 2.0]", "[1.0, 2.0]")
    #expect(same.map(\.name) == ["first+second", "first+second.parts"])
    #expect(same.first?.ranges == TrainedRanges(input: [1, 2]))
    #expect(try joined("[1.0, 2.0]", "[1.0, 3.0]").map(\.name) == ["first", "second"])
    #expect(try joined("[1.0, 2.0]", "2.0").map(\.name) == ["first", "second"])
  }
}
