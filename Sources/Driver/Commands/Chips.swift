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
    let list = chips.map {
      ChipSummary(
        name: $0.name, summary: $0.summary, cores: $0.cores.count, rows: $0.crossbar.rows,
        columns: $0.crossbar.columns, assumed: $0.assumed)
    }
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
