import Chip

/// A block of one of the chips in series.
public struct FabricBlock: Hashable, Comparable, Sendable {
  /// The chip.
  public var chip: Int
  /// The place in its layout, row by row.
  public var place: Int

  /// Names the block at a place of a chip.
  public init(chip: Int, place: Int) {
    self.chip = chip
    self.place = place
  }

  public static func < (a: FabricBlock, b: FabricBlock) -> Bool {
    (a.chip, a.place) < (b.chip, b.place)
  }
}

/// Names what one task at a time can have: a block's unit, the wires over a block in one direction, or a link between
/// chips.
public struct FabricResource: Hashable, Sendable {
  /// The index among all resources of a mesh.
  public let index: Int
}

/// The blocks, wires and links of chips in series.
public struct FabricMesh: Sendable {
  /// The direction of wires: along a row of blocks or along a column.
  public enum Direction: Int, Sendable, CaseIterable { case row, column }

  /// What a resource is.
  public enum Meaning: Hashable, Sendable {
    case unit(FabricBlock)
    case wires(FabricBlock, Direction)
    /// From a chip to the next one, or to the one before.
    case link(chip: Int, isForward: Bool)
  }

  public let fabric: Fabric
  public let chips: Int
  /// How many light cores of a chip take the vectors of a stream in turn.
  public let turns: Int
  private let places: [FabricLayout.Block: [Int]]

  /// Creates the mesh of `chips` chips, on which `turns` light cores work in turn.
  init(_ fabric: Fabric, chips: Int, turns: Int) {
    self.fabric = fabric
    self.chips = chips
    self.turns = turns
    var places: [FabricLayout.Block: [Int]] = [:]
    for (row, blocks) in fabric.layout.rows.enumerated() {
      // Along a path that winds through the rows, blocks that follow each other are neighbours.
      let columns = Array(blocks.indices)
      for column in row.isMultiple(of: 2) ? columns : columns.reversed() {
        places[blocks[column], default: []].append(row * fabric.layout.width + column)
      }
    }
    self.places = places
  }

  /// The blocks of a kind on a chip, along a path that winds through the rows.
  func blocks(_ kind: FabricLayout.Block, of chip: Int) -> [FabricBlock] {
    (places[kind] ?? []).map { FabricBlock(chip: chip, place: $0) }
  }

  /// The light cores of a chip that take vectors in turn.
  func lightCores(of chip: Int) -> [FabricBlock] { Array(blocks(.light, of: chip).prefix(turns)) }

  /// The port of a chip towards the one before it, and the one towards the next.
  public func port(of chip: Int, isForward: Bool) -> FabricBlock {
    let ports = (places[.port] ?? []).sorted()
    guard let first = ports.first, let last = ports.last else {
      preconditionFailure("a fabric has a port")
    }
    return FabricBlock(chip: chip, place: isForward ? last : first)
  }

  /// The rows and columns between two blocks of a chip.
  func distance(_ a: FabricBlock, _ b: FabricBlock) -> Int {
    let width = fabric.layout.width
    return abs(a.place / width - b.place / width) + abs(a.place % width - b.place % width)
  }

  /// The kind of a block.
  public func kind(of block: FabricBlock) -> FabricLayout.Block {
    let width = fabric.layout.width
    return fabric.layout.rows[block.place / width][block.place % width]
  }

  // MARK: Resources

  private var size: Int { fabric.layout.count }
  private var resourcesPerChip: Int { 3 * size + 2 }
  /// The number of resources.
  var resources: Int { chips * resourcesPerChip }

  /// The unit of a block.
  public func unit(_ block: FabricBlock) -> FabricResource {
    FabricResource(index: block.chip * resourcesPerChip + block.place)
  }

  func wires(_ block: FabricBlock, _ direction: Direction) -> FabricResource {
    FabricResource(
      index: block.chip * resourcesPerChip + size + 2 * block.place + direction.rawValue)
  }

  func link(from chip: Int, isForward: Bool) -> FabricResource {
    FabricResource(index: chip * resourcesPerChip + 3 * size + (isForward ? 0 : 1))
  }

  /// What a resource is.
  public func meaning(of resource: FabricResource) -> Meaning {
    let (chip, index) = resource.index.quotientAndRemainder(dividingBy: resourcesPerChip)
    if index < size { return .unit(FabricBlock(chip: chip, place: index)) }
    guard index < 3 * size else { return .link(chip: chip, isForward: index == 3 * size) }
    let (place, direction) = (index - size).quotientAndRemainder(dividingBy: 2)
    return .wires(FabricBlock(chip: chip, place: place), direction == 0 ? .row : .column)
  }

  // MARK: Trees

  /// Trees of wires that carry a vector from a block to others of its chip, those of the fewest wires first.
  func trees(from source: FabricBlock, to receivers: [FabricBlock]) -> [[FabricResource]] {
    Direction.allCases.map { tree(from: source, to: receivers, first: $0) }
      .sorted { $0.count < $1.count }
  }

  /// Ways to one receiver that turn twice, those of the fewest wires first.
  func detours(from source: FabricBlock, to receiver: FabricBlock) -> [[FabricResource]] {
    let width = fabric.layout.width
    let (r, c) = source.place.quotientAndRemainder(dividingBy: width)
    let (toRow, toColumn) = receiver.place.quotientAndRemainder(dividingBy: width)
    func row(_ row: Int, _ a: Int, _ b: Int) -> [FabricResource] {
      (min(a, b)...max(a, b)).map {
        wires(FabricBlock(chip: source.chip, place: row * width + $0), .row)
      }
    }
    func column(_ column: Int, _ a: Int, _ b: Int) -> [FabricResource] {
      (min(a, b)...max(a, b)).map {
        wires(FabricBlock(chip: source.chip, place: $0 * width + column), .column)
      }
    }
    var ways: [[FabricResource]] = []
    if r != toRow {
      for turn in 0..<width where turn != c && turn != toColumn {
        ways.append(row(r, c, turn) + column(turn, r, toRow) + row(toRow, turn, toColumn))
      }
    }
    if c != toColumn {
      for turn in fabric.layout.rows.indices where turn != r && turn != toRow {
        ways.append(column(c, r, turn) + row(turn, c, toColumn) + column(toColumn, turn, toRow))
      }
    }
    return ways.sorted { $0.count < $1.count }
  }

  /// The wires that carry a vector from a block to others of its chip: along its row first and then along the columns
  /// of the receivers, or the other way round.
  func tree(
    from source: FabricBlock, to receivers: [FabricBlock], first: Direction
  ) -> [FabricResource] {
    let width = fabric.layout.width
    /// The coordinates of a block: the one along the first direction, and the other.
    func coordinates(_ block: FabricBlock) -> (along: Int, across: Int) {
      let (row, column) = block.place.quotientAndRemainder(dividingBy: width)
      return first == .row ? (column, row) : (row, column)
    }
    func block(_ along: Int, _ across: Int) -> FabricBlock {
      let place = first == .row ? across * width + along : along * width + across
      return FabricBlock(chip: source.chip, place: place)
    }
    let (start, line) = coordinates(source)
    var trunk = start...start
    var branches: [Int: ClosedRange<Int>] = [:]
    for receiver in receivers where receiver != source {
      let (along, across) = coordinates(receiver)
      trunk = min(trunk.lowerBound, along)...max(trunk.upperBound, along)
      if across == line { continue }
      let branch = branches[along] ?? line...line
      branches[along] = min(branch.lowerBound, across)...max(branch.upperBound, across)
    }
    var wires: [FabricResource] = []
    if trunk.count > 1 { wires = trunk.map { self.wires(block($0, line), first) } }
    let second: Direction = first == .row ? .column : .row
    for (along, branch) in branches.sorted(by: { $0.key < $1.key }) {
      wires += branch.map { self.wires(block(along, $0), second) }
    }
    return wires
  }
}
