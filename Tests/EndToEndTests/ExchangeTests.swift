import Basics
import Foundation
import Program
import TestSupport
import Testing

/// Tile maps and conductances in IBM's forms.
@Suite struct ExchangeTests {
  private let folder: Folder
  private static let model = Repository.sample("digits/model.onnx")
  private static let data = Repository.sample("digits/test.npz")
  private static let calibration = Repository.sample("digits/calibration.npz")

  init() throws { folder = try Folder() }

  private func compile(_ options: String...) throws -> Command {
    try Command(
      ["compile", Self.model, "-q", "--calibrate", Self.calibration] + options, in: folder.path)
  }

  private func program(_ name: String) throws -> Program {
    let data = try Data(contentsOf: URL(filePath: folder.file(name)))
    return try ValidProgram(bytes: Bytes(copying: Array(data))).program
  }

  private static func floats(_ bytes: Bytes) -> [Float] {
    Tensor(type: .f32, shape: [bytes.count / 4], bytes: bytes).elements(of: Float.self)
  }

  /// What is written as a map is laid as it was.
  @Test func mapsLayAsTheySay() throws {
    let first = try compile("--optimize", "area", "-o", "a.aimc")
    #expect(first.status == 0, "\(first.messages)")
    let written = try compile("--optimize", "area", "--emit", "tile-map", "-o", "map.json")
    #expect(written.status == 0, "\(written.messages)")
    let text = try String(contentsOfFile: folder.file("map.json"), encoding: .utf8)
    for key in [
      "\"tiles_map\"", "\"tile_row_region\"", "\"n_shared\" : 1", "\"conv1\"", "\"Linear\"",
    ] {
      #expect(text.contains(key), "\(key)")
    }
    let second = try compile("--tile-map", "map.json", "-o", "b.aimc")
    #expect(second.status == 0, "\(second.messages)")
    func places(_ name: String) throws -> Set<[Int]> {
      let program = try program(name)
      return Set(
        program.tiles.map { tile in
          let block = program.blocks[tile.block.index]
          return [
            tile.core.index, tile.firstRow, tile.firstColumn, block.rows.lowerBound,
            block.rows.upperBound, block.columns.lowerBound, block.columns.upperBound,
          ]
        })
    }
    #expect(try places("a.aimc") == places("b.aimc"))
  }

  /// The form of the published files, with a layer by the name of its weights.
  private func map(
    core: (String, String) = ("0", "2"), rows: [Int] = [0, 64], tile: [Int] = [128, 192],
    name: String = "logits", type: String = "Linear", more: String = ""
  ) throws {
    let text = """
      {
          "\(name)": {
              "type": "\(type)", "weight": "w", "bias": null, "n_shared": 2,
              "tiles_map": {"\(core.0)": {"\(core.1)": [
                  {"tile_col_region": [5, 15], "tile_row_region": \(tile),
                   "weight_col_region": [0, 10], "weight_row_region": \(rows)}\(more)
              ]}}
          }
      }
      """
    _ = try folder.write(text: text, "map.json")
  }

  @Test func mapsOfOthersAreRead() throws {
    try map()
    let run = try compile("--tile-map", "map.json", "-o", "a.aimc", "--json")
    #expect(run.status == 0, "\(run.messages)")
    let program = try program("a.aimc")
    #expect(
      program.tiles.map { [$0.core.index, $0.firstRow, $0.firstColumn] } == [[2, 128, 5]])
    let digital = try #require(run.json["digital"] as? [[String: Any]])
    #expect(digital.allSatisfy { $0["reason"] as? String == "not in the tile map" })
    #expect(digital.count == 3)
  }

  @Test func mapsThatDoNotFitAreRefused() throws {
    func refusal() throws -> String {
      let run = try compile("--tile-map", "map.json", "-o", "a.aimc")
      #expect(run.status == 1 && !folder.files.contains("a.aimc"))
      return run.messages
    }
    try map(name: "other")
    #expect(try refusal().contains("has a layer \"other\""))
    try map(type: "LSTM")
    #expect(try refusal().contains("is of type \"LSTM\""))
    try map(core: ("0", "8"))
    #expect(try refusal().contains("is on core 0, 8"))
    try map(rows: [0, 63], tile: [0, 63])
    #expect(try refusal().contains("is not wholly, or not once"))
    try map(rows: [0, 65], tile: [0, 65])
    #expect(try refusal().contains("is a matrix of 64×10"))
    try map(tile: [200, 264])
    #expect(try refusal().contains("lies on no crossbar"))
    try map(tile: [0, 60])
    #expect(try refusal().contains("has a region that is none"))
    _ = try folder.write(text: "{\"a\": 3}", "map.json")
    #expect(try refusal().contains("is no tile map"))
    _ = try folder.write(text: "[[[", "map.json")
    #expect(try refusal().contains("it is not JSON"))
    let replicas = try compile("--emit", "tile-map", "-o", "map.json")
    #expect(replicas.status == 1 && replicas.messages.contains("--optimize area"))
  }

  @Test func conductancesGoOutAndComeBack() throws {
    #expect(try compile("-o", "a.aimc").status == 0)
    let export = try Command("export", "a.aimc", "-o", "a.csv", "--g-max", "20", in: folder.path)
    #expect(export.status == 0, "\(export.messages)")
    let lines = try String(contentsOfFile: folder.file("a.csv"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    #expect(lines.count == 10)
    #expect(
      Array(lines[..<6]) == [
        "1,2,3,4", "AnalogConv2d,AnalogConv2d,AnalogLinear,AnalogLinear", "144,4608,32768,640",
        "16,32,64,10", "9,144,512,64", "conv1,conv2,dense,logits",
      ])
    let values = lines[6...].map { $0.split(separator: ",").compactMap { Double($0) } }
    #expect(values.map(\.count) == [144, 4608, 32768, 640])
    for (layer, inputs) in zip(values, [9, 144, 512, 64]) {
      for start in stride(from: 0, to: layer.count, by: inputs) {
        #expect(layer[start..<start + inputs].max() == 20)
      }
    }
    // A chip that conducts 10 % more in all of a column, and nothing else wrong, gives the same program.
    let measured = lines[..<6] + values.map { $0.map { "\($0 * 1.1)" }.joined(separator: ",") }
    _ = try folder.write(text: measured.joined(separator: "\n") + "\n", "b.csv")
    let run = try Command("import", "a.aimc", "b.csv", "-o", "b.aimc", in: folder.path)
    #expect(run.status == 0 && run.text.contains("imported       4 layers"), "\(run.messages)")
    let (a, b) = (try program("a.aimc"), try program("b.aimc"))
    for (x, y) in zip(a.blocks, b.blocks) {
      for (g, h) in zip(Self.floats(x.conductances), Self.floats(y.conductances)) {
        #expect(abs(g - h) < 1e-5)
      }
    }
    // One that conducts nothing where it should conduct least.
    let cut = lines[..<6] + values.map { $0.map { $0 < 2 ? "0" : "\($0)" }.joined(separator: ",") }
    _ = try folder.write(text: cut.joined(separator: "\n") + "\n", "c.csv")
    #expect(try Command("import", "a.aimc", "c.csv", "-o", "c.aimc", in: folder.path).status == 0)
    let simulated = try Command(
      "simulate", "c.aimc", "--data", Self.data, "--json", in: folder.path)
    #expect((simulated.json["accuracy"] as? Double ?? 0) > 0.9)
    #expect(try Command("check", "c.aimc", Self.model, in: folder.path).status != 0)
  }

  @Test func tablesOfOtherProgramsAreRefused() throws {
    #expect(try compile("-o", "a.aimc").status == 0)
    let text = try Command("export", "a.aimc", in: folder.path).text
    func refusal(_ text: String) throws -> String {
      _ = try folder.write(text: text, "b.csv")
      let run = try Command("import", "a.aimc", "b.csv", "-o", "b.aimc", in: folder.path)
      #expect(run.status == 1 && !folder.files.contains("b.aimc"))
      return run.messages
    }
    #expect(try refusal(text.replacing("conv1", with: "conv9")).contains("b.csv:6:1"))
    #expect(try refusal("").contains("is not the line"))
    #expect(try refusal(text + "1,2\n").contains("of 5 layers, not of 4"))
    #expect(try refusal(text.replacing(",40.0,", with: ",x,")).contains("conductances in µS"))
    #expect(try Command("export", "a.aimc", "--g-max", "9", in: folder.path).status == 1)
    #expect(try compile("-o", "p.aimc", "--predistort", "1d").status == 0)
    let expecting = try Command("export", "p.aimc", in: folder.path)
    #expect(expecting.status == 1 && expecting.messages.contains("--predistort"))
  }
}
