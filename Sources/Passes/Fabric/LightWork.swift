import Chip
import IR

/// Element-wise nodes and reductions within vectors that light cores compute in one go: all that depends on the same
/// streams and on constants.
struct LightWork {
  /// The values that it reads.
  var roots: [ValueID]
  /// The nodes, in order.
  var nodes: [NodeID]
  /// What it computes of the elements, beside sums of two roots.
  var steps: Set<Step> = []

  /// What light cores have a law of.
  enum Step: Hashable { case rectify, affine, root, function, normalize }
}

extension LightWork {
  /// The laws of `core` that its steps follow.
  ///
  /// A function of one variable is one step, however many nodes spell it; so is a normalisation with its scale.
  private func laws(
    _ rectify: CostLaw, _ affine: CostLaw, _ function: CostLaw, _ normalize: CostLaw
  ) -> [CostLaw] {
    var laws = Array(repeating: affine, count: roots.count - 1)
    if steps.contains(.normalize) { laws.append(normalize) }
    // Roots and reciprocals of statistics are part of a normalisation.
    let hasRoot = steps.contains(.root) && !steps.contains(.normalize)
    if steps.contains(.function) || hasRoot { laws.append(function) }
    let isOneStep = steps.contains(.normalize) || steps.contains(.function) || hasRoot
    if steps.contains(.affine) && !isOneStep { laws.append(affine) }
    if steps.contains(.rectify) { laws.append(rectify) }
    return laws
  }

  /// The time for a vector of `width` elements, in ns.
  func time(on core: LightCore, width: Int) -> Double {
    laws(core.rectifyTime, core.addTime, core.functionTime, core.normalizeTime)
      .reduce(0) { $0 + $1(width) }
  }

  /// The energy for such a vector, in pJ.
  func energy(on core: LightCore, width: Int) -> Double {
    laws(core.rectifyEnergy, core.addEnergy, core.functionEnergy, core.normalizeEnergy)
      .reduce(0) { $0 + $1(width) }
  }
}

extension Graph {
  /// The light work of the graph, in order, but for `taken` nodes.
  func lightWork(except taken: Set<NodeID>) -> [LightWork] {
    var works: [LightWork] = []
    /// The work that gives a value.
    var giver: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() {
      let id = NodeID(index)
      guard !taken.contains(id), let steps = lightSteps(of: node) else { continue }
      let operands = node.operands.compactMap { $0 }.filter { self[$0].constant == nil }
      let roots = operands.reduce(into: [ValueID]()) { if !$0.contains($1) { $0.append($1) } }
      guard !roots.isEmpty else { continue }
      let work: Int
      if let known = roots.compactMap({ giver[$0] }).max(),
        roots.allSatisfy({ giver[$0] == known || works[known].roots.contains($0) })
      {
        work = known
      } else {
        work = works.count
        works.append(LightWork(roots: roots, nodes: []))
      }
      works[work].nodes.append(id)
      works[work].steps.formUnion(steps)
      for result in node.results { giver[result] = work }
    }
    return works
  }

  /// What a light core does for a node; `nil` if that is not element by element, nor within a vector.
  private func lightSteps(of node: Node) -> Set<LightWork.Step>? {
    switch node.op {
    case .unary(.sqrt), .unary(.reciprocal), .binary(.pow): return [.root]
    case .unary(let function): return [function.isRectification ? .rectify : .function]
    case .binary:
      let operands = node.operands.compactMap { $0 }
      let isOfOne = operands.contains { self[$0].constant != nil } || Set(operands).count == 1
      return isOfOne ? [.affine] : []
    case .clip, .select, .cast, .quantize, .dequantize: return [.rectify]
    case .softmax: return [.normalize, .function]
    case .reduce, .extremum: return reducesVectors(node) ? [.normalize] : nil
    default: return nil
    }
  }

  /// Whether a reduction is along the last axis, where vectors lie but for those of convolutions.
  private func reducesVectors(_ node: Node) -> Bool {
    guard let x = node.operands[0], let shape = self[x].type.fixedShape else { return false }
    if case .extremum(let extremum) = node.op {
      return extremum.axis == shape.count - 1 || extremum.axis == -1
    }
    return reducedAxes(of: node) == [shape.count - 1]
  }

  /// The axes of a reduction, counted from 0; all where none are named.
  func reducedAxes(of node: Node) -> [Int] {
    let rank = node.operands[0].flatMap { self[$0].type.fixedShape }?.count ?? 0
    guard node.operands.count > 1, let operand = node.operands[1],
      let axes = tensor(of: operand)?.elements(of: Int64.self), !axes.isEmpty
    else { return Array(0..<rank) }
    return axes.map { Int($0 < 0 ? $0 + Int64(rank) : $0) }.sorted()
  }
}

extension UnaryFunction {
  /// Whether it bounds, rounds or changes signs, as comparisons do.
  fileprivate var isRectification: Bool {
    switch self {
    case .identity, .relu, .abs, .negate, .sign, .floor, .ceil, .round, .not, .bitwiseNot, .isNaN,
      .isInfinite, .leakyRelu, .hardSigmoid, .thresholdedRelu:
      true
    default: false
    }
  }
}
