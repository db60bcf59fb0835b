import Basics
import Compiler
import Driver
import IR
import Passes
import TestSupport
import Testing

/// A program that cannot be proved is a fault of aimcc.
@Suite struct ProofTests {
  /// Where the reproducer cannot be written, the user's own command serves.
  @Test func unprovedProgramsAreInternalErrors() throws {
    let folder = try Folder()
    let stage = StageDump(Graph(name: "net"))
    let fault = ReproducedFault(
      UnprovedProgram(
        faults: [Diagnostic(.error, node: "conv", "rows 0..<4 are not added")], stage: stage),
      Reproducer(
        stage: stage, model: "a b.onnx", options: CompileOptions(), folder: "\(folder.path)/none"))
    #expect(report(fault) == .internalError)
    #expect(fault.description.contains("node \"conv\": rows 0..<4 are not added"))
    #expect(fault.description.contains("the reproducer cannot be written: "))
    #expect(fault.description.contains("to reproduce: \(CommandLine.arguments[0])"))
  }

  @Test(arguments: [
    ("net.onnx", "net.reproducer.aim"), ("-", "network.reproducer.aim"),
    ("/models/a/net.onnx", "net.reproducer.aim"),
    ("there/net.reproducer.aim", "net.reproducer.aim"),
  ]) func reproducersAreNamedLikeTheirModels(model: String, path: String) {
    let reproducer = Reproducer(
      stage: StageDump(Graph(name: "net")), model: model, options: CompileOptions())
    #expect(reproducer.path == path)
    #expect(reproducer.command == "aimcc compile \(path)")
  }
}
