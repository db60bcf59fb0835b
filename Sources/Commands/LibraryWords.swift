import ArgumentParser
import Compiler
import Driver

/// Options that make no sense, as the command line says it.
package struct UsageFault: Error {
  package let message: String

  /// Creates a fault.
  package init(message: String) { self.message = message }
}

/// Reads options as the command line does, for programs that use aimcc as a library.
///
/// The words are those that stand behind the command's name. All throw `UsageFault` for what the command line
/// refuses, and for options that are about files and terminals.
package enum LibraryWords {
  /// Options of `compile`; messages call the network `model`.
  package static func compile(_ words: [String], model: String) throws -> CompileOptions {
    let command = try parse(Compile.self, words, subject: model)
    return command.compilation.options(command.expert)
  }

  /// Options of `evaluate`; messages call the network or program `model`, and the arrays `data`, the path of their file,
  /// if they come from one.
  package static func evaluate(
    _ words: [String], model: String, data: String?
  ) throws -> EvaluationRequest {
    var request = try parse(Evaluate.self, words, subject: model, data: true).request
    request.hasDataInMemory = data == nil
    request.data = data ?? "-"
    request.command = ["evaluate", model, "--data", request.data] + words
    return request
  }

  /// Options of `simulate`.
  package static func simulate(_ words: [String]) throws -> DeviceOptions {
    let command = try parse(Simulate.self, words, subject: "program.aimc", data: true)
    return command.simulated.options(.quantized, command.expert)
  }

  /// Options of `run`.
  package static func run(_ words: [String]) throws -> GivenSizes {
    try parse(Run.self, words, subject: "model.onnx", data: true).sizes.given
  }

  private static func parse<Command: ParsableCommand>(
    _: Command.Type, _ words: [String], subject: String, data: Bool = false
  ) throws -> Command {
    let refused = namesOfOptions(words[...]).intersection(ofFiles).sorted()
    guard refused.isEmpty else {
      throw UsageFault(
        message: refused.map {
          "--\($0) is about files or the terminal, which a library leaves alone"
        }
        .joined(separator: "\n"))
    }
    // What is given as data lies in memory.
    let whole = words + (data ? ["--data", "-"] : []) + ["--", subject]
    return try Invocation.$arguments.withValue(words) {
      do { return try Command.parse(whole) } catch {
        throw UsageFault(message: Command.message(for: error))
      }
    }
  }

  /// The options that only the command line has.
  private static let ofFiles: Set<String> = [
    "output", "emit", "plan", "stop-after", "print-after", "dump-dir", "timing", "json", "wide",
    "quiet", "csv", "svg", "part", "shard", "resume", "ladder", "check", "rtol", "atol", "units",
    "trace", "calibration", "write-calibration", "check-memory", "data", "batch", "dump-all",
    "help",
    "version",
  ]
}
