import IR
import Passes

// The products of passes that have no text form of their own, as tables.

extension Calibration {
  /// The ranges that the products of `graph` met.
  func listing(of graph: Graph) -> String {
    var table = Table("layer<", "largest input", "largest result", "sampled inputs")
    for layer in layers {
      table.add(
        graph[layer.node].name, "\(layer.inputMaximum)", "\(layer.outputMaximum)",
        "\(layer.vectors.count)")
    }
    return "calibration from \(origin)\n" + table.text
  }
}

extension Quantization {
  /// The steps and conductance ranges of the layers of `partition`.
  func listing(of partition: Partition) -> String {
    var table = Table(
      "layer<", "columns<", "rows<", "input step", "result step", "g_max, µS", "largest sum")
    for (layer, ranges) in zip(partition.layers, layers) {
      let name = partition.graph[layer.node].name
      for (stack, blocks) in zip(layer.stacks, ranges.blocks) {
        for (rows, block) in zip(stack.rows, blocks) {
          table.add(
            name, "\(stack.columns.lowerBound)..<\(stack.columns.upperBound)",
            "\(rows.lowerBound)..<\(rows.upperBound)", "\(ranges.inputScale)",
            "\(ranges.outputScale)", fixed(Double(block.gMax), 3),
            block.partialMaxima.first.map { "\($0)" } ?? "-")
        }
      }
    }
    return table.text
  }
}

extension Schedule {
  /// The work in the order in which it is issued, and the transfers over links.
  var listing: String {
    let partition = placement.partition
    var table = Table("node<", "where<", "start, ns", "chip, ns", "host, ns", "end, ns")
    for task in tasks {
      let place = if case .host = task.place { "host" } else { "crossbars" }
      table.add(
        partition.graph[task.node].name, place, fixed(task.start, 0), fixed(task.chipTime, 0),
        fixed(task.hostTime, 0), fixed(task.end, 0))
    }
    var links = Table("layer<", "replica", "chip", "from core", "to core", "start, ns", "bytes")
    for transfer in transfers {
      let layer = partition.layers[transfer.layer]
      links.add(
        partition.graph[layer.node].name, "\(transfer.replica)", "\(transfer.chip)",
        "\(transfer.source.index)", "\(transfer.target.index)", fixed(transfer.start, 0),
        "\(transfer.bytes)")
    }
    return table.text + (links.isEmpty ? "" : "\n" + links.text)
  }
}
