/// What an instruction does. Each case has one row in `table`.
public enum Opcode: UInt8, Hashable, Sendable, CaseIterable {
  case end = 0x00
  case wait = 0x01
  case jump = 0x02
  case branch = 0x03
  case loop = 0x04
  case next = 0x05
  case mvm = 0x10
  case affine = 0x20
  case copy = 0x30
  case fill = 0x31
  case cast = 0x32
  case map = 0x33
  case zip = 0x34
  case reduce = 0x35
  case contract = 0x36
  case gather = 0x37
  case select = 0x38
  case scatter = 0x39
  case sort = 0x3A

  /// What an operand names.
  public enum Operand: Hashable, Sendable {
    /// A descriptor that is written through.
    case destination
    /// A descriptor that is read through.
    case source
    /// A descriptor that is read through, or `none`.
    case optionalSource
    case tile, affine
    /// An instruction of the same stream.
    case target
    /// A number.
    case count
  }

  /// The kinds of units that run an instruction.
  public struct Units: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// Creates a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let host = Units(rawValue: 1)
    public static let crossbar = Units(rawValue: 2)
    public static let ldpu = Units(rawValue: 4)
    public static let gdpu = Units(rawValue: 8)
    public static let digital: Units = [.host, .gdpu]
    public static let all: Units = [.host, .crossbar, .ldpu, .gdpu]
  }

  /// A row of the instruction table.
  public struct Row: Sendable {
    /// The name in listings.
    public let mnemonic: String
    /// The units that run it.
    public let units: Units
    /// What its operands name, in order.
    public let operands: [Operand]
    /// The names of its immediates, in order.
    public let immediates: [String]
    /// The names of its functions, by number; empty if it has none.
    public let functions: [String]
    /// The flags that it takes.
    public let flags: [(name: String, flag: Instruction.Flags)]
    /// What it does.
    public let summary: String

    init(
      _ mnemonic: String, _ units: Units, _ operands: [Operand] = [], immediates: [String] = [],
      functions: [String] = [], flags: [(name: String, flag: Instruction.Flags)] = [],
      summary: String
    ) {
      self.mnemonic = mnemonic
      self.units = units
      self.operands = operands
      self.immediates = immediates
      self.functions = functions
      self.flags = flags
      self.summary = summary
    }
  }

  /// The row of the opcode.
  public var row: Row { Self.rows[Int(rawValue)]! }

  /// The instruction set.
  public static let table: [(opcode: Opcode, row: Row)] = [
    (.end, Row("end", .all, summary: "Ends the stream.")),
    (.wait, Row("wait", .all, [.source], summary: "Waits for the counter of a descriptor.")),
    (.jump, Row("jump", .all, [.target], summary: "Goes on at another instruction.")),
    (
      .branch,
      Row(
        "branch", .digital, [.target, .source], functions: ["zero", "nonzero"],
        summary: "Goes on at another instruction if the element is zero, or is not.")
    ),
    (.loop, Row("loop", .all, [.count], summary: "Begins a counted loop.")),
    (.next, Row("next", .all, summary: "Ends the body of a counted loop.")),
    (
      .mvm,
      Row(
        "mvm", .crossbar, [.destination, .source, .tile], immediates: ["scale"],
        summary: "Multiplies every vector, in steps of scale, with the conductances of a tile.")
    ),
    (
      .affine,
      Row(
        "affine", .ldpu, [.destination, .source, .optionalSource, .affine],
        immediates: ["scale", "partial"],
        flags: [("relu-before", .reluBefore), ("relu-after", .reluAfter)],
        summary:
          "Scales and offsets columns, adds a partial sum in steps of partial, rounds to scale.")
    ),
    (.copy, Row("copy", .digital, [.destination, .source], summary: "Copies elements.")),
    (
      .fill, Row("fill", .digital, [.destination], immediates: ["value"], summary: "Sets elements.")
    ),
    (
      .cast,
      Row("cast", .digital, [.destination, .source], summary: "Converts between element types.")
    ),
    (
      .map,
      Row(
        "map", .digital, [.destination, .source], immediates: ["x", "y"],
        functions: MapFunction.allCases.map { "\($0)" },
        summary: "Applies a function to each element.")
    ),
    (
      .zip,
      Row(
        "zip", .digital, [.destination, .source, .source],
        functions: ZipFunction.allCases.map { "\($0)" },
        summary: "Applies a function to each pair of elements.")
    ),
    (
      .reduce,
      Row(
        "reduce", .digital, [.destination, .source],
        functions: ReduceFunction.allCases.map { "\($0)" },
        summary: "Reduces every vector to an element.")
    ),
    (
      .contract,
      Row(
        "contract", .digital, [.destination, .source, .source],
        summary: "Sums the products of the elements of every pair of vectors.")
    ),
    (
      .gather,
      Row(
        "gather", .digital, [.destination, .source, .source],
        summary: "Copies the vectors of the first source whose numbers the second holds.")
    ),
    (
      .select,
      Row(
        "select", .digital, [.destination, .source, .source, .source],
        summary: "Takes elements of the second source where the first is true, else of the third.")
    ),
    (
      .scatter,
      Row(
        "scatter", .digital, [.destination, .source, .source],
        functions: ScatterFunction.allCases.map { "\($0)" },
        summary: "Puts the vectors of the first source where the second says, or adds them there.")
    ),
    (
      .sort,
      Row(
        "sort", .digital, [.destination, .source],
        functions: SortFunction.allCases.map { "\($0)" },
        summary: "Gives the positions of the elements of every vector in their order.")
    ),
  ]

  /// `table` by opcode number.
  private static let rows: [Row?] = {
    var rows = [Row?](repeating: nil, count: 256)
    for (opcode, row) in table { rows[Int(opcode.rawValue)] = row }
    return rows
  }()
}
