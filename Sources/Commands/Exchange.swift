import ArgumentParser
import Driver

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the conductances of a program as the Fusion chip takes them.",
    discussion: """
      The file is that of IBM's Analog Hardware Acceleration Kit for the Fusion chip. aimcc import \
      takes back what the chip made of it. For tile maps: aimcc compile --emit tile-map.

      Example: aimcc export model.aimc -o targets.csv
      """)

  @Argument(help: "A tile program (.aimc).", completion: .file(extensions: ["aimc"]))
  var program: String

  @Option(
    help: ArgumentHelp(
      "The conductance of the largest weight of a column, from 10 to 40 µS. (default: 40)",
      valueName: "µS"))
  var gMax: Double?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("File to write. (default: standard output)", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var output: String?

  func run() throws {
    try runExport(program: program, gMax: gMax, output: output, console: Console())
  }
}

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Puts the conductances that a Fusion chip has measured into a program.",
    discussion: """
      The program that is written computes what the measured chip would; its proof against the network \
      no longer holds.

      Example: aimcc import model.aimc measured.csv -o measured.aimc
      """)

  @Argument(help: "The tile program that was exported.", completion: .file(extensions: ["aimc"]))
  var program: String

  @Argument(help: "The file that the chip gave back.", completion: .file(extensions: ["csv"]))
  var table: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Program to write.", valueName: "file"),
    completion: .file(extensions: ["aimc"]))
  var output: String

  func run() throws {
    try runImport(
      program: program, table: table, output: output, console: Console())
  }
}
