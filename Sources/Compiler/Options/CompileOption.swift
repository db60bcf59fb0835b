import Basics

/// An option of the mapping or of the accuracy: all that the command line, the texts, the search for
/// accuracy and the documentation know of it.
///
/// `table` holds one for each; whoever adds an option adds a row there, and the property that it sets.
public struct CompileOption: Sendable {
  /// A command that takes options of the table.
  public enum Command: String, Sendable, CaseIterable {
    case compile, check, verify, evaluate, opt

    /// The commands that compile a model to a program.
    public static let compiling: [Command] = [.compile, .verify, .evaluate]
    /// The commands that run passes.
    public static let passing: [Command] = compiling + [.opt]
  }

  /// What an option is about.
  public enum Group: String, Sendable, CaseIterable {
    case mapping, accuracy
  }

  /// How an option is written.
  public enum Form: Hashable, Sendable {
    /// Alone.
    case flag
    /// With a value of this name.
    case value(String)
    /// With a value of this name, any number of times.
    case values(String)
  }

  /// The name on the command line without dashes, and the key in JSON.
  public let name: String
  /// How it is written.
  public let form: Form
  /// What it is about.
  public let group: Group
  /// Whether few users need it.
  public let isExpert: Bool
  /// What it does, in a sentence.
  public let help: String
  /// The values to choose from; empty of flags and of other values.
  public let choices: [String]
  /// The values that are accepted.
  public let accepted: String
  /// What holds without the option, as help names it; `nil` if that needs no word.
  public let usual: String?
  /// The passes that look at it.
  public let passes: [String]
  /// The one of these that runs only with it, or with another option that starts it.
  let starts: String?
  /// The commands that take it.
  public let commands: [Command]
  /// Where the search for accuracy tries it.
  public let trials: [Trial]
  /// What it has no effect without.
  let needs: [OptionNeed]
  /// Whether it expects a device model.
  let expectation: Expectation

  /// What it sets.
  let path: PartialKeyPath<OptionValues> & Sendable
  /// Takes a value, of a flag an empty one; returns whether it is accepted.
  public let read: @Sendable (String, inout OptionValues) -> Bool
  /// The values to give for what the options say; none if that holds without it.
  public let written: @Sendable (OptionValues) -> [String]

  /// Whether an option expects a device model, whose drift and errors of programming it compensates.
  enum Expectation: Sendable {
    case none
    /// With any value.
    case always
    /// With this value.
    case with(String)
  }

  /// The name as it is written on the command line.
  public var flag: String { "--\(name)" }

  /// What it does, with its values and what holds without it.
  public var wholeHelp: String {
    var notes: [String] = []
    if case .values = form { notes.append("may be repeated") }
    if !choices.isEmpty { notes.append("values: \(choices.joined(separator: ", "))") }
    if let usual { notes.append("default: \(usual)") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }

  /// The passes that look at it, in the order in which they run.
  public var readers: [Pass] { Pass.all.filter { passes.contains($0.name) } }

  /// Whether a plan, which knows shapes alone, looks at it.
  public var isUsedByPlans: Bool { readers.contains(where: \.isInPlans) }

  /// Whether `values` say something by it.
  public func isSaid(in values: OptionValues) -> Bool { !written(values).isEmpty }

  /// The options of the command line that say the same as `values`, as words for a shell.
  public func words(in values: OptionValues) -> [String] {
    written(values).map { form == .flag ? flag : "\(flag) \(shellWord($0))" }
  }
}

extension CompileOption {
  /// The option, with its value if it expects a device model with one value alone; `nil` if it expects none.
  public var expecting: String? {
    switch expectation {
    case .none: nil
    case .always: flag
    case .with(let value): "\(flag) \(value)"
    }
  }

  /// Whether it expects a device model with `values`.
  func expectsModel(_ values: OptionValues) -> Bool {
    switch expectation {
    case .none: false
    case .always: isSaid(in: values)
    case .with(let value): written(values).contains(value)
    }
  }
}

extension CompileOption {
  typealias Path<Value> = WritableKeyPath<OptionValues, Value> & Sendable

  static func flag(
    _ name: String, _ path: Path<Bool>, _ group: Group, expert: Bool = false, _ help: String,
    passes: [String], starts: String? = nil, commands: [Command] = Command.passing,
    trials: [Trial] = [], needs: [OptionNeed] = [], model: Expectation = .none
  ) -> Self {
    Self(
      name: name, form: .flag, group: group, isExpert: expert, help: help, choices: [],
      accepted: "no value", usual: nil, passes: passes, starts: starts, commands: commands,
      trials: trials, needs: needs, expectation: model, path: path,
      read: { _, options in
        options[keyPath: path] = true
        return true
      },
      written: { $0[keyPath: path] ? [""] : [] })
  }

  /// An option with one of the values of `Value`.
  static func choice<Value>(
    _ name: String, _ path: Path<Value>, value: String, _ group: Group, expert: Bool = false,
    _ help: String, passes: [String], commands: [Command] = Command.passing,
    trials: [Trial] = [], model: Expectation = .none
  ) -> Self
  where Value: RawRepresentable<String> & CaseIterable & Equatable & Sendable {
    .one(
      name, path, value: value, of: Value.allCases.map(\.rawValue), group, expert: expert, help,
      passes: passes, commands: commands, trials: trials, model: model,
      read: { Value(rawValue: $0) }, text: { $0.rawValue })
  }

  /// An option with a value; `choices` are all that `read` takes, or none.
  static func one<Value: Equatable & Sendable>(
    _ name: String, _ path: Path<Value>, value: String, of choices: [String] = [],
    accepted: String? = nil, _ group: Group, expert: Bool = false, _ help: String,
    usual: String? = nil, passes: [String], starts: String? = nil,
    commands: [Command] = Command.passing, trials: [Trial] = [], needs: [OptionNeed] = [],
    model: Expectation = .none,
    read: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
  ) -> Self {
    let initial = OptionValues()[keyPath: path]
    let initialText = text(initial)
    return Self(
      name: name, form: .value(value), group: group, isExpert: expert, help: help,
      choices: choices, accepted: accepted ?? choices.joined(separator: ", "),
      usual: usual ?? (initialText.isEmpty ? nil : initialText), passes: passes, starts: starts,
      commands: commands, trials: trials, needs: needs, expectation: model, path: path,
      read: { word, options in
        guard let value = read(word) else { return false }
        options[keyPath: path] = value
        return true
      },
      written: { $0[keyPath: path] == initial ? [] : [text($0[keyPath: path])] })
  }

  /// An option with a value that need not be there.
  static func optional<Value: Equatable & Sendable>(
    _ name: String, _ path: Path<Value?>, value: String, accepted: String, _ group: Group,
    expert: Bool = false, _ help: String, usual: String? = nil, passes: [String],
    commands: [Command] = Command.passing, needs: [OptionNeed] = [],
    model: Expectation = .none,
    read: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
  ) -> Self {
    .one(
      name, path, value: value, accepted: accepted, group, expert: expert, help, usual: usual,
      passes: passes, commands: commands, needs: needs, model: model,
      read: { read($0).map(Optional.some) }, text: { $0.map(text) ?? "" })
  }

  /// An option that adds an element each time; `others` are values that something else has added.
  static func list<Value: Equatable & Sendable>(
    _ name: String, _ path: Path<[Value]>, value: String, accepted: String, _ group: Group,
    expert: Bool = false, _ help: String, passes: [String], starts: String? = nil,
    commands: [Command] = Command.passing,
    others: @escaping @Sendable (OptionValues) -> [Value] = { _ in [] },
    read: @escaping @Sendable (String) -> Value?, text: @escaping @Sendable (Value) -> String
  ) -> Self {
    Self(
      name: name, form: .values(value), group: group, isExpert: expert, help: help, choices: [],
      accepted: accepted, usual: nil, passes: passes, starts: starts, commands: commands,
      trials: [], needs: [], expectation: .none, path: path,
      read: { word, options in
        guard let value = read(word) else { return false }
        options[keyPath: path].append(value)
        return true
      },
      written: { ($0[keyPath: path] + others($0)).map(text) })
  }
}
