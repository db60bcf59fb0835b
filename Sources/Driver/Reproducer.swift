import Basics
import Compiler
import Passes

/// What shows a fault of the compiler again: a network before it is cut into blocks, what
/// calibration met in it, and the options for all that comes then.
public struct Reproducer: Sendable {
  /// The network, and whatever of its mapping was given.
  public var stage: StageDump
  /// What the compiler was told.
  public var options: CompileOptions
  /// The file to write.
  public var path: String

  /// Creates the reproducer of a compilation of `model`: NAME.reproducer.aim in `folder`.
  public init(stage: StageDump, model: String, options: CompileOptions, folder: String = ".") {
    self.stage = stage
    self.options = options
    let name =
      model == "-" ? "network" : String(model[(model.lastIndex(of: "/") ?? model.startIndex)...])
    let stem = replacingExtension(name.hasPrefix("/") ? String(name.dropFirst()) : name, with: "")
    let whole = stem.hasSuffix(Self.mark) ? stem : stem + Self.mark
    let path = folder == "." ? whole : join(folder, whole)
    // A reproducer that shows a fault again stays as it is.
    let isModel =
      FileIdentity(model) != nil && FileIdentity(path + textSuffix) == FileIdentity(model)
    self.path = path + (isModel ? ".again" : "") + textSuffix
  }

  private static let mark = ".reproducer"

  /// The command that compiles the network as it was compiled, for a shell.
  public var command: String {
    var options = options
    // Calibration layer by layer takes samples from data, which the text has not.
    if options.accuracy.routine == .layers { options.accuracy.routine = .refit }
    return (["aimcc compile", shellWord(path)] + options.words(from: stage)).joined(separator: " ")
  }

  /// Writes the text, which begins with `command`, that of the user, and `faults`, and beside it the
  /// constants.
  ///
  /// Throws `Diagnostics` if the files cannot be written.
  func write(command: String, faults: [Diagnostic]) throws {
    let lines =
      [
        "aimcc \(version) made a program of this network that does not compute it.",
        "command: \(command)", "again:   \(self.command)",
      ] + faults.map { "found:   \($0)" }
    let comment = lines.flatMap { $0.split(separator: "\n") }.map { "// \($0)\n" }.joined()
    try TextOutput(path).write(stage, heading: comment)
  }
}

/// A fault of the compiler that can be seen again.
public struct ReproducedFault: Error, CustomStringConvertible {
  /// What was found.
  public var fault: UnprovedProgram
  /// How to see it again, as the user is told.
  public var reproduction: String

  /// Writes `reproducer` and creates an error that tells of it.
  public init(_ fault: UnprovedProgram, _ reproducer: Reproducer) {
    self.fault = fault
    let command = CommandLine.arguments.map(shellWord).joined(separator: " ")
    do {
      try reproducer.write(command: command, faults: fault.faults)
      reproduction =
        "  reproducer: \(reproducer.path), with its constants beside it\n"
        + "  to reproduce: \(reproducer.command)"
    } catch {
      reproduction =
        "  the reproducer cannot be written: \(error)\n  to reproduce: \(command)"
    }
  }

  public var description: String { "\(fault)\n\(reproduction)" }
}

extension CompileOptions {
  /// The options of the command line that ask for the same from `stage` on, but for those on data, sizes and
  /// messages, as words for a shell.
  func words(from stage: StageDump) -> [String] {
    let usual = CompileOptions()
    var words: [String] = []
    if chip != usual.chip { words.append("--chip \(shellWord(chip))") }
    words += settings.map { "--set \(shellWord($0))" }
    words += faultMap.map { ["--fault-map \(shellWord($0))"] } ?? []
    words += tileMap.map { ["--tile-map \(shellWord($0))"] } ?? []
    return words + values.words(from: stage)
  }
}
