import Basics
import Driver
import Foundation
import Program
import TestSupport
import Testing

/// What each option of simulated chips does to what a run gives.
@Suite struct DeviceOptionTests {
  private let folder: Folder
  private static let network = ModelFolder(made: "network-mlp")
  private static let data = ["--data", network.dataSets[0]]

  init() throws {
    folder = try Folder()
    let run = try Command(
      "compile", Self.network.model, "-o", folder.file("net.aimc"), "-q", "--routine", "refit")
    try #require(run.status == 0, "\(run.messages)")
  }

  private func simulated(_ options: String...) throws -> Command {
    let run = try Command(["simulate", "net.aimc"] + Self.data + options, in: folder.path)
    try #require(run.status == 0, "\(options): \(run.messages)")
    return run
  }

  /// The first of the results of an evaluation.
  private func evaluated(_ arguments: [String], _ options: [String] = []) throws -> [String: Any] {
    let run = try Command(["evaluate"] + arguments + ["--json"] + options, in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    return try #require((run.json["results"] as? [[String: Any]])?.first)
  }

  @Test func unitsAreListed() throws {
    let names = [
      "crossbar 0.0", "crossbar 0.1", "crossbar 0.2", "ldpu 0.0", "ldpu 0.1", "ldpu 0.2",
    ]
    func listed(_ run: Command) -> [String] {
      run.text.split(separator: "\n").compactMap { line in
        names.first { line.hasPrefix("\($0) ") }
      }
    }
    #expect(try listed(simulated()).isEmpty)
    #expect(try listed(simulated("--units")) == names)
  }

  /// What MVMs show of cells is corrected, which brings results nearer to those of an ideal chip.
  @Test func errorsOfProductsAreCorrected() throws {
    let arguments =
      ["net.aimc"] + Self.data + [
        "--times", "0", "--seeds", "6", "--pulses", "--without", "read-noise",
        "--without", "cell-faults", "--without", "output-noise",
      ]
    func decibels(_ options: String...) throws -> Double {
      try #require(try evaluated(arguments, options)["decibels"] as? Double)
    }
    let (before, after) = (try decibels(), try decibels("--gradient"))
    #expect(after > before + 1, "\(before), \(after)")
    let alone = try Command(
      ["simulate", "net.aimc"] + Self.data + ["--device", "hermes-tdp", "--gradient"],
      in: folder.path)
    #expect(alone.status == 64 && alone.messages.contains("--pulses"))
  }

  /// What was calibrated a year ago is worse than what is calibrated now, unless it follows drift.
  @Test func calibrationsAgeWithTheChip() throws {
    let arguments = ["net.aimc"] + Self.data + ["--times", "1y", "--seeds", "3"]
    func decibels(_ options: String...) throws -> Double {
      try #require(try evaluated(arguments, options)["decibels"] as? Double)
    }
    let fresh = try decibels()
    #expect(try decibels("--calibrate-at", "1y") == fresh)
    let old = try decibels("--calibrate-at", "0", "--between", "none")
    #expect(old < fresh - 1)
    for rule in ["clock", "gain"] {
      #expect(try decibels("--calibrate-at", "0", "--between", rule) > (old + fresh) / 2, "\(rule)")
    }
  }

  /// A calibration that is given takes the place of one's own.
  @Test func calibrationsAreTakenFromFiles() throws {
    let device = ["--device", "hermes-tdp", "--time", "1y", "--json"]
    func outputs(_ options: String...) throws -> String {
      let run = try Command(
        ["simulate", "net.aimc"] + Self.data + device + options, in: folder.path)
      try #require(run.status == 0, "\(run.messages)")
      return try run.jsonText(of: "outputs")
    }
    _ = try simulated("--device", "hermes-tdp", "--write-calibration", "young.aimcal")
    let own = try outputs("--write-calibration", "old.aimcal")
    #expect(try outputs("--calibration", "old.aimcal") == own)
    #expect(try outputs("--calibration", "young.aimcal") != own)
  }

  /// Every chip differs from every other, and is the same again.
  @Test func seedsAreChips() throws {
    func outputs(_ seed: String) throws -> String {
      let run = try simulated("--device", "hermes-tdp", "--seed", seed, "--json")
      return try run.jsonText(of: "outputs")
    }
    #expect(try outputs("3") == outputs("3") && outputs("3") != outputs("4"))
  }

  /// No more chips are tried than the interval needs.
  @Test func halfWidthEndsTheEvaluation() throws {
    let arrays = try readNPZ(path: Repository.sample("digits/test.npz")).map { array in
      NamedTensor(name: array.name, tensor: array.tensor.rows(0..<12))
    }
    try writeNPZ(arrays, to: folder.file("few.npz"))
    let program = folder.file("digits.aimc")
    #expect(
      try Command("compile", Repository.sample("digits/model.onnx"), "-o", program).status == 0)
    let arguments = [program, "--data", "few.npz", "--seeds", "6", "--times", "0"]
    #expect(try evaluated(arguments)["seeds"] as? Int == 6)
    let enough = try evaluated(arguments, ["--half-width", "60"])
    #expect(try #require(enough["seeds"] as? Int) < 6)
  }

  /// The first inference reads what is there, the second an element that nothing writes.
  @Test func everyInferenceIsCheckedOnlyIfWanted() throws {
    let listing = """
      aimc 2.0
      network "choice"
      chip tiny
      input "index" i64[1, 2], in index#0
      output "y" f32[1, 2], in y#1
      buffer index#0 i64[2], host
      buffer y#1 f32[2], host
      buffer table#2 f32[4], host
      descriptor @0 index#0
        axis 2, stride 1
        inner 2, axis 0, step 1
      descriptor @1 y#1
        axis 2, stride 1
        outer 2, axis 0, step 1
      descriptor @2 table#2
        axis 4, stride 1
        inner 3, axis 0, step 1
      descriptor @3 table#2
        axis 4, stride 1
        outer 4, axis 0, step 1
      unit host
        fill table@2, value = 1
        gather y@1, table@3, index@0
        end
      """
    try Program(assembly: listing).encoded().withUnsafeBytes { Data($0) }
      .write(to: URL(filePath: folder.file("choice.aimc")))
    let index = Tensor([0, 1, 2, 3] as [Int64], shape: [2, 2])
    try writeNPZ([NamedTensor(name: "index", tensor: index)], to: folder.file("index.npz"))
    let arguments = ["simulate", "choice.aimc", "--data", "index.npz", "--device", "ideal"]
    let usual = try Command(arguments, in: folder.path)
    #expect(usual.status == 0, "\(usual.messages)")
    let checked = try Command(arguments + ["--check-memory"], in: folder.path)
    #expect(checked.status == 1)
    #expect(checked.messages.contains("before anything has written it"), "\(checked.messages)")
  }
}
