import Basics
import IR

extension Schedule {
  /// Everything that is wrong with the schedule: nodes that are missing, done twice, done elsewhere
  /// than the partition says or before their operands are there, and transfers that are not those
  /// of the placement.
  public func verify() -> [Diagnostic] {
    var faults: [Diagnostic] = []
    let graph = placement.partition.graph
    let layers = placement.partition.layerOfNode
    var end = [Double](repeating: 0, count: graph.values.count)
    var isPending = [Bool](repeating: false, count: graph.values.count)
    for node in graph.nodes { for result in node.results { isPending[result.index] = true } }
    var isDone = [Bool](repeating: false, count: graph.nodes.count)
    for task in tasks {
      let node = graph[task.node]
      func fault(_ message: String) { faults.append(Diagnostic(node: node.name, message)) }
      if isDone[task.node.index] { fault("is scheduled twice") }
      isDone[task.node.index] = true
      let place = layers[task.node].map { Task.Place.crossbars(layer: $0) } ?? .host
      if task.place != place { fault("is scheduled on another unit than the partition says") }
      if !(task.start >= 0 && task.chipTime >= 0 && task.hostTime >= 0 && task.end.isFinite) {
        fault("has a time that is negative or too large")
      }
      for case let operand? in node.operands {
        if isPending[operand.index] {
          fault("reads \(quoted(graph[operand].name)) before anything defines it")
        } else if task.start < end[operand.index] {
          fault("starts before \(quoted(graph[operand].name)) is there")
        }
      }
      for result in node.results {
        isPending[result.index] = false
        end[result.index] = task.end
      }
    }
    for (node, isDone) in zip(graph.nodes, isDone) where !isDone {
      faults.append(Diagnostic(node: node.name, "is not scheduled"))
    }
    return faults.isEmpty ? faultsOfTransfers : faults
  }

  private var faultsOfTransfers: [Diagnostic] {
    var faults: [Diagnostic] = []
    let expected = placement.transfers(in: tasks)
    for (transfer, expected) in zip(transfers, expected) {
      var moved = transfer
      moved.start = expected.start
      guard moved == expected else {
        let layer = placement.partition.layers[transfer.layer]
        return [
          Diagnostic(
            node: placement.partition.graph[layer.node].name,
            "has a transfer that is not the next of the placement")
        ]
      }
      if transfer.start < expected.start {
        let layer = placement.partition.layers[transfer.layer]
        faults.append(
          Diagnostic(
            node: placement.partition.graph[layer.node].name,
            "has a transfer from core \(transfer.source.index) to core \(transfer.target.index) "
              + "before its partial sums are there"))
      }
    }
    if transfers.count != expected.count {
      faults.append(
        Diagnostic(
          .error, "has \(transfers.count) transfers, and the placement \(expected.count)"))
    }
    return faults
  }
}
