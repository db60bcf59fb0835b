import Basics
import Driver
import Foundation
import Program
import Simulator
import TestSupport
import Testing

/// What a result must not depend on: the inferences that run beside one, the order of the streams, and the parts
/// that an evaluation is divided into.
@Suite struct MetamorphicTests {
  /// The models that compile: not those that choose what they do by their data.
  private static let models = ModelFolder.made.filter {
    !["if", "loop"].contains($0.name)
  }
  /// Models with several layers on crossbars, and the names of the layers.
  private static let layered: [(model: String, layers: [String])] = [
    ("network-residual", ["stem", "block1/conv1", "block1/conv2", "block2/conv1", "logits"]),
    ("network-mobile", ["stem", "block/project", "logits"]),
    ("network-inception", ["one", "three", "left/conv", "right/conv"]),
    ("network-mlp", ["dense1", "dense2", "dense3"]),
  ]
  private static let inferences = 5

  private let folder: Folder

  init() throws { folder = try Folder() }

  private func compiled(_ model: ModelFolder, _ options: [String] = []) throws -> ValidProgram {
    let path = folder.file("net.aimc")
    let run = try Command(
      ["compile", model.model, "-o", path, "-q", "--calibrate", model.path] + options)
    try #require(run.status == 0, "\(run.messages)")
    return try ValidProgram(file: MappedFile(path: path))
  }

  /// Inputs of several inferences, small numbers drawn from a seed; whole ones are `least` or one more.
  private func inputs(of program: ValidProgram, least: Int64 = 0) -> [Tensor] {
    var generator = SplitMix64(seed: 1)
    return program.inputs.map { port in
      let shape = [Self.inferences] + port.shape
      let count = shape.reduce(1, *)
      if port.element == .bool {
        let values = (0..<count).map { _ in Bool8(Bool.random(using: &generator)) }
        return Tensor(values, shape: shape)
      }
      if port.element.isInteger {
        let values = (0..<count).map { _ in Int64.random(in: least...least + 1, using: &generator) }
        return Tensor(values, shape: shape)
      }
      let values = (0..<count).map { _ in Float(Int.random(in: 1...4, using: &generator)) / 2 }
      return Tensor(values, shape: shape)
    }
  }

  @Test(arguments: models) func inferencesBesideOneDoNotMatter(model: ModelFolder) throws {
    let program = try compiled(model)
    let devices = SimulatedDevices(
      model: try #require(program.chip.device("hermes-tdp")), seed: 3, time: 3600)
    // Indices begin at 0; divisors must not be 0.
    let inputs = inputs(of: program, least: model.name.hasPrefix("arithmetic") ? 1 : 0)
    for fidelity in [Fidelity.ideal, .quantized, .devices(devices)] {
      let simulation = try Simulation(program, fidelity: fidelity)
      var options = Simulation.Options()
      (options.lanes, options.threads) = (64, 1)
      let together = try simulation.run(inputs, options: options).outputs
      (options.lanes, options.threads) = (1, 2)
      #expect(try simulation.run(inputs, options: options).outputs == together)
      if program.inputs.isEmpty { continue }
      for inference in 0..<Self.inferences {
        options.firstInference = inference
        let alone = try simulation.run(
          inputs.map { $0.rows(inference..<inference + 1) }, options: options
        ).outputs
        for (one, all) in zip(alone, together) {
          let row = all.bytes.count / Self.inferences * inference
          #expect(one.bytes == all.bytes[row..<row + one.bytes.count], "inference \(inference)")
        }
      }
    }
  }

  /// A layer on another core has its streams elsewhere among those of the program.
  @Test(arguments: layered)
  func orderOfStreamsDoesNotMatter(name: String, layers: [String]) throws {
    let model = ModelFolder(made: name)
    let usual = try compiled(model, ["--chip", "flat-64"])
    let inputs = inputs(of: usual)
    let outputs = try [Fidelity.ideal, .quantized].map {
      try Simulation(usual, fidelity: $0).run(inputs).outputs
    }
    var generator = SplitMix64(seed: 2)
    for _ in 0..<3 {
      let cores = (0..<64).shuffled(using: &generator)
      let pins = zip(layers, cores).flatMap { ["--pin", "\($0)=\($1)"] }
      let pinned = try compiled(model, ["--chip", "flat-64"] + pins)
      #expect(pinned.tiles != usual.tiles)
      for (fidelity, expected) in zip([Fidelity.ideal, .quantized], outputs) {
        let found = try Simulation(pinned, fidelity: fidelity).run(inputs).outputs
        #expect(found == expected, "\(pins)")
      }
    }
  }

  @Test(arguments: [2, 3, 5]) func partsTogetherAreTheWhole(count: Int) throws {
    let rows = try readNPZ(path: Repository.sample("digits/test.npz")).map { array in
      NamedTensor(name: array.name, tensor: array.tensor.rows(0..<40))
    }
    try writeNPZ(rows, to: folder.file("few.npz"))
    func evaluate(_ options: [String]) throws -> Data {
      let run = try Command(
        [
          "evaluate", Repository.sample("digits/model.onnx"), "--data", "few.npz", "--seeds", "5",
          "--times",
        ]
          + ["0,1d", "--calibrate", Repository.sample("digits/calibration.npz")] + options,
        in: folder.path)
      #expect(run.status == 0, "\(run.messages)")
      return run.output
    }
    let parts = (1...count).map { "\($0).part" }
    for (number, part) in parts.enumerated() {
      _ = try evaluate(["--shard", "\(number + 1)/\(count)", "--part", part])
    }
    for format in [[], ["--json"]] {
      let whole = try evaluate(format)
      let merged = try Command(["merge"] + parts.reversed() + format, in: folder.path)
      #expect(merged.status == 0 && merged.output == whole, "\(merged.messages)")
    }
  }
}
