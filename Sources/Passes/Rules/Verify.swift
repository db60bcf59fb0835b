import Basics
import Chip
import IR
import Program

extension Calibration {
  /// Everything that is wrong with what was seen in `graph`: products that are missing, ranges that
  /// are none, samples that are no input vectors.
  public func verify(of graph: Graph) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    let products = Products(of: graph, layouts: layouts).inOrder
    for (layer, product) in zip(layers, products) where layer.node == product.node {
      func fault(_ message: String) {
        faults.append(Diagnostic(node: graph[layer.node].name, message))
      }
      let trained = max(product.ranges.input.count, 1)
      if layer.inputMaxima.count != trained {
        fault("has \(layer.inputMaxima.count) ranges of its input, not \(trained)")
      }
      if (layer.stateMaximum != nil) != (product.gates != nil) {
        fault("has a range of a hidden state where the node has none, or lacks one")
      }
      if !(layer.inputMaxima.allSatisfy { 0 <= $0 } && 0 <= layer.outputMaximum
        && 0 <= layer.stateMaximum ?? 0 && 0 <= layer.flatMaximum ?? 0)
      {
        fault("has a range whose end is negative")
      }
      if !layer.columnMaxima.isEmpty && layer.columnMaxima.count != product.columns
        || !layer.columnMaxima.allSatisfy({ $0 >= 0 })
      {
        fault("has \(layer.columnMaxima.count) ranges of columns, or negative ones")
      }
      let shape = layer.samples.type.fixedShape
      if layer.samples.type.element != .f32 || shape?.count != 2
        || shape?[1] != product.rows || layer.samples.type.count == nil
      {
        fault(
          "has samples of type \(layer.samples.type), which are no vectors of "
            + "\(product.rows) elements f32")
      }
    }
    if !layers.map(\.node).elementsEqual(products.map(\.node)) {
      faults.append(
        Diagnostic(
          .error, "the layers are not the products with constant weights, in their order"))
    }
    return faults
  }
}

extension Partition {
  /// Everything that is wrong with the partition: blocks that do not cover a layer's matrix exactly
  /// or do not fit a crossbar, products that are on none and not digital, and layers that do not fit
  /// the chips.
  public func verify() -> [Diagnostic] {
    guard 1...Program.maximumChips ~= chips else {
      return [
        Diagnostic(
          .error, "takes \(chips) chips", supported: "1 to \(Program.maximumChips) chips")
      ]
    }
    let products = Products(of: graph, layouts: layouts)
    var faults =
      layers.flatMap { self.faults(of: $0, products) }
      + digital.flatMap { self.faults(of: $0, products) }
    guard faults.isEmpty else { return faults }
    for nodes in [layers.map(\.node), digital.map(\.node)] {
      for (a, b) in zip(nodes, nodes.dropFirst()) where a >= b {
        faults.append(Diagnostic(node: graph[b].name, "is not in the order of the nodes"))
      }
    }
    let known = Set(layers.map(\.node) + digital.map(\.node))
    if known.count < layers.count + digital.count && faults.isEmpty {
      faults.append(Diagnostic(.error, "a node is both a layer and digital"))
    }
    for product in products.inOrder where product.macs > 0 && !known.contains(product.node) {
      faults.append(Diagnostic(node: graph[product.node].name, "is neither a layer nor digital"))
    }
    if faults.isEmpty { faults += faultsOfPacking }
    if faults.isEmpty && crossbars > available {
      faults.append(
        Diagnostic(.error, "takes \(crossbars) crossbars, and there are \(available)"))
    }
    return faults
  }

  /// Blocks of the packing that are missing, that are there twice, or that no layer has.
  private var faultsOfPacking: [Diagnostic] {
    guard let packing else { return [] }
    var expected: Set<[Int]> = []
    for (index, layer) in layers.enumerated() {
      for replica in 0..<layer.replicas {
        for (stack, blocks) in layer.stacks.enumerated() {
          for row in blocks.rows.indices { expected.insert([index, replica, stack, row]) }
        }
      }
    }
    for (number, crossbar) in packing.crossbars.enumerated() {
      if crossbar.isEmpty { return [Diagnostic(.error, "crossbar \(number) holds no block")] }
      for block in crossbar {
        guard expected.remove([block.layer, block.replica, block.stack, block.row]) != nil else {
          return [
            Diagnostic(
              .error,
              "crossbar \(number) holds a block that does not exist or is in another crossbar too")
          ]
        }
      }
    }
    return expected.isEmpty
      ? [] : [Diagnostic(.error, "\(expected.count) blocks are in no crossbar")]
  }

  private func faults(of digital: DigitalProduct, _ products: Products) -> [Diagnostic] {
    let node = graph[digital.node]
    guard let product = products[digital.node] else {
      return [Diagnostic(node: node.name, "is not a product with constant weights")]
    }
    guard digital.macs == product.macs, digital.isDepthwise == product.isDepthwise else {
      return [Diagnostic(node: node.name, "differs from its node")]
    }
    return []
  }

  private func faults(of layer: Layer, _ products: Products) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    func fault(_ message: String) {
      faults.append(Diagnostic(node: graph[layer.node].name, message))
    }
    guard let product = products[layer.node], product.macs > 0 else {
      fault("is not a product with constant weights")
      return faults
    }
    guard
      (layer.rows, layer.columns, layer.groups, layer.vectors)
        == (product.rows, product.columns, product.groups, product.vectors)
    else {
      fault("differs from the matrix of its node")
      return faults
    }
    if !(1...layer.vectors ~= layer.replicas) {
      fault("has \(layer.replicas) replicas for \(layer.vectors) vectors")
    }
    if product.gates != nil && layer.replicas != 1 {
      fault("has replicas of steps that follow each other")
    }
    let groupRows = layer.rows / layer.groups
    let groupColumns = layer.columns / layer.groups
    let changes = product.rowsOfRanges.dropFirst().map(\.lowerBound)
    var nextColumn = 0
    for stack in layer.stacks {
      if stack.columns.lowerBound != nextColumn { fault("misses or repeats columns") }
      nextColumn = stack.columns.upperBound
      // The groups whose columns the stack has need exactly the rows of these groups.
      let groups =
        stack.columns.lowerBound / groupColumns...(stack.columns.upperBound - 1) / groupColumns
      guard nextColumn <= layer.columns else { break }
      if stack.rows.first?.lowerBound != groups.lowerBound * groupRows
        || stack.rows.last?.upperBound != (groups.upperBound + 1) * groupRows
        || zip(stack.rows, stack.rows.dropFirst()).contains(where: {
          $0.upperBound != $1.lowerBound
        })
      {
        fault("misses or repeats rows of columns \(stack.columns)")
      }
      if let row = product.gates?.stateRow,
        stack.rows.contains(where: { $0.lowerBound < row && $0.upperBound > row })
      {
        fault("has rows of x and of the hidden state in one block")
      }
      if changes.contains(where: { row in
        stack.rows.contains { $0.lowerBound < row && $0.upperBound > row }
      }) {
        fault("has rows of different ranges of the input in one block")
      }
      if stack.columns.count > chip.crossbar.columns
        || stack.rows.contains(where: { $0.count > chip.crossbar.rows })
      {
        fault("has a block larger than a crossbar")
      }
    }
    if nextColumn != layer.columns { fault("has blocks of \(nextColumn) columns") }
    return faults
  }
}

extension Quantization {
  /// Everything that is wrong with the ranges: steps that are none, conductances that the chip does
  /// not have, sums without a range.
  public func verify(of partition: Partition) -> [Diagnostic] {
    var faults: [Diagnostic] = []
    for (layer, ranges) in zip(partition.layers, layers) {
      func fault(_ message: String) {
        faults.append(Diagnostic(node: partition.graph[layer.node].name, message))
      }
      if (ranges.stateScale != nil) != layer.isRecurrent {
        fault("has a scale of a hidden state where the node has none, or lacks one")
      }
      let trained = max(layer.product.ranges.input.count, 1)
      if ranges.inputScales.count != trained && ranges.inputScales.count != 1 {
        fault("has \(ranges.inputScales.count) scales of its input, not 1 or \(trained)")
      }
      if !(ranges.inputScales.allSatisfy { $0 > 0 } && ranges.outputScale > 0
        && ranges.stateScale ?? 1 > 0)
      {
        fault("has a scale that is not positive")
      }
      func checkSteps(_ steps: [Float], _ columns: Int, _ what: String) {
        if !steps.isEmpty && steps.count != columns || !steps.allSatisfy({ $0 > 0 }) {
          fault("has \(steps.count) steps of \(what), not \(columns) above 0")
        }
      }
      checkSteps(ranges.outputSteps, layer.columns, "its results")
      for (stack, blocks) in ranges.blocks.enumerated() {
        for (number, block) in blocks.enumerated() {
          if !(block.gMax > 0 && block.gMax <= Float(partition.chip.crossbar.gMax)) {
            fault(
              "has g_max \(block.gMax) in stack \(stack) block \(number), which is not within 0 "
                + "and \(partition.chip.crossbar.gMax)")
          }
          if block.partialMaxima.count != number + 1 {
            fault(
              "has \(block.partialMaxima.count) partial maxima in stack \(stack) block \(number), "
                + "not \(number + 1)")
          }
          let columns = layer.stacks[stack].columns.count
          if !block.columnFactors.isEmpty && block.columnFactors.count != columns {
            fault(
              "has \(block.columnFactors.count) column factors in stack \(stack) block \(number), "
                + "not \(columns)")
          }
          if !block.columnFactors.allSatisfy({ $0 > 0 }) {
            fault("has a column factor in stack \(stack) block \(number) that is not positive")
          }
          if !block.partialMaxima.allSatisfy({ $0 >= 0 }) {
            fault("has a negative partial maximum in stack \(stack) block \(number)")
          }
          for steps in block.partialSteps {
            checkSteps(steps, columns, "partial sums in stack \(stack) block \(number)")
          }
        }
      }
    }
    return faults
  }
}

extension Placement {
  /// Everything that is wrong with the placement: cores that are used twice, and neighbours in a
  /// segment that no link for partial sums joins.
  public func verify() -> [Diagnostic] {
    var faults: [Diagnostic] = []
    let crossbar = partition.chip.crossbar
    let cores = partition.chip.cores.count
    var used = [[Lines]](repeating: [], count: cores * partition.chips)
    for (layer, replicas) in zip(partition.layers, stacks) {
      func fault(_ message: String) {
        faults.append(Diagnostic(node: partition.graph[layer.node].name, message))
      }
      for (stack, placed) in replicas.flatMap({ Array(zip(layer.stacks, $0)) }) {
        var row = 0
        for segment in placed.segments {
          for (number, core) in segment.cores.enumerated() {
            let index = segment.chip * cores + core.index
            let origin = segment.origin(number)
            let lines = Lines(
              rows: origin.row..<origin.row + stack.rows[row].count,
              columns: origin.column..<origin.column + stack.columns.count)
            row += 1
            if lines.rows.upperBound > crossbar.rows || lines.columns.upperBound > crossbar.columns
            {
              fault("has a block at [\(origin.row), \(origin.column)] that leaves its crossbar")
            }
            if partition.packing == nil
              ? !used[index].isEmpty : used[index].contains(where: lines.overlaps)
            {
              fault("shares core \(core.index) of chip \(segment.chip)")
            }
            used[index].append(lines)
          }
          for (source, target) in zip(segment.cores, segment.cores.dropFirst())
          where !partition.chip.links.carriesPartialSums(from: source, to: target) {
            fault("needs a link from core \(source.index) to core \(target.index)")
          }
        }
      }
    }
    return faults
  }

  /// The word and bit lines of a block.
  private struct Lines {
    var rows: Range<Int>
    var columns: Range<Int>

    func overlaps(_ other: Lines) -> Bool {
      rows.overlaps(other.rows) && columns.overlaps(other.columns)
    }
  }
}
