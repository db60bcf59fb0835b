import Foundation
import TestSupport
import Testing

/// What commands print at 80 columns is what someone has looked at.
///
/// A file of Screens holds lines `$ COMMAND` for a shell, each with all that it prints. Those of a file run one after the
/// other in a folder with some models. In `terminal.txt` they run on a terminal. `AIMCC_BLESS=1` rewrites what they print.
@Suite struct ScreenTests {
  private static let folder = Repository.path("Tests/EndToEndTests/Screens")
  private static let blesses = ProcessInfo.processInfo.environment["AIMCC_BLESS"] == "1"
  private static let prompt = "$ "

  static let names = Folder.names(in: folder).filter { $0.hasSuffix(".txt") }

  /// What the commands take, from the repository, and what it is called in their folder.
  private static let inputs = [
    ("samples/digits/model.onnx", "model.onnx"), ("samples/digits/test.npz", "test.npz"),
    ("samples/digits/calibration.npz", "calibration.npz"),
    ("Tests/Models/lstm", "lstm"), ("Tests/Models/conv-groups", "groups"),
    ("Tests/Models/network-residual", "residual"), ("Tests/Models/bad", "bad"),
    ("Tests/EndToEndTests/Screens/files", "files"),
  ]

  @Test func everyCommandHasAScreen() throws {
    let all = try Command("--help").text
    let screens = try Self.names.map {
      try String(contentsOfFile: "\(Self.folder)/\($0)", encoding: .utf8)
    }.joined()
    let lines = Set(screens.split(separator: "\n"))
    let uses = lines.filter { !$0.hasSuffix(" --help") }
    let subcommands = try #require(all.split(separator: "SUBCOMMANDS:").last)
      .matches(of: #/\n  ([a-z-]+) /#).map { String($0.1) }
    #expect(subcommands.count > 20)
    for name in subcommands where name != "help" {
      #expect(uses.contains { $0.hasPrefix("\(Self.prompt)aimcc \(name)") }, "\(name) has none")
      #expect(lines.contains("\(Self.prompt)aimcc \(name) --help"), "\(name)'s help has none")
    }
  }

  @Test(arguments: names) func printsWhatWasSeen(name: String) throws {
    let path = "\(Self.folder)/\(name)"
    let expected = try String(contentsOfFile: path, encoding: .utf8)
    let folder = try Folder()
    for (source, target) in Self.inputs {
      try FileManager.default.copyItem(
        atPath: Repository.path(source), toPath: folder.file(target))
    }
    var devices: [RunningCommand] = []
    var printed = ""
    for line in expected.split(separator: "\n") where line.hasPrefix(Self.prompt) {
      let command = String(line.dropFirst(Self.prompt.count))
      printed += (printed.isEmpty ? "" : "\n") + line + "\n"
      if command.hasSuffix(" &") {
        let words = command.split(separator: " ").dropFirst().dropLast().map(String.init)
        devices.append(try RunningCommand(words, in: folder, until: "chip.socket"))
      } else {
        printed += try Self.output(of: command, in: folder, onTerminal: name == "terminal.txt")
      }
    }
    withExtendedLifetime(devices) {}
    if Self.blesses {
      try printed.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(printed == expected || Self.blesses, "\(Self.difference(printed, expected))")
    let long = printed.split(separator: "\n").filter { line in
      // Messages that do not go to a terminal have lines of any length, and words, such as names of files, stay whole.
      line.count > 80 && !line.hasPrefix(Self.prompt)
        && !line.contains(#/(error|warning|note|supported|help): /#)
        && line.split(separator: " ").allSatisfy { $0.count <= 60 }
    }
    #expect(long.isEmpty, "\(long.joined(separator: "\n"))")
  }

  /// All that `command` prints at 80 columns, without the times that it took; how it ends, if not with 0.
  private static func output(
    of command: String, in folder: Folder, onTerminal: Bool
  ) throws -> String {
    let run: Command
    if onTerminal {
      let script = try folder.write(text: "unset COLUMNS; stty cols 80\n\(command)\n", "line.sh")
      run = try Command(shell: "script -qec 'sh \(script)' /dev/null", in: folder.path)
    } else {
      run = try Command(shell: "export COLUMNS=80; exec 2>&1; \(command)", in: folder.path)
    }
    let text = run.text.replacing("\r\n", with: "\n")
      .replacing(#/in [0-9.]+ s, [0-9.]+ per second/#, with: "in … s, … per second")
    return text + (run.status == 0 ? "" : "(ends with \(run.status))\n")
  }

  /// The first lines that differ.
  private static func difference(_ printed: String, _ expected: String) -> String {
    let (new, old) = (printed.split(separator: "\n"), expected.split(separator: "\n"))
    let place = zip(new, old).prefix { $0 == $1 }.count
    func lines(_ text: [Substring]) -> String {
      text.dropFirst(place).prefix(5).joined(separator: "\n")
    }
    return "line \(place + 1) is\n\(lines(new))\nnot\n\(lines(old))"
  }
}

extension Folder {
  /// The names of the files in `path`, sorted.
  fileprivate static func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
