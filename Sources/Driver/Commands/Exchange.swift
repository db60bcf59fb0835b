import Basics
import Program

/// Writes the conductances of the tile program at `path` to `output`, standard output by default, as the Fusion chip takes
/// them: `gMax` µS for the largest weight of each column.
///
/// Throws `Diagnostics` naming every layer that the form has no room for.
public func runExport(
  program path: String, gMax: Double?, output: String?, console: Console
) throws {
  let gMax = gMax ?? FusionTable.usual
  guard FusionTable.possible.contains(gMax) else {
    throw Diagnostics(
      Diagnostic(
        .error, "Fusion cannot have \(gMax) µS as its largest conductance",
        supported: "\(FusionTable.possible.lowerBound) to \(FusionTable.possible.upperBound) µS"))
  }
  try requireFile(path, "a tile program (.aimc)")
  let program = try ValidProgram(file: MappedFile(path: path)).program
  var files = CommandFiles()
  files.reads(path)
  let file = files.opened(output, "--output")
  try files.faults.throwIfErrors()
  let text = try FusionTable(program, gMax: gMax).text
  guard let file else { return try console.write(text) }
  try file.write(text)
  try file.complete()
}

/// Writes the tile program at `path` with the conductances that a chip gave back in `table` to `output`.
///
/// Throws `Diagnostics` where the table is not of this program.
public func runImport(
  program path: String, table: String, output: String, console: Console
) throws {
  try requireFile(path, "a tile program (.aimc)")
  try requireFile(table, "a table of conductances (.csv)")
  let program = try ValidProgram(file: MappedFile(path: path)).program
  var files = CommandFiles()
  files.reads(path)
  files.reads(table)
  let file = files.opened(output, "--output")
  try files.faults.throwIfErrors()
  let wanted = try FusionTable(program, gMax: FusionTable.usual)
  let found = try wanted.read(readText(table), file: table)
  guard let file else { return }
  let (result, error) = program.holding(found, inPlaceOf: wanted)
  try result.image().write(to: file) { bytes in _ = try ValidProgram(bytes: bytes) }
  try console.write(
    "imported       \(found.layers.count) layers; weights are off by \(significant(100 * error)) %\n"
      + "program        \(printable(output))\n")
}
