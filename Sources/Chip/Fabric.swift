/// A mesh of analog tiles and digital cores, the next generation of chips: the cores of the chip are its tiles.
public struct Fabric: Hashable, Sendable {
  /// Where its blocks stand.
  public var layout = FabricLayout(rows: [])
  /// The activations that the wires of a block carry at once, in either direction of the mesh.
  public var wires = 0
  /// The time in which wires carry that many activations, in ns.
  public var transferTime = 0.0
  /// The energy of an activation on the mesh, in pJ.
  public var transferEnergy = 0.0
  /// The power of all digital cores at rest, in mW.
  public var idlePower = 0.0
  /// The part of the energy of an MVM that goes with its rows; the rest goes with its columns.
  public var rowShare = 0.0
  /// A light core.
  public var light = LightCore()
  /// A heavy core.
  public var heavy = HeavyCore()
  /// The activations that a memory core holds, in bytes.
  public var memoryBytes = 0
  /// The connection to the next chip.
  public var link = FabricLink()

  /// Creates a fabric without blocks.
  public init() {}
}

/// A light core: element-wise work, reductions and normalisation on vectors of activations.
public struct LightCore: Hashable, Sendable {
  /// The time of a sum of two vectors, in ns, and its energy, in pJ, of the number of elements.
  public var addTime = CostLaw.blank
  public var addEnergy = CostLaw.blank
  /// Those of a function such as GELU, of every element.
  public var functionTime = CostLaw.blank
  public var functionEnergy = CostLaw.blank
  /// Those of a rectification, of every element.
  public var rectifyTime = CostLaw.blank
  public var rectifyEnergy = CostLaw.blank
  /// Those of a normalisation of the vector.
  public var normalizeTime = CostLaw.blank
  public var normalizeEnergy = CostLaw.blank
}

/// A heavy core: attention of several heads of S queries and keys, with d elements together.
public struct HeavyCore: Hashable, Sendable {
  /// The time before the first score, in ns.
  public var startTime = 0.0
  /// The time for each of the S² scores, in ns.
  public var scoreTime = 0.0
  /// The time for each of (S² + S) · d² products, in ns.
  public var productTime = 0.0
  /// The energy for each of S² · d products, in pJ.
  public var productEnergy = 0.0

  /// The time of an attention in ns.
  public func time(tokens s: Int, elements d: Int) -> Double {
    let (s, d) = (Double(s), Double(d))
    return startTime + scoreTime * s * s + productTime * (s * s + s) * d * d
  }

  /// Its energy in pJ.
  public func energy(tokens s: Int, elements d: Int) -> Double {
    productEnergy * Double(s) * Double(s) * Double(d)
  }
}

/// The connection of a fabric to the next one of a series.
public struct FabricLink: Hashable, Sendable {
  /// The time in which it carries as many activations as the wires of the mesh at once, in ns.
  public var transferTime = 0.0
  /// The energy of an activation, in pJ.
  public var transferEnergy = 0.0
  /// The power while a chip has a neighbour, in mW.
  public var power = 0.0
}

/// A cost that grows with the number of elements.
public enum CostLaw: Hashable, Sendable {
  /// start + slope · d.
  case linear(start: Double, slope: Double)
  /// cost for every started `elements` of d.
  case stepped(cost: Double, elements: Int)

  /// The law of a core that costs nothing.
  static let blank = CostLaw.linear(start: 0, slope: 0)

  /// The cost of `count` elements.
  public func callAsFunction(_ count: Int) -> Double {
    switch self {
    case .linear(let start, let slope): start + slope * Double(count)
    case .stepped(let cost, let elements): cost * Double((count + elements - 1) / elements)
    }
  }
}

extension CostLaw {
  /// What the text of a law looks like.
  static let form = "linear START SLOPE, or stepped COST ELEMENTS"

  /// Reads a law from its text; `nil` if it is none.
  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map {
      Chip.Scalar(text: String($0), isPlain: true)
    }
    guard words.count == 3, let first = words[1].number else { return nil }
    switch words[0].text {
    case "linear":
      guard let slope = words[2].number else { return nil }
      self = .linear(start: first, slope: slope)
    case "stepped":
      guard let elements = words[2].integer else { return nil }
      self = .stepped(cost: first, elements: elements)
    default: return nil
    }
  }

  /// The text that reads back as the law.
  var text: String {
    switch self {
    case .linear(let start, let slope): "linear \(start) \(slope)"
    case .stepped(let cost, let elements): "stepped \(cost) \(elements)"
    }
  }

  /// Whether its figures are those that a text may give.
  var isInRange: Bool {
    let figures = 0...1e9
    switch self {
    case .linear(let start, let slope): return figures.contains(start) && figures.contains(slope)
    case .stepped(let cost, let elements):
      return figures.contains(cost) && (1...1_000_000).contains(elements)
    }
  }
}

/// The blocks of a fabric, row by row.
public struct FabricLayout: Hashable, Sendable {
  /// A kind of block, by its letter in a layout.
  public enum Block: Character, Hashable, Sendable, CaseIterable {
    case tile = "T"
    case light = "L"
    case heavy = "H"
    case memory = "M"
    case port = "P"
  }

  /// The rows, all as long.
  public var rows: [[Block]]

  /// Creates a layout of rows.
  public init(rows: [[Block]]) { self.rows = rows }

  /// The number of blocks in a row.
  public var width: Int { rows.first?.count ?? 0 }

  /// The number of blocks.
  public var count: Int { rows.count * width }

  /// How many blocks are of a kind.
  public func count(of block: Block) -> Int {
    rows.reduce(0) { $0 + $1.count { $0 == block } }
  }
}

extension FabricLayout {
  /// What the text of a layout looks like.
  static let form =
    "rows of equal length joined by /, of T (tile), L (light core), H (heavy core), M (memory core) and "
    + "P (port), at least one of each but H, at most 4096 blocks"

  /// Reads a layout from its text; `nil` if it is none.
  init?(_ text: String) {
    guard text.utf8.count <= 8192 else { return nil }
    var rows: [[Block]] = []
    for row in text.split(separator: "/", omittingEmptySubsequences: false) {
      let blocks = row.compactMap(Block.init)
      guard blocks.count == row.count else { return nil }
      rows.append(blocks)
    }
    self.init(rows: rows)
  }

  /// The text that reads back as the layout.
  var text: String { rows.map { String($0.map(\.rawValue)) }.joined(separator: "/") }

  /// Whether it is one that a fabric may have.
  var isPossible: Bool {
    width > 0 && rows.allSatisfy { $0.count == width } && count <= 4096
      && Block.allCases.allSatisfy { $0 == .heavy || count(of: $0) > 0 }
  }
}
