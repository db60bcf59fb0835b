import Foundation
import TestSupport
import Testing

/// What each option for the accuracy does to the weights and ranges of a network.
@Suite struct AccuracyOptionTests {
  private let folder: Folder
  private static let network = ModelFolder(made: "network-mlp")

  init() throws { folder = try Folder() }

  /// The lines about each layer and its blocks in the text of the ranges.
  private func ranges(
    _ options: String..., of model: String = network.model
  ) throws -> [String] {
    let run = try Command(
      ["compile", model, "--emit", "quantize", "-q"] + options, in: folder.path)
    try #require(run.status == 0, "\(options): \(run.messages)")
    let section = try #require(run.text.components(separatedBy: "\nquantization {\n").last)
    let parts = section.components(separatedBy: "  layer ").dropFirst()
    try #require(parts.count > 2)
    return Array(parts)
  }

  /// A number of each of `parts` by its name.
  private func numbers(_ name: String, _ parts: [String]) throws -> [Double] {
    try parts.map { part in
      let match = try #require(part.firstMatch(of: try Regex("\(name) = ([0-9.e-]+)")))
      return try #require(match.output[1].substring.flatMap { Double($0) })
    }
  }

  /// The largest conductance of every block of the program that `options` give, in µS.
  private func conductances(_ options: String...) throws -> [Double] {
    let run = try Command(
      ["compile", Self.network.model, "-o", "net.aimc", "-q"] + options, in: folder.path)
    try #require(run.status == 0, "\(options): \(run.messages)")
    let inspection = try Command("inspect", "net.aimc", "--json", in: folder.path)
    let layers = try #require(inspection.json["layers"] as? [[String: Any]])
    return layers.compactMap { $0["gMaxHighest"] as? Double }
  }

  /// Weights change, what the network computes does not.
  @Test func smoothMovesScaleBetweenLayers() throws {
    func weights(_ name: String, _ options: String...) throws -> [String] {
      let run = try Command(
        ["compile", Self.network.model, "--emit", "smooth", "-o", name] + options, in: folder.path)
      try #require(run.status == 0, "\(run.messages)")
      let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
      return text.matches(of: /data\(crc32c: (0x[0-9a-f]+)\)/).map { String($0.output.1) }
    }
    let usual = try weights("plain.aim")
    let smoothed = try weights("smooth.aim", "--smooth")
    #expect(usual.count == 3 && smoothed.count == 3 && Set(usual).isDisjoint(with: smoothed))
    let run = try Command(
      "run", "smooth.aim", "--data", Self.network.dataSets[0], "--check", in: folder.path)
    #expect(run.status == 0, "\(run.text)")
  }

  /// The last copy is no copy, which `check` sees.
  @Test func residualTakesTheLastCopy() throws {
    let check = ["check", "net.aimc", Self.network.model, "--copies", "4"]
    let compile = ["compile", Self.network.model, "-o", "net.aimc", "-q", "--copies", "4"]
    for (compiled, proved) in [([], []), (["--residual"], ["--residual"])] {
      #expect(try Command(compile + compiled, in: folder.path).status == 0)
      #expect(try Command(check + proved, in: folder.path).text.hasPrefix("PROVED "))
      let others = proved.isEmpty ? ["--residual"] : []
      #expect(try Command(check + others, in: folder.path).text.hasPrefix("NOT PROVED "))
    }
  }

  /// A layer has the copies that are given for it, the last ones that name it, and others have what holds for all.
  @Test func copiesOfALayerAreThoseGiven() throws {
    func shapes(_ options: String...) throws -> [String: [Int]] {
      let plan = try Command(
        ["compile", Self.network.model, "-o", "net.aimc", "--json"] + options, in: folder.path)
      try #require(plan.status == 0, "\(plan.messages)")
      let proof = try Command(
        ["check", "net.aimc", Self.network.model] + options, in: folder.path)
      #expect(proof.text.hasPrefix("PROVED "), "\(proof.text)")
      let layers = try #require(plan.json["layers"] as? [[String: Any]])
      return Dictionary(
        uniqueKeysWithValues: layers.compactMap { layer in
          guard let name = layer["node"] as? String, let rows = layer["rows"] as? Int,
            let columns = layer["columns"] as? Int
          else { return nil }
          return (name, [rows, columns])
        })
    }
    let plain = try shapes()
    let (first, second) = try #require(
      plain.keys.sorted().first.map { ($0, plain.keys.sorted()[1]) })
    let one = try shapes("--copies-of", "\(first)=3x2")
    #expect(one[first] == plain[first].map { [$0[0] * 2, $0[1] * 3] })
    #expect(one[second] == plain[second])
    let both = try shapes("--copies", "1", "--copies-of", "\(first)=9", "--copies-of", "\(first)=2")
    #expect(both[first] == plain[first].map { [$0[0], $0[1] * 2] })
    #expect(try #require(both[second])[1] > 2 * plain[second]![1])
  }

  /// What cannot be copied is refused by name, everything at once.
  @Test func copiesOfOtherLayersAreRefused() throws {
    let run = try Command(
      "compile", ModelFolder(made: "conv-groups").model, "-o", "net.aimc", "--copies-of", "none=2",
      "--copies-of", "depthwise=2", in: folder.path)
    #expect(run.status == 1 && run.messages.contains("--copies-of \"none\": there is no product"))
    #expect(run.messages.contains("its columns and rows cannot be repeated"), "\(run.messages)")
  }

  @Test func inputRangeCutsLargeInputs() throws {
    let maximum = try numbers("input_scale", ranges("--input-range", "max"))
    let part = try numbers("input_scale", ranges("--input-range", "90%"))
    #expect(zip(part, maximum).allSatisfy { $0 < 0.9 * $1 && $0 > 0.2 * $1 })
    #expect(try numbers("input_scale", ranges()) == maximum)
    // Where few inputs are large, the least error cuts them.
    let digits = Repository.sample("digits/model.onnx")
    let all = try numbers("input_scale", ranges(of: digits))
    let least = try numbers("input_scale", ranges("--input-range", "mse", of: digits))
    #expect(zip(least, all).allSatisfy { $0 <= $1 } && zip(least, all).contains { $0 < 0.95 * $1 })
  }

  /// The factors by which the columns of a layer span less than its block.
  private func factors(_ part: String) throws -> [Double] {
    let list = try #require(part.firstMatch(of: /column_factors = \[([^\]]*)\]/)).output.1
    return list.split(separator: ", ").compactMap { Double($0) }
  }

  /// With a scale for the block, most columns use a part of it; with their own, all of it; with the least error, a part
  /// of their weights is cut.
  @Test func weightRangeSpansColumnsOrBlocks() throws {
    let columns = try ranges("--weight-range", "max")
    #expect(try ranges() == columns)
    #expect(columns.allSatisfy { !$0.contains("column_factors") })
    for part in try ranges("--weight-range", "block") {
      let factors = try factors(part)
      #expect(factors.count > 2 && factors.allSatisfy { $0 >= 1 } && factors.contains { $0 > 1 })
      #expect(factors.contains(1))
    }
    for part in try ranges("--weight-range", "mse") {
      let factors = try factors(part)
      #expect(factors.count > 2 && factors.allSatisfy { $0 > 0.5 && $0 <= 1 })
      #expect(factors.contains { $0 < 1 })
    }
  }

  /// Where lines carry too much, whole blocks have smaller conductances, or single columns, whose block keeps its
  /// largest one.
  @Test func lineLimitLowersBlocksOrColumns() throws {
    let scarce = "crossbar.line-current-limit=5"
    let full = try conductances()
    #expect(try conductances("--set", scarce, "--line-limit", "column") == full)
    #expect(try conductances("--set", scarce) == full)
    let blocks = try conductances("--set", scarce, "--line-limit", "block")
    #expect(blocks.count == 3 && zip(blocks, full).allSatisfy { $0 < 0.8 * $1 })
  }

  @Test func rangeIsAPartOfTheLargestConductance() throws {
    let (full, half) = (try conductances(), try conductances("--range", "0.5"))
    #expect(full.count == 3 && half == full.map { $0 / 2 })
  }

  /// Targets are other than in proportion to the weights.
  @Test func predistortedTargetsHaveACurve() throws {
    #expect(try ranges().allSatisfy { !$0.contains("decoding") })
    for part in try ranges("--predistort", "1d") {
      let list = try #require(part.firstMatch(of: /decoding = \[([^\]]*)\]/)).output.1
      let points = list.split(separator: ", ").compactMap { Double($0) }
      #expect(points.count > 8 && zip(points, points.dropFirst()).allSatisfy { $0 < $1 })
      let last = try #require(points.last)
      let straight = points.indices.map { last * Double($0) / Double(points.count - 1) }
      #expect(zip(points, straight).contains { abs($0 - $1) > 0.01 })
    }
  }

  /// An input without elements has no samples, which nothing needs where no product is on crossbars; products that
  /// multiply nothing have no copies.
  @Test(arguments: [[], ["--center", "--copies", "4", "--residual"], ["--row-copies"]])
  func productsThatMultiplyNothingCompile(options: [String]) throws {
    let folder = try Folder()
    let model = Repository.model("scalars-and-empty/model.onnx")
    let run = try Command(
      ["compile", model, "-o", folder.file("p.aimc"), "-q", "--routine", "layers"] + options)
    #expect(run.status == 0, "\(run.messages)")
  }
}
