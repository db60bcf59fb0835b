extension Chip {
  /// The most cores of a chip.
  static let maximumCores = 1_000_000
  /// The bits that an ADC may have: counts are numbers in f32, which are rounded to whole ones.
  static let adcBits = 1...20
  /// The most links that a chip file lists.
  static let maximumListedLinks = 65_536
  /// The most bytes of a chip file.
  public static let maximumTextSize = 2 << 20

  static let nameForm = "letters, digits, '.', '-' and '_', at most 64"

  static let oneLine =
    "one line of at most 1,000 bytes and 8 opening brackets, without & or * before a word"

  /// The keys with one scalar each, in canonical order; sections are contiguous.
  ///
  /// `assumed` (a list of paths), `gdpu: none`, `links.topology` and `devices` are the only other
  /// values.
  public static let fields: [Field<Chip>] =
    [
      .text(
        "name", \.name, nameForm, "Name of the chip.",
        where: { $0.isChipName }),
      .text(
        "summary", \.summary, oneLine, "What it is.",
        where: { $0.isOneLine }),
      .text(
        "source", \.source, oneLine, "Where its figures come from.",
        where: { $0.isOneLine }),
      .optionalName(
        "device-model", \.deviceModel,
        "Device model that holds where none is named; may be missing, see Devices."),

      .integer("cores.rows", \.cores.rows, 1...maximumCores, "Rows of cores."),
      .integer("cores.columns", \.cores.columns, 1...maximumCores, "Cores in a row."),

      .integer("crossbar.rows", \.crossbar.rows, 1...65_535, "Word lines: inputs of one MVM."),
      .integer(
        "crossbar.columns", \.crossbar.columns, 1...65_535, "Bit lines: outputs of one MVM."),
      .integer(
        "crossbar.devices-per-polarity", \.crossbar.devicesPerPolarity, 1...16,
        "Devices on each side of a conductance pair."),
      .number(
        "crossbar.g-max", \.crossbar.gMax, 1e-3...1e6, "µS",
        "Largest conductance of one side of a conductance pair."),
      .number(
        "crossbar.read-voltage", \.crossbar.readVoltage, 1e-3...100, "V",
        "Read voltage at a word line."),
      .number(
        "crossbar.line-current-limit", \.crossbar.lineCurrentLimit, 1e-3...1e9, "µA",
        "Largest current that a line may carry."),
      .number("crossbar.mvm-time", \.crossbar.mvmTime, 1e-3...1e12, "ns", "Time of one MVM."),
      .number(
        "crossbar.mvm-energy", \.crossbar.mvmEnergy, 0...1e12, "nJ",
        "Energy of one MVM of the whole crossbar with its converters."),
      .number(
        "crossbar.power", \.crossbar.power, 0...1e12, "mW",
        "Power of a core from the start of an MVM until what its result is added to has left the last LDPU."
      ),

      .integer("dac.bits", \.dac.bits, 2...16, "Bits of a DAC code, sign included."),

      .integer("adc.bits", \.adc.bits, adcBits, "Bits of an ADC count, which has no sign."),
      .number(
        "adc.counts-per-g-max", \.adc.countsPerGMax, 1e-3...1e9, "counts",
        "Counts of one conductance at g-max whose word line carries the largest DAC code."),
      .choice("adc.rounding", \.adc.rounding, "How a current between two counts is read."),

      .choice("ldpu.precision", \.ldpu.precision, "Precision of the arithmetic of an LDPU."),
      .integer(
        "ldpu.output-bits", \.ldpu.outputBits, 2...16,
        "Bits of a result and of a partial sum on a link, sign included."),
      .number("ldpu.clock", \.ldpu.clock, 1e-3...1e6, "MHz", "Clock; one column is done a cycle."),
      .number(
        "ldpu.latency", \.ldpu.latency, 0...1e12, "ns",
        "Time from the counts of a column to its result."),
      .number(
        "ldpu.energy-per-column", \.ldpu.energyPerColumn, 0...1e12, "pJ", "Energy of one column."),

      .integer("gdpu.count", \.gdpu!.count, 1...maximumCores, "GDPU slices."),
      .choice("gdpu.precision", \.gdpu!.precision, "Precision of the arithmetic of a GDPU slice."),
      .integer(
        "gdpu.maximum-inputs", \.gdpu!.maximumInputs, 1...1_000_000,
        "Most inputs of one operation of a slice."),
      .number("gdpu.clock", \.gdpu!.clock, 1e-3...1e6, "MHz", "Clock; one input is taken a cycle."),

      .limit(
        "links.maximum-neighbours", \.links.maximumNeighbours, 0...maximumCores,
        "Most cores that one core may send to, and most that it may receive from."),
      .limit(
        "links.maximum-count", \.links.maximumCount, 0...1_000_000_000,
        "Links of the chip in all, of which a list names those that are modelled."),
      .number("links.clock", \.links.clock, 1e-3...1e6, "MHz", "Clock; one byte passes a cycle."),
      .number(
        "links.latency", \.links.latency, 0...1e12, "ns",
        "Time of a byte from an LDPU to the unit at the end of a link."),
      .number("links.energy-per-byte", \.links.energyPerByte, 0...1e12, "pJ", "Energy of a byte."),

      .number(
        "host.bandwidth", \.host.bandwidth, 1...1e18, "B/s",
        "Rate of the connection between host and chip."),
      .number(
        "host.latency", \.host.latency, 0...1e15, "ns",
        "Time until the first byte of a transfer arrives."),
      .number("host.mac-rate", \.host.macRate, 1...1e21, "MAC/s", "Rate of arithmetic."),
      .number(
        "host.energy-per-mac", \.host.energyPerMAC, 0...1e12, "pJ",
        "Energy of a multiply-accumulate."),
      .number(
        "host.energy-per-byte", \.host.energyPerByte, 0...1e12, "pJ",
        "Energy of a byte moved between host and chip."),
    ] + circuitFields + fabricFields

  /// The names of the sections in canonical order.
  static let sections: [String] = fields.map(\.section).reduce(into: []) { names, name in
    if !name.isEmpty && names.last != name { names.append(name) }
  }

  /// Every path that `assumed` may name, but for single device models.
  static let figures: [String] =
    sections + fields.filter { !$0.section.isEmpty }.map(\.path) + ["links.topology", "devices"]

  /// The GDPU that the fields of the section are stored into.
  static let blankGDPU = GDPU(count: 0, precision: .f16, maximumInputs: 0, clock: 0)

  /// The chip that the fields are stored into; no field keeps what stands here.
  static let blank = Chip(
    name: "", summary: "", source: "", assumed: [], cores: CoreGrid(rows: 0, columns: 0),
    crossbar: Crossbar(
      rows: 0, columns: 0, devicesPerPolarity: 0, gMax: 0, readVoltage: 0, lineCurrentLimit: 0,
      mvmTime: 0, mvmEnergy: 0),
    dac: DAC(bits: 0), adc: ADC(bits: 0, countsPerGMax: 0, rounding: .floor),
    ldpu: LDPU(precision: .f16, outputBits: 0, clock: 0, energyPerColumn: 0), gdpu: nil,
    links: Links(
      topology: .all, maximumNeighbours: nil, maximumCount: nil, clock: 0, energyPerByte: 0),
    host: Host(bandwidth: 0, latency: 0, macRate: 0, energyPerMAC: 0, energyPerByte: 0),
    devices: [])
}
