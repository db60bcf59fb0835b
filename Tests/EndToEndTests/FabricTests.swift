import Foundation
import TestSupport
import Testing

/// The preset fabric on the command line: planned, and refused by whatever needs a program.
@Suite struct FabricTests {
  private let model = Repository.sample("digits/model.onnx")

  @Test func plansNameWhatLimits() throws {
    let page = try Command("compile", model, "--plan", "--chip", "fabric")
    #expect(page.status == 0)
    let text = "\n" + String(decoding: page.output, as: UTF8.self)
    for label in ["fits", "interval", "bottleneck", "latency", "energy", "mesh", "memory cores"] {
      #expect(text.contains("\n\(label) "), "\(label)")
    }
    let plan = try Command("compile", model, "--plan", "--chip", "fabric", "--json").json
    let (slots, slot) = (plan["slots"] as? Int ?? 0, plan["slotNs"] as? Int ?? 0)
    #expect(slots > 0 && plan["intervalNs"] as? Int == slots * slot)
    #expect(plan["tilesUsed"] as? Int ?? 0 > 0)
  }

  /// The same plan at every run.
  @Test func plansAreTheSame() throws {
    let plans = try (0..<2).map { _ in
      var plan = try Command("compile", model, "--plan", "--chip", "fabric", "--json").json
      plan["times"] = nil
      return plan as NSDictionary
    }
    #expect(plans[0] == plans[1])
  }

  @Test(arguments: [
    ["compile", "MODEL", "-o", "none.aimc"], ["verify", "MODEL"],
    ["evaluate", "MODEL", "--data", "DATA"],
  ]) func programsAreRefusedByName(arguments: [String]) throws {
    let words = arguments.map {
      $0 == "MODEL" ? model : $0 == "DATA" ? Repository.sample("digits/test.npz") : $0
    }
    let run = try Command(words + ["--chip", "fabric"])
    #expect(run.status == 1)
    #expect(run.messages.contains("tile programs for chip fabric"))
    #expect(run.messages.contains("compile --plan"))
  }

  @Test(arguments: [
    ["--pin", "dense1=3"], ["--optimize", "latency"], ["--optimize", "energy"],
    ["--search-time", "1"],
  ]) func optionsWithoutEffectAreRefused(option: [String]) throws {
    let run = try Command(["compile", model, "--plan", "--chip", "fabric"] + option)
    #expect(run.status == 1)
    #expect(run.messages.contains("\(option[0])"))
    #expect(run.messages.contains("has no effect on plans for chip fabric"))
  }

  @Test func whatNoBlockComputesIsNamed() throws {
    let run = try Command(
      "compile", Repository.model("lstm/model.onnx"), "--plan", "--chip", "fabric", "--dim", "N=2",
      "--dim", "T=4")
    #expect(run.status == 1 && run.messages.contains("LSTM"))
    #expect(run.messages.contains("on chip fabric"))
  }
}
