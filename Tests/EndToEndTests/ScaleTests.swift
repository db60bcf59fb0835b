import Foundation
import TestSupport
import Testing

/// How planning grows with the network.
@Suite(
  .serialized,
  .enabled(if: Python.hasRequirements, "\(Python.help)"))
struct ScaleTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// Writes what `tools/make-large-models` makes with `options` into the folder.
  private func make(_ options: String...) throws {
    let run = try Command(
      program: Repository.path("tools/make-large-models"), options + [folder.path])
    try #require(run.status == 0, "\(run.messages)")
  }

  private func makeChains(_ lengths: [Int]) throws {
    try make("--only-chains", lengths.map { "\($0)" }.joined(separator: ","))
  }

  /// The instructions that planning `name` takes.
  private func instructions(_ name: String, _ program: String) throws -> Int {
    let run = try CountedRun(
      program, "compile", folder.file("\(name).onnx"), "--plan", "--chips", "auto", "--json")
    try #require(run.status == 0, "\(name)")
    return try #require(run.instructions, "valgrind counts nothing")
  }

  /// Twice the layers take at most 2.1 times the instructions, beside those that every command takes, which drop out
  /// of the differences; a layer takes at most half a million.
  @Test(
    .enabled(if: CountedRun.isPossible, "valgrind is not installed"),
    arguments: [[100, 200, 400], [1_000, 2_000, 4_000]])
  func planningGrowsHardlyFasterThanTheNetwork(lengths: [Int]) throws {
    try makeChains(lengths)
    let program = try CountedRun.strip(into: folder)
    let counts = try lengths.map { try instructions("chain-\($0)", program) }
    let (first, second) = (counts[1] - counts[0], counts[2] - counts[1])
    #expect(Double(second) <= 2.1 * Double(first), "\(counts)")
    #expect(second < 500_000 * (lengths[2] - lengths[1]), "\(counts)")
  }

  /// ResNet-50 and BERT-large take fewer than a thousand million instructions.
  @Test(.enabled(if: CountedRun.isPossible, "valgrind is not installed"))
  func largeNetworksTakeFewInstructions() throws {
    try make("--shapes")
    let program = try CountedRun.strip(into: folder)
    for name in ["resnet50-shapes", "bert-large"] {
      let count = try instructions(name, program)
      #expect(count < 1_000_000_000, "\(name): \(count)")
    }
  }

  /// Twice the crossbars take at most 2.3 times the memory.
  @Test func memoryGrowsHardlyFasterThanTheNetwork() throws {
    let lengths = [100, 200, 1_000, 2_000, 20_000, 40_000]
    try makeChains(lengths)
    let memory = try lengths.map { length in
      let run = try MeasuredRun(
        "compile", folder.file("chain-\(length).onnx"), "--plan", "--chips", "auto", "--json")
      try #require(run.status == 0, "\(length)")
      return run.memory
    }
    for index in lengths.indices.dropFirst() where lengths[index] == 2 * lengths[index - 1] {
      #expect(
        Double(memory[index]) <= 2.3 * Double(memory[index - 1]), "\(lengths[index]): \(memory)")
    }
  }

  /// ResNet-50, BERT-large and Llama-3.1-8B are planned in less than 1 GiB.
  @Test func largeNetworksTakeLittleMemory() throws {
    try make("--shapes")
    for name in ["resnet50-shapes", "bert-large", "llama-3.1-8b"] {
      let run = try MeasuredRun(
        "compile", folder.file("\(name).onnx"), "--plan", "--chips", "auto")
      #expect(run.status == 0, "\(name)")
      #expect(run.memory < 1 << 30, "\(name): \(run.memory) bytes")
    }
  }
}
