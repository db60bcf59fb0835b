import ArgumentParser
import Compiler
import Driver

/// The command that is parsed.
enum Invocation {
  /// Its words, from the name of the command on: those of the process, unless one command does another.
  @TaskLocal static var arguments = Array(CommandLine.arguments.dropFirst())
}

extension OptionUsage {
  /// Creates the usage of the command that is running, which is about `file` and simulates `device`, if that is
  /// given; `options` are those of the compilation.
  init(
    _ command: String, file: String? = nil, device: DeviceName? = nil,
    options: CompileOptions = CompileOptions()
  ) {
    self.init(
      command, given: namesOfOptions(Invocation.arguments[...]), values: options.values)
    isProgram = file.map { isProgramFile($0) || isAssemblyFile($0) } ?? false
    readsText = file.map(mayBeText) ?? false
    hasDevices = device?.hasDevices ?? false
    isIdeal = device == .ideal
  }

  /// Throws if an option is given that has no effect, with the reason.
  func requireEffects() throws {
    let idle =
      reasons
      + ArgumentNeed.table.flatMap { row in
        row.commands.contains(command) && !row.isMet(self)
          ? row.options.filter { given.contains($0) }.map { ($0, row.reason(self)) } : []
      }
    if !idle.isEmpty {
      throw ValidationError(idle.map { "--\($0): \($1)" }.joined(separator: "\n       "))
    }
  }
}

/// The names of the options among `arguments`, without dashes and values.
func namesOfOptions(_ arguments: ArraySlice<String>) -> Set<String> {
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

/// What options need that stand in no table of the compiler.
private struct ArgumentNeed {
  let options: [String]
  /// The commands of which this holds.
  let commands: [String]
  /// Why they have no effect otherwise.
  let reason: @Sendable (OptionUsage) -> String
  let isMet: @Sendable (OptionUsage) -> Bool

  init(
    _ options: [String], of commands: [String], _ reason: String,
    isMet: @escaping @Sendable (OptionUsage) -> Bool
  ) {
    (self.options, self.commands, self.isMet) = (options, commands, isMet)
    self.reason = { _ in reason }
  }

  /// Options that only some passes look at.
  init(
    _ options: [String], of commands: [String],
    readers isReader: @escaping @Sendable (Pass) -> Bool
  ) {
    let reason: @Sendable (OptionUsage) -> String? = { usage in
      usage.reason(readers: Pass.all.filter(isReader))
    }
    (self.options, self.commands) = (options, commands)
    self.reason = { reason($0) ?? "" }
    isMet = { reason($0) == nil }
  }

  /// What every option needs; those that are not named always have an effect.
  static let table: [ArgumentNeed] = ofPasses + ofDevices + ofReports
}

extension ArgumentNeed {
  private static let ofPasses: [ArgumentNeed] = [
    .init(["chip", "set"], of: ["compile", "evaluate", "inspect"], readers: \.readsChip),
    // The partition of a text has a chip.
    .init(["chip", "set"], of: ["opt"], "no pass that looks at the chip runs") {
      $0.readsText || $0.passes.contains(where: \.readsChip)
    },
    .init(
      ["tile-map"], of: ["compile", "evaluate"],
      readers: { ["partition", "replicate", "place", "emit"].contains($0.name) }),
    .init(
      ["fault-map"], of: ["compile", "evaluate"],
      readers: {
        ["concatenate", "copy", "widen", "partition", "replicate", "place", "emit"]
          .contains($0.name)
      }),
    .init(["dim", "input-shape"], of: ["compile", "evaluate", "inspect"], readers: { _ in true }),
    .init(["timing", "verify-each"], of: ["compile", "evaluate"], readers: { _ in true }),
    .init(
      ["print-after", "stop-after", "dump-dir", "plan"], of: ["compile"], readers: { _ in true }),
    .init(["calibrate"], of: ["evaluate"], readers: { _ in true }),
    .init(["calibrate"], of: ["opt"], "no pass that reads inputs runs") { usage in
      usage.passes.contains {
        $0.readsInputs || $0 == .emit && usage.values.accuracy.routine == .layers
      }
    },
    // Up to passes that read no inputs, data may still give sizes.
    .init(["calibrate"], of: ["compile"], OptionUsage.reasonOfPlans) { !$0.isPlan },
    .init(["calibrate"], of: ["compile"], readers: { _ in true }),
    .init(
      ["json", "wide"], of: ["compile"], "assembly is a program already, and nothing is reported"
    ) {
      !$0.isProgram
    },
    .init(["dump-dir"], of: ["compile"], "a plan is no program that texts could lead to") {
      !$0.isPlan
    },
    .init(["timing"], of: ["opt"], "no pass runs; give --passes") { !$0.passes.isEmpty },
    .init(
      ["output", "json"], of: ["compile"], "with --stop-after nothing is written and reported"
    ) { !$0.has("stop-after") || $0.passes.last?.product == .program },
  ]

  private static let ofDevices: [ArgumentNeed] = [
    .init(
      ["time", "seed"], of: ["simulate", "verify", "chip"],
      "ideal and quantized chips are all the same and do not age; give --device with a device "
        + "model of the chip", isMet: \.hasDevices),
    .init(
      ["seed"], of: ["evaluate"], "ideal and quantized chips are all the same",
      isMet: \.hasDevices),
    .init(
      ["pulses", "faults"], of: ["simulate", "verify", "evaluate", "chip"],
      "ideal and quantized chips have no devices to program; give --device with a device model of "
        + "the chip", isMet: \.hasDevices),
    .init(
      ["gradient"], of: ["simulate", "verify", "evaluate", "chip"],
      "devices are not programmed pulse by pulse; give --pulses"
    ) { $0.has("pulses") },
    .init(
      ["without"], of: ["simulate", "verify", "evaluate", "chip"],
      "an ideal chip has no effect to leave out; give --device"
    ) { !$0.isIdeal },
    .init(
      ["correct", "calibrate-at"], of: ["simulate"],
      "--calibration takes the place of making one"
    ) { !$0.has("calibration") },
    .init(
      ["calibrate-at"], of: ["simulate", "verify", "evaluate", "chip"], OptionUsage.reasonOfDevices
    ) { $0.hasDevices || $0.has("correct") },
    .init(
      ["between"], of: ["simulate", "verify", "evaluate", "chip"],
      "chips are calibrated before every use; give --calibrate-at"
    ) { $0.has("calibrate-at") },
    .init(
      ["correct", "calibrate-at"], of: ["verify"],
      "the program has nothing to calibrate a chip with; give --routine"
    ) { $0.has("routine", "accuracy") },
    .init(
      ["correct"], of: ["evaluate"],
      "ideal and quantized chips are calibrated with what --routine puts into the program; give "
        + "that"
    ) { $0.hasDevices || $0.has("routine") || $0.isProgram },
    .init(
      ["correct", "calibrate-at"], of: ["evaluate"],
      "with --ladder every row says what corrects its chips"
    ) { !$0.has("ladder") },
  ]

  private static let ofReports: [ArgumentNeed] = [
    .init(["check", "output"], of: ["load"], "nothing is run; give --data") { $0.has("data") },
    .init(["rtol", "atol"], of: ["simulate", "run", "load"], "nothing is compared; give --check") {
      $0.has("check", "batch")
    },
    .init(["check"], of: ["run"], "what a batch gives is always compared") { !$0.has("batch") },
    .init(["json"], of: ["run", "verify"], "a batch always prints JSON") { !$0.has("batch") },
    .init(["units"], of: ["simulate"], "JSON always holds the units") { !$0.has("json") },
  ]
}
