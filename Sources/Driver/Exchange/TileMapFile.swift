import Basics
import Chip
import Foundation
import IR
import Passes
import Program

/// A tile map in the form that IBM publishes for HERMES: Specs/exchange.md, "Tile maps".
struct TileMapFile: Codable {
  /// A part of a matrix and where it lies; each region is the first line and the one after the last.
  struct Region: Codable {
    var tileColRegion: [Int]
    var tileRowRegion: [Int]
    var weightColRegion: [Int]
    var weightRowRegion: [Int]

    enum CodingKeys: String, CodingKey {
      case tileColRegion = "tile_col_region"
      case tileRowRegion = "tile_row_region"
      case weightColRegion = "weight_col_region"
      case weightRowRegion = "weight_row_region"
    }
  }

  /// A layer: the names of its weights and its bias, and its regions by the two indices of a core.
  struct Layer: Codable {
    var type: String
    var weight: String
    var bias: String?
    var tilesMap: [String: [String: [Region]]]
    var nShared: Int?

    enum CodingKeys: String, CodingKey {
      case type, weight, bias
      case tilesMap = "tiles_map"
      case nShared = "n_shared"
    }
  }

  var layers: [String: Layer]

  init(from decoder: any Decoder) throws {
    layers = try decoder.singleValueContainer().decode([String: Layer].self)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(layers)
  }

  /// The most bytes of such a file.
  static let largest = 64 << 20

  /// The map of the file at `path` on `chip`.
  ///
  /// Throws `Diagnostics` with everything that is no tile map.
  static func read(_ path: String, on chip: Chip) throws -> TileMap {
    if path != "-" { try requireFile(path, "a tile map (.json)") }
    let text = try readText(path)
    guard text.utf8.count <= largest else {
      throw Diagnostics(Diagnostic(file: path, "is larger than \(largest >> 20) MiB"))
    }
    let file: TileMapFile
    do {
      file = try JSONDecoder().decode(TileMapFile.self, from: Data(text.utf8))
    } catch {
      throw Diagnostics(
        Diagnostic(
          file: path, "is no tile map: \(Self.reason(error))",
          supported: "layers by name, each with type, weight, bias, n_shared and tiles_map "
            + "(Specs/exchange.md)"))
    }
    return try file.map(on: chip, path: path)
  }

  private static func reason(_ error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "" : " in \(path)"
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): return "\(key.stringValue) is missing\(place(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "something else is expected\(place(context))"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? "it is not JSON" : "invalid\(place(context))"
    default: return "it is not JSON"
    }
  }

  private func map(on chip: Chip, path: String) throws -> TileMap {
    var faults = Diagnostics()
    func fault(_ name: String, _ message: String, supported: String? = nil) {
      guard faults.items.count < 100 else { return }
      faults.append(
        Diagnostic(file: path, "layer \"\(name)\" \(message)", supported: supported))
    }
    let layers = self.layers.sorted { $0.key < $1.key }.map { name, layer in
      if !Self.types.contains(layer.type) {
        fault(
          name, "is of type \"\(layer.type)\"", supported: Self.types.joined(separator: ", "))
      }
      var regions: [TileMap.Region] = []
      for (first, others) in layer.tilesMap.sorted(by: { $0.key < $1.key }) {
        for (second, parts) in others.sorted(by: { $0.key < $1.key }) {
          guard let row = Int(first), let column = Int(second), (0..<chip.cores.rows) ~= row,
            (0..<chip.cores.columns) ~= column
          else {
            fault(
              name, "is on core \(first), \(second)",
              supported:
                "0 to \(chip.cores.rows - 1), and 0 to \(chip.cores.columns - 1), on \(chip.name)"
            )
            continue
          }
          for part in parts {
            guard let region = part.region(core: row * chip.cores.columns + column) else {
              fault(
                name, "has a region that is none",
                supported:
                  "[first, behind the last] of rows and columns, as many of weights as of the tile")
              continue
            }
            regions.append(region)
          }
        }
      }
      if regions.isEmpty { fault(name, "has no region") }
      return TileMap.Layer(name: name, weights: layer.weight, regions: regions)
    }
    try faults.throwIfErrors()
    return TileMap(layers: layers)
  }

  /// The types of layers: that of the published files, and convolutions.
  static let types = ["Linear", "Conv1d", "Conv2d"]
}

extension TileMapFile.Region {
  /// The region on a core; `nil` if it is none.
  fileprivate func region(core: Int) -> TileMap.Region? {
    func range(_ bounds: [Int]) -> Range<Int>? {
      guard bounds.count == 2, bounds[0] >= 0, bounds[0] < bounds[1], bounds[1] <= 1 << 31 else {
        return nil
      }
      return bounds[0]..<bounds[1]
    }
    guard let rows = range(weightRowRegion), let columns = range(weightColRegion),
      let lines = range(tileRowRegion), let others = range(tileColRegion),
      lines.count == rows.count, others.count == columns.count
    else { return nil }
    return TileMap.Region(
      rows: rows, columns: columns, core: core, firstRow: lines.lowerBound,
      firstColumn: others.lowerBound)
  }
}

extension Placement {
  /// The tile map of the network as a file.
  ///
  /// Throws `Diagnostics` naming what the form has no room for: replicas, several chips, recurrent layers.
  func tileMapText() throws -> String {
    var faults = Diagnostics()
    if partition.chips > 1 {
      faults.append(Diagnostic(.error, "a tile map is of one chip", help: "leave out --chips"))
    }
    var file = TileMapFile(layers: [:])
    let columns = partition.chip.cores.columns
    for (layer, replicas) in zip(partition.layers, stacks) {
      let node = partition.graph[layer.node]
      if replicas.count > 1 {
        faults.append(
          Diagnostic(
            node: node.name, op: node.op.onnxName,
            "has \(replicas.count) replicas, and a tile map has room for one of each layer",
            help: "compile with --optimize area"))
      }
      guard !layer.isRecurrent else {
        faults.append(
          Diagnostic(
            node: node.name, op: node.op.onnxName, "is recurrent, and tile maps have no such type"))
        continue
      }
      var tiles: [String: [String: [TileMapFile.Region]]] = [:]
      for (stack, placed) in zip(layer.stacks, replicas.first ?? []) {
        var row = 0
        for segment in placed.segments {
          for (number, core) in segment.cores.enumerated() {
            let (rows, origin) = (stack.rows[row], segment.origin(number))
            row += 1
            let (first, second) = core.index.quotientAndRemainder(dividingBy: columns)
            tiles["\(first)", default: [:]]["\(second)", default: []].append(
              TileMapFile.Region(
                tileColRegion: [origin.column, origin.column + stack.columns.count],
                tileRowRegion: [origin.row, origin.row + rows.count],
                weightColRegion: [stack.columns.lowerBound, stack.columns.upperBound],
                weightRowRegion: [rows.lowerBound, rows.upperBound]))
          }
        }
      }
      file.layers[node.name] = TileMapFile.Layer(
        type: node.op.onnxName == "Conv" ? "Conv2d" : "Linear",
        weight: layer.weightNames(in: partition.graph).weight,
        bias: layer.weightNames(in: partition.graph).bias, tilesMap: tiles, nShared: 1)
    }
    try faults.throwIfErrors()
    return try jsonText(of: file, inOneLine: false)
  }
}

extension TileMapFile {
  init(layers: [String: Layer]) { self.layers = layers }
}
