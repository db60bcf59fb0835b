import Foundation
import TestSupport
import Testing

/// The samples, from model to verdict, through the command line.
@Suite struct SampleTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test(arguments: ["digits", "residual"], ["ideal", "quantized"])
  func verdict(sample: String, device: String) throws {
    let run = try Command(
      "verify", Repository.sample("\(sample)/model.onnx"), "--device", device, "--verify-each", "-q"
    )
    #expect(run.status == 0)
    let verdict = run.lastLine
    #expect(verdict.hasPrefix("PASS \(sample) on 1 × hermes, \(device):"))
    #expect(run.messages.isEmpty)
  }

  @Test(arguments: [("digits", 357), ("residual", 356)])
  func accuracyIsThatOfTheReference(sample: String, right: Int) throws {
    let verify = try Command(
      "verify", Repository.sample("\(sample)/model.onnx"), "--data",
      Repository.sample("\(sample)/test.npz"),
      "--json"
    ).json
    #expect(verify["inferences"] as? Int == 360)
    for key in ["referenceAccuracy", "deviceAccuracy"] {
      #expect((verify[key] as? [String: Any])?["right"] as? Int == right)
    }
    #expect(try #require(verify["analogShareWithoutDepthwise"] as? Double) >= 0.95)
  }

  @Test func quantizedLosesLittle() throws {
    let program = folder.file("p.aimc")
    #expect(
      try Command("compile", Repository.sample("digits/model.onnx"), "-o", program).status == 0)
    let run = try Command(
      "simulate", program, "--data", Repository.sample("digits/test.npz"), "--json"
    ).json
    #expect(try #require(run["accuracy"] as? Double) >= 0.98)
  }

  @Test func outputsAreWrittenAndChecked() throws {
    let model = Repository.sample("digits/model.onnx")
    let data = Repository.sample("digits/test_data_set_0")
    let program = folder.file("p.aimc")
    #expect(try Command("compile", model, "-o", program).status == 0)
    for output in [folder.file("out"), folder.file("out.npz")] {
      let run = try Command(
        "simulate", program, "--data", data, "--device", "ideal", "--check", "-o", output)
      #expect(run.status == 0 && run.text.contains("as expected"), "\(run.messages)")
    }
    #expect(folder.files == ["out", "out.npz", "p.aimc"])
    #expect(FileManager.default.fileExists(atPath: folder.file("out/logits.npy")))
    // What a converter rounds is beyond a tolerance of nothing.
    let strict = try Command(
      "simulate", program, "--data", data, "--check", "--rtol", "0", "--atol", "0")
    #expect(strict.status == 2 && strict.text.contains("instead of"))
    #expect(try Command("run", model, "--data", data, "--check").status == 0)
    let unknown = try Command(
      "run", model, "--data", Repository.sample("digits/test.npz"), "--check")
    #expect(unknown.status == 1 && unknown.messages.contains("no expected outputs"))
  }

  @Test func aChipThatClipsFailsAndTheNodeIsNamed() throws {
    // With four levels at the converters, quantized results depart.
    let run = try Command(
      "verify", Repository.sample("digits/model.onnx"), "--device", "quantized", "--set",
      "dac.bits=2")
    #expect(run.status == 2, "\(run.messages)")
    let verdict = run.lastLine
    #expect(verdict.hasPrefix("FAIL digits"))
    #expect(verdict.contains("first at node \"conv"))
  }

  @Test func severalChipsAndOtherChipsGiveTheSame() throws {
    let model = Repository.sample("digits/model.onnx")
    for chip in [
      ["--chips", "2"], ["--chip", "flat-64"], ["--chip", "tiny", "--chips", "auto"],
      ["--set", "crossbar.rows=128"],
    ] {
      let run = try Command(["verify", model, "-q"] + chip)
      #expect(run.status == 0, "\(chip) \(run.text) \(run.messages)")
    }
  }

  @Test func aBatchHoldsSeveralSamples() throws {
    for batch in [2, 8] {
      let run = try Command(
        "verify", Repository.sample("digits/model.onnx"), "--dim", "N=\(batch)", "--json"
      ).json
      #expect(run["inferences"] as? Int == 8 / batch)
      #expect(run["passes"] as? Bool == true)
    }
    let uneven = try Command("verify", Repository.sample("digits/model.onnx"), "--dim", "N=3")
    #expect(uneven.status == 1)
    #expect(uneven.messages.contains("8 samples do not divide into inferences of 3"))
  }
}
