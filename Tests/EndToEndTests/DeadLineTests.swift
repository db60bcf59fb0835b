import Foundation
import TestSupport
import Testing

/// Programs for chips with dead cores and lines: fitted to what works, or refused.
@Suite struct DeadLineTests {
  private let folder: Folder
  private static let model = Repository.sample("digits/model.onnx")

  init() throws { folder = try Folder() }

  /// Writes a file of faults with these lines below cores.
  private func write(_ lines: String..., chip: String = "hermes") throws {
    let text = "aimcc: faults/1\nchip: \(chip)\ncores:\n" + lines.joined(separator: "\n") + "\n"
    _ = try folder.write(text: text, "faults.yaml")
  }

  private func run(_ words: String...) throws -> Command { try Command(words, in: folder.path) }

  /// The blocks of each layer on a chip with faults.
  private func blocks(_ words: [String]) throws -> [Int] {
    let run = try Command(
      ["compile", Self.model, "-o", "net.aimc", "-q", "--json", "--fault-map", "faults.yaml"]
        + words,
      in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    let layers = try #require(run.json["layers"] as? [[String: Any]])
    return try layers.map { try #require($0["blocks"] as? Int) }
  }

  /// Copies and positions fill lines that every core has: products take no more blocks than without them.
  @Test(arguments: [
    ["--copies", "1"], ["--copies", "1", "--residual"], ["--row-copies"], ["--widen"],
  ])
  func productsFillTheLinesThatWork(_ options: [String]) throws {
    try write("  0.63:\n    rows: [17]\n    columns: [5]")
    let plain = try blocks([])
    #expect(try blocks(options) == plain)
    let check = try Command(
      ["check", "net.aimc", Self.model, "--fault-map", "faults.yaml"] + options, in: folder.path)
    #expect(check.text.hasPrefix("PROVED "), "\(check.messages)")
  }

  /// Products stand side by side where that takes fewer blocks of the columns that are left.
  @Test func productsAreJoinedForTheLinesThatWork() throws {
    let text = """
      graph "attention" {
        input %0 "x": f32[2, 2]
        constant %1 "wq": f32[2, 3] = dense[1, 2, 3, 4, 5, 6]
        constant %2 "wk": f32[2, 3] = dense[7, 8, 9, 10, 11, 12]
        constant %3 "wv": f32[2, 3] = dense[13, 14, 15, 16, 17, 18]
        %4 "q": f32[2, 3] = matmul "query" (%0, %1)
        %5 "k": f32[2, 3] = matmul "key" (%0, %2)
        %6 "v": f32[2, 3] = matmul "value" (%0, %3)
        output %4
        output %5
        output %6
      }
      """
    _ = try folder.write(text: text, "net.aim")
    let words = ["compile", "net.aim", "--chip", "tiny", "--emit", "concatenate"]
    let healthy = try Command(words, in: folder.path)
    #expect(healthy.status == 0 && healthy.text.contains("query+key+value"), "\(healthy.messages)")
    try write("  0.0:\n    columns: [0, 1, 2, 3]", chip: "tiny")
    let faulty = try Command(words + ["--fault-map", "faults.yaml"], in: folder.path)
    #expect(faulty.status == 0 && !faulty.text.contains("query+key"), "\(faulty.messages)")
  }

  /// Where crossbars have fewer living columns than a hidden unit takes, no slice of a GDPU computes gates.
  @Test func gatesOfUnitsThatAreCutAreHostCode() throws {
    let model = ModelFolder(made: "lstm").model
    let words = [
      "compile", model, "-o", "net.aimc", "--set", "crossbar.columns=5", "--chips", "auto",
    ]
    let healthy = try Command(words, in: folder.path)
    let reason = "fewer columns than a unit has"
    #expect(healthy.status == 0 && !healthy.text.contains(reason), "\(healthy.text)")
    try write("  0.60:\n    columns: [1, 2]")
    let faulty = try Command(words + ["--fault-map", "faults.yaml"], in: folder.path)
    #expect(faulty.status == 0, "\(faulty.messages)")
    #expect(faulty.text.contains(reason), "\(faulty.text)")
    #expect(try run("check", "net.aimc", model).status == 0)
    try write("  0.60:\n    columns: [0, 1, 2, 3, 4]")
    let none = try Command(
      words + ["--copies", "2", "--fault-map", "faults.yaml"], in: folder.path)
    #expect(none.status == 1 && none.messages.contains("leave no core"), "\(none.messages)")
  }

  /// A text of a later pass knows no faults: where it does not fit what works, it is refused.
  @Test func textsThatUseWhatIsDeadAreRefused() throws {
    for stage in ["partition", "place"] {
      #expect(try run("compile", Self.model, "--emit", stage, "-o", "\(stage).aim").status == 0)
    }
    func refusal(of text: String) throws -> String {
      let run = try run("compile", text, "-o", "net.aimc", "--fault-map", "faults.yaml")
      #expect(run.status == 1, "\(text): \(run.text)")
      #expect(!folder.files.contains("net.aimc"))
      return run.messages
    }
    let dead = (1..<64).map { "  0.\($0):\n    dead: true" }.joined(separator: "\n")
    try write(dead)
    #expect(try refusal(of: "partition.aim").contains("1 are without faults"))
    #expect(try refusal(of: "place.aim").contains("which is dead"))
    let lines = (0..<64).map { "  0.\($0):\n    rows: [1, 2]" }.joined(separator: "\n")
    try write(lines)
    #expect(try refusal(of: "place.aim").contains("tiles on 256 word lines, of which 254 work"))
    // Of a partition that fits, no block comes to lie on a dead core.
    try write((0..<9).map { "  0.\($0):\n    dead: true" }.joined(separator: "\n"))
    let fitting = try run(
      "compile", "partition.aim", "-o", "net.aimc", "--fault-map", "faults.yaml")
    #expect(fitting.status == 0, "\(fitting.messages)")
  }

  /// A tile map says on which cores blocks lie: on a dead one they cannot.
  @Test func tileMapsOnDeadCoresAreRefused() throws {
    let map = try run(
      "compile", Self.model, "--emit", "tile-map", "--optimize", "area", "-o", "map.json")
    try #require(map.status == 0, "\(map.messages)")
    let words = [
      "compile", Self.model, "-o", "net.aimc", "--tile-map", "map.json", "--fault-map",
      "faults.yaml",
    ]
    try write("  0.1:\n    dead: true")
    let dead = try Command(words, in: folder.path)
    #expect(dead.status == 1 && dead.messages.contains("core 1, which is dead"), "\(dead.messages)")
    try write("  0.0:\n    rows: [3]")
    let full = try Command(words, in: folder.path)
    #expect(full.status == 1 && full.messages.contains("of which 255 work"), "\(full.messages)")
    try write("  0.2:\n    dead: true", "  0.0:\n    columns: [3]")
    let fitting = try Command(words, in: folder.path)
    #expect(fitting.status == 0, "\(fitting.messages)")
  }
}
