import Basics
import Driver
import Foundation
import TestSupport
import Testing

/// Networks whose inputs have one range for each part of the rows, as the built command line treats them.
@Suite struct RowRangesTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let rows = [13, 13, 12]
  /// What the inputs of each part reach, and by how much their weights make up for it.
  private static let ranges: [Float] = [4, 0.02, 1]

  /// Writes a layer of 38 inputs, all parts of which contribute the same to its results, and inputs for it.
  private func write(_ attribute: String, _ name: String) throws {
    var random = SplitMix64(seed: 7)
    func number() -> Float { Float.random(in: -1...1, using: &random) }
    let weights = zip(Self.rows, Self.ranges).flatMap { count, range in
      (0..<count * 10).map { _ in number() / range }
    }
    let text = """
      graph "net" {
        input %0 "x": f32[1, 38]
        constant %1 "w": f32[38, 10] = dense[\(weights.map { "\($0)" }.joined(separator: ", "))]
        %2 "y": f32[1, 10] = matmul "dense" (%0, %1)\(attribute)
        output %2
      }

      """
    try folder.write(text: text, name)
    let inputs = (0..<24).flatMap { _ in
      zip(Self.rows, Self.ranges).flatMap { count, range in
        (0..<count).map { _ in number() * range }
      }
    }
    try folder.write(encodeNPY(Tensor(inputs, shape: [24, 38])), "x.npy")
  }

  /// The part with small inputs has many codes of its own, instead of one.
  @Test(arguments: [["--chip", "hermes"], ["--chip", "tiny", "--chips", "auto"]])
  func areFinerThanOneRange(chip: [String]) throws {
    try write(" {input_range = [4.0, 0.02, 1.0]}", "parts.aim")
    try write(" {input_range = 4.0}", "one.aim")
    func verify(_ name: String, _ device: String) throws -> Double {
      let run = try Command(
        [
          "verify", name, "--data", "x.npy", "--calibrate", "x.npy", "--device", device, "--json",
          "-q",
        ]
          + chip, in: folder.path)
      let comparisons = try #require(run.json["comparisons"] as? [[String: Any]])
      return try #require(comparisons.first?["relativeError"] as? Double)
    }
    #expect(try verify("parts.aim", "ideal") < 1e-4)
    let (parts, one) = (try verify("parts.aim", "quantized"), try verify("one.aim", "quantized"))
    #expect(parts < 0.05 && one > 5 * parts, "\(parts) \(one)")
  }

  /// Equal ranges are one range, and without any nothing is different.
  @Test func equalRangesAreOne() throws {
    func program(_ attribute: String) throws -> Data {
      try write(attribute, "net.aim")
      let run = try Command(
        "compile", "net.aim", "--calibrate", "x.npy", "-o", "net.aimc", in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      return try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
    }
    let one = try program(" {input_range = 4.0}")
    #expect(try program(" {input_range = [4.0, 4.0, 4.0, 4.0]}") == one)
    #expect(try program(" {input_range = [4.0, 2.0]}") != one)
  }

  @Test func reportsAndStagesHaveThem() throws {
    try write(" {input_range = [4.0, 0.02, 1.0]}", "net.aim")
    func run(_ words: String...) throws -> Command {
      let run = try Command(words, in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      return run
    }
    let report = try run("compile", "net.aim", "--calibrate", "x.npy", "-o", "net.aimc")
    #expect(report.text.contains("ranges         from training: dense (3 parts of the rows)\n"))
    let json = try run("compile", "net.aim", "--calibrate", "x.npy", "-o", "net.aimc", "--json")
    #expect(json.json["trainedRanges"] as? [String] == ["dense"])
    let text = try run("compile", "net.aim", "--calibrate", "x.npy", "--emit", "quantize").text
    #expect(text.contains("rows [0, 13, 26, 38]"))
    #expect(text.contains("(input_scale = [0.031496063, 0.00015748032, 0.007874016], output_scale"))
    // As ONNX, they are metadata again, and give the same program.
    _ = try run("compile", "net.aim", "--calibrate", "x.npy", "--emit", "onnx", "-o", "net.onnx")
    _ = try run("compile", "net.onnx", "--calibrate", "x.npy", "-o", "again.aimc")
    #expect(
      try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
        == Data(contentsOf: URL(filePath: folder.file("again.aimc"))))
    let notes = try Data(contentsOf: URL(filePath: folder.file("net.onnx")))
    #expect(notes.range(of: Data("4.0, 0.02, 1.0".utf8)) != nil)
    #expect(notes.range(of: Data("0.031496063, 0.00015748032, 0.007874016".utf8)) != nil)
    _ = try run("check", "net.aimc", "net.onnx", "--calibrate", "x.npy")
  }

  /// Inputs and states of a recurrent layer are converted in the steps that training has found, whatever
  /// calibration meets, and the program computes the network.
  @Test func recurrentLayersKeepThem() throws {
    try folder.write(
      text: """
        graph "net" {
          input %0 "x": f32[3, 1, 20]
          constant %1 "w": f32[1, 16, 20] = random(seed: 1)
          constant %2 "r": f32[1, 16, 4] = random(seed: 2)
          %3 "y": f32[3, 1, 1, 4], %4 "h": f32[1, 1, 4], %5 "c": f32[1, 1, 4] = lstm "lstm" (%0, %1, %2) {input_range = [4.0, 2.0], state_range = 1.0}
          output %3
        }

        """, "net.aim")
    func run(_ words: String...) throws -> Command {
      let run = try Command(words, in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      return run
    }
    _ = try run("verify", "net.aim", "--device", "ideal", "-q")
    #expect(
      try run("compile", "net.aim", "-o", "net.aimc").text
        .contains("ranges         from training: lstm (2 parts of the rows)\n"))
    let text = try run("compile", "net.aim", "--emit", "quantize").text
    #expect(text.contains("(input_scale = [0.031496063, 0.015748031], output_scale = "))
    #expect(text.contains(", state_scale = 0.007874016) {"))
    _ = try run("compile", "net.aim", "--emit", "onnx", "-o", "net.onnx")
    _ = try run("compile", "net.onnx", "-o", "again.aimc")
    #expect(
      try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
        == Data(contentsOf: URL(filePath: folder.file("again.aimc"))))
  }

  @Test func moreThanRowsAreRefused() throws {
    try write(
      " {input_range = [\((1...39).map { "\($0).0" }.joined(separator: ", "))]}", "net.aim")
    let run = try Command("compile", "net.aim", "-o", "net.aimc", in: folder.path)
    #expect(run.status == 1)
    #expect(run.messages.contains("has 39 ranges of an input that makes 38 rows"))
    #expect(!folder.files.contains("net.aimc"))
  }

  /// A tile map has to cut the rows where the ranges change.
  @Test func tileMapsCutWhereRangesChange() throws {
    try write(" {input_range = [4.0, 0.02, 1.0]}", "net.aim")
    let made = try Command(
      "compile", "net.aim", "--calibrate", "x.npy", "--optimize", "area", "--emit", "tile-map",
      "-o",
      "map.json", in: folder.path)
    #expect(made.status == 0, "\(made.messages)")
    let laid = try Command(
      "compile", "net.aim", "--calibrate", "x.npy", "--tile-map", "map.json", "-o", "net.aimc",
      in: folder.path)
    #expect(laid.status == 0, "\(laid.messages)")
    try write(" {input_range = [4.0, 1.0]}", "other.aim")
    let other = try Command(
      "compile", "other.aim", "--calibrate", "x.npy", "--tile-map", "map.json", "-o", "other.aimc",
      in: folder.path)
    #expect(other.status == 1)
    #expect(
      other.messages.contains(
        "has another range of its input from row 19 on, and the tile map a region with rows on both sides"
      ))
  }
}
