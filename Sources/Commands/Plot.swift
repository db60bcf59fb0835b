import ArgumentParser
import Driver

extension PlotKind: ExpressibleByArgument {}

struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws evaluations as a figure for a paper.",
    discussion: """
      The files hold what evaluate --json or evaluate --ladder --json has printed.

      Example: aimcc plot plain.json refit.json -o accuracy.svg
      """)

  @Argument(
    help: "Files that aimcc evaluate --json has printed.",
    completion: .file(extensions: ["json"]))
  var evaluations: [String]

  @Option(
    help: ArgumentHelp(
      """
      What is drawn: accuracy over time, the techniques of a ladder, their accuracy for energy, or \
      the error budget of --ablate. (default: time, of a ladder its techniques)
      """, valueName: "time|ladder|pareto|budget"))
  var kind: PlotKind?

  @OptionGroup(title: "Output") var figure: FigureArguments

  func validate() throws {
    let name = figure.output.lowercased()
    if name != "-" && !name.hasSuffix(".svg") {
      throw ValidationError(
        "--output \(figure.output) is not a figure that aimcc writes: give a name that ends in .svg; "
          + "rsvg-convert, Inkscape and browsers make PDF and PNG of it")
    }
  }

  func run() throws {
    try runPlot(
      evaluations: evaluations, kind: kind, output: figure.output, console: Console()
    ).leave()
  }
}

/// Where a figure goes.
struct FigureArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("File to write, NAME.svg; - is standard output.", valueName: "file"),
    completion: .file(extensions: ["svg"]))
  var output: String
}
