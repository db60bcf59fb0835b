import Chip

/// A partition whose blocks have cores.
public struct Placement: Sendable {
  /// The partition.
  public var partition: Partition
  /// Where each stack of each replica of each layer lies: `[layer][replica][stack]`.
  public var stacks: [[[StackPlacement]]]

  /// The partial sums of one inference that no link carries, so that the host adds them: the
  /// number of vectors passed in that way.
  public var unlinkedPartialSums: Int {
    var sum = 0
    for (layer, replicas) in zip(partition.layers, stacks) {
      for (replica, placed) in replicas.enumerated() {
        for stack in placed {
          sum += (stack.segments.count - 1) * layer.vectors(of: replica).count
        }
      }
    }
    return sum
  }
}

/// Where the blocks of a stack lie.
public struct StackPlacement: Hashable, Sendable {
  /// Runs of blocks whose cores are linked in this order; the host adds what the runs sum.
  public var segments: [Segment]

  /// Blocks that follow each other on linked cores of one chip.
  public struct Segment: Hashable, Sendable {
    /// The chip.
    public var chip: Int
    /// The cores, one a block.
    public var cores: [CoreID]
  }
}

extension Partition {
  /// Lays the stacks of all layers along one path that winds through the rows of cores, chip after
  /// chip, so that the blocks of a stack are neighbours.
  ///
  /// A stack that would straddle two chips starts on the next one as long as there are cores to
  /// spare. Where two neighbours of a stack have no link for partial sums, the stack is cut into
  /// segments that the host adds.
  public func placed() -> Placement {
    let path = chip.cores.windingPath
    var spare = available - crossbars
    var position = 0
    let stacks = layers.map { layer in
      (0..<layer.replicas).map { _ in
        layer.stacks.map { stack in
          let left = path.count - position % path.count
          if stack.rows.count > left && stack.rows.count <= path.count && left <= spare {
            spare -= left
            position += left
          }
          defer { position += stack.rows.count }
          let cores = (position..<position + stack.rows.count).map {
            (chip: $0 / path.count, core: path[$0 % path.count])
          }
          return StackPlacement(segments: segments(of: cores))
        }
      }
    }
    return Placement(partition: self, stacks: stacks)
  }

  private func segments(of cores: [(chip: Int, core: CoreID)]) -> [StackPlacement.Segment] {
    var segments: [StackPlacement.Segment] = []
    for (chip, core) in cores {
      if let last = segments.last, last.chip == chip, let previous = last.cores.last,
        self.chip.links.carriesPartialSums(from: previous, to: core)
      {
        segments[segments.count - 1].cores.append(core)
      } else {
        segments.append(.init(chip: chip, cores: [core]))
      }
    }
    return segments
  }
}

extension CoreGrid {
  /// All cores, rows alternating in direction, so that neighbours on the path are neighbours in the
  /// grid.
  fileprivate var windingPath: [CoreID] {
    (0..<rows).flatMap { row in
      (0..<columns).map { column in
        CoreID(row * columns + (row % 2 == 0 ? column : columns - 1 - column))
      }
    }
  }
}
