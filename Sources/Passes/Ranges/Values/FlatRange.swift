import Basics
import IR
import Reference

/// Functions through which alone the results of a layer are seen, and some arguments of theirs, from
/// which the range of the results is found.
///
/// Where sums are large, such functions are flat: a range that follows the sums has steps that are
/// coarse where the functions are not. Results beyond the range are cut to it. Softmax is no such function:
/// results that are cut alike would have the same probability, whichever was the largest.
struct FlatRange {
  /// A function of results.
  struct Use {
    /// Its argument.
    var argument: ValueID?
    var op: Op
    /// Its other operands.
    var constants: [Tensor?] = []
    /// Whether what it gives is multiplied with its argument.
    var isGated = false
  }

  let uses: [Use]
  /// Some arguments, each with the use that it is of, inference by inference.
  private var samples: [[(use: Int, elements: [Float])]] = []

  /// How many elements are kept of all inferences together, but for a few of each.
  private static let mostSamples = 1 << 16

  init(uses: [Use]) { self.uses = uses }

  /// Begins an inference.
  mutating func beginInference() { samples.append([]) }

  /// Keeps some evenly spread arguments of use number `use`, in the last of `inferences` that has begun.
  mutating func observe(_ elements: [Float], use: Int, of inferences: Int) {
    let kept = elements.evenlySpread(upTo: max(Self.mostSamples / inferences, 64) + 1)
    guard !samples.isEmpty, kept.allSatisfy(\.isFinite) else { return }
    samples[samples.count - 1].append((use, kept))
  }

  /// The magnitude that the largest of `codes` codes either side of 0 is best to stand for, up to
  /// `maximum`, which is the largest that results have; `nil` if that is `maximum` or hardly worse.
  ///
  /// What counts is the error of the functions relative to what they give, squared and summed up in each
  /// inference, on average.
  func magnitude(upTo maximum: Float, codes: Int) throws -> Float? {
    guard maximum > 0, maximum.isFinite else { return nil }
    let exact = try samples.map { try $0.map { try results($0.elements, of: uses[$0.use]) } }
    func error(_ magnitude: Float) throws -> Double {
      let step = magnitude / Float(codes)
      guard step > 0 else { return .infinity }
      // What the functions give of every code.
      let tables = try uses.map { try results((-codes...codes).map { Float($0) * step }, of: $0) }
      var sum = 0.0
      for (arguments, exact) in zip(samples, exact) {
        var (difference, power) = (0.0, 0.0)
        for ((use, elements), exact) in zip(arguments, exact) {
          for (element, wanted) in zip(elements, exact) {
            let code = (element / step).rounded(.toNearestOrEven)
            let given = tables[use][Int(min(max(code, -Float(codes)), Float(codes))) + codes]
            difference += Double(given - wanted) * Double(given - wanted)
            power += Double(wanted) * Double(wanted) + Self.leastPower
          }
        }
        if power > 0 { sum += difference / power }
      }
      return sum
    }
    let whole = try error(maximum)
    var best = (error: whole, magnitude: maximum)
    for part in 1...Self.parts {
      let magnitude = maximum * Self.ratio(part)
      let error = try error(magnitude)
      if error < best.error { best = (error, magnitude) }
    }
    return best.error < Self.leastGain * whole ? best.magnitude : nil
  }

  /// The square of the result that an element counts as at least.
  private static let leastPower = 1e-8
  /// A range is cut if its error is at most this part of that of the whole one.
  private static let leastGain = 0.7
  /// How many ranges are tried, each 2^¼ smaller than the one before.
  private static let parts = 36

  /// 2^(−`part` / 4), of numbers that are the same on every machine.
  private static func ratio(_ part: Int) -> Float {
    let quarters: [Float] = [1, 0.840_896_4, 0.707_106_8, 0.594_603_6]
    return Float(sign: .plus, exponent: -(part / 4), significand: quarters[part % 4])
  }

  private func results(_ elements: [Float], of use: Use) throws -> [Float] {
    let node = Node(
      name: "", op: use.op, operands: (0...use.constants.count).map { ValueID($0) },
      results: [ValueID(0)])
    let arguments = [Tensor(elements, shape: [elements.count])] + use.constants
    let given = try evaluate(node, operands: arguments)[0]
    let results =
      given.type == .bool ? given.elements(of: Bool8.self).map { $0.value ? 1 : 0 } : given.floats()
    return use.isGated ? zip(elements, results).map { $0 * $1 } : results
  }
}

extension FlatRange {
  /// The functions that alone see `value`, moved or not; `nil` if something else does, or a function that
  /// is flat nowhere.
  init?(of value: ValueID, in graph: Graph, _ users: [[NodeID]]) {
    var uses: [Use] = []
    var open = [value]
    while let value = open.popLast() {
      guard !graph.outputs.contains(value), graph[value].type.element == .f32 else { return nil }
      let gates = users[value.index].filter { graph.isGate($0, of: value, users) }
      let gated = Set(gates.map { users[graph[$0].results[0].index][0] })
      for user in users[value.index] where !gated.contains(user) {
        let node = graph[user]
        guard node.operands.first == value, !node.operands.dropFirst().contains(value) else {
          return nil
        }
        if gates.contains(user) {
          uses.append(Use(argument: value, op: node.op, isGated: true))
          continue
        }
        switch node.op {
        case .reshape, .flatten, .squeeze, .unsqueeze, .transpose, .slice, .split,
          .unary(.identity):
          open += node.results
        default:
          guard let use = Use(node, in: graph) else { return nil }
          uses.append(use)
        }
      }
    }
    if uses.isEmpty { return nil }
    self.init(uses: uses)
  }

  /// The functions of those columns of a unit of a recurrent layer that are whole sums of gates which are
  /// flat somewhere, and the numbers of these columns; `nil` if there are none.
  static func gates(_ gates: Product.Gates) -> (range: FlatRange, columns: [Int])? {
    // Peepholes are added to the sums.
    if gates.hasPeepholes { return nil }
    let recurrent = gates.recurrent
    var (uses, columns): ([Use], [Int]) = ([], [])
    for (number, column) in gates.columns.enumerated() {
      guard let gate = column.input, column.state == gate else { continue }
      let isCandidate = gate == recurrent.cell.gates - 1
      let activation = recurrent.activations[
        isCandidate && recurrent.activations.count > 1 ? 1 : 0]
      guard let function = activation.flatFunction else { continue }
      uses.append(Use(argument: nil, op: .unary(function)))
      columns.append(number)
    }
    return uses.isEmpty ? nil : (FlatRange(uses: uses), columns)
  }
}

extension FlatRange.Use {
  /// The function that `node` is of its first operand, if it is flat somewhere.
  fileprivate init?(_ node: Node, in graph: Graph) {
    argument = node.operands[0]
    op = node.op
    switch node.op {
    case .unary(let function):
      guard function.isFlatSomewhere else { return nil }
    case .clip:
      constants = node.operands.dropFirst().map { $0.flatMap { graph.tensor(of: $0) } }
      guard constants.count == 2, constants.allSatisfy({ $0?.floats().first?.isFinite == true })
      else { return nil }
    case .binary(let function) where function.isComparison && function != .equal:
      constants = [node.operands[1].flatMap { graph.tensor(of: $0) }]
      guard constants[0]?.count == 1, constants[0]?.floats().first?.isFinite == true else {
        return nil
      }
    default: return nil
    }
  }
}

extension Graph {
  /// Whether node `id` is a sigmoid of `value` that does nothing but multiply it.
  fileprivate func isGate(_ id: NodeID, of value: ValueID, _ users: [[NodeID]]) -> Bool {
    let node = self[id]
    switch node.op {
    case .unary(.sigmoid), .unary(.hardSigmoid): break
    default: return false
    }
    let result = node.results[0]
    guard !outputs.contains(result), users[result.index].count == 1,
      case let product = self[users[result.index][0]], product.op == .binary(.mul),
      product.operands == [value, result] || product.operands == [result, value]
    else { return false }
    return true
  }
}

extension UnaryFunction {
  /// Whether it hardly changes with large arguments of one sign or both.
  fileprivate var isFlatSomewhere: Bool {
    switch self {
    case .sigmoid, .tanh, .hardSigmoid, .erf, .relu, .hardSwish, .swish, .gelu, .mish, .elu, .selu,
      .celu, .softplus, .thresholdedRelu:
      true
    default: false
    }
  }
}

extension Recurrent.Activation {
  /// The function, if it is flat for large arguments.
  fileprivate var flatFunction: UnaryFunction? {
    switch function {
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .hardSigmoid: .hardSigmoid(alpha: alpha, beta: beta)
    default: nil
    }
  }
}
