import Basics
import Chip
import IR

/// A partition whose blocks have cores.
public struct Placement: Sendable {
  /// The partition.
  public var partition: Partition
  /// Where each stack of each replica of each layer lies: `[layer][replica][stack]`.
  public var stacks: [[[StackPlacement]]]
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
    /// The first word and bit line of each block in its crossbar; empty if all are the first.
    public var origins: [Origin] = []

    /// The first lines of block `index` of the segment.
    public func origin(_ index: Int) -> Origin { origins.isEmpty ? Origin() : origins[index] }
  }

  /// The first lines that a block uses.
  public struct Origin: Hashable, Sendable {
    /// The first word line.
    public var row = 0
    /// The first bit line.
    public var column = 0
  }
}

/// A crossbar that blocks lie in, before it has a core.
struct VirtualCrossbar {
  /// The blocks.
  var blocks: [PackedBlock]
}

extension Partition {
  /// Gives every block a core.
  ///
  /// Layers go to the chips in their order, so that the fewest activations pass from chip to chip. On a
  /// chip, blocks follow each other along a path that winds through the rows of cores, so that the
  /// blocks of a stack are neighbours; on a mesh, and where links are missing on that path, simulated
  /// annealing looks for places at which bytes go fewer hops, or more partial sums have a link. Where two
  /// neighbours of a stack have no link for partial sums, the stack is cut into segments that the host
  /// adds.
  ///
  /// Throws `Diagnostics` if a pinned layer has no such core.
  public func placed(_ options: MappingOptions = MappingOptions()) throws -> Placement {
    let crossbars = virtualCrossbars
    let chips = chipsOfCrossbars(crossbars)
    let flows = trafficFlows(crossbars)
    let pins = try pinnedCores(options, crossbars: crossbars, chips: chips)
    var members = [[Int]](repeating: [], count: self.chips)
    for (crossbar, chip) in chips.enumerated() { members[chip].append(crossbar) }
    let terrain = Terrain(chip)
    var cores = [Int](repeating: 0, count: crossbars.count)
    let clock = ContinuousClock()
    let start = clock.now
    for (number, nodes) in members.enumerated() where !nodes.isEmpty {
      var fixed: [Int: Int] = [:]
      for (index, node) in nodes.enumerated() {
        fixed[index] = pins[node] ?? crossbars[node].blocks.first.flatMap { givenCores[$0] }
      }
      let dead = faults?.deadCores(ofChip: number) ?? []
      for (index, core) in dead.enumerated() { fixed[nodes.count + index] = core.index }
      let limit = options.searchTime.map { $0 * Double(number + 1) / Double(members.count) }
      let arrangement = Arrangement.best(
        of: flows.part(nodes, andOthers: dead.count), on: terrain, fixed: fixed,
        seed: options.seed,
        isTimeLeft: { limit.map { (clock.now - start) < .seconds($0) } ?? false })
      for (node, place) in zip(nodes, arrangement.places) { cores[node] = place }
    }
    return placement(of: crossbars, chips: chips, cores: cores)
  }

  /// The crossbars in use: the shared ones, or one a block in the order of layers, replicas, stacks and
  /// rows.
  var virtualCrossbars: [VirtualCrossbar] {
    if let packing {
      return packing.crossbars.map(VirtualCrossbar.init).sorted { a, b in
        let (x, y) = (a.blocks[0], b.blocks[0])
        return (x.layer, x.replica, x.stack, x.row) < (y.layer, y.replica, y.stack, y.row)
      }
    }
    var crossbars: [VirtualCrossbar] = []
    for (index, layer) in layers.enumerated() {
      for replica in 0..<layer.replicas {
        for (stack, blocks) in layer.stacks.enumerated() {
          for row in blocks.rows.indices {
            crossbars.append(
              VirtualCrossbar(blocks: [
                PackedBlock(
                  layer: index, replica: replica, stack: stack, row: row, firstRow: 0,
                  firstColumn: 0)
              ]))
          }
        }
      }
    }
    return crossbars
  }

  /// The cores of crossbars that hold the first block of a pinned layer.
  private func pinnedCores(
    _ options: MappingOptions, crossbars: [VirtualCrossbar], chips: [Int]
  ) throws -> [Int: Int] {
    var found = Diagnostics()
    var pinned: [Int: Int] = [:]
    var owners: [[Int]: String] = [:]
    for pin in options.pins {
      guard let layer = layers.firstIndex(where: { graph[$0.node].name == pin.layer }) else {
        found.append(
          Diagnostic(node: pin.layer, "is pinned to a core, but the host computes it"))
        continue
      }
      guard 0..<chip.cores.count ~= pin.core else {
        found.append(
          Diagnostic(
            node: pin.layer, "is pinned to core \(pin.core)",
            supported: "cores 0 to \(chip.cores.count - 1) of a chip \(chip.name)"))
        continue
      }
      let crossbar = crossbars.firstIndex { crossbar in
        crossbar.blocks.contains {
          $0.layer == layer && $0.replica == 0 && $0.stack == 0 && $0.row == 0
        }
      }
      guard let crossbar else { continue }
      if faults?.faults(ofChip: chips[crossbar], core: CoreID(pin.core))?.isDead == true {
        found.append(
          Diagnostic(node: pin.layer, "is pinned to core \(pin.core), which is dead"))
        continue
      }
      if let other = owners[[chips[crossbar], pin.core]], pinned[crossbar] != pin.core {
        found.append(
          Diagnostic(node: pin.layer, "is pinned to core \(pin.core), as \(quoted(other)) is"))
      } else if let core = pinned[crossbar], core != pin.core {
        found.append(
          Diagnostic(
            node: pin.layer, "shares a crossbar that is pinned to core \(core)",
            help: "give --packing never"))
      }
      owners[[chips[crossbar], pin.core]] = pin.layer
      pinned[crossbar] = pin.core
    }
    try found.throwIfErrors()
    return pinned
  }

  private func placement(of crossbars: [VirtualCrossbar], chips: [Int], cores: [Int]) -> Placement {
    struct Spot {
      var chip = 0
      var core = CoreID(0)
      var origin = StackPlacement.Origin()
    }
    var spots: [[[[Spot]]]] = layers.map { layer in
      Array(
        repeating: layer.stacks.map { Array(repeating: Spot(), count: $0.rows.count) },
        count: layer.replicas)
    }
    for (index, crossbar) in crossbars.enumerated() {
      for block in crossbar.blocks {
        spots[block.layer][block.replica][block.stack][block.row] = Spot(
          chip: chips[index], core: CoreID(cores[index]),
          origin: .init(row: block.firstRow, column: block.firstColumn))
      }
    }
    return Placement(
      partition: self,
      stacks: spots.map { replicas in
        replicas.map { stacks in
          stacks.map { blocks in
            var segments: [StackPlacement.Segment] = []
            for spot in blocks {
              if let last = segments.last, last.chip == spot.chip, let previous = last.cores.last,
                chip.links.carriesPartialSums(from: previous, to: spot.core)
              {
                segments[segments.count - 1].cores.append(spot.core)
                if packing != nil { segments[segments.count - 1].origins.append(spot.origin) }
              } else {
                segments.append(
                  .init(
                    chip: spot.chip, cores: [spot.core],
                    origins: packing != nil ? [spot.origin] : []))
              }
            }
            return StackPlacement(segments: segments)
          }
        }
      })
  }
}
