import Basics
import Chip
import Foundation
import IR
import Passes
import TestSupport
import Testing

/// A file that holds a graph, perhaps with sections of later stages, and what a command makes of it.
///
/// The first line is `// test: <command> [<argument>…]`. The graph follows, then, after a line
/// `// expect:`, the text that the command gives. Where it must fail there is no such block, but
/// `// error: <message>` at the end of the offending line, or on lines of their own behind it; a
/// fault that no line is to blame for belongs to the line on which the graph begins.
struct Case: CustomTestStringConvertible, Sendable {
  let path: String
  /// The path below the folder of cases.
  let name: String

  var testDescription: String { name }

  static let folder = Repository.path("Tests/FileTests/Cases")

  /// All cases, sorted by name.
  static let all: [Case] = {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
    return (names ?? []).filter { $0.hasSuffix(".aim") }.sorted().map {
      Case(path: "\(folder)/\($0)", name: $0)
    }
  }()

  private static let expectMark = "// expect:"
  private static let errorMark = "// error: "

  /// A fault, and the line that it is at.
  struct Fault: Hashable, Comparable {
    let line: Int
    let message: String

    static func < (a: Fault, b: Fault) -> Bool { (a.line, a.message) < (b.line, b.message) }
  }

  /// What a case says.
  struct Content {
    /// The lines up to the expected text, without the errors noted in them.
    var input: [String] = []
    /// The errors noted, by the number of their line in `input`.
    var errors: [Fault] = []
    /// The expected text; `nil` if there is none.
    var expected: String?

    init(_ text: String) {
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if let mark = lines.firstIndex(of: expectMark) {
        expected = lines[(mark + 1)...].joined(separator: "\n")
        lines.removeSubrange(mark...)
      } else if lines.last == "" {
        lines.removeLast()
      }
      for line in lines {
        let parts = line.components(separatedBy: errorMark)
        let code = parts[0].trimmingTrailingSpaces
        if parts.count == 1 || !code.isEmpty { input.append(code) }
        errors += parts.dropFirst().map {
          Fault(line: input.count, message: $0.trimmingTrailingSpaces)
        }
      }
    }

    /// The command and its arguments.
    static func words(_ input: [String]) throws -> [String] {
      let words = input.first?.split(separator: " ").map(String.init) ?? []
      try #require(
        words.count >= 3 && words[0] == "//" && words[1] == "test:", "no '// test:' line")
      return Array(words.dropFirst(2))
    }

    /// The arguments of the command.
    var settings: Settings {
      get throws { try Settings(Array(Self.words(input).dropFirst())) }
    }

    /// The case as a file, with what came out in place of what was expected.
    func text(faults: [Fault], output: String?) -> String {
      var lines: [String] = []
      for (index, line) in input.enumerated() {
        let own = faults.filter { $0.line == index + 1 }.map { errorMark + $0.message }
        lines.append(own.isEmpty ? line : "\(line)  \(own[0])")
        lines += own.dropFirst().map { "  " + $0 }
      }
      return lines.joined(separator: "\n") + "\n" + (output.map { "\(expectMark)\n\($0)" } ?? "")
    }
  }

  /// What the command of the case gives: faults or a text.
  func outcome(of input: [String]) throws -> (faults: [Fault], output: String?) {
    let words = try Content.words(input)
    let command = try #require(
      Command.all.first { $0.name == words[0] }, "there is no command \(words[0])")
    let text = input.joined(separator: "\n") + "\n"
    var cursor = TextCursor(text: text)
    let parsed = ParsedGraph(from: &cursor)
    do {
      let settings = try Settings(Array(words.dropFirst(1)))
      let stage = try StageDump(text: text) { try Chip.named($0, settings: settings.chipSettings) }
      return ([], try command.run(stage, settings))
    } catch let diagnostics as Diagnostics {
      let errors = diagnostics.items.filter { $0.severity == .error }
      return (errors.map { Fault(line: line(of: $0, in: parsed), message: $0.message) }, nil)
    }
  }

  private func line(of diagnostic: Diagnostic, in parsed: ParsedGraph) -> Int {
    if case .line(let line, _) = diagnostic.location { return line }
    let node = parsed.graph.nodes.firstIndex { $0.name == diagnostic.node }
    return (node.map { parsed.nodePositions[$0] } ?? parsed.position).line
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
