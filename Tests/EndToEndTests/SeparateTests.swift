import Basics
import Chip
import IR
import Passes
import Program
import Reference
import Simulator
import TestSupport
import Testing

/// Channels with outliers that the host computes.
@Suite struct SeparateTests {
  private let folder: TestSupport.Folder

  init() throws { folder = try TestSupport.Folder() }

  /// A product of 64 channels, of which two are a hundred times as large as the others.
  private static let text = """
    graph "net" {
      input %0 "x": f32[1, 64]
      constant %1 "gains": f32[64] = dense[\(gains)]
      %2 "h": f32[1, 64] = mul "gained" (%0, %1)
      constant %3 "w": f32[64, 16] = random(seed: 3)
      %4 "y": f32[1, 16] = matmul "dense" (%2, %3)
      output %4
    }

    """
  private static let gains = (0..<64).map { $0 == 5 || $0 == 40 ? "100" : "1" }
    .joined(separator: ", ")

  /// The largest relative error that `verify` finds with converters alone.
  private func error(_ words: String...) throws -> Double {
    let model = try folder.write(text: Self.text, "net.aim")
    let run = try Command(
      ["verify", model, "--device", "quantized", "--json"] + words)
    let found = try #require(run.json["comparisons"] as? [[String: Any]], "\(run.messages)")
    return try #require(found.first?["relativeError"] as? Double)
  }

  /// The step of the DAC follows the largest inputs, which leave it.
  @Test func converterErrorsShrink() throws {
    let (plain, separated) = (try error(), try error("--outliers", "4%"))
    #expect(separated < plain / 4, "\(plain), then \(separated)")
  }

  /// A program is proved with the options that it was compiled with, and not without them.
  @Test func programsAreProved() throws {
    let model = try folder.write(text: Self.text, "net.aim")
    let program = folder.file("net.aimc")
    let compiled = try Command("compile", model, "--outliers", "4%", "-o", program, "--json")
    let digital = try #require(compiled.json["digital"] as? [[String: Any]])
    #expect(digital.map { $0["node"] as? String } == ["dense·outliers"])
    #expect(digital.first?["macs"] as? Int == 2 * 16)
    #expect(try Command("check", program, model, "--outliers", "4%").status == 0)
    #expect(try Command("check", program, model).status == 2)
  }

  /// Whatever leaves, the network computes the same.
  @Test(arguments: [0.01, 0.1, 0.5]) func networksComputeTheSame(share: Double) throws {
    for name in ["transformer-layer", "gemm-tall-and-wide", "network-mlp"] {
      let models = ModelFolder(made: name)
      let graph = try models.graph().folded().fused().legalized()
      let inputs = try models.inputs()
      let separated = try graph.separated(by: [inputs], share: share, codes: 127)
      #expect(separated.graph.verify().isEmpty)
      let (found, wanted) = (
        try evaluate(separated.graph, inputs: inputs), try evaluate(graph, inputs: inputs)
      )
      for (found, wanted) in zip(found, wanted) {
        #expect(compare(found, with: wanted).relativeError < 1e-5, "\(name)")
      }
    }
  }
}
