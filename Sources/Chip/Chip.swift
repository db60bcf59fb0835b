/// An analog in-memory computing chip, as a chip file describes it (Specs/chip.md).
///
/// No figure of a chip stands in Swift code: all of them come from the presets or from a user's file.
public struct Chip: Hashable, Sendable {
  /// The name, as on the command line.
  public var name: String
  /// What it is, in a sentence.
  public var summary: String
  /// Where its figures come from.
  public var source: String
  /// The paths of the figures that are assumed rather than published, such as `host.bandwidth`.
  public var assumed: [String]
  /// The cores.
  public var cores: CoreGrid
  /// The crossbar of every core.
  public var crossbar: Crossbar
  /// The digital-to-analog converters at the word lines.
  public var dac: DAC
  /// The analog-to-digital converters at the bit lines.
  public var adc: ADC
  /// The local digital unit of every core.
  public var ldpu: LDPU
  /// The global digital units, or `nil` if there are none.
  public var gdpu: GDPU?
  /// The connections between units.
  public var links: Links
  /// The processor that does what the chip cannot.
  public var host: Host
  /// The mesh of tiles and digital cores; `nil` for a chip whose digital work the host does.
  public var fabric: Fabric?
  /// What its circuits add to a product.
  public var circuit = Circuit()
  /// The models of its devices, by name in ascending order.
  public var devices: [DeviceModel]
  /// The name of the model that holds where none is named; `nil` for the one that fits the crossbar.
  public var deviceModel: String?

  /// Creates a description from its parts.
  public init(
    name: String, summary: String, source: String, assumed: [String], cores: CoreGrid,
    crossbar: Crossbar, dac: DAC, adc: ADC, ldpu: LDPU, gdpu: GDPU?, links: Links, host: Host,
    devices: [DeviceModel] = []
  ) {
    self.name = name
    self.summary = summary
    self.source = source
    self.assumed = assumed
    self.cores = cores
    self.crossbar = crossbar
    self.dac = dac
    self.adc = adc
    self.ldpu = ldpu
    self.gdpu = gdpu
    self.links = links
    self.host = host
    self.devices = devices
  }
}

/// Names a core of one chip.
public struct CoreID: Hashable, Comparable, Sendable {
  /// The index, row by row.
  public let rawValue: UInt32

  /// Creates the id of the core at `index`.
  public init(_ index: Int) { rawValue = UInt32(index) }

  /// The index, row by row.
  public var index: Int { Int(rawValue) }

  public static func < (a: CoreID, b: CoreID) -> Bool { a.rawValue < b.rawValue }
}

/// How the cores lie.
public struct CoreGrid: Hashable, Sendable {
  /// The number of rows of cores.
  public var rows: Int
  /// The number of cores in a row.
  public var columns: Int
  /// The number of cores.
  public var count: Int { rows * columns }

  /// Creates a grid of cores.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// An array of conductance pairs.
public struct Crossbar: Hashable, Sendable {
  /// The number of word lines: the inputs of one MVM.
  public var rows: Int
  /// The number of bit lines: the outputs of one MVM.
  public var columns: Int
  /// The devices on each side of a conductance pair.
  public var devicesPerPolarity: Int
  /// The largest conductance of one side of a pair, in µS.
  public var gMax: Double
  /// The read voltage at a word line, in V.
  public var readVoltage: Double
  /// The largest current that a line may carry, in µA.
  public var lineCurrentLimit: Double
  /// The time of one MVM, in ns.
  public var mvmTime: Double
  /// The energy of one MVM of the whole crossbar with its converters, in nJ.
  public var mvmEnergy: Double
  /// The power of a core, in mW, beside the energies of its operations, from the start of an MVM
  /// until the sum with its result has left the last LDPU.
  public var power: Double

  /// Creates a description of a crossbar.
  public init(
    rows: Int, columns: Int, devicesPerPolarity: Int, gMax: Double, readVoltage: Double,
    lineCurrentLimit: Double, mvmTime: Double, mvmEnergy: Double, power: Double = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.devicesPerPolarity = devicesPerPolarity
    self.gMax = gMax
    self.readVoltage = readVoltage
    self.lineCurrentLimit = lineCurrentLimit
    self.mvmTime = mvmTime
    self.mvmEnergy = mvmEnergy
    self.power = power
  }
}

/// A digital-to-analog converter of a word line.
public struct DAC: Hashable, Sendable {
  /// The bits of a code, sign included.
  public var bits: Int
  /// The largest code; the smallest is its negative.
  public var maximumCode: Int { 1 << (bits - 1) - 1 }

  /// Creates a description of a converter.
  public init(bits: Int) { self.bits = bits }
}

/// An analog-to-digital converter of a bit line, which counts both polarities separately.
public struct ADC: Hashable, Sendable {
  /// How a current between two counts is read.
  public enum Rounding: String, Hashable, Sendable, CaseIterable { case floor, round }

  /// The bits of a count, which has no sign.
  public var bits: Int
  /// The counts of one device pair at g_max whose word line carries the largest code.
  public var countsPerGMax: Double
  /// The rounding.
  public var rounding: Rounding
  /// The largest count.
  public var maximumCount: Int { 1 << bits - 1 }

  /// Creates a description of a converter.
  public init(bits: Int, countsPerGMax: Double, rounding: Rounding) {
    self.bits = bits
    self.countsPerGMax = countsPerGMax
    self.rounding = rounding
  }
}

/// The precision in which a digital unit computes.
public enum Precision: String, Hashable, Sendable, CaseIterable { case f16, f32 }

/// The local digital unit of a core: affine, addition of a partial sum, ReLU, requantisation.
public struct LDPU: Hashable, Sendable {
  /// The precision of its arithmetic.
  public var precision: Precision
  /// The bits of its results and of the partial sums on links, sign included.
  public var outputBits: Int
  /// The clock, in MHz; one column is done a cycle.
  public var clock: Double
  /// The time from the counts of a column to its result, in ns.
  public var latency: Double
  /// The energy of one column, in pJ.
  public var energyPerColumn: Double
  /// The largest code of a result.
  public var maximumCode: Int { 1 << (outputBits - 1) - 1 }

  /// Creates a description of the unit.
  public init(
    precision: Precision, outputBits: Int, clock: Double, latency: Double = 0,
    energyPerColumn: Double
  ) {
    self.precision = precision
    self.outputBits = outputBits
    self.clock = clock
    self.latency = latency
    self.energyPerColumn = energyPerColumn
  }
}

/// The global digital units.
public struct GDPU: Hashable, Sendable {
  /// The number of slices.
  public var count: Int
  /// The precision of their arithmetic.
  public var precision: Precision
  /// The most inputs of one operation.
  public var maximumInputs: Int
  /// The clock, in MHz; every stage of a slice takes an element a cycle.
  public var clock: Double
  /// The most numbers that a slice keeps from step to step: the cell states of the LSTM units whose
  /// four gates it computes.
  public var maximumStates: Int { maximumInputs / 4 }

  /// Creates a description of the units.
  public init(count: Int, precision: Precision, maximumInputs: Int, clock: Double) {
    self.count = count
    self.precision = precision
    self.maximumInputs = maximumInputs
    self.clock = clock
  }
}

/// The processor beside the chip, and its connection to the chip.
public struct Host: Hashable, Sendable {
  /// The rate of the connection to the chip, in bytes a second.
  public var bandwidth: Double
  /// The time until the first byte of a transfer arrives, in ns.
  public var latency: Double
  /// The rate of arithmetic, in multiply-accumulates a second.
  public var macRate: Double
  /// The energy of a multiply-accumulate, in pJ.
  public var energyPerMAC: Double
  /// The energy of a byte moved between host and chip, in pJ.
  public var energyPerByte: Double

  /// Creates a description of the host.
  public init(
    bandwidth: Double, latency: Double, macRate: Double, energyPerMAC: Double,
    energyPerByte: Double
  ) {
    self.bandwidth = bandwidth
    self.latency = latency
    self.macRate = macRate
    self.energyPerMAC = energyPerMAC
    self.energyPerByte = energyPerByte
  }
}
