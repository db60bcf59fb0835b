import Foundation
import Testing

/// How planning grows with the network.
@Suite(.serialized) struct ScaleTests {
  /// The folder with what `tools/make-large-models` writes, given `options`; `nil`, with a line that says
  /// so, where Python with onnx is not there.
  private func made(_ options: String...) throws -> Folder? {
    let folder = try Folder()
    let script = Process()
    script.executableURL = URL(filePath: "/usr/bin/env")
    script.arguments =
      ["python3", "\(packagePath)/tools/make-large-models"] + options + [folder.path]
    script.standardError = FileHandle.nullDevice
    try script.run()
    script.waitUntilExit()
    if script.terminationStatus == 0 { return folder }
    print("left out: tools/make-large-models needs python3 with onnx and numpy")
    return nil
  }

  /// Twice the crossbars take at most 2.3 times the time and the memory, as n · log n does with room; of short chains,
  /// whose time is mostly that of any command, too.
  @Test func planningGrowsHardlyFasterThanTheNetwork() throws {
    let lengths = [100, 200, 1_000, 2_000, 12_500, 25_000, 50_000, 100_000]
    let doubled = lengths.indices.dropFirst().filter { lengths[$0] == 2 * lengths[$0 - 1] }
    guard
      let folder = try made("--only-chains", lengths.map { "\($0)" }.joined(separator: ","))
    else { return }
    // The least of several runs: what else the machine does only adds.
    var seconds = lengths.map { _ in Double.infinity }
    var memory = lengths.map { _ in Int.max }
    var ratios: [Double] = []
    for _ in 0..<5 {
      for (index, length) in lengths.enumerated() {
        let run = try MeasuredRun(
          "compile", folder.file("chain-\(length).onnx"), "--plan", "--chips", "auto", "--json")
        try #require(run.status == 0)
        seconds[index] = min(seconds[index], run.seconds)
        memory[index] = min(memory[index], run.memory)
      }
      ratios =
        doubled.map { seconds[$0] / seconds[$0 - 1] }
        + doubled.map { Double(memory[$0]) / Double(memory[$0 - 1]) }
      if ratios.allSatisfy({ $0 <= 2.3 }) { return }
    }
    Issue.record("\(seconds) s, \(memory) bytes: \(ratios)")
  }

  /// ResNet-50, BERT-large and Llama-3.1-8B are planned in less than 10 s and 1 GiB.
  @Test func largeNetworksArePlanned() throws {
    guard let folder = try made("--shapes") else { return }
    for name in ["resnet50-shapes", "bert-large", "llama-3.1-8b"] {
      let run = try MeasuredRun(
        "compile", folder.file("\(name).onnx"), "--plan", "--chips", "auto")
      #expect(run.status == 0, "\(name)")
      #expect(run.seconds < 10, "\(name): \(run.seconds) s")
      #expect(run.memory < 1 << 30, "\(name): \(run.memory) bytes")
    }
  }
}
