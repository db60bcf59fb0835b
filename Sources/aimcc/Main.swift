import ArgumentParser
import Driver

@main
struct Aimcc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aimcc",
    abstract: "Compiles neural networks from ONNX to analog in-memory computing chips.",
    discussion: """
      Exit codes: 0 done; 1 a fault in the input; 2 verification failed; 64 wrong usage; \
      70 internal error. Specs/cli.md describes every option.
      """,
    version: "aimcc \(version)",
    subcommands: [
      Compile.self, Simulate.self, Verify.self, Evaluate.self, Merge.self, Run.self, Inspect.self,
      Opt.self, Chips.self,
      Passes.self, Operators.self,
    ])

  static func main() {
    installCrashReport()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let isParsers = error is ExitCode || exitCode(for: error) != .failure
      exit(withError: isParsers ? error : ExitCode(report(error).rawValue))
    }
  }
}

extension ExitStatus {
  /// Ends the command in this way.
  func leave() throws { if self != .done { throw ExitCode(rawValue) } }
}
