import AIMCLoader
import Basics
import Chip

/// Tests every cell of the device at `device`, and writes what does not work to `output`.
///
/// The device forgets its program. Throws `Diagnostics` if the device does not say what it is, or refuses.
public func runSelfTest(device: String, output: String?, json: Bool, console: Console) throws {
  let address = try LinkAddress(device)
  var files = CommandFiles()
  let file = files.opened(output, "--output")
  try files.faults.throwIfErrors()
  let link = try DeviceLink(address)
  let (chip, count) = try link.chips()
  let judgement = MeasuredFaults(chip)
  var map = FaultMap(chip: chip.name)
  let cores = chip.cores.count * count
  var progress = Progress("testing cores", total: cores, console: console, tellsTimeLeft: true)
  defer { progress.finish() }
  for core in 0..<cores {
    let (number, index) = core.quotientAndRemainder(dividingBy: chip.cores.count)
    let counts = try (0...chip.crossbar.devicesPerPolarity).map {
      try link.counts(ofCore: core, pattern: $0, chip.crossbar)
    }
    let faults = judgement.faults(
      of: number, CoreID(index), reset: counts[0], set: Array(counts.dropFirst()))
    if !faults.isEmpty { map.cores.append(faults) }
    try progress.update(core + 1)
  }
  progress.finish()
  if let file {
    try file.write(map.text)
    try file.complete()
  }
  try console.write(
    SelfTestReport(map, chip, count, file: output), as: "aimcc.self-test/1", json: json)
}

extension DeviceLink {
  /// The most bytes of a chip description.
  private static let largestDescription = 2 << 20

  /// What the chips are, and how many stand in series.
  ///
  /// Throws `Diagnostics` if the device does not say, or says what is no chip description.
  func chips() throws -> (chip: Chip, count: Int) {
    let (count, size) = (Int(state.chip_count), Int(state.chip_size))
    guard count > 0, size > 0 else {
      throw Diagnostics(
        Diagnostic(
          file: "\(address)", "the device does not say what its chips are",
          help: "load a program, or start aimcc chip with --chip"))
    }
    guard count <= 1 << 14, size <= Self.largestDescription else {
      throw Diagnostics(
        Diagnostic(file: "\(address)", "the device says that it has \(count) chips"))
    }
    let text = try read(AIMC_MEMORY_CHIP, count: size)
    return (
      try Chip(canonicalYAML: String(decoding: text, as: UTF8.self), file: "\(address)"), count
    )
  }

  /// The counts of both sides of each cell of a core, row by row, after test `pattern`.
  fileprivate func counts(
    ofCore core: Int, pattern: Int, _ crossbar: Crossbar
  ) throws -> [UInt16] {
    try test(core: core, pattern: pattern)
    let bytes = try read(AIMC_MEMORY_CELLS, count: 4 * crossbar.rows * crossbar.columns)
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / 2).map {
        UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
    }
  }
}

/// What `self-test` prints.
private struct SelfTestReport: Report {
  var chip: String
  var chips: Int
  var cores: Int
  var cells: Int
  var deadCores: Int
  var deadRows: Int
  var deadColumns: Int
  /// Devices that do not change; all of those of a side count as one.
  var stuck: Int
  /// The cells with one of them.
  var stuckCells: Int
  /// The file, if one was written.
  var file: String?

  init(_ map: FaultMap, _ chip: Chip, _ count: Int, file: String?) {
    self.chip = chip.name
    self.file = file
    chips = count
    cores = count * chip.cores.count
    cells = cores * chip.crossbar.rows * chip.crossbar.columns
    deadCores = map.cores.count(where: \.isDead)
    deadRows = map.cores.reduce(0) { $0 + $1.deadRows.count }
    deadColumns = map.cores.reduce(0) { $0 + $1.deadColumns.count }
    stuck = map.cores.reduce(0) { $0 + $1.stuck.count }
    stuckCells = map.cores.reduce(0) { sum, core in
      sum + Set(core.stuck.map { $0.row * chip.crossbar.columns + $0.column }).count
    }
  }

  var page: Page {
    var text = """
      tested         \(cores) cores of \(chips) × \(printable(chip)), \(grouped(cells)) cells
      dead           \(deadCores) cores; of others \(deadRows) word lines and \(deadColumns) bit lines
      stuck          \(grouped(stuck)) devices or sides, in \(grouped(stuckCells)) cells \
      (\(percent(Double(stuckCells), of: Double(cells), digits: 2)) %)

      """
    if let file { text += "faults         \(printable(file))\n" }
    return Page(text)
  }
}
