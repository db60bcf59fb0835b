import Basics
import Chip
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// Each row of the table of options shows in every command that takes it.
@Suite struct OptionRowTests {
  private static let model = Repository.sample("digits/model.onnx")
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// `option` with a value that it takes.
  private static func words(_ option: CompileOption) throws -> [String] {
    guard option.form != .flag else { return ["--\(option.name)"] }
    let words = option.choices.reversed() + ["4", "0.5", "99%", "1d", "a=3", "name"]
    let value = words.first { word in
      var values = OptionValues()
      return option.read(word, &values) && values != OptionValues()
    }
    return ["--\(option.name)", try #require(value, "\(option.name)")]
  }

  @Test(arguments: CompileOption.Command.allCases)
  func helpHasTheOptionsOfTheCommand(command: CompileOption.Command) throws {
    let help = try Command(command.rawValue, "--help", environment: ["COLUMNS": "80"]).text
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let sentences = help.split { " \n".contains($0) }.joined(separator: " ")
    for option in CompileOption.table {
      let name = "--\(option.name)" + (option.valueName.map { " <\($0)>" } ?? "")
      guard option.commands.contains(command) else {
        // Of commands that simulate, --seed is the number of the chip.
        #expect(option.name == "seed" || !help.contains("  \(name)"), "\(name)")
        continue
      }
      #expect(help.contains("\n  \(name)"), "\(name)")
      #expect(sentences.contains("\(name) \(option.wholeHelp)"), "\(name)")
    }
    let common = CompileOption.table.filter { $0.commands.contains(command) }
    guard command != .check, let expert = help.range(of: "EXPERT OPTIONS:") else { return }
    for option in common {
      let name = try #require(help.range(of: "\n  --\(option.name)"))
      #expect((name.lowerBound > expert.lowerBound) == option.isExpert, "\(option.name)")
    }
  }

  @Test func wrongValuesAreRefusedWithThoseThatAreTaken() throws {
    for option in CompileOption.table {
      var values = OptionValues()
      guard let name = option.valueName, !option.read("?", &values) else { continue }
      let run = try Command("compile", "a", "--\(option.name)", "?")
      #expect(run.status == 64)
      #expect(
        run.messages.contains("The value '?' is invalid for '--\(option.name) <\(name)>'")
          && run.messages.contains(option.accepted), "\(run.messages)")
    }
  }

  /// An option is refused where no pass that looks at it runs.
  @Test func optionsNeedTheirPass() throws {
    let rows = CompileOption.table.filter { $0.commands.contains(.compile) && !$0.passes.isEmpty }
    let words = try rows.flatMap { try Self.words($0) }
    let run = try Command(["compile", Self.model, "--stop-after", "graph"] + words)
    #expect(run.status == 64)
    for option in rows {
      for name in option.passes { #expect(Pass(named: name) != nil, "\(option.name)") }
      #expect(
        run.messages.contains("--\(option.name): no pass that looks at it runs: "),
        "\(option.name): \(run.messages)")
    }
  }

  /// An option has an effect where any pass runs that looks at it, be it before the first of the mapping, or behind
  /// what a text holds already.
  @Test func anyPassThatLooksAtAnOptionWillDo() throws {
    func compile(_ words: String...) throws -> Command {
      try Command(["compile"] + words, in: folder.path)
    }
    let upToCenter = ["--center", "--emit", "center"]
    let centered = try Command(["compile", Self.model] + upToCenter)
    let but = try Command(["compile", Self.model, "--digital", "dense"] + upToCenter)
    #expect(but.status == 0 && but.text != centered.text, "\(but.messages)")
    #expect(centered.text.contains("dense·mean") && !but.text.contains("dense·mean"))

    #expect(try compile(Self.model, "--emit", "calibrate", "-o", "net.aim").status == 0)
    let hosted = try compile("net.aim", "--digital", "dense", "--json")
    let digital = try #require(hosted.json["digital"] as? [[String: Any]], "\(hosted.messages)")
    #expect(digital.map { $0["node"] as? String } == ["dense"])
    for words in [["--center"], ["--copies", "2", "--residual"], ["--widen"]] {
      let run = try Command(["compile", "net.aim"] + words, in: folder.path)
      #expect(run.status == 1 && run.output.isEmpty)
      for option in words where option.hasPrefix("--") {
        #expect(run.messages.contains("\(option) has no effect on this text"), "\(run.messages)")
      }
    }
    #expect(try compile("net.aim", "--emit", "partition", "-o", "cut.aim").status == 0)
    let cut = try compile("cut.aim", "--digital", "dense", "--range", "0.5")
    #expect(cut.status == 1 && !cut.messages.contains("--range"))
    #expect(cut.messages.contains("--digital has no effect on this text: no pass that looks at it"))
    #expect(try compile("cut.aim", "--range", "0.5", "--packing", "never").status == 0)
  }

  @Test func plansAndProgramsTakeNoneThatHasNoEffect() throws {
    let ignored = CompileOption.table.filter { !$0.isUsedByPlans }
    let plan = try Command(
      ["compile", Self.model, "--plan"] + ignored.flatMap { try Self.words($0) })
    for option in ignored {
      #expect(plan.messages.contains("--\(option.name): a plan comes from shapes alone"))
    }
    #expect(try Command("compile", Self.model, "-o", folder.file("a.aimc")).status == 0)
    let rows = CompileOption.table.filter { $0.commands.contains(.evaluate) }
    let run = try Command(
      ["evaluate", folder.file("a.aimc"), "--data", "b"] + rows.flatMap { try Self.words($0) })
    #expect(run.status == 64)
    for option in rows {
      #expect(
        run.messages.contains("--\(option.name): a tile program is compiled already"),
        "\(option.name): \(run.messages)")
    }
  }

  // MARK: Device models

  /// Every option that needs a device model.
  private static let needing = [
    ["--predistort", "1d"], ["--copies", "4", "--residual"], ["--weight-range", "mse"],
    ["--accuracy", "30%"],
  ]

  /// A chip file like hermes with the devices of `models` under other names.
  private func chip(_ name: String, _ models: [(from: String, to: String)]) throws -> String {
    var chip = try Chip.named("hermes")
    chip.devices = try models.map { model in
      var device = try #require(chip.device(model.from))
      device.name = model.to
      return device
    }
    try chip.yaml.write(toFile: folder.file("\(name).yaml"), atomically: true, encoding: .utf8)
    return "./\(name).yaml"
  }

  @Test(arguments: needing) func aChipBringsItsOwnModel(options: [String]) throws {
    let own = try chip("own", [("pcm", "acme")])
    var programs: [Data?] = []
    var chosen: [String] = []
    for words in [
      ["--chip", own], ["--chip", own, "--model", "acme"], ["--model", "hermes-tdp"], [],
      ["--model", "pcm"],
    ] {
      let run = try Command(
        ["compile", Self.model, "-o", "a.aimc"] + options + words, in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      programs.append(FileManager.default.contents(atPath: folder.file("a.aimc")))
      chosen.append(run.messages)
    }
    #expect(programs[0] != nil && programs[0] == programs[1])
    #expect(programs[2] == programs[3])
    if options[0] == "--accuracy" {
      #expect(chosen[0].contains("acme: simulated devices"), "\(chosen[0])")
      #expect(chosen[4].contains("pcm: simulated devices") && !chosen[4].contains("hermes-tdp"))
    } else {
      #expect(programs[2] != programs[4])
    }
    let run = try Command(
      ["compile", Self.model, "-o", "a.aimc", "--model", "b", "--chip", own] + options,
      in: folder.path)
    #expect(run.status == 1 && run.messages.contains("has no device model \"b\""))
  }

  @Test(arguments: needing) func aChipWithoutModelsIsRefused(options: [String]) throws {
    let bare = try chip("bare", [])
    let run = try Command(
      ["compile", Self.model, "-o", "a.aimc", "--chip", bare] + options, in: folder.path)
    let option = options[0] == "--copies" ? "--residual" : options.joined(separator: " ")
    let name = ["--predistort", "--accuracy"].contains(options[0]) ? options[0] : option
    #expect(run.status == 1)
    #expect(
      run.messages.contains("\(name) needs a device model, and the chip hermes has none")
        && run.messages.contains("under devices in the chip file"), "\(run.messages)")
  }

  @Test func evaluationTakesTheChipsOwnModel() throws {
    let data = ["--data", Repository.sample("digits/test.npz"), "--seeds", "1", "--times", "1d"]
    let own = try chip("own", [("pcm", "acme")])
    let run = try Command(["evaluate", Self.model, "--chip", own] + data, in: folder.path)
    #expect(run.status == 0 && run.text.contains("acme: simulated devices"), "\(run.messages)")
    let bare = try chip("bare", [])
    let refused = try Command(["evaluate", Self.model, "--chip", bare] + data, in: folder.path)
    #expect(refused.status == 1 && refused.messages.contains("--device quantized"))
  }
}
