import Foundation
import TestSupport
import Testing

/// Ranges of results: columns of their own, and functions that are flat.
@Suite struct RangeTests {
  private static let folder = Repository.model("ranges")

  /// The relative errors of the outputs with converters, by their names.
  private func errors(_ model: String, _ options: String...) throws -> [String: Double] {
    let run = try Command(
      ["verify", "\(Self.folder)/\(model)/model.onnx", "--device", "quantized", "--json", "-q"]
        + options)
    let comparisons = try #require(run.json["comparisons"] as? [[String: Any]])
    var errors: [String: Double] = [:]
    for comparison in comparisons where comparison["against"] as? String == "reference" {
      let output = try #require(comparison["output"] as? String)
      if comparison["source"] as? String == "quantized" {
        errors[output] = try #require(comparison["relativeError"] as? Double)
      }
    }
    return errors
  }

  /// Small columns beside large ones keep as many digits, also in partial sums between crossbars.
  @Test func columnsOfTwoMagnitudes() throws {
    let errors = try errors("two-magnitudes")
    #expect(Set(errors.keys) == ["big", "small", "tall.big", "tall.small"])
    for (output, error) in errors { #expect(error < 0.05, "\(output) \(error)") }
  }

  /// What the local digital unit rounds adds little to the error of the converters.
  @Test(arguments: ["lstm-wide-sums", "flat-functions", "two-magnitudes"])
  func roundingOfResultsAddsLittle(model: String) throws {
    let exact = try errors(model, "--without", "precision")
    for (output, error) in try errors(model) {
      let least = try #require(exact[output])
      #expect(error < 1.34 * least + 0.02, "\(output) \(error), \(least)")
    }
  }

  /// The stages as text give the same program, and only programs with steps of columns say so.
  @Test(arguments: ["two-magnitudes", "lstm-wide-sums", "flat-functions"])
  func textHoldsRanges(model: String) throws {
    let folder = try Folder()
    let (model, program) = ("\(Self.folder)/\(model)/model.onnx", folder.file("a.aimc"))
    #expect(try Command("compile", model, "-o", program, "-q").status == 0)
    for stage in ["calibrate", "quantize"] {
      let text = folder.file("\(stage).aim")
      #expect(
        try Command("compile", model, "--emit", stage, "-o", text, "-q").status == 0)
      let again = folder.file("\(stage).aimc")
      let run = try Command("compile", text, "-o", again, "-q")
      #expect(run.status == 0, "\(run.messages)")
      // The text has a fixed batch, without the name of the dimension.
      let listings = try [again, program].map {
        try Command("inspect", $0, "--asm").text.replacing("1 \"N\"", with: "1")
      }
      #expect(listings[0] == listings[1])
    }
  }

  @Test func versions() throws {
    let folder = try Folder()
    for (model, version) in [
      ("\(Self.folder)/two-magnitudes/model.onnx", "aimc 2.1"),
      (Repository.sample("digits/model.onnx"), "aimc 2.0"),
    ] {
      let program = folder.file("net.aimc")
      #expect(try Command("compile", model, "-o", program, "-q").status == 0)
      let listing = try Command("inspect", program, "--asm").text
      #expect(listing.hasPrefix(version))
      #expect(listing.contains("\n  steps = ") == (version == "aimc 2.1"))
      // The listing says all that the program does.
      #expect(listing.contains("partial-steps") == (version == "aimc 2.1"))
    }
  }
}
