import Basics
import Checker
import Chip
import IR
import Passes
import Program
import Reference
import Simulator
import TestSupport
import Testing

/// Every network that compiles computes, as bytes on an ideal chip, what the reference computes.
@Suite struct CompiledNetworkTests {
  /// What has no place on a chip or in host code, by the name of its case.
  private static let refused = ["if", "loop"]

  @Test(arguments: ModelFolder.made) func idealEqualsReference(folder: ModelFolder) throws {
    let network = try CompiledNetwork(folder)
    guard let program = network.program else {
      #expect(Self.refused.contains(folder.name), "\(network.refusal ?? "")")
      return
    }
    let simulation = try Simulation(program, fidelity: .ideal)
    // Nothing is read that has not been written, in no order of the units.
    try simulation.checkMemory(network.inputs)
    let outputs = try simulation.run(network.inputs).outputs
    for (output, expected) in zip(outputs, try evaluate(network.graph, inputs: network.inputs)) {
      let comparison = compare(output, with: expected)
      #expect(comparison.isEqual(within: 1e-4), "\(comparison)")
    }
  }

  @Test(arguments: ["conv-grouped-tall", "gemm-tall-and-wide", "network-residual"])
  func oneConductanceChangesTheOutput(name: String) throws {
    let network = try CompiledNetwork(ModelFolder(made: name))
    var program = try #require(network.program)
    let before = try Simulation(program, fidelity: .ideal).run(network.inputs).outputs
    for block in program.blocks.indices {
      let old = program.blocks[block].conductances
      // A single one may be without effect behind a ReLU that gives 0.
      let hasEffect = try (0..<16).contains { number in
        program.blocks[block].conductances = old.replacingFloat(number * old.count / 64)
        return try Simulation(program, fidelity: .ideal).run(network.inputs).outputs != before
      }
      #expect(hasEffect, "block \(block) of \(program.blocks[block].node)")
      program.blocks[block].conductances = old
    }
  }

  /// Convolutions that compute several positions from one vector give the same results of fewer
  /// vectors, and the checker finds a conductance where a kernel is not.
  @Test(arguments: [
    "conv-1d", "conv-2d", "conv-auto-pad", "network-residual",
  ])
  func wideWindows(name: String) throws {
    let folder = ModelFolder(made: name)
    let network = try CompiledNetwork(folder, widens: true)
    var program = try #require(network.program)
    let outputs = try Simulation(program, fidelity: .ideal).run(network.inputs).outputs
    for (output, expected) in zip(outputs, try evaluate(network.graph, inputs: network.inputs)) {
      #expect(compare(output, with: expected).isEqual(within: 1e-4))
    }
    let narrow = try #require(try CompiledNetwork(folder).program)
    let vectors = { (program: Program) in
      try Timing(of: program, host: false).units.reduce(0) { $0 + $1.busy }
    }
    #expect(try vectors(program) < vectors(narrow))
    #expect(check(program, against: network.legal, layouts: network.layouts).isEmpty)
    let wide = try #require(
      program.blocks.indices.first { block in
        network.layouts.inOrder.contains {
          network.legal[$0.node].name == program.blocks[block].node
        }
      })
    let zero = try #require(
      program.blocks[wide].conductances.withUnsafeBytes { bytes in
        bytes.bindMemory(to: Float.self).firstIndex(of: 0)
      })
    program.blocks[wide].conductances = program.blocks[wide].conductances.replacingFloat(zero)
    #expect(!check(program, against: network.legal, layouts: network.layouts).isEmpty)
  }

  @Test(
    .enabled(if: Repository.hasSharedModels, "../shared/models is not there"),
    arguments: ["mnist8", "resnet8-cifar10", "mobilenetv1-vww", "autoencoder-ad"])
  func hostHoldsNoWeightsOfCrossbars(name: String) throws {
    let folder = try #require(ModelFolder.real.first { $0.name == name })
    let network = try CompiledNetwork(folder)
    let program = try #require(network.program)
    let weights = network.legal.nodes.filter { node in
      program.blocks.contains { $0.node == node.name }
    }.compactMap { $0.operands[1].flatMap { network.legal.tensor(of: $0)?.bytes } }
    #expect(!weights.isEmpty)
    for buffer in program.buffers {
      guard let constant = buffer.constant else { continue }
      #expect(!weights.contains(constant), "\(buffer.name)")
    }
  }
}

extension Bytes {
  /// The same f32 values, but that number `index` is 1, or −1 if it is positive.
  fileprivate func replacingFloat(_ index: Int) -> Bytes {
    Bytes(count: count) { new in
      withUnsafeBytes { new.copyMemory(from: $0) }
      let values = new.bindMemory(to: Float.self)
      values[index] = values[index] > 0 ? -1 : 1
    }
  }
}

/// A network compiled for the HERMES chip from its first test data, and read back from its bytes.
private struct CompiledNetwork {
  var graph: Graph
  var legal = Graph(name: "")
  var layouts = ProductLayouts()
  var inputs: [Tensor]
  var program: Program?
  /// Why it does not compile.
  var refusal: String?

  init(_ folder: ModelFolder, widens: Bool = false) throws {
    graph = try folder.graph()
    inputs = try folder.inputs()
    do {
      legal = try graph.folded().fused().concatenated(for: Chip.named("hermes")).legalized()
    } catch {
      refusal = "\(error)"
      return
    }
    let chip = try Chip.named("hermes")
    if widens { layouts = layouts.widened(for: chip.crossbar, in: legal) }
    #expect(StageDump(legal, layouts: layouts).verify().isEmpty)
    let calibration = try legal.calibrated(
      with: [inputs], origin: "test data", layouts: layouts)
    let partition = try legal.partitioned(for: chip, chips: nil, layouts: layouts).replicated()
    #expect(partition.verify().isEmpty)
    let placement = try partition.placed()
    #expect(placement.verify().isEmpty)
    let names = { [legal] (ids: [ValueID]) in
      ids.map { (legal[$0].type.shape ?? []).map { _ -> String? in nil } }
    }
    let emitted = try placement.scheduled(with: partition.quantized(by: calibration)).emitted(
      compiler: "test", inputDimensionNames: names(legal.inputs),
      outputDimensionNames: names(legal.outputs))
    let decoded = try ValidProgram(bytes: emitted.encoded()).program
    #expect(decoded == emitted)
    program = decoded
  }
}
