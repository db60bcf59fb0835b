import Basics
import Chip
import Foundation
import Frontend
import IR
import Passes
import Program

/// A case of Tests/Models compiled for a chip from its first test data.
struct CompiledCase {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models")

  /// The names of the cases, in order.
  static let names: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter {
      FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/model.onnx").path)
    }
  }()

  /// The legalized network.
  var graph: Graph
  /// The program, as it is read back from its bytes.
  var program: Program

  /// Compiles the case `name`; `nil` if it has no place on the chip or in host code.
  init?(_ name: String, chip: String = "hermes", residual: Bool = false) throws {
    var graph = try importModel(path: Self.folder.appending(path: "\(name)/model.onnx").path).graph
    var inputs: [Tensor] = []
    for (index, input) in graph.inputs.enumerated() {
      let path = Self.folder.appending(path: "\(name)/test_data_set_0/input_\(index).pb").path
      inputs.append(try readTensorProto(path: path).tensor)
      for (dimension, size) in zip(graph[input].type.shape ?? [], inputs[index].shape) {
        if case .symbol(let symbol) = dimension { graph.bind(symbol: symbol, to: size) }
      }
    }
    try graph.inferTypes()
    try self.init(graph, inputs: inputs, chip: chip, residual: residual)
  }

  /// Compiles a network; `nil` if it has no place on the chip or in host code.
  ///
  /// With `residual`, the last copy of every product is for what programming makes wrong in the others.
  init?(
    _ graph: Graph, inputs: [Tensor], chip: String = "hermes", residual: Bool = false
  ) throws {
    let chip = try Chip.named(chip)
    let partition: Partition
    do {
      self.graph = try graph.folded().fused().concatenated(for: chip).legalized()
      if residual {
        self.graph = self.graph.copied(for: chip.crossbar, factor: 1, residual: true)
      }
      partition = try self.graph.partitioned(for: chip, chips: nil).replicated()
    } catch is Diagnostics {
      return nil
    }
    let calibration = try self.graph.calibrated(with: [inputs], origin: "test data")
    let names = { [graph = self.graph] (ids: [ValueID]) in
      ids.map { (graph[$0].type.shape ?? []).map { _ -> String? in nil } }
    }
    let emitted = try partition.placed().scheduled(with: partition.quantized(by: calibration))
      .emitted(
        compiler: "test", inputDimensionNames: names(self.graph.inputs),
        outputDimensionNames: names(self.graph.outputs),
        errors: chip.device("hermes-tdp").map { ProgrammingErrors($0) })
    program = try Program(bytes: emitted.encoded())
  }
}
