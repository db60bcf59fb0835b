import Basics
import Foundation
import IR
import Program
import TestSupport
import Testing

/// Texts of stages and assembly, from which the compiler goes on to the same program.
@Suite struct DumpTests {
  private static let digits = Repository.sample("digits/model.onnx")
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static func made(_ name: String) -> String { Repository.model("\(name)/model.onnx") }

  /// A model, and what it is compiled with.
  struct Compiled: CustomTestStringConvertible, Sendable {
    let model: String
    let options: [String]

    var testDescription: String {
      URL(filePath: model).deletingLastPathComponent().lastPathComponent + " "
        + options.joined(separator: " ")
    }
  }

  /// Models with open dimensions, recurrent layers, residuals and many names, and the options that leave
  /// something for later passes.
  private static let compiled = [
    Compiled(model: digits, options: []),
    Compiled(
      model: digits,
      options: ["--center", "--copies", "4", "--residual", "--routine", "layers"]),
    Compiled(
      model: digits,
      options: ["--smooth", "--widen", "--optimize", "latency", "--chip", "grid-8x8"]),
    Compiled(
      model: made("network-residual"),
      options: ["--set", "crossbar.rows=192", "--routine", "refit", "--predistort", "1d"]),
    Compiled(model: made("network-mobile"), options: ["--packing", "always", "--seed", "3"]),
    Compiled(model: made("lstm-open-time"), options: ["--routine", "column"]),
    Compiled(model: made("names"), options: []),
    // Passes give names that values had which are gone.
    Compiled(model: made("conv-bias-forms"), options: ["--center", "--copies", "4"]),
    Compiled(model: made("fold-convtranspose"), options: ["--center", "--copies", "4"]),
  ]

  /// The first line of each dump is the command that goes on from it to the same program.
  @Test(arguments: compiled) func everyDumpGivesTheProgram(_ compiled: Compiled) throws {
    let run = try Command(
      ["compile", compiled.model, "-o", "net.aimc", "--dump-dir", "dumps", "--chips", "auto", "-q"]
        + compiled.options, in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    let program = try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("dumps")).sorted()
    let texts = names.filter { $0.hasSuffix(".aim") || $0.hasSuffix(".asm") }
    #expect(texts.count >= 12 && names.last == "18-check.aimc", "\(names)")
    #expect(
      try Data(contentsOf: URL(filePath: folder.file("dumps/18-check.aimc"))) == program)
    for text in texts {
      let content = try String(contentsOfFile: folder.file("dumps/\(text)"), encoding: .utf8)
      let line = try #require(content.split(separator: "\n").first)
      try #require(line.hasPrefix("// aimcc compile dumps/\(text)"), "\(line)")
      let again = try Command(
        shell: line.dropFirst(3) + " -q -o again.aimc", in: folder.path)
      #expect(again.status == 0, "\(line): \(again.messages)")
      #expect(
        try Data(contentsOf: URL(filePath: folder.file("again.aimc"))) == program, "\(line)")
    }
  }

  @Test func dumpsReplaceNoInput() throws {
    let first = try Command(
      "compile", Self.digits, "--stop-after", "fold", "--dump-dir", "dumps", "-q", in: folder.path)
    #expect(first.status == 0, "\(first.messages)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("dumps")).count == 4)
    let again = try Command(
      "compile", "dumps/01-graph.aim", "--dump-dir", "dumps", "-q", in: folder.path)
    #expect(again.status == 1)
    #expect(
      again.messages.contains(
        "dumps/01-graph.aim: error: is both input and output\n  help: --dump-dir would overwrite"),
      "\(again.messages)")
    let file = try Command(
      "compile", Self.digits, "--dump-dir", "dumps/01-graph.aim", in: folder.path)
    #expect(file.status == 1 && file.messages.contains("is no folder"), "\(file.messages)")
  }

  /// A text of a chip that is no preset is no text of another.
  @Test func theChipIsTheSame() throws {
    let text = folder.file("cut.aim")
    let cut = try Command(
      "compile", Self.digits, "--set", "crossbar.rows=128", "--emit", "partition", "-o", text, "-q")
    #expect(cut.status == 0, "\(cut.messages)")
    let other = try Command("compile", text, "-o", folder.file("out.aimc"))
    #expect(other.status == 1)
    #expect(
      other.messages.contains("the chip \"hermes\" has other figures here; give --chip and --set"),
      "\(other.messages)")
    let same = try Command(
      "compile", text, "--set", "crossbar.rows=128", "-o", folder.file("out.aimc"), "-q")
    #expect(same.status == 0, "\(same.messages)")
    let useless = try Command("opt", text.replacing("cut", with: "none"), "--chip", "tiny")
    #expect(useless.status == 1)
  }

  @Test func passesThatHaveRunAreKnown() throws {
    let text = folder.file("g.aim")
    #expect(try Command("opt", Self.digits, "--passes", "fold,fuse", "-o", text, "-q").status == 0)
    let content = try String(contentsOfFile: text, encoding: .utf8)
    #expect(content.contains("\npasses [fold, fuse]\n"))
    try writeAtomically(content.replacing("[fold, fuse]", with: "[fold, melt]"), to: text)
    let unknown = try Command("opt", text, "--passes", "fuse")
    #expect(unknown.status == 1)
    #expect(
      unknown.messages.contains("there is no pass \"melt\" that may have run"),
      "\(unknown.messages)")
  }

  // MARK: Assembly

  @Test func assemblyReadsBack() throws {
    let program = folder.file("net.aimc")
    #expect(
      try Command("compile", Self.digits, "--routine", "refit", "-o", program, "-q").status == 0)
    let bytes = try Data(contentsOf: URL(filePath: program))
    let emitted = ["compile", Self.digits, "--routine", "refit", "--emit", "asm", "-q"]
    for words in [["inspect", program, "--asm"], emitted] {
      #expect(try Command(words + ["-o", folder.file("a.asm")]).status == 0)
      let run = try Command("compile", folder.file("a.asm"), "-o", folder.file("b.aimc"))
      #expect(run.status == 0, "\(run.messages)")
      #expect(
        run.text == "program        \(folder.file("b.aimc")), \(grouped(bytes.count)) bytes\n")
      #expect(try Data(contentsOf: URL(filePath: folder.file("b.aimc"))) == bytes)
    }
    let drawn = try Command("compile", folder.file("a.asm"), "--emit", "svg")
    #expect(drawn.text.contains("<svg "))
    #expect(try drawn.text == Command("compile", Self.digits, "--emit", "svg", "-q").text)
  }

  @Test func faultsOfAssemblyAreTold() throws {
    let text = folder.file("a.asm")
    #expect(try Command("compile", Self.digits, "--emit", "asm", "-o", text, "-q").status == 0)
    try FileManager.default.removeItem(atPath: text + ".weights")
    let lacking = try Command("compile", text, "-o", folder.file("b.aimc"))
    #expect(lacking.status == 1)
    #expect(lacking.messages.contains("nothing is given that holds this data"))
    #expect(lacking.messages.contains("stand in \(text).weights"), "\(lacking.messages)")
    for options in [
      ["--chip", "tiny"], ["--center"], ["--plan"], ["--json"], ["--dim", "N=1"], ["--timing"],
      ["--dump-dir", "d"], ["--emit", "fold"], ["--print-after", "fold"], ["--calibrate", "x"],
    ] {
      let refused = try Command(["compile", text, "-o", folder.file("b.aimc")] + options)
      #expect(refused.status == 64, "\(options): \(refused.messages)")
    }
    #expect(!folder.files.contains("b.aimc"))
  }

  private func grouped(_ value: Int) -> String {
    String(value).reversed().enumerated().reduce(into: "") { text, digit in
      if digit.offset > 0 && digit.offset % 3 == 0 { text = "," + text }
      text = String(digit.element) + text
    }
  }
}
