import Basics
import Chip
import IR

extension Partition {
  /// Everything that is wrong with the partition: blocks that do not cover a layer's matrix exactly
  /// or do not fit a crossbar, and layers that do not fit the chips.
  public func verify() -> [Diagnostic] {
    var faults: [Diagnostic] = []
    for layer in layers {
      func fault(_ message: String) {
        faults.append(Diagnostic(node: graph[layer.node].name, message))
      }
      guard let matrix = LayerMatrix(graph[layer.node], in: graph) else {
        fault("is not a product with constant weights")
        continue
      }
      if (layer.rows, layer.columns, layer.groups, layer.vectors)
        != (matrix.rows, matrix.columns, matrix.groups, matrix.vectors)
      {
        fault("has another matrix than its node")
      }
      if !(1...max(layer.vectors, 1) ~= layer.replicas) {
        fault("has \(layer.replicas) replicas for \(layer.vectors) vectors")
      }
      faults += faultsOfBlocks(layer)
    }
    if crossbars > available {
      faults.append(
        Diagnostic(.error, "takes \(crossbars) crossbars, and there are \(available)"))
    }
    return faults
  }

  private func faultsOfBlocks(_ layer: Layer) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    func fault(_ message: String) {
      faults.append(Diagnostic(node: graph[layer.node].name, message))
    }
    let groupRows = layer.rows / layer.groups
    let groupColumns = layer.columns / layer.groups
    var nextColumn = 0
    for stack in layer.stacks {
      if stack.columns.lowerBound != nextColumn { fault("misses or repeats columns") }
      nextColumn = stack.columns.upperBound
      // The groups whose columns the stack has need exactly the rows of these groups.
      let firstGroup = stack.columns.lowerBound / max(groupColumns, 1)
      let lastGroup = (stack.columns.upperBound - 1) / max(groupColumns, 1)
      if stack.rows.first?.lowerBound != firstGroup * groupRows
        || stack.rows.last?.upperBound != (lastGroup + 1) * groupRows
        || zip(stack.rows, stack.rows.dropFirst()).contains(where: {
          $0.upperBound != $1.lowerBound
        })
      {
        fault("misses or repeats rows of columns \(stack.columns)")
      }
      if stack.columns.count > chip.crossbar.columns
        || stack.rows.contains(where: { $0.count > chip.crossbar.rows })
      {
        fault("has a block larger than a crossbar")
      }
    }
    if nextColumn != layer.columns { fault("misses columns") }
    return faults
  }
}

extension Placement {
  /// Everything that is wrong with the placement: cores that are used twice, and neighbours in a
  /// segment that no link for partial sums joins.
  public func verify() -> [Diagnostic] {
    var faults: [Diagnostic] = []
    let cores = partition.chip.cores.count
    var used = [Bool](repeating: false, count: cores * partition.chips)
    for (layer, replicas) in zip(partition.layers, stacks) {
      func fault(_ message: String) {
        faults.append(Diagnostic(node: partition.graph[layer.node].name, message))
      }
      for segment in replicas.joined().flatMap(\.segments) {
        for core in segment.cores {
          let index = segment.chip * cores + core.index
          if used[index] { fault("shares core \(core.index) of chip \(segment.chip)") }
          used[index] = true
        }
        for (source, target) in zip(segment.cores, segment.cores.dropFirst())
        where !partition.chip.links.carriesPartialSums(from: source, to: target) {
          fault("needs a link from core \(source.index) to core \(target.index)")
        }
      }
    }
    return faults
  }
}
