import Basics
import Foundation
import TestSupport
import Testing

/// Which parts `merge` puts together.
@Suite struct MergeTests {
  private let folder: Folder
  private let data = Repository.sample("digits/test.npz")

  init() throws {
    folder = try Folder()
    try compile("net.aimc")
  }

  private func compile(_ name: String, _ options: String...) throws {
    let run = try Command(
      ["compile", Repository.sample("digits/model.onnx"), "-o", folder.file(name), "-q"]
        + ["--routine", "refit"] + options)
    #expect(run.status == 0, "\(run.messages)")
  }

  /// Writes part `number` of `count` and returns the name of its file.
  @discardableResult
  private func part(
    _ number: Int, of count: Int, _ name: String, program: String = "net.aimc",
    _ options: [String] = []
  ) throws -> String {
    let run = try Command(
      ["evaluate", program, "--data", data, "--times", "0", "--seeds", "3", "--part", name]
        + ["--shard", "\(number)/\(count)"] + options, in: folder.path)
    #expect(run.status == 0)
    #expect(run.text.contains("part           \(number)/\(count)") == (count > 1))
    return name
  }

  private func merge(_ parts: [String]) throws -> Command {
    try Command(["merge"] + parts, in: folder.path)
  }

  @Test func partsThatAreMissingOrTwiceAreNamed() throws {
    for number in 1...3 { try part(number, of: 3, "\(number).part") }
    let whole = try Command(
      ["evaluate", "net.aimc", "--data", data, "--times", "0", "--seeds", "3"], in: folder.path)
    let merged = try merge(["3.part", "1.part", "2.part"])
    #expect(merged.status == 0 && merged.output == whole.output, "\(merged.messages)")
    for (parts, message) in [
      (["1.part"], "1.part: error: is one of 3 parts, of which 2 are missing: 2, 3"),
      (["3.part", "1.part"], "of which 1 are missing: 2"),
      (
        ["1.part", "2.part", "1.part", "3.part"], "1.part: error: is part 1 of 3, and so is 1.part"
      ),
    ] {
      let run = try merge(parts)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.messages.contains(message), "\(run.messages)")
    }
  }

  @Test func partsOfDifferentEvaluationsAreRefused() throws {
    try part(1, of: 2, "1.part")
    try compile("adc.aimc", "--set", "adc.bits=6")
    try compile("centered.aimc", "--center")
    for (name, program, options, difference) in [
      ("a", "adc.aimc", [], "program, chip"), ("b", "centered.aimc", [], "program"),
      ("c", "net.aimc", ["--times", "1d"], "options"),
      ("d", "net.aimc", ["--correct", "none"], "options"),
      ("e", "net.aimc", ["--calibrate-at", "0"], "options"),
      ("k", "net.aimc", ["--calibrate-at", "0", "--between", "none"], "options"),
      ("f", "net.aimc", ["--device", "pcm"], "device"),
      ("g", "net.aimc", ["--without", "drift"], "device"),
      ("h", "net.aimc", ["--seeds", "4"], "seeds"), ("i", "net.aimc", ["--seed", "1"], "seeds"),
      ("j", "net.aimc", ["--data", Repository.sample("digits/test_data_set_0")], "data"),
    ] as [(String, String, [String], String)] {
      try part(2, of: 2, name, program: program, options)
      let merged = try merge(["1.part", name])
      #expect(merged.status == 1 && merged.output.isEmpty, "\(name)")
      #expect(
        merged.messages.contains("\(name): error: is of another evaluation than 1.part"))
      #expect(merged.messages.contains("differ in \(difference)"), "\(name) \(merged.messages)")
    }
    try part(2, of: 3, "third")
    #expect(try merge(["1.part", "third"]).messages.contains("differ in number of parts"))
  }

  /// Whatever is changed in a part, it is damaged, or means the same.
  @Test func damagedPartsAreRefused() throws {
    try part(1, of: 1, "whole")
    let text = try String(contentsOfFile: folder.file("whole"), encoding: .utf8)
    var damaged: [String] = [
      "", "{}", "[]", "null", "{\"schema\": \"aimcc.evaluation-part/1\"}", String(text.dropLast(3)),
      text.replacing("\"samples\" : 360", with: "\"samples\" : -1"),
      text.replacing("\"counts\" : ", with: "\"counts\" : 9223372036854775807"),
      text.replacing("\"of\" : 1", with: "\"of\" : 2"),
    ]
    let characters = Array(text)
    let digits = characters.indices.filter { characters[$0].isNumber }
    for position in digits.enumerated().filter({ $0.offset % 29 == 0 }).map(\.element) {
      var changed = characters
      changed[position] = changed[position] == "3" ? "4" : "3"
      damaged.append(String(changed))
    }
    #expect(damaged.count > 20)
    let whole = try merge(["whole"]).output
    var meaningTheSame = 0
    for (number, text) in damaged.enumerated() {
      try text.write(toFile: folder.file("bad"), atomically: true, encoding: .utf8)
      let run = try merge(["bad"])
      // The last digit of 17 may be one of several that are read as the same number.
      if run.status == 0, run.output == whole {
        meaningTheSame += 1
        continue
      }
      #expect(run.status == 1 && run.output.isEmpty, "\(number): \(run.messages)")
      #expect(run.messages.contains("bad: error: is "), "\(number): \(run.messages)")
    }
    #expect(meaningTheSame <= damaged.count / 10, "\(meaningTheSame) of \(damaged.count)")
  }

  /// Numbers that no evaluation gives are refused even where the checksum is that of the part.
  @Test(arguments: [
    ("\"seeds\" : 3", "\"seeds\" : 0", "its numbers of parts, chips or samples are impossible"),
    ("\"seeds\" : 3", "\"seeds\" : 4", "it does not hold each of its chips at each time once"),
    ("\"seed\" : 2", "\"seed\" : 1", "it does not hold each of its chips at each time once"),
    ("\"reference\" : \"f", "\"reference\" : \"z", "its \"reference\" is not of 360 samples"),
    ("\"firstSeed\" : 0", "\"firstSeed\" : 18446744073709551615", "its seeds go beyond 2⁶⁴"),
    ("\"rightOfFive\" : 36", "\"rightOfFive\" : 96", "its counts of chip"),
    ("\"agreeing\" : ", "\"agreeing\" : -", "its counts of chip"),
  ])
  func impossibleNumbersAreRefused(from: String, to: String, message: String) throws {
    try writePart("bad") { text in
      try #require(text.contains(from))
      text.replace(from, with: to)
    }
    let run = try merge(["bad"])
    #expect(run.status == 1 && run.messages.contains(message), "\(run.messages)")
  }

  /// Numbers of chips and times that a small file can hold take no memory for what it does not hold.
  @Test func chipsThatAreNotThereTakeNoMemory() throws {
    try writePart("bad") { text in
      text.replace("\"seeds\" : 3", with: "\"seeds\" : 100000")
      let times = (0..<500).map { "    \($0)" }.joined(separator: ",\n")
      text.replace(#/"times" : \[\n *0\n/#, with: "\"times\" : [\n\(times)\n")
      try #require(text.contains("    499\n"))
    }
    let message = "it does not hold each of its chips at each time once"
    #expect(try merge(["bad"]).messages.contains(message))
    let run = try MeasuredRun("merge", folder.file("bad"))
    #expect(run.status == 1 && run.memory < 200 << 20, "\(run.memory) bytes")
  }

  /// Writes a part that is changed, with the checksum of what comes out.
  private func writePart(_ name: String, _ change: (inout String) throws -> Void) throws {
    try part(1, of: 1, "whole")
    var text = try String(contentsOfFile: folder.file("whole"), encoding: .utf8)
    let line = try #require(text.firstMatch(of: #/ *"checksum" : "[0-9a-f]+",\n/#)).output
    let parts = text.split(separator: line, maxSplits: 1).map(String.init)
    text = parts[0] + parts[1]
    try change(&text)
    let checksum = "  \"checksum\" : \"\(SHA256.digest(text))\",\n"
    text = parts[0] + checksum + text.dropFirst(parts[0].count)
    try folder.write(text: text, name)
  }

  @Test(arguments: [["--half-width", "1"], ["--ablate"]])
  func whatPartsCannotHoldIsRefused(options: [String]) throws {
    let run = try Command(
      ["evaluate", "net.aimc", "--data", data, "--shard", "1/2", "--part", "a"] + options,
      in: folder.path)
    #expect(run.status == 64 && run.messages.contains("goes with neither --shard nor --part"))
  }
}
