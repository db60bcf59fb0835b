import Basics
import Chip
import Foundation
import Program
import TestSupport
import Testing

/// Chips with faults: what they cost, what programs that are laid around them keep, and how faults are found.
@Suite struct FaultyHardwareTests {
  private let folder: Folder
  private static let model = Repository.sample("digits/model.onnx")
  private static let data = Repository.sample("digits/test.npz")
  private static let calibration = Repository.sample("digits/calibration.npz")

  init() throws { folder = try Folder() }

  /// Writes a file of faults of one chip.
  private func write(_ rates: String, chip: String = "hermes") throws -> FaultMap {
    let map = FaultMap(try #require(FaultRates(rates)), on: try Chip.named(chip), chips: 1)
    _ = try folder.write(text: map.text, "faults.yaml")
    return map
  }

  private func compiled(_ options: [String]) throws -> (run: Command, program: Program) {
    let run = try Command(
      ["compile", Self.model, "-o", "net.aimc", "-q", "--calibrate", Self.calibration, "--json"]
        + options, in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    let bytes = try Data(contentsOf: URL(filePath: folder.file("net.aimc")))
    return (run, try ValidProgram(bytes: Bytes(copying: Array(bytes))).program)
  }

  private func accuracy(_ options: String...) throws -> Double {
    let run = try Command(
      ["evaluate", "net.aimc", "--data", Self.data, "--seeds", "3", "--times", "0", "--json"]
        + options, in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    let results = try #require(run.json["results"] as? [[String: Any]])
    return try #require(results[0]["accuracy"] as? Double)
  }

  @Test func programsAreLaidAroundFaults() throws {
    let map = try write("stuck=5%,dead-cores=3,dead-rows=1%,dead-columns=1%,seed=4")
    _ = try compiled([])
    let healthy = try accuracy()
    let broken = try accuracy("--faults", "faults.yaml")
    let (run, program) = try compiled(["--fault-map", "faults.yaml"])
    let mended = try accuracy("--faults", "faults.yaml")
    #expect(broken < healthy - 0.05, "\(healthy), \(broken)")
    #expect(mended > healthy - 0.01, "\(healthy), \(mended)")
    for tile in program.tiles {
      let faults = try #require(map.faults(ofChip: tile.chip, core: tile.core))
      #expect(!faults.isDead)
      // Where no fault is below a tile, lines keep their order.
      let lines = program.lines(ofChip: tile.chip, core: tile.core)
      let block = program.blocks[tile.block.index]
      let rows = (lines?.rows ?? Array(0..<256))[tile.firstRow..<tile.firstRow + block.rows.count]
      let columns =
        (lines?.columns ?? Array(0..<256))[
          tile.firstColumn..<tile.firstColumn + block.columns.count]
      #expect(Set(rows).isDisjoint(with: faults.deadRows))
      #expect(Set(columns).isDisjoint(with: faults.deadColumns))
    }
    let report = try #require(run.json["faults"] as? [String: Any])
    #expect(report["deadCores"] as? Int == 3)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers.map { $0["node"] as? String } == ["conv1", "conv2", "dense", "logits"])
    for layer in layers {
      let loss = try #require(layer["loss"] as? Double)
      let before = try #require(layer["lossAsTheyAre"] as? Double)
      #expect(loss < 0.06 && before > 0.1, "\(layer)")
    }
    let inspected = try Command("inspect", "net.aimc", "--json", in: folder.path)
    #expect((inspected.json["coresWithLines"] as? [String])?.count == program.lines.count)
    #expect(try Command("check", "net.aimc", Self.model, in: folder.path).status == 0)
  }

  /// Random faults on the command line are those of the same words in a file.
  @Test func ratesAreDrawnAsInAFile() throws {
    _ = try write("stuck=3%,seed=2")
    _ = try compiled([])
    let (drawn, read) = (
      try accuracy("--faults", "stuck=3%,seed=2"), try accuracy("--faults", "faults.yaml")
    )
    #expect(drawn == read)
    #expect(try accuracy("--faults", "stuck=3%,seed=3") != drawn)
    let refused = try Command(
      "simulate", "net.aimc", "--data", Self.data, "--device", "hermes-tdp", "--faults", "stuck=2",
      in: folder.path)
    #expect(refused.status == 64 && refused.messages.contains("dead-cores"))
    // A chip without devices has none that fail.
    let exact = try Command(
      "simulate", "net.aimc", "--data", Self.data, "--faults", "stuck=1%", in: folder.path)
    #expect(exact.status == 64)
    let other = try Command(
      "verify", Self.model, "--device", "hermes-tdp", "--chip", "hermes-odp", "--faults",
      "faults.yaml", in: folder.path)
    #expect(other.status == 1 && other.messages.contains("is of the chip hermes"))
  }

  @Test func whatLeavesNoRoomIsRefused() throws {
    _ = try write("dead-cores=62")
    let short = try Command(
      "compile", Self.model, "-o", "net.aimc", "--fault-map", "faults.yaml", "--calibrate",
      Self.calibration, "--packing", "never", in: folder.path)
    #expect(short.status == 1 && short.messages.contains("a chip hermes has 2 without faults"))
    #expect(!folder.files.contains("net.aimc"))
    _ = try write("dead-cores=64")
    let none = try Command(
      "compile", Self.model, "--plan", "--fault-map", "faults.yaml", in: folder.path)
    #expect(none.status == 1 && none.messages.contains("leave no core of hermes"))
    _ = try write("dead-cores=1")
    let dead = try #require(try write("dead-cores=1").cores.first).core.index
    let pinned = try Command(
      "compile", Self.model, "--plan", "--fault-map", "faults.yaml", "--pin", "conv1=\(dead)",
      in: folder.path)
    #expect(pinned.status == 1 && pinned.messages.contains("core \(dead), which is dead"))
    let missing = try Command("compile", Self.model, "--plan", "--fault-map", "none.yaml")
    #expect(missing.status == 1 && missing.messages.contains("none.yaml"))
  }

  private func device(_ options: [String]) throws -> RunningCommand {
    try RunningCommand(
      ["chip", "--listen", "chip.socket", "--device", "hermes-tdp"] + options, in: folder,
      until: "chip.socket")
  }

  /// A test of a device finds what it was given, to what a read misses.
  @Test func aSelfTestFindsTheFaults() throws {
    let chip = try Chip.named("tiny")
    let words =
      "stuck=6%,stuck-devices=2%,dead-cores=1,dead-rows=9%,dead-columns=9%,seed=6"
    let device = try device([
      "--chip", "tiny", "--set", "crossbar.rows=16", "--chips", "3", "--faults", words,
    ])
    let run = try Command(
      "self-test", "--device", "chip.socket", "-o", "found.yaml", "--json", "-q", in: folder.path)
    try #require(run.status == 0, "\(run.messages)")
    withExtendedLifetime(device) {}
    let found = try FaultMap(
      text: String(contentsOfFile: folder.file("found.yaml"), encoding: .utf8), on: chip)
    let given = FaultMap(try #require(FaultRates(words)), on: chip, chips: 3)
    for number in 0..<3 {
      #expect(found.deadCores(ofChip: number) == given.deadCores(ofChip: number))
    }
    #expect(run.json["deadCores"] as? Int == 3 && run.json["cores"] as? Int == 12)
    let step = chip.crossbar.gMax / chip.adc.countsPerGMax
    var (sides, devices) = (0, 0)
    for core in given.cores where !core.isDead {
      let other = try #require(found.faults(ofChip: core.chip, core: core.core))
      #expect(other.deadRows == core.deadRows && other.deadColumns == core.deadColumns)
      let visible = core.stuck.filter {
        !core.deadRows.contains($0.row) && !core.deadColumns.contains($0.column)
      }
      let (want, got) = (
        sidesWithFaults(visible, chip), sidesWithFaults(other.stuck, chip)
      )
      #expect(want.map(\.place) == got.map(\.place))
      for (want, got) in zip(want, got) {
        // RESET leaves something in devices that change.
        #expect(got.conductance >= want.conductance - step - 1e-9)
        #expect(got.conductance <= want.conductance + 1, "\(want), \(got)")
        if want.isWhole { sides += 1 } else { devices += 1 }
        #expect(got.isWhole == want.isWhole)
      }
    }
    #expect(sides > 20 && devices > 10)
  }

  /// A side with stuck devices.
  private struct Side {
    var place: [Int]
    var isWhole: Bool
    var conductance: Double
  }

  private func sidesWithFaults(_ stuck: [StuckDevice], _ chip: Chip) -> [Side] {
    var sides: [Side] = []
    for device in stuck {
      let place = [device.row, device.column, device.isNegative ? 1 : 0]
      if sides.last?.place == place {
        sides[sides.count - 1].conductance += device.conductance
        sides[sides.count - 1].isWhole = true
      } else {
        sides.append(
          Side(place: place, isWhole: device.device == nil, conductance: device.conductance))
      }
    }
    return sides
  }

  /// From the device to the file, to the program, and back to the device: as a simulation says.
  @Test func whatIsMeasuredIsAroundWhatIsLoaded() throws {
    let words = ["--faults", "stuck=2%,dead-cores=2,seed=3", "--seed", "5"]
    let device = try device(words)
    let tested = try Command(
      "self-test", "--device", "chip.socket", "-o", "faults.yaml", in: folder.path)
    #expect(tested.status == 0, "\(tested.messages)")
    #expect(tested.text.contains("dead           2 cores"), "\(tested.text)")
    _ = try compiled(["--fault-map", "faults.yaml", "--routine", "refit"])
    let load = ["load", "net.aimc", "--device", "chip.socket", "--data", Self.data]
    let loaded = try Command(load + ["-o", "a.npz", "--json"], in: folder.path)
    #expect(loaded.status == 0, "\(loaded.messages)")
    let simulate = [
      "simulate", "net.aimc", "--data", Self.data, "--device", "hermes-tdp", "--json",
    ]
    let simulated = try Command(simulate + words + ["-o", "b.npz"], in: folder.path)
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(filePath: folder.file(name)))
    }
    #expect(try bytes("a.npz") == bytes("b.npz"))
    #expect((simulated.json["accuracy"] as? Double ?? 0) > 0.97)

    // A day later, and calibrated anew then.
    let older = try Command(load + ["-o", "c.npz", "--time", "1d"], in: folder.path)
    #expect(older.status == 0, "\(older.messages)")
    let drifted = try Command(
      simulate + words + ["-o", "d.npz", "--calibrate-at", "0", "--time", "1d"], in: folder.path)
    #expect(drifted.status == 0)
    #expect(try bytes("c.npz") == bytes("d.npz"))
    #expect(try bytes("c.npz") != bytes("a.npz"))
    let again = try Command("recalibrate", "--device", "chip.socket", "--json", in: folder.path)
    #expect(again.status == 0, "\(again.messages)")
    #expect((again.json["calibrationMultiplications"] as? Int ?? 0) > 1000)
    _ = try Command(load + ["-o", "e.npz"], in: folder.path)
    _ = try Command(
      simulate + words + ["-o", "f.npz", "--calibrate-at", "0,1d", "--time", "1d"],
      in: folder.path)
    #expect(try bytes("e.npz") == bytes("f.npz"))
    #expect(try bytes("e.npz") != bytes("c.npz"))
    // Nothing grows younger.
    let younger = try Command(
      "recalibrate", "--device", "chip.socket", "--time", "1h", in: folder.path)
    #expect(younger.status == 1 && younger.messages.contains("outside of the memory"))
    withExtendedLifetime(device) {}
  }

  @Test func whatCannotBeCalibratedIsRefused() throws {
    let device = try device(["-q"])
    let early = try Command("recalibrate", "--device", "chip.socket", in: folder.path)
    #expect(early.status == 1 && early.messages.contains("no program"))
    _ = try compiled([])
    _ = try Command("load", "net.aimc", "--device", "chip.socket", in: folder.path)
    let bare = try Command("recalibrate", "--device", "chip.socket", in: folder.path)
    #expect(bare.status == 1 && bare.messages.contains("--routine"), "\(bare.messages)")
    withExtendedLifetime(device) {}
  }

  /// A program with vectors for that does not help a device that is not to use them.
  @Test(arguments: [["--device", "ideal"], ["--device", "quantized"], ["--correct", "none"]])
  func whatNeedsNoCalibrationSaysSo(words: [String]) throws {
    let device = try device(words + ["-q"])
    _ = try compiled(["--routine", "refit"])
    _ = try Command("load", "net.aimc", "--device", "chip.socket", in: folder.path)
    let run = try Command("recalibrate", "--device", "chip.socket", in: folder.path)
    #expect(run.status == 1 && run.messages.contains("has nothing to calibrate"), "\(run.messages)")
    #expect(!run.messages.contains("--routine"), "\(run.messages)")
    withExtendedLifetime(device) {}
  }
}
