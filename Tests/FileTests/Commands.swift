import Basics
import Chip
import Compiler
import IR
import Passes

/// What the first line of a case, `// test: <name> [<argument>…]`, can ask for: a pass, or something that is
/// done to a text.
struct Command: Sendable {
  let name: String
  /// Turns the stage that the case holds into the text that is expected; throws what should fail.
  let run: @Sendable (StageDump, Settings) throws -> String

  static let all =
    [
      Command(name: "print") { stage, _ in stage.text },
      Command(name: "verify") { stage, _ in
        try Diagnostics(stage.verify()).throwIfErrors()
        return stage.text
      },
      Command(name: "infer") { stage, _ in
        var graph = stage.graph
        try graph.inferTypes()
        try Diagnostics(graph.verify()).throwIfErrors()
        return graph.text
      },
      Command(name: "bind") { stage, settings in
        var graph = stage.graph
        for (symbol, size) in settings.sizes { graph.bind(symbol: symbol, to: size) }
        try graph.inferTypes()
        return graph.text
      },
    ] + Pass.all.map(Command.init)

  init(name: String, run: @escaping @Sendable (StageDump, Settings) throws -> String) {
    (self.name, self.run) = (name, run)
  }

  /// The command that runs `pass`, whose product is verified, with synthetic inputs where it reads any.
  init(_ pass: Pass) {
    name = pass.name
    run = { stage, settings in
      // A branch that is never taken may be invalid, which only `fold` finds out.
      if pass.name != "fold" { try Diagnostics(stage.graph.verify()).throwIfErrors() }
      var compilation = Compilation(of: stage, for: try settings.chip, options: settings.options)
      if pass.readsInputs { compilation.typical = try TypicalInputs(synthetic: stage.graph) }
      try compilation.run(pass)
      var stage = compilation.stage
      // What has run is the case's own business.
      stage.passes = []
      let text = compilation.program == nil ? stage.text : compilation.text
      // Programs carry the version of the compiler, which is none of their code.
      return text.replacing("\"aimcc \(version)\"", with: "\"aimcc\"")
    }
  }
}

/// The arguments of a case: `--chip NAME`, `--set KEY=VALUE`, any option of the mapping and of the accuracy, and
/// sizes of dimensions as `N=1`.
struct Settings {
  private(set) var chipSettings: [String] = []
  private(set) var sizes: [(symbol: String, size: Int)] = []
  /// What the compiler is told.
  private(set) var options = CompilerOptions()
  private var chipName = "tiny"

  var chip: Chip { get throws { try Chip.named(chipName, settings: chipSettings) } }

  init(_ arguments: [String]) throws {
    var values = OptionValues()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--chip" {
        chipName = rest.popFirst() ?? ""
      } else if argument == "--set" {
        chipSettings.append(rest.popFirst() ?? "")
      } else if argument.hasPrefix("--") {
        let option = CompileOption.named(String(argument.dropFirst(2)))
        let value = option?.form == .flag ? "" : rest.popFirst() ?? ""
        guard let option, option.read(value, &values) else {
          throw Diagnostics(Diagnostic(.error, "\(argument) \(value) is no option of a pass"))
        }
      } else {
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let size = Int(parts[1]) else {
          throw Diagnostics(Diagnostic(.error, "there is no argument \(argument)"))
        }
        sizes.append((String(parts[0]), size))
      }
    }
    options.verifyEach = true
    options.mapping = values.mapping
    options.accuracy = values.accuracy
    if case .fixed(let count) = values.chips { options.chips = count } else { options.chips = nil }
  }
}
