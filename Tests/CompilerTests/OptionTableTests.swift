import Basics
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
      ("copies", ["-1", "1001"]), ("copies-of", ["a", "a=0", "=2", "a=2x", "a=2x3x4", "a=1001"]),
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

  /// Why options without effect are refused where `command` is called with `words`.
  private func reasons(
    _ command: String, _ words: String..., change: (inout OptionUsage) -> Void = { _ in }
  ) throws -> [String] {
    func name(_ word: String) -> String {
      String(word.dropFirst(2).prefix { $0 != " " })
    }
    let ofTable = words.filter { CompileOption.named(name($0)) != nil }
    var usage = OptionUsage(command, given: Set(words.map(name)), values: try read(ofTable))
    change(&usage)
    return usage.reasons.map { "--\($0.option): \($0.reason)" }
  }

  @Test func optionsGoTogetherOrAreRefused() throws {
    #expect(
      try reasons("verify", "--residual") == [
        "--residual: it takes the last of several copies; give --copies or --copies-of"
      ])
    #expect(try reasons("verify", "--residual", "--copies 4").isEmpty)
    #expect(try reasons("verify", "--residual", "--accuracy 99%").isEmpty)
    #expect(try reasons("evaluate", "--residual", "--ladder").isEmpty)
    #expect(
      try reasons("compile", "--model a") == [
        "--model: nothing expects a device model; give --accuracy, --predistort, --residual or "
          + "--weight-range mse"
      ])
    #expect(try reasons("compile", "--model a", "--weight-range max").count == 1)
    #expect(try reasons("compile", "--model a", "--weight-range mse").isEmpty)
    #expect(try reasons("compile", "--model a") { $0.readsText = true }.isEmpty)
    #expect(try reasons("verify", "--routine refit").count == 1)
    #expect(try reasons("verify", "--routine refit") { $0.hasDevices = true }.isEmpty)
    #expect(try reasons("compile", "--routine refit").isEmpty)
  }

  /// An option needs that one of the passes that look at it runs, whichever that is.
  @Test func optionsNeedAPassThatLooksAtThem() throws {
    func upTo(_ name: String, isPlan: Bool = false) throws -> (inout OptionUsage) -> Void {
      let last = try #require(Pass(named: name))
      return { usage in (usage.passes, usage.isPlan) = (Pass.upTo(last), isPlan) }
    }
    let none = "--digital: no pass that looks at it runs: "
    #expect(
      try reasons("compile", "--digital a", change: upTo("legalize")) == [
        none + "separate, center, copy or partition"
      ])
    #expect(
      try reasons("compile", "--digital a", change: upTo("center")) == [
        none + "separate or center; give --outliers or --center"
      ])
    for word in ["--outliers 1%", "--center", "--copies 2", "--row-copies"] {
      #expect(try reasons("check", "--digital a", word, change: upTo("widen")).isEmpty)
    }
    #expect(
      try reasons("check", "--digital a", change: upTo("widen")) == [
        none + "separate, center or copy; give --outliers, --center, --copies, --copies-of or "
          + "--row-copies"
      ])
    #expect(try reasons("compile", "--digital a", change: upTo("place", isPlan: true)).isEmpty)
    let plan = "a plan comes from shapes alone, without data and weights"
    #expect(
      try reasons("compile", "--center", "--residual", change: upTo("check", isPlan: true)) == [
        "--center: \(plan)", "--residual: \(plan)",
      ])
    #expect(
      try reasons("evaluate", "--residual") { $0.isProgram = true } == [
        "--residual: a tile program is compiled already"
      ])
    // What holds anyway may be said.
    #expect(try reasons("compile", "--copies 0").isEmpty)
    #expect(try reasons("compile", "--accuracy 99%", change: upTo("fold")).count == 1)
  }

  /// Whichever device models an option expects, `--model` names it.
  @Test func theOptionOfTheDeviceModelNamesThoseThatExpectOne() throws {
    let expecting = CompileOption.table.compactMap(\.expecting)
    #expect(
      expecting == ["--accuracy", "--predistort", "--residual", "--weight-range mse"])
    let model = CompileOption.setting(\.accuracy.model)
    for name in expecting { #expect(model.help.contains(name), "\(model.help)") }
  }

  /// A shell takes the words apart as they were.
  @Test func aShellReadsWordsBack() throws {
    let ascii = (1...126).compactMap { $0 == 10 ? nil : UnicodeScalar($0).map(String.init) }
    let words =
      ["", "a b", "it's", "~", "*", "-x", "ü:%", "a=b,c"] + ascii.map { "a\($0)b" } + ascii
    let folder = try Folder()
    let line = "printf '%s\\n' " + words.map(shellWord).joined(separator: " ")
    let run = try Command(shell: line, in: folder.path)
    let lines = run.output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    #expect(lines.map { String(decoding: $0, as: UTF8.self) } == words + [""])
    #expect(["net:0", "99%", "a/b.c=1,2-3_4"].allSatisfy { shellWord($0) == $0 })
  }

  /// The order of the search is part of what it finds.
  @Test func theSearchTriesInThisOrder() {
    #expect(
      AccuracyStep.steps(of: .free).map(\.name) == [
        "a scale for every column", "limits of lines by column", "drift compensation",
        "refit of every column", "channels with outliers on the host", "inputs centred",
        "predistorted for 10 d", "inputs rescaled between layers",
      ])
    let again = [
      "half the conductance range", "refit layer by layer", "inputs not rescaled any more",
    ]
    #expect(
      Trial.Group.allCases.dropFirst().map { AccuracyStep.steps(of: $0).map(\.name) } == [
        [
          "the last copy for errors", "half the conductance range", "inputs not rescaled any more",
        ],
        ["refit layer by layer"],
        ["copies in free columns", "copies in free rows", "the last copy for errors"] + again,
        ["copies in twice the crossbars"] + again, ["copies in four times the crossbars"] + again,
      ])
  }

  /// All steps, one after the other.
  @Test func stepsAddUpToThis() {
    var options = AccuracyOptions()
    options.weightRange = .block
    for step in AccuracyStep.steps(of: .free) { options = step.applied(to: options) ?? options }
    #expect(options.text == "--routine refit --smooth --outliers 1% --center --predistort 10d")
    let climbed = Trial.Group.allCases.dropFirst().filter { $0 != .withCopies }
    for step in climbed.flatMap({ AccuracyStep.steps(of: $0) }) {
      options = step.applied(to: options) ?? options
    }
    options.digital = ["a layer"]
    #expect(
      options.text
        == "--routine layers --outliers 1% --center --predistort 10d --copies 4 --residual "
        + "--row-copies --range 0.5 --digital 'a layer'")
    var asked = AccuracyOptions()
    asked.smooths = true
    let last = AccuracyStep.steps(of: .fourTimes, beside: asked).last
    #expect(last?.applied(to: asked) == nil)
    #expect(AccuracyOptions().text == "nothing")
  }

  /// Specs/cli.md has the table as it stands in the compiler.
  @Test func thePageHasTheTable() throws {
    let page = try SpecificationPage("cli.md").text
    #expect(page.contains("\n" + CompileOption.page + "\n"), "\(CompileOption.page)")
  }
}
