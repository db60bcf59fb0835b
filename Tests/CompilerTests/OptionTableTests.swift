import Compiler
import Foundation
import Passes
import TestSupport
import Testing

/// What follows from the table of options.
@Suite struct OptionTableTests {
  /// Words that options take as values.
  private static let candidates = [
    "", "name", "a layer=3", "auto", "4", "0.5", "99%", "30s,1d,1y",
  ]

  /// Options that say one thing each, for every value that the row takes of its choices and `candidates`.
  private static let cases: [OptionValues] = CompileOption.table.flatMap { option in
    (option.choices + candidates).compactMap { word in
      var values = OptionValues()
      return option.read(word, &values) && values != OptionValues() ? values : nil
    }
  }

  private static var all: OptionValues {
    var values = OptionValues()
    for option in CompileOption.table {
      for word in option.choices + candidates where option.read(word, &values) {}
    }
    return values
  }

  /// What the words of a shell say.
  private func read(_ words: [String]) throws -> OptionValues {
    var values = OptionValues()
    for word in words {
      let parts = word.split(separator: " ", maxSplits: 1).map(String.init)
      let option = try #require(CompileOption.named(String(parts[0].dropFirst(2))))
      let value = parts.count == 1 ? "" : parts[1]
      let plain = value.hasPrefix("'") ? String(value.dropFirst().dropLast()) : value
      #expect(option.read(plain, &values), "\(word)")
    }
    return values
  }

  @Test func namesAreUniqueAndSentencesWhole() {
    #expect(Set(CompileOption.table.map(\.name)).count == CompileOption.table.count)
    for option in CompileOption.table {
      #expect(option.help.hasSuffix(".") && option.help.first?.isUppercase == true)
      #expect(!option.commands.isEmpty, "\(option.name)")
      if case .flag = option.form { continue }
      #expect(!option.accepted.isEmpty, "\(option.name)")
    }
  }

  @Test func textReadsBackToTheSame() throws {
    for values in Self.cases + [Self.all, OptionValues()] {
      #expect(try read(values.words) == values, "\(values.words)")
    }
    #expect(OptionValues().words.isEmpty)
    // Each row says something, by a value of its own.
    let said = Set(Self.cases.flatMap(\.words).map { $0.split(separator: " ")[0] })
    #expect(said == Set(CompileOption.table.map { "--\($0.name)" }))
  }

  @Test func wrongValuesAreRefused() {
    for (name, words) in [
      ("chips", ["0", "-1", "1.5", "two"]), ("optimize", ["", "speed"]),
      ("copies", ["-1", "1001"]),
      ("range", ["0", "1.1", "x"]), ("pin", ["a", "=1", "a=-1"]), ("accuracy", ["0", "101%"]),
      ("predistort", ["", "1d,,", "1x"]), ("input-range", ["50%", "99"]), ("search-time", ["-1"]),
      ("routine", ["all"]), ("seed", ["-1"]), ("model", [""]),
    ] {
      for word in words {
        var values = OptionValues()
        #expect(CompileOption.named(name)?.read(word, &values) == false, "\(name) \(word)")
        #expect(values == OptionValues())
      }
    }
  }

  @Test func optionsGoTogetherOrAreRefused() {
    var values = OptionValues()
    values.accuracy.residual = true
    #expect(
      values.faults(searches: false) == ["--residual needs --copies, of which it takes the last"])
    values.accuracyTarget = 0.99
    #expect(values.faults(searches: true).isEmpty)
    values = OptionValues()
    values.accuracy.model = "a"
    #expect(values.faults(searches: false).count == 1 && values.faults(searches: true).isEmpty)
    values.accuracy.weightRange = .leastSquares
    #expect(values.faults(searches: false).isEmpty)
  }

  /// The order of the search is part of what it finds.
  @Test func theSearchTriesInThisOrder() {
    #expect(
      AccuracyStep.free.map(\.name) == [
        "a scale for every column", "limits of lines by column", "drift compensation",
        "refit of every column", "inputs centred", "predistorted for 10 d",
        "inputs rescaled between layers",
      ])
    let again = [
      "half the conductance range", "refit layer by layer", "inputs not rescaled any more",
    ]
    #expect(
      AccuracyStep.others(beside: AccuracyOptions()).map { $0.map(\.name) } == [
        ["refit layer by layer"],
        ["copies in free columns", "copies in free rows", "the last copy for errors"] + again,
        ["copies in twice the crossbars"] + again, ["copies in four times the crossbars"] + again,
      ])
  }

  /// All steps, one after the other.
  @Test func stepsAddUpToThis() {
    var options = AccuracyOptions()
    options.weightRange = .block
    for step in AccuracyStep.free { options = step.applied(to: options) ?? options }
    #expect(options.text == "--routine refit --smooth --center --predistort 10d")
    for step in AccuracyStep.others(beside: AccuracyOptions()).joined() {
      options = step.applied(to: options) ?? options
    }
    options.digital = ["a layer"]
    #expect(
      options.text
        == "--routine layers --center --predistort 10d --copies 4 --residual --row-copies --range 0.5 "
        + "--digital 'a layer'")
    var asked = AccuracyOptions()
    asked.smooths = true
    let last = AccuracyStep.others(beside: asked).last?.last
    #expect(last?.applied(to: asked) == nil)
    #expect(AccuracyOptions().text == "nothing")
  }

  /// Specs/cli.md has the table as it stands in the compiler.
  @Test func thePageHasTheTable() throws {
    let page = try SpecificationPage("cli.md").text
    #expect(page.contains("\n" + CompileOption.page + "\n"), "\(CompileOption.page)")
  }
}
