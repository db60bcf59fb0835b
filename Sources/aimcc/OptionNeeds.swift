import ArgumentParser
import Compiler
import Driver

/// What a command is given, as far as options depend on it.
struct Usage {
  /// The name of the command.
  var command: String
  /// The simulated chip, of commands that simulate one.
  var device: DeviceName?
  /// The file that the command is about.
  var file: String?
  /// The last pass of the compiler that runs.
  var lastPass = Pass.check
  /// The passes that `opt` runs.
  var textPasses: [Pass] = []
  /// The names of the options that are on the command line.
  let given = namesOfOptions(CommandLine.arguments.dropFirst())

  /// Whether one of `options` is given.
  func has(_ options: String...) -> Bool { options.contains { given.contains($0) } }

  /// Whether chips have devices that are programmed, drift, and differ from chip to chip.
  var hasDevices: Bool { device?.hasDevices ?? false }

  /// Whether the file is a tile program.
  var isProgram: Bool { file.map(isProgramFile) ?? false }

  /// Throws if an option is given that has no effect, with the reason.
  func requireEffects() throws {
    let idle = OptionNeed.table.flatMap { need -> [String] in
      guard need.commands.contains(command), !need.isMet(self) else { return [] }
      return need.options.filter { given.contains($0) }.map { "--\($0): \(need.reason)" }
    }
    if !idle.isEmpty { throw ValidationError(idle.joined(separator: "\n       ")) }
  }
}

/// The names of the options among `arguments`, without dashes and values.
private func namesOfOptions(_ arguments: ArraySlice<String>) -> Set<String> {
  let short = ["-o": "output", "-q": "quiet"]
  var names: Set<String> = []
  for argument in arguments {
    if argument == "--" { break }
    let name = argument.prefix { $0 != "=" }
    if let long = short[String(name)] {
      names.insert(long)
    } else if name.hasPrefix("--") {
      names.insert(String(name.dropFirst(2)))
    }
  }
  return names
}

/// Options that have an effect only where something else holds.
struct OptionNeed {
  var options: [String]
  /// The commands of which this holds.
  var commands: [String]
  /// Why they have no effect otherwise.
  var reason: String
  var isMet: @Sendable (Usage) -> Bool

  /// What every option needs; those that are not named always have an effect.
  static let table: [OptionNeed] =
    ofDevices + ofReports + ofPlans + ofPasses + ofTextPasses + [
      .init(
        options: ["chip", "set", "calibrate", "dim", "input-shape", "timing", "verify-each"]
          + options(of: .evaluate).map(\.name),
        commands: ["evaluate"], reason: "a tile program is compiled already",
        isMet: { !$0.isProgram }),
      .init(
        options: ["chip", "set", "dim", "input-shape"], commands: ["inspect"],
        reason: "a tile program is compiled already", isMet: { !$0.isProgram }),
    ]

  private static func options(of command: CompileOption.Command) -> [CompileOption] {
    CompileOption.table.filter { $0.commands.contains(command) }
  }

  private static let ofDevices: [OptionNeed] = [
    .init(
      options: ["time", "seed"], commands: ["simulate", "verify"],
      reason: "ideal and quantized chips are all the same and do not age; give --device with a "
        + "device model of the chip",
      isMet: \.hasDevices),
    .init(
      options: ["seed"], commands: ["evaluate"],
      reason: "ideal and quantized chips are all the same", isMet: \.hasDevices),
    .init(
      options: ["without"], commands: ["simulate", "verify", "evaluate"],
      reason: "an ideal chip has no effect to leave out; give --device",
      isMet: { $0.device != .ideal }),
    .init(
      options: ["correct", "calibrate-at"], commands: ["simulate"],
      reason: "--calibration takes the place of making one", isMet: { !$0.has("calibration") }),
    .init(
      options: ["calibrate-at"], commands: ["simulate", "verify", "evaluate"],
      reason: "ideal and quantized chips are not calibrated unless --correct says how",
      isMet: { $0.hasDevices || $0.has("correct") }),
    .init(
      options: ["correct", "calibrate-at"], commands: ["verify"],
      reason: "the program has nothing to calibrate a chip with; give --routine",
      isMet: { $0.has("routine", "accuracy") }),
    .init(
      options: ["correct"], commands: ["evaluate"],
      reason: "ideal and quantized chips are calibrated with what --routine puts into the program; "
        + "give that",
      isMet: { $0.hasDevices || $0.has("routine") || $0.isProgram }),
    .init(
      options: ["correct", "calibrate-at"], commands: ["evaluate"],
      reason: "with --ladder every row says what corrects its chips", isMet: { !$0.has("ladder") }),
    .init(
      options: ["routine"], commands: ["verify", "evaluate"],
      reason: "ideal and quantized chips are not calibrated unless --correct says how",
      isMet: { $0.hasDevices || $0.has("correct", "accuracy") }),
  ]

  private static let ofReports: [OptionNeed] = [
    .init(
      options: ["digital"], commands: ["check"],
      reason:
        "it says what was neither centred nor copied; give --center, --copies or --row-copies",
      isMet: { $0.has("center", "copies", "row-copies") }),
    .init(
      options: ["rtol", "atol"], commands: ["simulate", "run"],
      reason: "nothing is compared; give --check", isMet: { $0.has("check", "batch") }),
    .init(
      options: ["check"], commands: ["run"], reason: "what a batch gives is always compared",
      isMet: { !$0.has("batch") }),
    .init(
      options: ["json"], commands: ["run", "verify"], reason: "a batch always prints JSON",
      isMet: { !$0.has("batch") }),
    .init(
      options: ["units"], commands: ["simulate"], reason: "JSON always holds the units",
      isMet: { !$0.has("json") }),
    .init(
      options: ["calibrate"], commands: ["opt"], reason: "no pass that reads inputs runs",
      isMet: { $0.textPasses.contains(where: \.readsInputs) }),
    .init(
      options: ["timing"], commands: ["opt"], reason: "no pass runs; give --passes",
      isMet: { !$0.textPasses.isEmpty }),
  ]

  private static let ofPlans: [OptionNeed] = [
    .init(
      options: ["calibrate"]
        + options(of: .compile).filter { !$0.isUsedByPlans }.map(\.name),
      commands: ["compile"],
      reason: "a plan comes from shapes alone, without data and weights",
      isMet: { !$0.has("plan") }),
    .init(
      options: ["output", "json"], commands: ["compile"],
      reason: "with --stop-after nothing is written and reported",
      isMet: { !$0.has("stop-after") || [.emit, .check].contains($0.lastPass) }),
  ]

  /// The first pass that looks at each option.
  private static let ofPasses: [OptionNeed] =
    ([(["chip", "set"], "concatenate")]
    + options(of: .compile).compactMap { option in
      option.passes.first.map { ([option.name], $0) }
    }).map { options, pass in
      OptionNeed(
        options: options, commands: ["compile"],
        reason: "pass \(pass), the first that looks at it, does not run",
        isMet: { usage in
          let order = Pass.all.map(\.name)
          return order.firstIndex(of: usage.lastPass.name)! >= order.firstIndex(of: pass)!
        })
    }

  private static let ofTextPasses: [OptionNeed] =
    ([(["chip", "set"], ["concatenate", "copy", "widen", "calibrate", "partition"])]
    + options(of: .opt).map { option in ([option.name], option.passes) }).map { options, passes in
      OptionNeed(
        options: options, commands: ["opt"],
        reason: "no pass that looks at it runs: "
          + passes.joined(separator: " or "),
        isMet: { usage in usage.textPasses.contains { passes.contains($0.name) } })
    }
}
