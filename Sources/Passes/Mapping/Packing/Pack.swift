import Chip

/// Which blocks share crossbars.
public struct Packing: Hashable, Sendable {
  /// The crossbars, each with its blocks.
  public var crossbars: [[PackedBlock]]
}

/// A block of a replica in a crossbar.
public struct PackedBlock: Hashable, Sendable {
  /// The layer's index in the partition.
  public var layer: Int
  /// The replica.
  public var replica: Int
  /// The stack.
  public var stack: Int
  /// The row block of the stack.
  public var row: Int
  /// The first word line that it uses.
  public var firstRow: Int
  /// The first bit line that it uses.
  public var firstColumn: Int
}

extension Partition {
  /// Puts the blocks of all replicas into as few crossbars as it finds, so that none has more than
  /// `limit` MVMs an inference.
  ///
  /// Blocks that share word or bit lines cannot run at once, so their MVMs add up; blocks of one stack of
  /// one replica, which run at once, are kept apart. The largest blocks come first, each goes where least is
  /// left along its shorter side. Only the last `openLimit` crossbars with room are looked at, so that
  /// the time grows with the number of blocks.
  func packed(limit: Int = .max, openLimit: Int = 256) -> Packing {
    struct Item {
      var block: PackedBlock
      var rows: Int
      var columns: Int
      var load: Int
    }
    let size = usableChip.crossbar
    var items: [Item] = []
    for (index, layer) in layers.enumerated() {
      for replica in 0..<layer.replicas {
        let load = layer.vectors(of: replica).count
        for (stack, blocks) in layer.stacks.enumerated() {
          for (row, rows) in blocks.rows.enumerated() {
            items.append(
              Item(
                block: PackedBlock(
                  layer: index, replica: replica, stack: stack, row: row, firstRow: 0,
                  firstColumn: 0),
                rows: rows.count, columns: blocks.columns.count, load: load))
          }
        }
      }
    }
    let order = items.indices.sorted { a, b in
      let (x, y) = (items[a], items[b])
      return (y.rows * y.columns, y.load, a) < (x.rows * x.columns, x.load, b)
    }
    let smallest = (
      rows: items.map(\.rows).min() ?? 1, columns: items.map(\.columns).min() ?? 1
    )
    struct Open {
      var crossbar: Int
      var free: FreeRectangles
      var load: Int
    }
    var packing = Packing(crossbars: [])
    var open: [Open] = []
    for index in order {
      let item = items[index]
      var best: (place: FreeRectangles.Place, open: Int)?
      for candidate in open.indices.suffix(openLimit) {
        let crossbar = open[candidate]
        guard item.load <= limit - crossbar.load,
          let place = crossbar.free.bestPlace(rows: item.rows, columns: item.columns),
          place.isBetter(than: best?.place),
          !packing.crossbars[crossbar.crossbar].contains(where: { $0.isChained(to: item.block) })
        else { continue }
        best = (place, candidate)
      }
      if best == nil {
        open.append(
          Open(
            crossbar: packing.crossbars.count,
            free: FreeRectangles(rows: size.rows, columns: size.columns), load: 0)
        )
        packing.crossbars.append([])
      }
      let target = best?.open ?? open.count - 1
      var block = item.block
      block.firstRow = best?.place.firstRow ?? 0
      block.firstColumn = best?.place.firstColumn ?? 0
      packing.crossbars[open[target].crossbar].append(block)
      open[target].load += item.load
      open[target].free.take(
        .init(
          rows: block.firstRow..<block.firstRow + item.rows,
          columns: block.firstColumn..<block.firstColumn + item.columns))
      if open[target].load >= limit
        || open[target].free.bestPlace(rows: smallest.rows, columns: smallest.columns) == nil
      {
        open.remove(at: target)
      }
    }
    return packing
  }

  /// The partition with blocks that share crossbars, in one copy, or the partition itself where that saves
  /// none: of the blocks cut equally and of those cut at the edge of the crossbar, those that take
  /// fewer crossbars. Blocks as large as a crossbar leave remainders that fill others well.
  func sharingCrossbars() -> Partition {
    var best = self
    best.packing = nil
    for candidate in [self, cutAtEdges()] {
      var candidate = candidate
      candidate.packing = candidate.packed()
      if candidate.crossbars < best.crossbars { best = candidate }
    }
    return best
  }

  /// The same products cut into as many blocks, all but the last of which are as large as a crossbar; but
  /// for recurrent layers, whose blocks hold whole units, of inputs or of states.
  func cutAtEdges() -> Partition {
    var partition = self
    let chip = usableChip
    for index in layers.indices {
      partition.layers[index].stacks = layers[index].product.stacks(on: chip, cut: .atEdges)
    }
    return partition
  }
}

extension PackedBlock {
  /// Whether both are in one sum.
  fileprivate func isChained(to other: PackedBlock) -> Bool {
    (layer, replica, stack) == (other.layer, other.replica, other.stack)
  }
}
