import Foundation
import TestSupport
import Testing

/// Every option is passed by a test that says what it does.
@Suite struct OptionListTests {
  /// An option, by all its names, and the commands that take it.
  private struct Option {
    var names: [String]
    var commands: [String]
  }

  /// The options of all commands, as the program tells them.
  private static func options() throws -> [Option] {
    let dump = try Command("--experimental-dump-help").json
    let root = try #require(dump["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    var options: [Option] = []
    for command in commands {
      let name = command["commandName"] as? String ?? ""
      for argument in command["arguments"] as? [[String: Any]] ?? [] {
        guard argument["kind"] as? String != "positional", name != "help" else { continue }
        let names = (argument["names"] as? [[String: Any]] ?? []).compactMap { entry in
          (entry["name"] as? String).map { $0.count > 1 ? "--\($0)" : "-\($0)" }
        }
        if let known = options.firstIndex(where: { $0.names == names }) {
          options[known].commands.append(name)
        } else {
          options.append(Option(names: names, commands: [name]))
        }
      }
    }
    return options
  }

  /// The words of the command lines of the tests: literals of nothing but an option. What messages are searched for
  /// is none, nor what `OptionTests` runs, which looks for any difference.
  private static func words() throws -> Set<String> {
    let folder = Repository.path("Tests/EndToEndTests")
    var words: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    where file.hasSuffix(".swift") && file != "OptionTests.swift" {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      for match in text.matches(of: /(?<searched>contains\()?"(?<word>--?[a-z][a-z-]*)"/)
      where match.output.searched == nil {
        words.insert(String(match.output.word))
      }
    }
    return words
  }

  @Test func everyOptionIsPassedByATest() throws {
    let (options, words) = (try Self.options(), try Self.words())
    #expect(options.count > 60 && words.count > 60)
    for option in options where !option.names.contains(where: { words.contains($0) }) {
      Issue.record(
        """
        no test in Tests/EndToEndTests passes \(option.names.joined(separator: " or ")) of \
        \(option.commands.joined(separator: ", ")): add one that fails without its effect
        """)
    }
  }
}
