import Foundation
import TestSupport
import Testing

/// What the search for accuracy tries, and what it takes.
@Suite struct SearchTests {
  private static let network = ModelFolder(made: "network-mlp")

  /// One row of what was tried.
  private struct Attempt: Equatable {
    var name: String
    /// What is kept of the accuracy of FP32, and the products that the host does, in percent.
    var kept, digital: Double
    /// What it takes.
    var crossbars, bytes, calibration: Int

    /// Whether it takes no more than `other` of anything.
    func takesNoMore(than other: Attempt) -> Bool {
      digital <= other.digital && crossbars <= other.crossbars && bytes <= other.bytes
        && calibration <= other.calibration
    }
  }

  /// What a search tries, in its order, the options that it takes, and the program that they give.
  private struct Search {
    var attempts: [Attempt]
    /// Those that no other beats.
    var front: [Attempt]
    var chosen, messages: String
    var program: Data?
  }

  /// A chip without errors of circuits, on which little is enough.
  private static let quiet = [
    "gain-spread", "output-noise", "wire-resistance", "unconverged",
  ].flatMap { ["--set", "circuit.\($0)=0"] }

  private static let easy = Result { try search(network.model, target: "99%") }
  private static let exact = Result { try search(network.model, target: "100%") }

  private static func search(_ model: String, target: String) throws -> Search {
    let folder = try Folder()
    let run = try Command(
      ["compile", model, "-o", "searched.aimc", "-q", "--accuracy", target] + quiet, in: folder.path
    )
    try #require(run.status == 0, "\(run.messages)")
    let lines = run.messages.split(separator: "\n", omittingEmptySubsequences: false)
    let tables = lines.split { $0.hasPrefix("----") }.dropFirst().map { $0.prefix { !$0.isEmpty } }
    func attempt(_ row: Substring) throws -> Attempt {
      let cells = row.split(separator: /\ {2,}/).map { String($0).replacing(",", with: "") }
      try #require(cells.count == 9, "\(row)")
      return Attempt(
        name: cells[0], kept: try #require(Double(cells[1])),
        digital: try #require(Double(cells[7])), crossbars: try #require(Int(cells[3])),
        bytes: try #require(Int(cells[4])), calibration: try #require(Int(cells[8])))
    }
    try #require(tables.count == 2, "\(run.messages)")
    let line = try #require(lines.first { $0.hasPrefix("chosen ") })
    let chosen = line.dropFirst("chosen ".count).trimmingCharacters(in: .whitespaces)
    return try Search(
      attempts: tables[0].map(attempt), front: tables[1].map(attempt), chosen: chosen,
      messages: run.messages,
      program: FileManager.default.contents(atPath: folder.file("searched.aimc")))
  }

  /// Steps are tried in their order until one keeps what is wanted, which is taken.
  @Test func theFirstStepThatIsEnoughIsTaken() throws {
    let found = try Self.easy.get()
    #expect(
      found.attempts.map(\.name) == ["nothing", "drift compensation", "refit of every column"])
    #expect(found.attempts.map { $0.kept >= 99 } == [false, false, true])
    #expect(found.chosen == "--routine refit")
    #expect(
      found.messages.contains("reached        99.79 % of the accuracy of FP32, target 99.00 %"))

    // The program is the one that these options give.
    let folder = try Folder()
    let asked = try Command(
      ["compile", Self.network.model, "-o", "asked.aimc", "-q", "--routine", "refit"] + Self.quiet,
      in: folder.path)
    #expect(asked.status == 0 && found.program != nil)
    #expect(found.program == FileManager.default.contents(atPath: folder.file("asked.aimc")))
  }

  /// A higher target is reached by the same steps and more. Of all that keep the lower one, none takes less than
  /// what was taken for it.
  @Test func whatIsTakenCostsNoMoreThanLaterSteps() throws {
    let (first, second) = (try Self.easy.get(), try Self.exact.get())
    let taken = try #require(first.attempts.last)
    let later = second.attempts.dropFirst(first.attempts.count)
    #expect(Array(second.attempts.prefix(first.attempts.count)) == first.attempts)
    #expect(later.count > 8)
    for attempt in later where attempt.kept >= 99 {
      #expect(taken.takesNoMore(than: attempt) || !attempt.takesNoMore(than: taken), "\(attempt)")
    }
  }

  /// Copies by layer cost more, the more noise they take away, and no more than the chip has.
  @Test func copiesOfLessNoiseCostMore() throws {
    let copies = try Self.exact.get().attempts.compactMap { attempt -> (Double, Attempt)? in
      guard let match = attempt.name.firstMatch(of: /copies by layer for 1\/([0-9.]+)/) else {
        return nil
      }
      return try (#require(Double(match.output.1)), attempt)
    }.sorted { $0.0 < $1.0 }
    #expect(copies.count > 5)
    for (some, more) in zip(copies, copies.dropFirst()) where some.0 < more.0 {
      #expect(some.1.bytes < more.1.bytes && some.1.crossbars <= more.1.crossbars)
      #expect(more.0 < 2.5 * some.0, "the noise is halved from step to step")
    }
    #expect(copies.allSatisfy { $0.1.crossbars <= 64 && $0.1.digital <= 10 })
  }

  /// What is left when copies gain no more is left to a calibration layer by layer.
  @Test func layersAreCalibratedInTheEnd() throws {
    let found = try Self.exact.get()
    #expect(found.attempts.last?.name == "refit layer by layer")
    #expect(
      found.chosen.hasPrefix("--routine layers --center --predistort 10d --copies-of dense1="))
    #expect(
      found.messages.contains("reached        100.00 % of the accuracy of FP32, target 100.00 %"))
  }

  /// The second table has no attempt that another one beats.
  @Test func theFrontHasTheBest() throws {
    let found = try Self.exact.get()
    #expect(found.front.count > 2 && found.front.count < found.attempts.count)
    #expect(found.front.allSatisfy { found.attempts.contains($0) })
    for attempt in found.front {
      #expect(
        !found.attempts.contains {
          $0.kept > attempt.kept && $0.bytes < attempt.bytes && $0.takesNoMore(than: attempt)
        }, "\(attempt)")
    }
  }

  /// Where no step is enough, the best is taken, and the message says so.
  @Test func theBestIsTakenWhereNothingIsEnough() throws {
    let found = try Self.search(ModelFolder(made: "conv-groups").model, target: "100%")
    let best = try #require(found.attempts.map(\.kept).max())
    #expect(best < 100 && best == 99.82)
    #expect(found.chosen == "--routine refit --center --predistort 10d")
    #expect(
      found.messages.contains("not reached    99.82 % of the accuracy of FP32, target 100.00 %"))
  }

  /// What keeps less than was kept without it is not part of what comes after it.
  @Test func whatMakesItWorseIsTakenBack() throws {
    let found = try Self.search(ModelFolder(made: "gemm-wide").model, target: "100%")
    #expect(
      found.attempts.map(\.name) == [
        "nothing", "drift compensation", "refit of every column taken back", "inputs centred",
      ])
    #expect(found.attempts[2].kept < found.attempts[1].kept)
    #expect(found.chosen == "--routine global --center")
  }

  /// A text with a calibration needs no data to be compiled, but typical inputs rank its products.
  @Test func textsWithACalibrationAreClimbed() throws {
    let folder = try Folder()
    let text = folder.file("net.aim")
    let emitted = try Command(
      "compile", Self.network.model, "--emit", "calibrate", "-o", text, "--calibrate",
      Self.network.path)
    #expect(emitted.status == 0, "\(emitted.messages)")
    let ladder = try Command(
      "evaluate", text, "--data", Self.network.dataSets[0], "--calibrate", Self.network.path,
      "--ladder", "--times", "0", "--seeds", "1")
    #expect(ladder.status == 0, "\(ladder.messages)")
    #expect(ladder.text.contains("--digital dense"), "\(ladder.text)")
  }

  /// An evaluation that searches evaluates what it finds.
  @Test func evaluationsTakeWhatIsFound() throws {
    let arguments = [
      "evaluate", Self.network.model, "--data", Self.network.dataSets[0], "--calibrate",
      Self.network.path, "--times", "1d", "--seeds", "1", "--json", "-q",
    ]
    let searched = try Command(arguments + ["--accuracy", "99%"])
    let asked = try Command(arguments + ["--routine", "refit"])
    #expect(searched.status == 0 && asked.status == 0, "\(searched.messages)")
    let results = try asked.jsonText(of: "results")
    #expect(try results.contains("decibels") && searched.jsonText(of: "results") == results)
    let other = try Command(arguments + ["--routine", "global"])
    #expect(try other.jsonText(of: "results") != results)
  }
}
