import COnnx
import IR

/// What a node with graphs of its own becomes; the graphs are still to be read.
enum ImportedControl {
  case conditional(
    then: UnsafePointer<Onnx__GraphProto>, otherwise: UnsafePointer<Onnx__GraphProto>)
  case loop(body: UnsafePointer<Onnx__GraphProto>)
  case scan(ImportedScan)
}

/// A Scan whose body is still to be read.
struct ImportedScan {
  let body: UnsafePointer<Onnx__GraphProto>
  let stateCount: Int
  let scanned: [Scan.Axis]
  let collected: [Scan.Axis]
}

extension OperatorImport {
  /// If, Loop and Scan.
  static let controlFlow = [
    OperatorImport("If") { conditional(&$0) },
    OperatorImport("Loop") { loop(&$0) },
    OperatorImport("Scan", since: 9) { scan(&$0) },
  ]

  private static func conditional(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    let then = node.graph("then_branch")
    guard let otherwise = node.graph("else_branch"), let then else { return .control(nil) }
    return .control(.conditional(then: then, otherwise: otherwise))
  }

  private static func loop(_ node: inout NodeImport) -> ImportedNode {
    for index in node.operands.indices.dropFirst(2) where node.operands[index] == nil {
      node.fault("leaves out operand \(index), which it needs")
    }
    return .control(node.graph("body").map { .loop(body: $0) })
  }

  private static func scan(_ node: inout NodeImport) -> ImportedNode {
    let given = node.integer("num_scan_inputs")
    let count = min(max(given, 1), node.operands.count)
    if count != given {
      node.fault(
        "attribute num_scan_inputs is \(given)",
        supported: "1 to \(node.operands.count), the number of operands")
    }
    for index in node.operands.indices where node.operands[index] == nil {
      node.fault("leaves out operand \(index), which it needs")
    }
    let body = node.graph("body")
    let stateCount = node.operands.count - count
    let outputCount = body.map { Int($0.pointee.n_output) } ?? 0
    let scanned = axes(&node, "scan_input", count: count)
    let collected = axes(&node, "scan_output", count: outputCount - stateCount)
    guard let body, node.faults.isEmpty else { return .control(nil) }
    return .control(
      .scan(
        ImportedScan(body: body, stateCount: stateCount, scanned: scanned, collected: collected)))
  }

  /// How `count` operands or results are scanned; along the first dimension and from the front
  /// unless the attributes say otherwise.
  private static func axes(
    _ node: inout NodeImport, _ name: String, count: Int
  ) -> [Scan.Axis] {
    let axes = node.integers("\(name)_axes")
    let directions = node.integers("\(name)_directions")
    for (list, what) in [(axes, "axes"), (directions, "directions")] {
      if let list, list.count != count {
        node.fault("attribute \(name)_\(what) has \(list.count) elements instead of \(count)")
      }
    }
    guard node.faults.isEmpty, count >= 0, count <= node.operands.count + node.node.results.count
    else { return [] }
    return (0..<count).map { index in
      Scan.Axis(axes?[index] ?? 0, isReversed: directions?[index] == 1)
    }
  }
}
