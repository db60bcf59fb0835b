import Basics
import Chip
import Foundation
import IR
import Passes
import Testing

@Suite struct FileTests {
  /// Whether expected texts are rewritten rather than compared.
  static let blesses = ProcessInfo.processInfo.environment["AIMCC_BLESS"] == "1"

  @Test func thereAreCases() {
    #expect(!Case.all.isEmpty, "no case was found in \(Case.folder)")
  }

  @Test(arguments: Case.all) func givesWhatIsExpected(_ test: Case) throws {
    let content = Case.Content(try String(contentsOfFile: test.path, encoding: .utf8))
    let (faults, output) = try test.outcome(of: content.input)
    if Self.blesses {
      try writeAtomically(content.text(faults: faults.sorted(), output: output), to: test.path)
      return
    }
    #expect(faults.sorted() == content.errors.sorted())
    #expect(output == content.expected)
  }

  /// What one command prints is read back and printed as the same text.
  @Test(arguments: Case.all) func printsWhatItReads(_ test: Case) throws {
    let content = Case.Content(try String(contentsOfFile: test.path, encoding: .utf8))
    // A program is no text of a stage.
    guard let expected = content.expected, !expected.hasPrefix("aimc ") else { return }
    let settings = try content.settings
    let stage = try StageDump(text: expected) { name in
      try Chip.named(name, settings: settings.chipSettings)
    }
    #expect(stage.text == expected)
    let again = try StageDump(text: stage.text) { _ in try settings.chip }
    #expect(again.graph == stage.graph && again.layouts == stage.layouts)
  }
}
