import Basics
import Driver
import Foundation
import TestSupport
import Testing

/// What `evaluate` tells of outputs that find no class, beside the same figures computed here from the outputs of
/// `simulate` and `run`.
@Suite struct LikenessTests {
  private static let samples = 40
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let start = """
      input %0 "x": f32[N, 16]
      constant %1 "w": f32[16, 12] = random(seed: 1)
    """

  static let networks: [(name: String, text: String)] = [
    (
      "embeddings",
      """
        %2 "e": f32[N, 12] = matmul "dense" (%0, %1)
        constant %3 "axis": i64[1] = dense[-1]
        %4 "norm": f32[N, 1] = reduce_l2 "norm" (%2, %3)
        %5 "y": f32[N, 12] = div "unit" (%2, %4)
        output %5
      """
    ),
    (
      "reconstruction",
      """
        %2 "e": f32[N, 12] = matmul "dense" (%0, %1)
        constant %3 "v": f32[12, 16] = random(seed: 2)
        %4 "y": f32[N, 16] = matmul "back" (%2, %3)
        output %4
      """
    ),
    (
      "numbers",
      """
        constant %2 "v": f32[16, 1] = random(seed: 3)
        %3 "y": f32[N, 1] = matmul "one" (%0, %2)
        output %3
      """
    ),
    (
      "probabilities",
      """
        %2 "e": f32[N, 12] = matmul "dense" (%0, %1)
        %3 "y": f32[N, 12] = softmax "softmax" (%2) {axis = -1}
        output %3
      """
    ),
  ]

  /// Writes a network and inputs of it; returns their paths.
  private func write(_ name: String, _ text: String) throws -> (model: String, data: String) {
    let model = try folder.write(
      text: "graph \"\(name)\" {\n\(Self.start)\n\(text)\n}\n", "\(name).aim")
    var random = SplitMix64(seed: 7)
    let inputs = Tensor(random.floats(Self.samples * 16), shape: [Self.samples, 16])
    return (model, try folder.write(encodeNPY(inputs), "x.npy"))
  }

  /// What the chip and FP32 make of the same inputs, row by row.
  private func outputs(_ name: String, _ text: String) throws -> (chip: [[Float]], fp32: [[Float]])
  {
    let (model, data) = try write(name, text)
    func run(_ arguments: String...) throws {
      let command = try Command(arguments)
      #expect(command.status == 0, "\(command.messages)")
    }
    try run(
      "compile", model, "--calibrate", data, "--routine", "global", "-o", folder.file("p.aimc"))
    try run(
      "simulate", folder.file("p.aimc"), "--data", data, "--device", "hermes-tdp", "--time", "1d",
      "--seed", "0", "-o", folder.file("chip.npz"))
    try run("run", model, "--data", data, "-o", folder.file("fp32.npz"))
    func rows(_ file: String) throws -> [[Float]] {
      let tensor = try #require(readNPZ(path: folder.file(file)).first?.tensor)
      let all = tensor.elements(of: Float.self)
      let width = all.count / Self.samples
      return (0..<Self.samples).map { Array(all[$0 * width..<($0 + 1) * width]) }
    }
    return (try rows("chip.npz"), try rows("fp32.npz"))
  }

  /// What `evaluate` of the same chip says.
  private func result(_ name: String) throws -> [String: Any] {
    let run = try Command(
      "evaluate", folder.file("\(name).aim"), "--calibrate", folder.file("x.npy"), "--data",
      folder.file("x.npy"), "--routine", "global", "--times", "1d", "--seeds", "1", "--json",
      "--csv", folder.file("r.csv"))
    #expect(run.status == 0, "\(run.messages)")
    let results = try #require(run.json["results"] as? [[String: Any]])
    return try #require(results.first)
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func product(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
  }

  private func nearest(_ rows: [[Float]]) -> [Int] {
    rows.indices.map { row in
      rows.indices.filter { $0 != row }.max {
        cosine(rows[row], rows[$0]) < cosine(rows[row], rows[$1])
      }!
    }
  }

  /// Equal values share the mean of their places.
  private func ranks(_ values: [Float]) -> [Double] {
    values.map { value in
      Double(values.count { $0 < value }) + Double(values.count { $0 == value } - 1) / 2
    }
  }

  private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    func centred(_ values: [Double]) -> [Float] {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { Float($0 - mean) }
    }
    return cosine(centred(a), centred(b))
  }

  @Test(arguments: networks) func figuresAreOfTheOutputs(name: String, text: String) throws {
    let (chip, fp32) = try outputs(name, text)
    let result = try result(name)
    func figure(_ key: String) -> Double? { result[key] as? Double }
    let count = Double(Self.samples)
    let cosines = zip(chip, fp32).map(cosine)
    let mean = cosines.reduce(0, +) / count
    func isNear(_ key: String, _ wanted: Double?) -> Bool {
      guard let wanted else { return figure(key) == nil }
      return figure(key).map { abs($0 - wanted) < 1e-6 } ?? false
    }
    let same = zip(nearest(chip), nearest(fp32)).count { $0 == $1 }
    let rank = correlation(ranks(chip.map { $0[0] }), ranks(fp32.map { $0[0] }))
    let classes = [chip, fp32].map { rows in rows.map { $0.firstIndex(of: $0.max()!)! } }
    let agreement = Double(zip(classes[0], classes[1]).count { $0 == $1 }) / count
    #expect(isNear("cosine", ["embeddings", "reconstruction"].contains(name) ? mean : nil))
    #expect(isNear("sameNeighbour", name == "embeddings" ? Double(same) / count : nil))
    #expect(isNear("rankCorrelation", name == "numbers" ? rank : nil))
    #expect(isNear("agreement", name == "probabilities" ? agreement : nil))
    #expect(result["accuracy"] == nil && figure("decibels") != nil)
    // The chip is not exact, or the figures would show nothing.
    #expect(mean < 1 - 1e-6)
    let table = try String(contentsOfFile: folder.file("r.csv"), encoding: .utf8)
    let lines = table.split(separator: "\n")
    #expect(lines[0].hasSuffix(",cosine,sameNeighbour,rankCorrelation") && lines.count == 3)
  }

  /// The numbers of classes have no order, and so no correlation.
  @Test func indicesAreNoValues() throws {
    _ = try write(
      "indices",
      """
        %2 "e": f32[N, 12] = matmul "dense" (%0, %1)
        %3 "y": i64[N] = arg_max "best" (%2) {axis = 1, keeps_dimension = false}
        output %3
      """)
    let result = try result("indices")
    for name in ["agreement", "cosine", "sameNeighbour", "rankCorrelation"] {
      #expect(result[name] == nil)
    }
  }

  /// Parts carry the figures, and the search takes the cosine of embeddings for what is kept.
  @Test func partsAndSearchKnowThem() throws {
    let (name, text) = Self.networks[0]
    _ = try outputs(name, text)
    let options = [
      "evaluate", folder.file("\(name).aim"), "--calibrate", folder.file("x.npy"), "--data",
      folder.file("x.npy"), "--times", "1d", "--seeds", "2", "--json",
    ]
    let whole = try Command(options)
    for part in 1...2 {
      let run = try Command(
        options + ["--shard", "\(part)/2", "--part", folder.file("\(part).json")])
      #expect(run.status == 0, "\(run.messages)")
    }
    let merged = try Command("merge", folder.file("1.json"), folder.file("2.json"), "--json")
    #expect(merged.output == whole.output && whole.json["results"] != nil)
    #expect(String(decoding: whole.output, as: UTF8.self).contains("sameNeighbour"))
    let search = try Command(
      "compile", folder.file("\(name).aim"), "--calibrate", folder.file("x.npy"), "--accuracy",
      "90%", "-o", folder.file("s.aimc"))
    #expect(search.status == 0, "\(search.messages)")
    #expect(search.messages.contains("cosine to FP32, %"))
    #expect(search.messages.contains("% as the mean cosine to FP32, target 90.00 %"))
  }
}
