import ArgumentParser
import Driver

extension PlotKind: ExpressibleByArgument {}

struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws evaluations as a figure for a paper.",
    usage: "aimcc plot <evaluations> ... --output <file> [<options>]",
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

  func run() throws {
    try runPlot(
      evaluations: evaluations, kind: kind, output: figure.output, form: figure.form(),
      console: Console()
    ).leave()
  }
}

/// Where a figure goes.
struct FigureArguments: ParsableArguments {
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp(
      """
      File to write, NAME.svg, NAME.pdf or NAME.png; - is standard output, in SVG. PDF and PNG need \
      rsvg-convert (apt-get install librsvg2-bin).
      """, valueName: "file"),
    completion: .file(extensions: FigureForm.allCases.map(\.rawValue)))
  var output: String

  func validate() throws { _ = try form() }

  /// The form that its name tells.
  func form() throws -> FigureForm {
    guard let form = FigureForm(path: output) else {
      let endings = FigureForm.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
      throw ValidationError(
        "--output \(output) is not a figure that aimcc writes: give a name with one of the endings \(endings)"
      )
    }
    return form
  }
}
