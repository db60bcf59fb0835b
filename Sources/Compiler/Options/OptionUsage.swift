/// How a command is called, as far as options depend on it.
public struct OptionUsage: Sendable {
  /// The name of the command.
  public let command: String
  /// The names of the options on the command line, without dashes.
  public let given: Set<String>
  /// What the options of the table say.
  public let values: OptionValues
  /// The passes that run as far as options start them.
  public var passes: [Pass] = Pass.all
  /// Whether all of these run, whatever options start.
  public var forcesPasses = false
  /// Whether only a plan is made.
  public var isPlan = false
  /// Whether the command is about a tile program, for which no pass runs.
  public var isProgram = false
  /// Whether the command may read a text, which passes have been over.
  public var readsText = false
  /// Whether simulated chips have devices that are programmed, drift, and differ from chip to chip.
  public var hasDevices = false
  /// Whether simulated chips are exact.
  public var isIdeal = false

  /// Creates the usage of a command with the options `given`, which say `values`.
  public init(_ command: String, given: Set<String>, values: OptionValues = OptionValues()) {
    self.command = command
    self.given = given
    self.values = values
  }

  /// Whether one of the options of these names is given.
  public func has(_ names: String...) -> Bool { names.contains { given.contains($0) } }

  /// Whether a search for accuracy adds options to those that are given.
  public var searches: Bool { values.accuracyTarget != nil || has("ladder") }
}

extension OptionUsage {
  /// Why each of the options of the table that are given has no effect, by its name; empty if all have one.
  public var reasons: [(option: String, reason: String)] {
    CompileOption.table.compactMap { option in
      guard given.contains(option.name), option.commands.contains(where: { $0.rawValue == command })
      else { return nil }
      return reason(of: option).map { (option.name, $0) }
    }
  }

  private func reason(of option: CompileOption) -> String? {
    let unread = reason(readers: option.readers, starting: option.starts)
    // What a need lacks says more than that a pass does not run, but helps neither plans nor programs.
    if isPlan || isProgram, let unread { return unread }
    return option.needs.first { !$0.isMet(self) }?.reason ?? unread
  }

  /// Why an option has no effect that only the passes `readers` look at; `nil` if one of them runs, be it that
  /// the option starts it.
  public func reason(readers: [Pass], starting: String? = nil) -> String? {
    if readers.contains(where: { runs($0) || mayRun($0) && $0.name == starting }) { return nil }
    if isProgram { return "a tile program is compiled already" }
    if isPlan && !readers.contains(where: \.isInPlans) {
      return Self.reasonOfPlans
    }
    let possible = readers.filter(mayRun)
    let starters = possible.flatMap(\.starters).map(\.flag)
    return "no pass that looks at it runs: "
      + alternatives((possible.isEmpty ? readers : possible).map(\.name))
      + (starters.isEmpty ? "" : "; give " + alternatives(starters))
  }

  /// Why plans leave out what their passes do not look at.
  public static let reasonOfPlans = "a plan comes from shapes alone, without data and weights"
  /// Why chips without devices leave out what calibrates them.
  public static let reasonOfDevices =
    "ideal and quantized chips are not calibrated unless --correct says how"

  /// Whether `pass` runs if an option starts it, or none has to.
  private func mayRun(_ pass: Pass) -> Bool {
    passes.contains(pass) && !isProgram && (pass.isInPlans || !isPlan)
  }

  private func runs(_ pass: Pass) -> Bool {
    var options = CompilerOptions()
    (options.mapping, options.accuracy, options.plan) = (values.mapping, values.accuracy, isPlan)
    return mayRun(pass)
      && (forcesPasses || pass.isWanted(options)
        || searches && pass.starters.contains { !$0.trials.isEmpty })
  }
}
