import Basics
import Chip

/// A tile program: everything that a chip and its host need to run a network, and nothing else.
///
/// One run of a program is one inference of exactly the shapes of its ports. Specs/program.md fixes
/// the bytes, Specs/isa.md the instructions.
public struct Program: Hashable, Sendable {
  /// The name of the network.
  public var network: String
  /// The name and version of the compiler.
  public var compiler: String
  /// The chip, of which the program uses `chipCount`.
  public var chip: Chip
  /// The number of chips, which stand in series with the host between them.
  public var chipCount: Int
  /// What the user supplies.
  public var inputs: [Port] = []
  /// What the user receives.
  public var outputs: [Port] = []
  /// The memories, indexed by `BufferID`.
  public var buffers: [Buffer] = []
  /// The number of counters, each named by a `CounterID`.
  public var counterCount = 0
  /// The conductances, indexed by `BlockID`.
  public var blocks: [ConductanceBlock] = []
  /// What lies on which core, indexed by `TileID`; the core table.
  public var tiles: [Tile] = []
  /// The cores whose lines have an order of their own, in ascending order of chips and cores.
  public var lines: [CoreLines] = []
  /// The probes of blocks, in ascending order of blocks; blocks without calibration have none.
  public var probes: [Probe] = []
  /// The affine functions of LDPU columns, indexed by `AffineID`.
  public var affines: [Affine] = []
  /// The address descriptors, indexed by `DescriptorID`.
  public var descriptors: [Descriptor] = []
  /// The code, one stream a unit, in ascending order of unit.
  public var streams: [Stream] = []
  /// Which ONNX node each range of code computes.
  public var symbols: [Symbol] = []

  /// Creates an empty program.
  public init(network: String, compiler: String, chip: Chip, chipCount: Int) {
    self.network = network
    self.compiler = compiler
    self.chip = chip
    self.chipCount = chipCount
  }
}

/// An input or output of the network.
public struct Port: Hashable, Sendable {
  /// The name, as in the ONNX model.
  public var name: String
  /// The type that the model declares for it.
  public var element: ElementType
  /// The dimensions of one inference.
  public var shape: [Int]
  /// For each dimension, its name if it is open in the model and was fixed when compiling, else
  /// `nil`.
  public var dimensionNames: [String?]
  /// The memory that holds it.
  public var buffer: BufferID
  /// The step of the first converter that reads it, in units of the port; 0 if there is none.
  public var scale: Float
  /// The constant with this input of several inferences, one after the other, for the calibration
  /// of chips; `nil` if there is none.
  public var samples: BufferID?

  /// Creates a port.
  public init(
    name: String, element: ElementType, shape: [Int], dimensionNames: [String?],
    buffer: BufferID, scale: Float, samples: BufferID? = nil
  ) {
    self.name = name
    self.element = element
    self.shape = shape
    self.dimensionNames = dimensionNames
    self.buffer = buffer
    self.scale = scale
    self.samples = samples
  }
}

/// A memory that holds elements of one type.
public struct Buffer: Hashable, Sendable {
  /// Where a memory is.
  public enum Space: Hashable, Sendable {
    /// In the host.
    case host
    /// Between the converters and the LDPU of a core: the results of its bit lines.
    case columns(chip: Int, core: CoreID)
    /// At the receiving end of a link of a chip.
    case link(chip: Int, source: CoreID, target: CoreID)
    /// In a slice of the GDPU of a chip: what a linked LDPU sends it, or what it computes with.
    case gdpu(chip: Int, slice: Int)
  }

  /// The name: that of an ONNX value, or one made from it.
  public var name: String
  /// Where it is.
  public var space: Space
  /// The type of the elements.
  public var element: ElementType
  /// The number of elements of one inference.
  public var count: Int
  /// The number of elements that the memory can hold at a time.
  public var capacity: Int
  /// The content before the first inference, which no code changes; `nil` if there is none.
  public var constant: Bytes?

  /// Creates a memory.
  public init(
    name: String, space: Space, element: ElementType, count: Int, capacity: Int,
    constant: Bytes? = nil
  ) {
    self.name = name
    self.space = space
    self.element = element
    self.count = count
    self.capacity = capacity
    self.constant = constant
  }
}

/// The conductances of one block of a layer's matrix.
///
/// The value g at row r and column c represents the weight `decoded(g) · columnScale[c]`; where
/// `isCut`, a g of ±1 also represents larger weights. Positive g are programmed on the positive
/// side of the conductance pair, negative g on the other.
public struct ConductanceBlock: Hashable, Sendable {
  /// The columns that hold the programming errors of other columns.
  ///
  /// Their conductances are 0 in the program: they follow from a read of the columns that they
  /// correct, after programming.
  public struct Residual: Hashable, Sendable {
    /// The first error column in the layer's matrix; all that follow are error columns.
    public var firstColumn: Int
    /// Column c corrects the columns c − width, c − 2 · width and so on.
    public var width: Int
    /// The fraction of the measured error that is corrected, from 0 to 1; below 1 since the read is
    /// noisy.
    public var share: Float

    /// Creates a description of error columns.
    public init(firstColumn: Int, width: Int, share: Float) {
      self.firstColumn = firstColumn
      self.width = width
      self.share = share
    }

    /// The columns of the layer's matrix that `column` corrects; the width must be above 0.
    public func corrected(by column: Int) -> StrideThrough<Int> {
      stride(from: column - width, through: 0, by: -width)
    }
  }

  /// The node whose weights it holds.
  public var node: String
  /// The rows of the layer's matrix that it holds.
  public var rows: Range<Int>
  /// The columns of the layer's matrix that it holds.
  public var columns: Range<Int>
  /// Which of its columns hold errors of others; `nil` for none.
  public var residual: Residual?
  /// The conductance of |g| = 1, in µS.
  public var gMax: Float
  /// The devices on each side of a pair.
  public var devicesPerPolarity: Int
  /// The weight of g = 1 in each column.
  public var columnScale: [Float]
  /// Whether weights beyond the scales of their columns are cut, so that g = ±1 represents them.
  public var isCut: Bool
  /// The decoded values of |g| = 0, 1/n, 2/n, … 1 relative to that of g = 1, linear in between: n +
  /// 1 numbers that do not fall, from 0 to 1; empty where the decoded value is g.
  public var decoding: [Float]
  /// The values g, row by row, as f32 within −1 ... 1; `rows.count × columns.count` of them.
  public var conductances: Bytes

  /// Creates a block.
  public init(
    node: String, rows: Range<Int>, columns: Range<Int>, gMax: Float, devicesPerPolarity: Int,
    columnScale: [Float], isCut: Bool = false, decoding: [Float] = [],
    residual: Residual? = nil, conductances: Bytes
  ) {
    self.node = node
    self.rows = rows
    self.columns = columns
    self.gMax = gMax
    self.devicesPerPolarity = devicesPerPolarity
    self.columnScale = columnScale
    self.isCut = isCut
    self.decoding = decoding
    self.residual = residual
    self.conductances = conductances
  }
}

/// The vectors that calibrate a block on the chip, and the mean and spread that each column should
/// give.
///
/// A column counts in input codes times `decoded(g)`, as in an affine function.
public struct Probe: Hashable, Sendable {
  /// What is corrected by what was measured.
  public enum Routine: UInt8, Hashable, Sendable, CaseIterable {
    /// Nothing.
    case none
    /// One factor for all columns of a tile.
    case global
    /// A factor for each column.
    case column
    /// A factor and an addend for each column.
    case refit
    /// As `refit`, layer after layer, each with what the chip, corrected so far, makes of samples.
    case layers
  }

  /// The block.
  public var block: BlockID
  /// The correction, unless the loader gets another one.
  public var routine: Routine
  /// Input codes as i16, vector by vector, each of as many as the block has rows.
  public var codes: Bytes
  /// The places of these vectors, one pair of u32 per vector: the number of the sample, and that of
  /// the vector among those that the layer multiplies; empty if unknown.
  public var places: Bytes
  /// The mean of every column over the vectors.
  public var mean: [Float]
  /// The standard deviation of every column over the vectors.
  public var spread: [Float]

  /// Creates a probe.
  public init(
    block: BlockID, routine: Routine, codes: Bytes, places: Bytes = .none,
    mean: [Float], spread: [Float]
  ) {
    self.block = block
    self.routine = routine
    self.codes = codes
    self.places = places
    self.mean = mean
    self.spread = spread
  }
}

/// A block programmed into a core.
public struct Tile: Hashable, Sendable {
  /// The chip.
  public var chip: Int
  /// The core of that chip.
  public var core: CoreID
  /// The block; replicas name the same one.
  public var block: BlockID
  /// The first word line that it uses, in the order of the core's lines.
  public var firstRow: Int
  /// The first bit line that it uses, in that order.
  public var firstColumn: Int

  /// Creates a tile.
  public init(chip: Int, core: CoreID, block: BlockID, firstRow: Int, firstColumn: Int) {
    self.chip = chip
    self.core = core
    self.block = block
    self.firstRow = firstRow
    self.firstColumn = firstColumn
  }
}

/// The affine function of every column that an LDPU computes: `gain · column + offset`.
///
/// A column counts in input codes times g; the result is in units of the model. Stored in f32; the
/// unit rounds to its own precision when it loads them.
public struct Affine: Hashable, Sendable {
  /// The factor of each column.
  public var gain: [Float]
  /// The addend of each column.
  public var offset: [Float]
  /// The step of each column's result as a multiple of that of the instruction, above 0; empty
  /// where all are 1.
  public var steps: [Float]
  /// The step of each column's partial sum as a multiple of that of the instruction, above 0; empty
  /// where all are 1.
  public var partialSteps: [Float]

  /// Creates an affine function.
  public init(
    gain: [Float], offset: [Float], steps: [Float] = [], partialSteps: [Float] = []
  ) {
    self.gain = gain
    self.offset = offset
    self.steps = steps
    self.partialSteps = partialSteps
  }
}

extension Program {
  /// The oldest version of the format that can hold the program.
  var formatVersion: FormatVersion {
    let hasSteps = affines.contains { !$0.steps.isEmpty || !$0.partialSteps.isEmpty }
    return FormatVersion(major: 2, minor: lines.isEmpty ? hasSteps ? 1 : 0 : 2)
  }
}

/// The code of one unit.
public struct Stream: Hashable, Sendable {
  /// The unit that runs it.
  public var unit: Unit
  /// The instructions, the last of which is `end`.
  public var code: [Instruction]

  /// Creates a stream.
  public init(unit: Unit, code: [Instruction]) {
    self.unit = unit
    self.code = code
  }
}

/// What runs a stream.
public enum Unit: Hashable, Comparable, Sendable {
  case host
  case crossbar(chip: Int, core: CoreID)
  case ldpu(chip: Int, core: CoreID)
  case gdpu(chip: Int, slice: Int)
}

/// Ties a range of code to the ONNX node that it computes.
public struct Symbol: Hashable, Sendable {
  /// The index of the stream.
  public var stream: Int
  /// The instructions.
  public var instructions: Range<Int>
  /// The name of the node.
  public var node: String
  /// The operator of the node.
  public var op: String

  /// Creates a symbol.
  public init(stream: Int, instructions: Range<Int>, node: String, op: String) {
    self.stream = stream
    self.instructions = instructions
    self.node = node
    self.op = op
  }
}
