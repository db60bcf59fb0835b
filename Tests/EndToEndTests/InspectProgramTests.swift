import Basics
import Driver
import Foundation
import Program
import TestSupport
import Testing

/// What `inspect` says of the cores, the sections and the code of a program.
@Suite struct InspectProgramTests {
  private let folder: Folder
  private let path: String
  private let program: Program

  init() throws {
    folder = try Folder()
    path = folder.file("net.aimc")
    let run = try Command("compile", Repository.sample("digits/model.onnx"), "-o", path, "-q")
    try #require(run.status == 0, "\(run.messages)")
    program = try ValidProgram(file: MappedFile(path: path)).program
  }

  /// The conductances of a core are those of its tiles, at their lines.
  @Test func aCoreHasItsConductances() throws {
    let tile = try #require(program.tiles.max { $0.firstColumn < $1.firstColumn })
    let weights = folder.file("w.npy")
    let run = try Command(
      "inspect", path, "--core", "\(tile.chip).\(tile.core.index)", "--weights", weights, "--json")
    #expect(run.status == 0, "\(run.messages)")
    let tiles = try #require(run.json["tiles"] as? [[String: Any]])
    let here = program.tiles.filter { $0.chip == tile.chip && $0.core == tile.core }
    #expect(tiles.compactMap { $0["firstColumn"] as? Int } == here.map(\.firstColumn))
    #expect(
      tiles.compactMap { $0["node"] as? String } == here.map { program.blocks[$0.block.index].node }
    )
    let code = try #require(run.json["code"] as? [[String: Any]])
    #expect(code.count == 2)
    for unit in code {
      let (start, end) = (unit["startNs"] as? Double ?? 0, unit["endNs"] as? Double ?? 0)
      #expect(start > 0 && end > start, "\(unit)")
    }
    let array = try readNPY(path: weights)
    #expect(array.shape == [256, 256])
    let values = array.elements(of: Float.self)
    var expected = [Float](repeating: 0, count: values.count)
    for tile in here {
      let block = program.blocks[tile.block.index]
      let cells = Tensor(
        type: .f32, shape: [block.conductances.count / 4], bytes: block.conductances
      ).elements(of: Float.self)
      for (index, cell) in cells.enumerated() {
        let (row, column) = index.quotientAndRemainder(dividingBy: block.columns.count)
        expected[(tile.firstRow + row) * 256 + tile.firstColumn + column] = cell * block.gMax
      }
    }
    #expect(values == expected)
    #expect(values.contains { $0 != 0 })
    #expect(
      tiles.reduce(0) { $0 + ($1["cells"] as? Int ?? 0) }
        == values.reduce(0) { $1 == 0 ? $0 : $0 + 1 })
  }

  @Test func coresThatAreNotThereAreRefused() throws {
    let run = try Command("inspect", path, "--core", "64")
    #expect(run.status == 1)
    #expect(run.messages.contains("there is no core 0.64\n  supported: cores 0 to 63"))
    #expect(try Command("inspect", path, "--core", "1.0").status == 1)
    #expect(try Command("inspect", path, "--core", "a").status == 64)
    #expect(try Command("inspect", path, "--weights", "w.npy").status == 64)
    #expect(try Command("inspect", path, "--core", "0", "--asm").status == 64)
    let model = try Command("inspect", Repository.sample("digits/model.onnx"), "--core", "0")
    #expect(model.status == 1 && model.messages.contains("has no assembly, cores or sections"))
  }

  /// Sections are the bytes of the file.
  @Test func sectionsAreBytesOfTheFile() throws {
    let raw = try Command(
      "inspect", path, "--section", ".aimc.chip", "-o", folder.file("chip.yaml"))
    #expect(raw.status == 0, "\(raw.messages)")
    let text = try String(contentsOfFile: folder.file("chip.yaml"), encoding: .utf8)
    #expect(text == program.chip.yaml)
    let shown = try Command("inspect", path, "--section", ".aimc.chip").text
    let lines = shown.split(separator: "\n")
    #expect(lines.count == (text.utf8.count + 15) / 16)
    #expect(
      lines[0] == "00000000  6e 61 6d 65 3a 20 22 68 65 72 6d 65 73 22 0a 73  name: \"hermes\".s")
    #expect(lines.allSatisfy { $0.count <= 80 })
    let unknown = try Command("inspect", path, "--section", "chip")
    #expect(unknown.status == 1 && unknown.messages.contains(".aimc.chip, .aimc.ports"))
  }

  /// Comments tell node, unit and time, and are none of the program.
  @Test func assemblyTellsNodesAndTimes() throws {
    let text = try Command("inspect", path, "--asm").text
    let notes = text.matches(
      of: /\n  mvm [^\n]*  \/\/ conv1 on crossbar 0\.\d+, (\d+\.\d) to (\d+\.\d) ns/)
    #expect(notes.count == 22)
    for note in notes {
      let (start, end) = (try #require(Double(note.1)), try #require(Double(note.2)))
      #expect(end > start && start > 0)
    }
    let bare = text.replacing(#/  // [^\n]*/#, with: "")
    #expect(bare == program.assembly())
    #expect(
      try Program(assembly: text, payloads: program.payloads()).encoded() == program.encoded())
  }
}
