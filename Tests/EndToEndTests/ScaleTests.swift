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

  private func madeChains(of lengths: [Int]) throws -> Folder? {
    try made("--only-chains", lengths.map { "\($0)" }.joined(separator: ","))
  }

  /// Twice the crossbars take the passes at most 2.3 times the time, as n · log n does with room. The time of
  /// the command would hide that of short chains behind what any command takes.
  @Test func planningOfShortChainsGrowsHardlyFaster() throws {
    let lengths = [100, 200, 400, 800, 1_600, 3_200, 6_400]
    guard let folder = try madeChains(of: lengths) else { return }
    var milliseconds = lengths.map { _ in Double.infinity }
    var ratios: [Double] = []
    for _ in 0..<8 {
      for (index, length) in lengths.enumerated() {
        let run = try Command(
          "compile", folder.file("chain-\(length).onnx"), "--plan", "--chips", "auto", "--json")
        let passes = try #require(run.json["times"] as? [[String: Any]])
        let sum = passes.reduce(0) { $0 + ($1["milliseconds"] as? Double ?? 0) }
        try #require(sum > 0)
        milliseconds[index] = min(milliseconds[index], sum)
      }
      ratios = zip(milliseconds.dropFirst(), milliseconds).map { $0 / $1 }
      if ratios.allSatisfy({ $0 <= 2.3 }) { return }
    }
    Issue.record("\(milliseconds) ms: \(ratios)")
  }

  /// Twice the crossbars take at most 2.3 times the time of processors and the memory.
  @Test func planningGrowsHardlyFasterThanTheNetwork() throws {
    let lengths = [6_250, 12_500, 25_000, 50_000, 100_000]
    guard let folder = try madeChains(of: lengths) else { return }
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
        zip(seconds.dropFirst(), seconds).map { $0 / $1 }
        + zip(memory.dropFirst(), memory).map { Double($0) / Double($1) }
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
