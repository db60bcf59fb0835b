import Basics

extension FaultMap {
  /// The most bytes of a file of faults: 1 % of the devices of 64 cores of 256×256 take 3 MiB.
  public static let maximumTextSize = 256 << 20

  /// The most faults of a file that are told.
  private static let maximumFaults = 100

  private static let format = "faults/1"

  /// The map as a file: `FaultMap(text:on:)` gives the same map for it.
  public var text: String {
    var text = "aimcc: \(Self.format)\nchip: \(Self.quoted(chip))\n"
    text += cores.isEmpty ? "cores: {}\n" : "cores:\n"
    for core in cores {
      text += "  \(core.chip).\(core.core.index):\n"
      if core.isDead { text += "    dead: true\n" }
      for (key, lines) in [("rows", core.deadRows), ("columns", core.deadColumns)]
      where !lines.isEmpty {
        text += "    \(key): [\(lines.map(String.init).joined(separator: ", "))]\n"
      }
      if core.stuck.isEmpty { continue }
      text += "    stuck: |\n"
      for device in core.stuck {
        let side = (device.isNegative ? "-" : "+") + (device.device.map(String.init) ?? "")
        text += "      \(device.row) \(device.column) \(side) \(device.conductance)\n"
      }
    }
    return text
  }

  private static func quoted(_ name: String) -> String {
    name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      ? name : "\"\(name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// Reads a file of faults of `count` chips like `chip`; `file` is its name in diagnostics.
  ///
  /// Throws `Diagnostics` with all faults of the text: what is no such file, is of another chip, or names what the
  /// chip does not have.
  public init(text: String, on chip: Chip, file: String? = nil) throws {
    let tree = try YAMLTree(
      yaml: text, file: file, limit: Self.maximumTextSize,
      beginning: "begin with the line `aimcc: \(Self.format)`")
    var reader = FaultMapReader(chip: chip)
    self = reader.read(tree)
    try reader.faults.throwIfErrors()
  }

  /// Reads the tree of a file, and collects what is wrong with it.
  private struct FaultMapReader {
    let chip: Chip
    private(set) var faults = Diagnostics()

    init(chip: Chip) { self.chip = chip }

    private mutating func report(_ fault: Diagnostic) {
      if faults.items.count < FaultMap.maximumFaults { faults.append(fault) }
    }

    mutating func read(_ tree: YAMLTree) -> FaultMap {
      var map = FaultMap(chip: chip.name)
      requireKeys(of: tree, ["aimcc", "chip", "cores"], needed: true)
      if case .scalar(let format)? = tree["aimcc"]?.content, format.text != FaultMap.format {
        report(
          tree.place.fault(
            "is no file of faults, but \"\(format.text.shortened)\"",
            supported: "aimcc: \(FaultMap.format)"))
        return map
      }
      if let name = tree["chip"] {
        if case .scalar(let text) = name.content, text.text == chip.name {
        } else {
          report(
            name.place.fault(
              "is of the chip \(name.kind), not of \(chip.name)",
              help: "measure this chip, or name the other one with --chip"))
        }
      }
      guard let cores = tree["cores"] else { return map }
      guard case .mapping(let entries) = cores.content else {
        report(cores.place.fault("cores must be a section, not \(cores.kind)"))
        return map
      }
      for entry in entries {
        guard let place = Self.place(entry.key), place.core < chip.cores.count else {
          report(
            entry.place.fault(
              "there is no core \"\(entry.key.shortened)\"",
              supported: "CHIP.CORE, with a chip from 0 and cores 0 to \(chip.cores.count - 1)"))
          continue
        }
        let core = read(entry.value, of: CoreFaults(chip: place.chip, core: CoreID(place.core)))
        if !core.isEmpty { map.cores.append(core) }
      }
      return FaultMap(chip: map.chip, cores: map.cores)
    }

    private mutating func requireKeys(of tree: YAMLTree, _ known: [String], needed: Bool) {
      guard case .mapping(let entries) = tree.content else {
        report(tree.place.fault("must be a section, not \(tree.kind)"))
        return
      }
      for entry in entries where !known.contains(entry.key) {
        report(
          entry.place.fault(
            "unknown key \"\(entry.key.shortened)\"", supported: known.joined(separator: ", ")))
      }
      if needed {
        for key in known where tree[key] == nil {
          report(tree.place.fault("lacks \(key)"))
        }
      }
    }

    /// Reads `0.12`.
    private static func place(_ text: String) -> (chip: Int, core: Int)? {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, let chip = UInt16(parts[0]), let core = UInt32(parts[1]) else {
        return nil
      }
      return (Int(chip), Int(core))
    }

    private mutating func read(_ tree: YAMLTree, of core: CoreFaults) -> CoreFaults {
      var core = core
      requireKeys(of: tree, ["dead", "rows", "columns", "stuck"], needed: false)
      if let value = tree["dead"] {
        if case .scalar(let text) = value.content, ["true", "false"].contains(text.text) {
          core.isDead = text.text == "true"
        } else {
          report(value.place.fault("dead must be true or false, not \(value.kind)"))
        }
      }
      core.deadRows = lines(of: tree["rows"], "rows", below: chip.crossbar.rows)
      core.deadColumns = lines(of: tree["columns"], "columns", below: chip.crossbar.columns)
      guard let value = tree["stuck"] else { return core }
      guard case .scalar(let scalar) = value.content else {
        report(value.place.fault("stuck must be lines of text behind |, not \(value.kind)"))
        return core
      }
      core.stuck = stuck(in: scalar.text, at: value.place)
      return core
    }

    private mutating func lines(of tree: YAMLTree?, _ key: String, below count: Int) -> [Int] {
      guard let tree else { return [] }
      guard case .list(let items) = tree.content else {
        report(tree.place.fault("\(key) must be a list of numbers, not \(tree.kind)"))
        return []
      }
      var lines: Set<Int> = []
      for item in items {
        guard case .scalar(let text) = item.content, let line = Int(text.text),
          (0..<count).contains(line)
        else {
          report(
            item.place.fault(
              "\(key) has no line \(item.kind)", supported: "0 to \(count - 1)"))
          continue
        }
        lines.insert(line)
      }
      return lines.sorted()
    }

    /// Reads lines of word line, bit line, side with its device, and conductance.
    private mutating func stuck(in text: String, at place: Place) -> [StuckDevice] {
      var devices: [StuckDevice] = []
      for line in text.split(separator: "\n") {
        guard let device = device(line) else {
          report(
            place.fault(
              "\"\(String(line).shortened)\" is no stuck device of \(chip.name)",
              supported: "ROW COLUMN SIDE CONDUCTANCE, with rows 0 to \(chip.crossbar.rows - 1), "
                + "columns 0 to \(chip.crossbar.columns - 1), sides + and -, or +0 for device 0 of "
                + "\(chip.crossbar.devicesPerPolarity), and 0 to \(chip.crossbar.gMax) µS"))
          continue
        }
        devices.append(device)
      }
      devices.sort()
      for (a, b) in zip(devices, devices.dropFirst())
      where (a.row, a.column, a.isNegative) == (b.row, b.column, b.isNegative)
        && (a.device == nil || a.device == b.device)
      {
        report(
          place.fault(
            "row \(a.row), column \(a.column), side \(a.isNegative ? "-" : "+") is stuck twice"))
      }
      return devices
    }

    private func device(_ line: Substring) -> StuckDevice? {
      let words = line.split(separator: " ")
      guard words.count == 4, let row = Int(words[0]), let column = Int(words[1]),
        (0..<chip.crossbar.rows).contains(row), (0..<chip.crossbar.columns).contains(column),
        let sign = words[2].first, "+-".contains(sign), let conductance = Double(words[3]),
        conductance >= 0, conductance <= chip.crossbar.gMax
      else { return nil }
      let number = words[2].dropFirst()
      let device = number.isEmpty ? nil : UInt8(number).map { Int($0) } ?? .max
      if let device, device >= chip.crossbar.devicesPerPolarity { return nil }
      return StuckDevice(
        row: row, column: column, isNegative: sign == "-", device: device,
        conductance: conductance)
    }
  }
}
