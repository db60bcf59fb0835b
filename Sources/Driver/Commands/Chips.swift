import Basics
import Chip

/// A chip in a list.
private struct ChipSummary: Encodable {
  var name: String
  var summary: String
  var cores: Int
  var rows: Int
  var columns: Int
  var assumed: [String]
  /// All that a chip file has; `nil` where several chips are listed.
  var figures: ChipFigures?

  init(_ chip: Chip, hasFigures: Bool) {
    name = chip.name
    summary = chip.summary
    cores = chip.cores.count
    rows = chip.crossbar.rows
    columns = chip.crossbar.columns
    assumed = chip.assumed
    figures = hasFigures ? ChipFigures(chip) : nil
  }
}

/// The figures of a chip by their keys, as its chip file has them.
private struct ChipFigures: Encodable {
  /// Those of its units, by the keys of `--set`.
  var units: [String: String] = [:]
  /// Those of its device models, by the names of these.
  var devices: [String: [String: String]] = [:]
  /// The device model that holds where none is named; `nil` of a chip without any.
  var device: String?

  init(_ chip: Chip) {
    for field in Chip.fields where field.path.contains(".") {
      units[field.path] = field.text(in: chip)
    }
    for model in chip.devices {
      devices[model.name] = [:]
      for field in DeviceModel.fields {
        devices[model.name]![field.path] = field.text(in: model)
      }
    }
    device = chip.ownDevice?.name
  }
}

/// Lists the presets, or prints `chip`, changed by `settings`, as a chip file.
///
/// Throws `Diagnostics` if there is no such chip or a setting does not fit.
public func runChips(
  chip: String?, settings: [String], json: Bool, console: Console
) throws -> ExitStatus {
  let chips =
    try chip.map { [try Chip.load($0, settings: settings)] }
    ?? Chip.presetNames.map { try Chip.named($0) }
  if json {
    let list = chips.map { ChipSummary($0, hasFigures: chip != nil) }
    try console.write(Document(schema: "aimcc.chips/1", content: ["chips": list]).text())
  } else if chip != nil {
    try console.write(chips[0].yaml)
  } else {
    var table = Table(
      "chip<", "cores", "crossbar", Table.Column("figures assumed", rank: 1), "what it is<")
    for chip in chips {
      table.add(
        chip.name, "\(chip.cores.count)", "\(chip.crossbar.rows)×\(chip.crossbar.columns)",
        "\(chip.assumed.count)", chip.summary)
    }
    try console.write(Page(table))
  }
  return .done
}

/// What a chip can be called whose name begins with `prefix`: presets, and chip files in the folder that it names.
public func chipNames(startingWith prefix: String) -> [String] {
  let folder = prefix.contains("/") ? parent(of: prefix) : "."
  let files = ((try? listFolder(folder)) ?? []).filter {
    $0.hasSuffix(".yaml") || $0.hasSuffix(".yml")
  }
  .map { prefix.contains("/") ? join(folder, $0) : "./\($0)" }
  return (Chip.presetNames + files).filter { $0.hasPrefix(prefix) }
}
