import Foundation
import TestSupport
import Testing

/// What `verify` accepts, as Specs/cli.md has it.
@Suite struct VerdictTests {
  private static let folder = Repository.model("verdicts")

  private func compared(_ arguments: [String], passes: Bool = true) throws -> [[String: Any]] {
    let run = try Command(["verify", "--json", "-q"] + arguments)
    #expect(run.status == (passes ? 0 : 2), "\(arguments) \(run.text) \(run.messages)")
    return try #require(run.json["comparisons"] as? [[String: Any]])
  }

  /// Outputs that rounding moves by more than 10⁻⁴ are accepted as far as it moves them, and no further.
  @Test(arguments: ["float16-chain", "quantized-ties"])
  func roundingIsAccepted(model: String) throws {
    let comparisons = try compared(["\(Self.folder)/\(model)/model.onnx"])
    let limits = comparisons.compactMap { $0["limit"] as? Double }
    let errors = comparisons.compactMap { $0["relativeError"] as? Double }
    #expect(errors.contains { $0 > 1e-4 })
    #expect(limits.allSatisfy { $0 >= 1e-4 && $0 < 2e-2 })
    let other = try compared(
      ["\(Self.folder)/\(model)/model.onnx", "--device", "quantized"])
    #expect(other[0]["limit"] as? Double == 0.1)
  }

  @Test func halfPrecisionPasses() throws {
    _ = try compared(["\(Self.folder)/float16-resize/model.onnx"])
  }

  /// Sums that are exactly 0 stay 0, so that their signs are not chance.
  @Test(arguments: [[], ["--set", "crossbar.rows=8"]]) func signsOfZero(chip: [String]) throws {
    for comparison in try compared(["\(Self.folder)/sign-of-zero/model.onnx"] + chip) {
      #expect(comparison["relativeError"] as? Double == 0)
      #expect(comparison["limit"] as? Double == 1e-4)
    }
  }

  /// Another logistic function is off by 10⁻⁷ of 1, which is much of what it gives far below 0.
  @Test func otherLogisticFunction() throws {
    let comparisons = try compared(["\(Self.folder)/sigmoid-far-below-zero/model.onnx"])
    #expect(comparisons.allSatisfy { $0["limit"] as? Double == 1e-4 })
    let folder = try Folder()
    let output = folder.file("out.npz")
    let run = try Command(
      "run", "\(Self.folder)/sigmoid-far-below-zero/model.onnx", "--data",
      "\(Self.folder)/sigmoid-far-below-zero", "-o", output, "--check")
    #expect(run.status == 0)
  }

  @Test func classesAreCounted() throws {
    let model = "\(Self.folder)/argmax/model.onnx"
    let exact = try compared([model])
    #expect(exact.allSatisfy { $0["relativeError"] as? Double == 0 })
    #expect(exact.allSatisfy { $0["top1Agreement"] as? Double == 1 })
    let quantized = try compared([model, "--device", "quantized"])
    let agreement = try #require(quantized[0]["top1Agreement"] as? Double)
    #expect(agreement < 1 && agreement >= 0.9)
    let error = try #require(quantized[0]["relativeError"] as? Double)
    #expect(abs(1 - agreement - error) < 1e-12)
    let coarse = ["--device", "quantized", "--set", "dac.bits=2", "--set", "ldpu.output-bits=2"]
    let failed = try compared([model] + coarse, passes: false)
    #expect(try #require(failed[0]["top1Agreement"] as? Double) < 0.9)
  }

  /// Devices are judged by the accuracy on labels, which a year without correction costs.
  @Test func accuracyOfDevices() throws {
    let arguments = [
      "verify", Repository.sample("digits/model.onnx"), "--data",
      Repository.sample("digits/test.npz"), "-q",
      "--device", "hermes-tdp",
    ]
    let fresh = try Command(arguments + ["--routine", "column"])
    #expect(fresh.status == 0)
    #expect(fresh.lastLine.contains("points below the reference, of at most 5 points"))
    let old = try Command(arguments + ["--time", "1y"])
    #expect(old.status == 2)
    #expect(old.lastLine.hasPrefix("FAIL digits") && old.lastLine.contains("limit 5 points"))
    // Without labels, by the noise of the output or the classes.
    let unlabelled = try compared([
      Repository.sample("digits/model.onnx"), "--device", "hermes-tdp",
    ])
    #expect(unlabelled[0]["limit"] as? Double == 0.316)
    #expect(unlabelled[0]["sufficientAgreement"] as? Double == 0.9)
  }

  @Test func weightsThatAreCutOnPurpose() throws {
    let run = try Command(
      "verify", Repository.sample("digits/model.onnx"), "--weight-range", "mse", "-q")
    #expect(run.status == 0)
    #expect(run.text.contains("on purpose (--weight-range mse)"))
    #expect(run.lastLine.hasSuffix("weights cut on purpose"))
    #expect(run.lastLine.hasPrefix("PASS digits"))
  }
}
