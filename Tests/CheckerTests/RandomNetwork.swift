import Basics
import Chip
import IR
import Passes
import TestSupport

/// A small network, inputs for it, and what is asked of the compiler, all drawn by chance from a seed.
struct RandomNetwork {
  private(set) var graph = Graph(name: "random")
  private(set) var inputs: [Tensor] = []
  private(set) var treatment = Treatment()
  private var random: SplitMix64
  private var count = 0

  init(seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    drawTreatment()
    let value: ValueID
    switch below(5) {
    case 0: value = try sequence()
    case 1, 2: value = try matrix()
    default: value = try image()
    }
    graph.outputs = [value]
    treatment.weightRange = WeightRange.allCases[below(3)]
    treatment.lineLimit = LineLimit.allCases[below(2)]
    treatment.smooths = flag()
    treatment.outliers = flag() ? 0.3 : 0
    if below(3) == 0 { drawRanges() }
  }

  /// Gives products ranges of their inputs, one or several, of few values, so that neighbours may be equal, and
  /// recurrent layers one of their states.
  private mutating func drawRanges() {
    for index in graph.nodes.indices
    where graph.nodes[index].op.trainedRanges.contains(.input) {
      let count = 1 + below(6)
      let ranges = (0..<count).map { _ in [0.25, 1, 4][below(3)] as Float }
      if graph.misfit(ofInputRanges: count, of: graph.nodes[index]) == nil {
        graph.nodes[index].ranges.input = ranges
      }
      if graph.nodes[index].op.trainedRanges.contains(.state), flag() {
        graph.nodes[index].ranges.state = 0.5
      }
    }
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  private mutating func flag() -> Bool { below(2) == 0 }

  private mutating func drawTreatment() {
    treatment.chip = ["hermes", "flat-64", "grid-8x8", "tiny"][below(4)]
    treatment.copies = below(4) == 0 ? 1 + below(2) : 0
    treatment.residual = treatment.copies > 0 && flag()
    treatment.copiesRows = below(4) == 0
    treatment.centers = below(3) == 0
    treatment.widens = flag()
    treatment.predistorts = treatment.chip == "hermes" && flag()
    treatment.range = flag() ? 1 : 0.5
    treatment.packing = [.automatic, .always, .never][below(3)]
    treatment.hasProbes = flag()
  }

  private mutating func name(_ stem: String) -> String {
    count += 1
    return "\(stem)\(count)"
  }

  private mutating func input(_ shape: [Int]) -> ValueID {
    let id = graph.addValue(name: "x", type: ValueType(.f32, fixed: shape))
    graph.inputs = [id]
    let elements = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
    inputs = [Tensor(elements, shape: shape)]
    return id
  }

  private mutating func weights(_ shape: [Int]) -> ValueID {
    graph.addValue(
      name: name("w"), type: ValueType(.f32, fixed: shape),
      constant: .random(seed: random.next() >> 1))
  }

  private mutating func node(_ op: Op, _ operands: [ValueID?], results: Int = 1) throws -> ValueID {
    let name = name("n")
    let ids = (0..<results).map {
      graph.addValue(name: "\(name).\($0)", type: ValueType(.f32, nil))
    }
    graph.nodes.append(Node(name: name, op: op, operands: operands, results: ids))
    try graph.inferTypes()
    return ids[0]
  }

  private func shape(_ value: ValueID) -> [Int] { graph[value].type.fixedShape ?? [] }

  private mutating func activated(_ value: ValueID) throws -> ValueID {
    switch below(4) {
    case 0: value
    case 1: try node(.unary(.tanh), [value])
    default: try node(.unary(.relu), [value])
    }
  }

  private mutating func image() throws -> ValueID {
    var value = input([1 + below(2), 1 + below(6), 5 + below(5), 5 + below(5)])
    for _ in 0..<1 + below(3) {
      let channels = shape(value)[1]
      if below(4) == 0 {
        let y = try convolution(value, columns: channels, stride: 1, kernel: 3)
        value = try node(.binary(.add), [value, try activated(y)])
      } else {
        let groups = below(3) == 0 ? channels : 1
        let columns = groups * (1 + below(groups == 1 ? 40 : 3))
        value = try activated(
          try convolution(
            value, columns: columns, stride: 1 + below(2), kernel: [1, 3][below(2)], groups: groups)
        )
      }
    }
    if flag() { return value }
    value = try node(.flatten(axis: 1), [value])
    return try product(value)
  }

  private mutating func convolution(
    _ x: ValueID, columns: Int, stride: Int, kernel: Int, groups: Int = 1
  ) throws -> ValueID {
    let weights = weights([columns, shape(x)[1] / groups, kernel, kernel])
    let bias = flag() ? self.weights([columns]) : nil
    let pads = [Int](repeating: kernel / 2, count: 2)
    let window = Window(
      kernel: [kernel, kernel], strides: [stride, stride], dilations: [1, 1],
      padding: .explicit(begin: pads, end: pads))
    return try node(.conv(Convolution(window: window, groups: groups)), [x, weights, bias])
  }

  private mutating func matrix() throws -> ValueID {
    var value = input([1 + below(4), 1 + below(300)])
    for _ in 0..<1 + below(3) { value = try activated(try product(value)) }
    return value
  }

  private mutating func product(_ x: ValueID) throws -> ValueID {
    let (rows, columns) = (shape(x)[1], 1 + below(below(3) == 0 ? 600 : 80))
    if flag() { return try node(.matMul(MatMul()), [x, weights([rows, columns])]) }
    let transposes = flag()
    let weights = weights(transposes ? [columns, rows] : [rows, columns])
    let bias = flag() ? self.weights([columns]) : nil
    return try node(.gemm(Gemm(transposeB: transposes)), [x, weights, bias])
  }

  private mutating func sequence() throws -> ValueID {
    let (depth, hidden) = (1 + below(40), 1 + below(70))
    let x = input([1 + below(4), 1 + below(2), depth])
    let cells: [Recurrent.Cell] = [
      .lstm(couplesForget: false), .gru(linearBeforeReset: true), .gru(linearBeforeReset: false),
      .rnn,
    ]
    let (number, gates) = [(0, 4), (1, 3), (2, 3), (3, 1)][below(4)]
    let operands = [
      x, weights([1, gates * hidden, depth]), weights([1, gates * hidden, hidden]),
      flag() ? weights([1, 2 * gates * hidden]) : nil,
    ]
    return try node(
      .recurrent(Recurrent(cell: cells[number], reverse: flag())), operands,
      results: number == 0 ? 3 : 2)
  }
}
