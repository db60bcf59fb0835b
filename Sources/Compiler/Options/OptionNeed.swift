/// Something without which an option has no effect.
struct OptionNeed: Sendable {
  /// Why it has none then, and what to give.
  let reason: String
  /// The commands of which this holds; `nil` for all.
  private let commands: [CompileOption.Command]?
  private let holds: @Sendable (OptionUsage) -> Bool

  /// Creates a need of an option of `commands`.
  init(
    in commands: [CompileOption.Command]? = nil, _ reason: String,
    isMet: @escaping @Sendable (OptionUsage) -> Bool
  ) {
    self.reason = reason
    self.commands = commands
    holds = isMet
  }

  /// A need of one of other options of the table, which the search for accuracy may add.
  static func option(_ names: String..., because reason: String) -> OptionNeed {
    OptionNeed("\(reason); give \(alternatives(names.map { "--\($0)" }))") { usage in
      names.compactMap { CompileOption.named($0) }.contains { option in
        option.isSaid(in: usage.values) || usage.searches && !option.trials.isEmpty
      }
    }
  }

  /// Whether it is met where a command is called like this.
  func isMet(_ usage: OptionUsage) -> Bool {
    !(commands?.contains { $0.rawValue == usage.command } ?? true) || holds(usage)
  }
}

/// `words`, of which one will do.
func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.joined() }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
