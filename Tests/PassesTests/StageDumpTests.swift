import Basics
import Chip
import IR
import Passes
import Program
import TestSupport
import Testing

/// A text of any stage is read back as what was printed, and compiled on to the same program.
struct StageDumpTests {
  /// The stages of a case of Tests/Models on the chip `tiny`.
  private func stages(_ name: String) throws -> [StageDump] {
    let chip = try Chip.named("tiny")
    let graph = try Models.legalGraph(name)
    let calibration = try graph.calibrated(
      with: [Models.inputs(of: name)], origin: "test \"data\"")
    let single = try graph.partitioned(for: chip, chips: nil)
    let partition = single.replicated()
    let quantization = try partition.quantized(by: calibration)
    let placement = try partition.placed()
    return [
      StageDump(graph), StageDump(calibration, of: graph),
      StageDump(single, calibration: calibration), StageDump(partition),
      StageDump(quantization, of: partition), StageDump(placement, calibration: calibration),
      StageDump(placement, quantization: quantization),
      StageDump(placement.scheduled(with: quantization)),
    ]
  }

  @Test(arguments: Models.legal)
  func isReadBack(_ name: String) throws {
    for stage in try stages(name) {
      #expect(stage.verify().isEmpty)
      let text = stage.text
      let read = try StageDump(text: text) { try Chip.named($0) }
      #expect(read.text == text)
      #expect(read.graph == stage.graph)
      #expect(read.quantization == stage.quantization)
      #expect(read.schedule?.tasks == stage.schedule?.tasks)
      #expect(read.schedule?.transfers == stage.schedule?.transfers)
    }
  }

  @Test func goesOnFromEveryStage() throws {
    let stages = try stages("network-opset13")
    let expected = try #require(stages.last?.schedule).emitted()
    let folder = try Folder()
    for stage in stages {
      let weights = folder.file("weights")
      try WeightFile.write(stage.referencedTensors(), to: weights)
      var read = try StageDump(text: stage.text) { try Chip.named($0) }
      try read.attachConstants(from: WeightFile(path: weights))
      #expect(read.unresolvedConstants.isEmpty)
      #expect(try schedule(from: read).emitted() == expected)
    }
  }

  /// The rest of the way from a stage.
  private func schedule(from stage: StageDump) throws -> Schedule {
    if let schedule = stage.schedule { return schedule }
    let calibration =
      try stage.calibration
      ?? stage.graph.calibrated(
        with: [Models.inputs(of: "network-opset13")], origin: "again")
    let partition =
      try stage.partition ?? stage.graph.partitioned(for: Chip.named("tiny"), chips: nil)
    let replicated = stage.quantization == nil ? partition.replicated() : partition
    let quantization = try stage.quantization ?? replicated.quantized(by: calibration)
    let placement = try stage.placement ?? replicated.placed()
    return placement.scheduled(with: quantization)
  }

  @Test func refusesConstantsKnownByChecksumOnly() throws {
    let stages = try stages("network-opset13")
    let read = try StageDump(text: #require(stages.last).text) { try Chip.named($0) }
    #expect(!read.unresolvedConstants.isEmpty)
    #expect(throws: Diagnostics.self) { try read.schedule?.emitted() }
  }
}

extension Schedule {
  fileprivate func emitted() throws -> Program {
    let graph = placement.partition.graph
    func names(_ ids: [ValueID]) -> [[String?]] {
      ids.map { Array(repeating: nil, count: graph[$0].type.shape?.count ?? 0) }
    }
    return try emitted(
      compiler: "test", inputDimensionNames: names(graph.inputs),
      outputDimensionNames: names(graph.outputs))
  }
}
