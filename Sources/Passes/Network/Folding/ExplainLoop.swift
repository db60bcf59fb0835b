import Basics
import IR

extension Graph {
  /// Why an operator with regions is still there after folding.
  func controlFault(_ control: ControlFlow, _ node: Node) -> Diagnostic {
    let limits = "\(Folder.iterationLimit) iterations and \(Folder.nodeLimit) nodes in all"
    let reason = controlReason(control, node) { id in
      self[id].constant == nil ? "\"\(self[id].name)\"" : nil
    }
    switch control {
    case .conditional:
      return fault(
        node, reason, supported: "conditions that follow from constants and shapes",
        help: "put the branch that is meant in its place")
    case .loop:
      return fault(
        node, reason, supported: "loops whose number of iterations is known, of up to \(limits)",
        help: "unroll the loop when exporting the model")
    case .scan:
      return fault(
        node, reason, supported: "scans of a known number of elements, of up to \(limits)",
        help: "unroll the loop when exporting the model")
    }
  }

  /// Why `node` cannot be replaced; `source` names what a value depends on at run time, or is `nil` for
  /// one that is known when compiling.
  private func controlReason(
    _ control: ControlFlow, _ node: Node, _ source: (ValueID) -> String?
  ) -> String {
    func computed(_ index: Int) -> String? {
      guard index < node.operands.count, let id = node.operands[index], let source = source(id)
      else { return nil }
      let name = "\"\(self[id].name)\""
      return "\(name), which is computed \(source == name ? "" : "from \(source) ")at run time"
    }
    switch control {
    case .conditional:
      return "chooses its branch by \(computed(0) ?? "a condition that is not known")"
    case .loop(let loop):
      if let name = computed(0) { return "takes its number of iterations from \(name)" }
      if let name = computed(1) { return "decides whether to run by \(name)" }
      let carried = node.operands.dropFirst(2).map { $0.map { source($0) == nil } ?? false }
      let known = loop.knownInputs(carried: carried)
      let maximum = node.operands.first.flatMap { $0 }.flatMap(onlyInteger)
      return loop.reasonOfEnd(known: known)
        ?? loop.body.reasonInside(known: known)
        ?? loop.body.reasonOfSize(
          loop.staysTrue ? maximum : nil, isEndless: maximum == nil && loop.staysTrue)
    case .scan(let scan):
      guard let size = length(of: scan, node) else {
        return "goes over a number of elements that is not known"
      }
      // Nothing of a state or an element is known.
      return scan.body.reasonInside(known: []) ?? scan.body.reasonOfSize(size, isEndless: false)
    }
  }

  /// The number of elements that a scan goes over: the first size that is known among its operands, of all
  /// of which the number of dimensions has to be known.
  func length(of scan: Scan, _ node: Node) -> Int? {
    var sizes: [Int] = []
    for (id, axis) in zip(node.operands.dropFirst(scan.stateCount), scan.scanned) {
      guard let shape = id.flatMap({ self[$0].type.shape }) else { return nil }
      let place = axis.axis < 0 ? axis.axis + shape.count : axis.axis
      if shape.indices.contains(place), let size = shape[place].value { sizes.append(size) }
    }
    return sizes.first
  }

  private func onlyInteger(_ id: ValueID) -> Int? {
    guard let tensor = tensor(of: id), tensor.type == .i64, tensor.count == 1 else { return nil }
    return Int(tensor.elements(of: Int64.self)[0])
  }

  /// The input that `id` depends on and that is not `known`, by its name; `nil` if there is none.
  fileprivate func runTimeSource(of id: ValueID, known: Set<ValueID>) -> String? {
    let producers = producers()
    var seen: Set<ValueID> = []
    var waiting = [id]
    while let next = waiting.popLast() {
      guard self[next].constant == nil, !known.contains(next), seen.insert(next).inserted else {
        continue
      }
      guard let producer = producers[next.index] else { return "\"\(self[next].name)\"" }
      if case .shape = self[producer].op { continue }
      waiting += self[producer].operands.compactMap { $0 }
    }
    return nil
  }

  /// Why a node of this body, of whose inputs some are `known`, cannot be replaced.
  private func reasonInside(known: Set<ValueID>) -> String? {
    for node in nodes {
      guard case .control(let control) = node.op else { continue }
      if case .scan = control { continue }
      let isOpen = node.operands.prefix(control.isLoop ? 2 : 1).contains {
        $0.map { runTimeSource(of: $0, known: known) != nil } ?? false
      }
      guard isOpen else { continue }
      let reason = controlReason(control, node) { runTimeSource(of: $0, known: known) }
      return "holds node \"\(node.name)\" (\(node.op.onnxName)), which \(reason)"
    }
    return nil
  }

  /// Why `iterations` of this body, or as many as there are, are too many.
  private func reasonOfSize(_ iterations: Int?, isEndless: Bool) -> String {
    if isEndless { return "has no end: its condition stays true" }
    guard let iterations else { return "does not end within these limits" }
    if iterations > Folder.iterationLimit { return "has \(iterations) iterations" }
    let count = unrolledCount
    let all = count * Double(iterations)
    if all >= Double(Folder.nodeLimit) {
      let amount = all > 1e9 ? "far too many" : "\(Int(all))"
      return "becomes \(amount) nodes in its \(iterations) iterations"
    }
    return "becomes, with the other loops of the network, too many nodes"
  }

  /// How many nodes one iteration over this body becomes, as far as loops inside say how often they go.
  private var unrolledCount: Double {
    var count = 1.0
    for node in nodes {
      var inner = 1.0
      if case .control(let control) = node.op {
        let body = control.regions.map(\.unrolledCount).max() ?? 1
        var iterations: Int? = 1
        switch control {
        case .conditional: break
        case .loop: iterations = node.operands.first.flatMap { $0 }.flatMap(onlyInteger)
        case .scan(let scan): iterations = length(of: scan, node)
        }
        inner = body * Double(iterations ?? 1)
      }
      count += inner
    }
    return count
  }
}

extension Loop {
  /// Whether the condition stays as it is at the beginning.
  var staysTrue: Bool {
    guard var id = body.outputs.first else { return false }
    let producers = body.producers()
    while let producer = producers[id.index], body[producer].op == .unary(.identity),
      let operand = body[producer].operands[0]
    {
      id = operand
    }
    if id == body.inputs[1] { return true }
    guard let tensor = body.tensor(of: id), tensor.type == .bool, tensor.count == 1 else {
      return false
    }
    return tensor.elements(of: Bool8.self)[0].value
  }

  /// The inputs of the body that are known when compiling in every iteration: its number, the condition,
  /// and what is carried, if it starts so and depends on nothing else.
  fileprivate func knownInputs(carried: [Bool]) -> Set<ValueID> {
    var known = Set(body.inputs.prefix(2))
    let pairs = zip(body.inputs.dropFirst(2), body.outputs.dropFirst()).prefix(carriedCount)
    for (isKnown, pair) in zip(carried, pairs) where isKnown { known.insert(pair.0) }
    for (isKnown, input) in zip(
      carried.dropFirst(carriedCount), body.inputs.dropFirst(2 + carriedCount))
    where isKnown {
      known.insert(input)
    }
    var changes = true
    while changes {
      changes = false
      for (input, output) in pairs where known.contains(input) {
        if body.runTimeSource(of: output, known: known) != nil {
          known.remove(input)
          changes = true
        }
      }
    }
    return known
  }

  /// By what that is computed at run time the loop ends, if it does.
  fileprivate func reasonOfEnd(known: Set<ValueID>) -> String? {
    guard let output = body.outputs.first, let source = body.runTimeSource(of: output, known: known)
    else { return nil }
    let producer = body.producers()[output.index].map { body[$0] }
    let by = producer.map { ", which node \"\($0.name)\" (\($0.op.onnxName)) of its body computes" }
    return "ends by \"\(body[output].name)\"\(by ?? "") from \(source) at run time"
  }
}
