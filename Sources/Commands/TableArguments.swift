import ArgumentParser
import Compiler
import Driver

/// Stands for a command in the type of its arguments.
protocol TableCommand {
  static var command: CompileOption.Command { get }
}

enum ForCompile: TableCommand { static var command: CompileOption.Command { .compile } }
enum ForCheck: TableCommand { static var command: CompileOption.Command { .check } }
enum ForVerify: TableCommand { static var command: CompileOption.Command { .verify } }
enum ForEvaluate: TableCommand { static var command: CompileOption.Command { .evaluate } }
enum ForOpt: TableCommand { static var command: CompileOption.Command { .opt } }

/// Stands for a heading of help in the type of the arguments below it.
protocol TableHeading {
  static func holds(_ option: CompileOption) -> Bool
}

/// Options of the mapping that many users need.
enum CommonMapping: TableHeading {
  static func holds(_ option: CompileOption) -> Bool {
    option.group == .mapping && !option.isExpert
  }
}

/// Options of the accuracy that many users need.
enum CommonAccuracy: TableHeading {
  static func holds(_ option: CompileOption) -> Bool {
    option.group == .accuracy && !option.isExpert
  }
}

/// Options that few users need.
enum Expert: TableHeading {
  static func holds(_ option: CompileOption) -> Bool { option.isExpert }
}

/// All options.
enum Whole: TableHeading {
  static func holds(_ option: CompileOption) -> Bool { true }
}

/// The options of `CompileOption.table` that a command has under a heading.
///
/// The parser knows arguments by the type that holds them: it looks at the children of an instance and
/// decodes another by their names, so that both are made from the table here.
struct TableArguments<Command: TableCommand, Heading: TableHeading>: ParsableArguments,
  CustomReflectable
{
  /// The values of each option; one, which is empty, of a flag.
  private var given: [(option: CompileOption, values: [String])] = []

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for option in Self.options {
      let key = Key(stringValue: option.name)
      let values: [String]
      switch option.form {
      case .flag:
        values = try container.decode(Flag<Bool>.self, forKey: key).wrappedValue ? [""] : []
      case .value:
        let value = try container.decode(Option<String?>.self, forKey: key).wrappedValue
        values = value.map { [$0] } ?? []
      case .values:
        values = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
      }
      given.append((option, values))
    }
  }

  var customMirror: Mirror {
    Mirror(self, children: Self.options.map { (label: $0.name, value: Self.argument($0)) })
  }

  /// Tells `options` of what is given.
  func set(_ options: inout CompileOptions) {
    for (option, values) in given {
      for value in values { _ = option.read(value, &options.values) }
    }
  }

  private static var options: [CompileOption] {
    CompileOption.table.filter { $0.commands.contains(Command.command) && Heading.holds($0) }
  }

  /// What the parser takes for `option`.
  private static func argument(_ option: CompileOption) -> Any {
    let name = NameSpecification.customLong(option.name)
    let completion = option.choices.isEmpty ? nil : CompletionKind.list(option.choices)
    let read: @Sendable (String) throws -> String = { word in
      var values = OptionValues()
      guard option.read(word, &values) else {
        throw ValidationError("give \(option.choices.isEmpty ? "" : "one of ")\(option.accepted)")
      }
      return word
    }
    switch option.form {
    case .flag:
      return Flag<Bool>(wrappedValue: false, name: name, help: ArgumentHelp(option.wholeHelp))
    case .value(let value):
      return Option<String?>(
        name: name, help: ArgumentHelp(option.wholeHelp, valueName: value), completion: completion,
        transform: read)
    case .values(let value):
      return Option<[String]>(
        wrappedValue: [], name: name, parsing: .singleValue,
        help: ArgumentHelp(option.wholeHelp, valueName: value), completion: completion,
        transform: read)
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
