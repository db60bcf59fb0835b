import ArgumentParser
import Compiler
import Driver

/// The command line.
public struct Aimcc: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "aimcc",
    abstract: "Compiles neural networks from ONNX to analog in-memory computing chips.",
    discussion: """
      Example: aimcc compile model.onnx, then aimcc simulate model.aimc --data test.npz

      Exit codes: 0 done; 1 a fault in the input; 2 verification failed; 64 wrong usage; \
      70 internal error. Specs/cli.md describes every option.
      """,
    version: "aimcc \(version)",
    subcommands: [
      Compile.self, Check.self, Simulate.self, Verify.self, Evaluate.self, Merge.self, Repeat.self,
      Sweep.self, Run.self,
      Inspect.self, Report.self, Plot.self, Diff.self, Export.self, Import.self, Load.self,
      Recalibrate.self, SelfTest.self,
      ChipCommand.self,
      Opt.self, Chips.self,
      Passes.self, Operators.self, Help.self,
    ])

  /// Creates a command line.
  public init() {}

  /// Runs the command that the arguments of the process name, and ends it if that fails.
  public static func main() {
    installCrashReport()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      if let code = error as? ExitCode { exit(withError: code) }
      let code = exitCode(for: error)
      if code == .failure { exit(withError: ExitCode(report(error).rawValue)) }
      leave(with: fullMessage(for: error), code)
    }
  }

  /// Ends the command with what the parser says: help as data, words that it does not take as a message.
  private static func leave(with text: String, _ code: ExitCode) -> Never {
    let console = Console()
    if code == .success {
      do { try console.write(text + "\n") } catch {
        exit(withError: ExitCode(report(error).rawValue))
      }
    } else {
      console.explain(text)
    }
    exit(withError: code)
  }
}

extension ExitStatus {
  /// Ends the command in this way.
  func leave() throws { if self != .done { throw ExitCode(rawValue) } }
}
