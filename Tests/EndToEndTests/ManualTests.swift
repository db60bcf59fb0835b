import Foundation
import TestSupport
import Testing

/// Pages of the manual, pages for man, and completions.
@Suite struct ManualTests {
  private static let pages = ["chips", "accuracy", "devices", "data", "dumps", "sweeps"]

  @Test(arguments: pages) func pagesFitTheTerminal(name: String) throws {
    let page = try Command("help", name)
    #expect(page.status == 0 && page.messages.isEmpty)
    let file = Repository.path("Sources/Commands/Topics/\(name).md")
    #expect(try page.text == String(contentsOfFile: file, encoding: .utf8))
    #expect(page.text.hasPrefix("# "))
    for line in page.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  @Test func helpListsThePages() throws {
    let listing = try Command("help", environment: ["COLUMNS": "80"])
    #expect(listing.status == 0)
    let help = try Command("--help", environment: ["COLUMNS": "80"])
    #expect(listing.text.hasPrefix(help.text.trimmingCharacters(in: .newlines)))
    for name in Self.pages { #expect(listing.text.contains("\n  \(name) ")) }
    for line in listing.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    let compile = try Command("help", "compile")
    #expect(try compile.text == Command("compile", "--help").text)
    let unknown = try Command("help", "chip-files")
    #expect(unknown.status == 64)
    #expect(
      unknown.messages.contains(
        "there is no command and no page \"chip-files\"; pages are chips, accuracy"),
      "\(unknown.messages)")
  }

  @Test func helpFitsTheTerminal() throws {
    let root = try #require(
      Command("--experimental-dump-help").json["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    #expect(commands.count > 20)
    for command in commands {
      let name = try #require(command["commandName"] as? String)
      let help = try Command("help", name, environment: ["COLUMNS": "80"])
      #expect(help.status == 0 && help.text.contains(name))
      for line in help.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }

  /// Every command has a page with its options, which roff sets without a word.
  @Test func manHasEveryOption() throws {
    let folder = try Folder()
    let made = try Command(sweep: "make-manual", folder.path)
    #expect(made.status == 0, "\(made.messages)")
    let dump = try Command("--experimental-dump-help").json
    let root = try #require(dump["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    for command in commands {
      let name = try #require(command["commandName"] as? String)
      let path = folder.file("man1/aimcc-\(name).1")
      let page = try String(contentsOfFile: path, encoding: .utf8)
      if name == "help" { continue }
      for argument in command["arguments"] as? [[String: Any]] ?? [] {
        guard let option = (argument["preferredName"] as? [String: Any])?["name"] as? String
        else { continue }
        let written = "--\(option)".replacing("-", with: "\\-")
        #expect(page.contains("\\fB\(written)\\fR"), "\(name) --\(option)")
      }
    }
    for page in Self.pages {
      #expect(FileManager.default.fileExists(atPath: folder.file("man7/aimcc-\(page).7")))
    }
    guard try Command(program: "groff", ["--version"]).status == 0 else { return }
    let set = try Command(
      shell: "groff -K utf8 -man -Tutf8 -ww -z man1/*.1 man7/*.7", in: folder.path)
    #expect(set.status == 0 && set.messages.isEmpty, "\(set.messages)")
  }

  @Test func completionsKnowPresets() throws {
    let folder = try Folder()
    try "extends: hermes\n".write(
      toFile: folder.file("mine.yaml"), atomically: true, encoding: .utf8)
    func completions(_ words: String...) throws -> [String] {
      let run = try Command(
        [
          "---completion", words[1], "--", "--chip", "\(words.count - 1)",
          "\(words.last?.count ?? 0)",
        ]
          + words,
        in: folder.path)
      return run.text.split(separator: "\n").map(String.init)
    }
    let all = try completions("aimcc", "compile", "--chip", "")
    #expect(Set(all).isSuperset(of: ["hermes", "tiny", "grid-8x8", "./mine.yaml"]), "\(all)")
    #expect(try completions("aimcc", "verify", "--chip", "her").allSatisfy { $0.hasPrefix("her") })
    let script = try Command("--generate-completion-script", "bash").text
    #expect(script.contains("---completion"))
  }
}
