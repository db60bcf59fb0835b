import IR

extension Partition {
  /// The activations from layer to layer, on a chip whose links carry them.
  ///
  /// A stack's sum leaves its last row block. A block of the next layer needs the channels of its rows;
  /// where the columns of one layer are the channels of the next, both are in the same order, else each row block is
  /// taken to need its share of all. Replicas take their parts of the vectors in the same order.
  func activationFlows(_ nodes: BlockNumbers) -> [FlowGraph.Flow] {
    var flows: [FlowGraph.Flow] = []
    for (source, readers) in readers.enumerated() where !readers.isEmpty {
      let from = layers[source]
      for a in 0..<from.replicas {
        for (s, sum) in from.stacks.enumerated() {
          var multicast = Multicast(source: nodes[source, a, s, sum.rows.count - 1])
          for reader in readers {
            let to = layers[reader.layer]
            // Replicas of the reader whose part of the vectors overlaps that of a.
            let first = a * to.replicas / from.replicas
            let last = min(to.replicas - 1, ((a + 1) * to.replicas - 1) / from.replicas)
            for b in first...max(first, last) {
              let part = from.vectors * b / to.replicas..<from.vectors * (b + 1) / to.replicas
              let vectors = part.clamped(to: from.vectors(of: a))
              for (t, stack) in to.stacks.enumerated() {
                let rows = reader.need == .sum ? stack.rows.count - 1 : 0
                for row in rows..<stack.rows.count {
                  multicast.add(
                    nodes[reader.layer, b, t, row], vectors: vectors,
                    columns: from.columns(of: sum, for: reader.need, of: stack, row, in: to))
                }
              }
            }
          }
          flows += multicast.flows(bytes: chip.resultBytes)
        }
      }
    }
    return flows
  }

  /// A layer that needs results of another.
  private struct Reader {
    var layer: Int
    var need: Need
  }

  /// The layers that need the results of each, through the code of the host, in ascending order.
  ///
  /// A sum of two layers' results is formed where the later one ends, from where it goes to its readers.
  private var readers: [[Reader]] {
    var layerOfNode = [Int](repeating: -1, count: graph.nodes.count)
    for (index, layer) in layers.enumerated() { layerOfNode[layer.node.index] = index }
    // The most layers that are followed through one value.
    let limit = 64
    var origins = [[Int]](repeating: [], count: graph.values.count)
    var readers = [[Reader]](repeating: [], count: layers.count)
    for (index, node) in graph.nodes.enumerated() {
      var read: [Int] = []
      for case let operand? in node.operands { read += origins[operand.index] }
      read = Set(read).sorted().suffix(limit)
      let layer = layerOfNode[index]
      if layer >= 0 {
        for source in read {
          let isAligned =
            read.count == 1 && layers[layer].rows % max(layers[source].columns, 1) == 0
          readers[source].append(Reader(layer: layer, need: isAligned ? .channels : .share))
        }
      } else if case .binary(.add) = node.op, let last = read.last {
        read.removeAll { other in
          guard other != last, layers[other].columns == layers[last].columns,
            layers[other].vectors == layers[last].vectors
          else { return false }
          readers[other].append(Reader(layer: last, need: .sum))
          return true
        }
      }
      for result in node.results { origins[result.index] = layer >= 0 ? [layer] : read }
    }
    return readers.map { $0.sorted { $0.layer < $1.layer } }
  }
}

/// What a layer needs of the results of another.
private enum Need {
  /// The channels of its rows.
  case channels
  /// The share of its rows in all.
  case share
  /// All, to add its own results to them.
  case sum
}

extension Layer {
  /// The columns of `stack` that block `row` of another layer's stack needs.
  fileprivate func columns(
    of stack: Stack, for need: Need, of target: Stack, _ row: Int, in reader: Layer
  ) -> Range<Int> {
    let rows = target.rows[row]
    switch need {
    case .channels:
      let each = reader.rows / columns
      return stack.columns.clamped(
        to: rows.lowerBound / each..<(rows.upperBound + each - 1) / each)
    case .share:
      let (first, count) = (stack.columns.lowerBound, stack.columns.count)
      let end = (count * rows.upperBound + reader.rows - 1) / reader.rows
      return first + count * rows.lowerBound / reader.rows..<first + end
    case .sum:
      return stack.columns.clamped(to: target.columns)
    }
  }
}
