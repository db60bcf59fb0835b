import TestSupport
import Testing

/// What passes over a mesh in real networks, beside its bound.
struct TrafficTests {
  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"),
    arguments: [
      "autoencoder-ad", "bidi-lstm --dim length=8", "cct-1-16", "micro-kws", "mnist8",
      "mobilenetv1-vww",
      "resnet8-cifar10", "silero-vad-16k --dim batch=1 --dim sequence=512", "ultraface-rfb320",
    ])
  func placesComeNearTheBound(_ network: String) throws {
    let words = network.split(separator: " ").map(String.init)
    let model = "\(Repository.shared)/models/\(words[0])/model.onnx"
    let plan = try Command(
      ["compile", model, "--chip", "grid-8x8", "--plan", "--json"] + words.dropFirst())
    #expect(plan.status == 0, "\(plan.messages)")
    let mapping = try #require(plan.json["mapping"] as? [String: Any])
    let cost = try #require(mapping["byteHops"] as? Int)
    let bound = try #require(mapping["byteHopsBound"] as? Int)
    #expect(cost >= bound)
    #expect(cost * 100 <= bound * 115)
  }
}
