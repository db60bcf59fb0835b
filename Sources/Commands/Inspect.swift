import ArgumentParser
import Compiler
import Driver

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what is in a model or in a tile program.",
    usage: "aimcc inspect [<options>] <file>",
    discussion: "Example: aimcc inspect model.onnx")

  @Argument(help: "An ONNX model, or a tile program (.aimc).", completion: .file())
  var file: String

  @OptionGroup(title: "Chip") var chip: ChipArguments
  @OptionGroup(title: "Inputs of the network") var sizes: SizeArguments
  @OptionGroup(title: "Output") var form: InspectArguments
  @OptionGroup(title: "Output") var printing: OutputArguments

  func validate() throws {
    for (name, isGiven) in [("asm", form.asm), ("section", form.section != nil)] where isGiven {
      if printing.json { throw ValidationError("--\(name) and --json exclude each other") }
      if printing.wide { throw ValidationError("--\(name) prints no table; leave out --wide") }
    }
    try OptionUsage("inspect", file: file).requireEffects()
  }

  func run() throws {
    var options = CompileOptions()
    chip.set(&options)
    options.sizes = sizes.given
    try runInspect(
      file: file, view: form.view, options: options, json: printing.json, console: printing.console
    ).leave()
  }
}

extension CorePlace: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// What is shown of a program.
struct InspectArguments: ParsableArguments {
  @Flag(help: "Prints a program as assembly, with the node and the time of every instruction.")
  var asm = false

  @Option(
    help: ArgumentHelp(
      "Shows what is in a core of a program, as 12, or 1.12 of the second chip.", valueName: "core")
  )
  var core: CorePlace?

  @Option(
    help: ArgumentHelp(
      "Writes the conductances of the core of --core, in µS, into an NPY file.", valueName: "file"),
    completion: .file())
  var weights: String?

  @Option(
    help: ArgumentHelp(
      "Prints a section of the file of a program, as .aimc.blocks.", valueName: "name"))
  var section: String?

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("File to write what --asm or --section shows.", valueName: "file"),
    completion: .file())
  var output: String?

  func validate() throws {
    let views = [("--asm", asm), ("--core", core != nil), ("--section", section != nil)]
    let given = views.filter(\.1).map(\.0)
    if given.count > 1 {
      throw ValidationError("\(given.joined(separator: " and ")) exclude each other")
    }
    if weights != nil && core == nil {
      throw ValidationError("--weights writes what is in a core; give --core")
    }
    if weights == "-" {
      throw ValidationError("--weights writes a file beside the report; give it a name")
    }
    if output != nil && !asm && section == nil {
      throw ValidationError("-o writes assembly or a section; give --asm or --section")
    }
  }

  /// What is shown.
  var view: InspectView {
    if asm { return .assembly(output: output) }
    if let core { return .core(core, weights: weights) }
    return section.map { .section($0, output: output) } ?? .report
  }
}
