import Basics
import Chip
import IR
import Passes
import Program
import Reference
import Simulator
import Testing

/// Scale that is moved between channels and weights costs nothing, and gains where channels differ.
@Suite struct SmoothTests {
  /// Two dense layers with a ReLU and `middle` between them, whose 16 hidden channels grow from 1 to 100.
  private func graph(_ middle: String = "", result: String = "%4") throws -> Graph {
    var graph = try Graph(
      text: """
        graph "net" {
          input %0 "x": f32[1, 32]
          constant %1 "w": f32[32, 16] = random(seed: 1)
          %2 "h": f32[1, 16] = matmul "first" (%0, %1)
          %3 "r": f32[1, 16] = relu "relu" (%2)
          constant %5 "v": f32[16, 8] = random(seed: 2)
          \(middle)
          %4 "y": f32[1, 8] = matmul "second" (%3, %5)
          output \(result)
        }

        """)
    func scale(_ name: String, _ factor: (Int) -> Float) throws {
      let node = try #require(graph.nodes.firstIndex { $0.name == name })
      let weights = try #require(graph.nodes[node].operands[1])
      let tensor = try #require(graph.tensor(of: weights))
      let elements = tensor.elements(of: Float.self).enumerated().map { $1 * factor($0) }
      graph.nodes[node].operands[1] = graph.addConstant(
        name: "\(name) scaled", Tensor(elements, shape: tensor.shape))
    }
    func size(_ channel: Int) -> Float { [1, 2, 5, 10, 20, 50, 75, 100][channel / 2] }
    try scale("first") { size($0 % 16) }
    try scale("second") { 1 / size($0 / 8) }
    return graph
  }

  private var inputs: [[Tensor]] {
    (0..<16).map { number in
      let elements = (0..<32).map { (index: Int) -> Float in
        Float((index * 37 + number * 101) % 64) / 32 - 1
      }
      return [Tensor(elements, shape: [1, 32])]
    }
  }

  /// The largest relative error on a chip with converters and without noise.
  private func error(_ graph: Graph) throws -> Double {
    let calibration = try graph.calibrated(with: inputs, origin: "made")
    let partition = try graph.partitioned(for: Chip.named("hermes"), chips: 1)
    let program = try partition.placed()
      .scheduled(with: partition.quantized(by: calibration))
      .emitted(
        compiler: "test", inputDimensionNames: [[nil, nil]], outputDimensionNames: [[nil, nil]])
    let simulation = try Simulation(program, fidelity: .quantized)
    return try inputs.map { input in
      let expected = try evaluate(graph, inputs: input)[0]
      return compare(try simulation.run(input).outputs[0], with: expected).relativeError
    }.max() ?? 0
  }

  @Test func channelsThatDifferCostLess() throws {
    let graph = try graph()
    let smoothed = try graph.smoothed(by: inputs)
    #expect(smoothed.verify().isEmpty)
    for input in inputs {
      #expect(try evaluate(smoothed, inputs: input) == evaluate(graph, inputs: input))
    }
    let (before, after) = (try error(graph), try error(smoothed))
    #expect(after < 0.5 * before, "\(before), then \(after)")
  }

  /// Scale stays where it would be seen: in an output, or behind a node that is not of one channel or
  /// not in proportion.
  @Test(arguments: [
    ("", "%3\n  output %4"), (#"%6 "s": f32[1, 16] = softmax "softmax" (%3)"#, "%6\n  output %4"),
    (#"%6 "s": f32[1, 16] = tanh "tanh" (%3)"#, "%6\n  output %4"),
  ])
  func staysWhereItIsSeen(middle: String, result: String) throws {
    let graph = try graph(middle, result: result)
    #expect(try graph.smoothed(by: inputs).nodes == graph.nodes)
  }
}
