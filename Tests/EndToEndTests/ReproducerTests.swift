import Basics
import Chip
import Compiler
import Driver
import Foundation
import IR
import Passes
import Program
import TestSupport
import Testing

/// What is left of a compilation whose program cannot be proved.
@Suite struct ReproducerTests {
  /// A network, what is asked of the compiler, and the words that ask for it.
  struct Compiling: CustomTestStringConvertible {
    var model: String
    var words: [String]
    /// How many of the words concern the passes up to calibration.
    var early = 0
    var options: CompileOptions

    var testDescription: String { ([model] + words).joined(separator: " ") }
  }

  static var compilations: [Compiling] {
    var plain = CompileOptions()
    plain.chips = .automatic
    var special = CompileOptions()
    special.chip = "flat-64"
    special.settings = ["crossbar.mvm-time=100"]
    special.chips = .automatic
    special.mapping.objective = .latency
    special.mapping.packing = .always
    special.mapping.seed = 7
    special.accuracy.range = 0.5
    special.accuracy.routine = .refit
    var treated = CompileOptions()
    (treated.accuracy.centers, treated.accuracy.copies) = (true, 4)
    (treated.accuracy.residual, treated.accuracy.model) = (true, "pcm")
    return [
      Compiling(
        model: "network-mlp",
        words: ["--center", "--copies", "4", "--residual", "--model", "pcm"], early: 4,
        options: treated),
      Compiling(
        model: "network-residual", words: ["--chips", "auto"], options: plain),
      Compiling(
        model: "network-mlp",
        words: [
          "--chip", "flat-64", "--set", "crossbar.mvm-time=100", "--chips", "auto", "--optimize",
          "latency", "--packing", "always", "--seed", "7", "--range", "0.5", "--routine", "refit",
        ], early: 4, options: special),
      Compiling(model: "lstm", words: ["--chips", "auto"], options: plain),
    ]
  }

  /// A wrong program leaves a text from which the same program is compiled, without the model and its
  /// data.
  @Test(arguments: compilations) func compilesToTheSame(compilation: Compiling) throws {
    let folder = try Folder()
    let model = Repository.model("\(compilation.model)/model.onnx")
    let words = compilation.words
    let compiled = try Command(["compile", model, "-o", "net.aimc"] + words, in: folder.path)
    try #require(compiled.status == 0, "\(compiled.messages)")
    let early = Array(words.prefix(compilation.early))
    let text = try Command(
      ["compile", model, "--emit", "calibrate", "-o", "net.aim"] + early, in: folder.path)
    try #require(text.status == 0, "\(text.messages)")
    var stage = try StageDump(
      text: String(contentsOfFile: folder.file("net.aim"), encoding: .utf8),
      chip: { try Chip.named($0) })
    try stage.attachConstants(from: WeightFile(path: folder.file("net.aim.weights")))
    let reproducer = Reproducer(
      stage: stage, model: "elsewhere/it's.onnx", options: compilation.options, folder: folder.path)

    let bytes = try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
    var program = try ValidProgram(bytes: Bytes(copying: Array(bytes))).program
    #expect(try program.proved(computing: stage).bytes.count == bytes.count)
    #expect(!folder.files.contains("it's.reproducer.aim"))

    program.affines[0].gain[0] *= 2
    let error = #expect(throws: UnprovedProgram.self) {
      try program.proved(computing: stage)
    }
    let fault = ReproducedFault(try #require(error), reproducer)
    #expect(report(fault, to: Console(quiet: true)) == .internalError)
    #expect(fault.description.contains("the gain of column 0 is"))
    #expect(fault.description.contains("  reproducer: \(folder.file("it's.reproducer.aim"))"))
    #expect(fault.description.contains("  to reproduce: \(reproducer.command)"))

    let written = try String(contentsOfFile: reproducer.path, encoding: .utf8)
    let lines = written.split(separator: "\n")
    #expect(
      lines[0] == "// aimcc \(version) made a program of this network that does not compute it.")
    #expect(lines[1].hasPrefix("// command: "))
    #expect(lines[2] == "// again:   \(reproducer.command)")
    #expect(lines[3].contains("the gain of column 0 is"))

    let again = try Command(shell: reproducer.command, in: folder.path)
    #expect(again.status == 0, "\(again.messages)")
    let same = try Data(contentsOf: URL(filePath: folder.file("it's.reproducer.aimc")))
    #expect(
      try ValidProgram(bytes: Bytes(copying: Array(same))).program.withoutDimensionNames.encoded()
        == ValidProgram(bytes: Bytes(copying: Array(bytes))).program.withoutDimensionNames.encoded()
    )
  }
}

extension Program {
  /// The same without the names of dimensions that the model leaves open, which a compiled text has no
  /// more.
  fileprivate var withoutDimensionNames: Program {
    var program = self
    for index in inputs.indices {
      program.inputs[index].dimensionNames = inputs[index].shape.map { _ in nil }
    }
    for index in outputs.indices {
      program.outputs[index].dimensionNames = outputs[index].shape.map { _ in nil }
    }
    return program
  }
}
