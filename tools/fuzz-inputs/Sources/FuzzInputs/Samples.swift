import Basics
import Chip
import Compiler
import Driver
import Passes
import Program
import TestSupport

/// A model of Tests/Models and how it is compiled: together they use every part of the formats.
struct Sample: Sendable {
  var model: String
  var chip = "hermes"
  var sizes: [String] = []
  var change: @Sendable (inout CompilerOptions) -> Void = { _ in }

  static let all = [
    Sample(model: "network-mlp") { $0.accuracy.routine = .layers },
    Sample(model: "network-mlp") {
      ($0.accuracy.copies, $0.accuracy.residual, $0.accuracy.routine) = (2, true, .refit)
    },
    Sample(model: "network-mlp", chip: "tiny") { $0.accuracy.routine = .column },
    Sample(model: "gemm-tall", chip: "tiny"),
    Sample(model: "conv-groups", chip: "tiny") {
      ($0.mapping.widens, $0.accuracy.routine) = (true, .global)
    },
    Sample(model: "network-residual", chip: "tiny"), Sample(model: "q-gemm", chip: "tiny"),
    Sample(model: "rnn", sizes: ["N=2", "T=3"]), Sample(model: "gather", sizes: ["N=2"]),
    Sample(model: "scan"), Sample(model: "sequences"), Sample(model: "network-upsampling"),
    Sample(model: "machine-learning-features"), Sample(model: "max-unpool"),
  ]

  /// One that takes few bytes and several cores, and is calibrated.
  static let served = all[2]

  /// What it holds.
  func network() throws -> Network {
    try Network(
      onnx: Repository.model("\(model)/model.onnx"),
      sizes: GivenSizes(dimensions: sizes.compactMap { DimensionSize($0) }))
  }

  /// Compiles it; `observer` is told of the passes.
  func compiled(_ observer: CompilerObserver = CompilerObserver()) throws -> Compilation {
    let network = try network()
    var options = CompilerOptions()
    options.chips = nil
    change(&options)
    return try Compiler.compile(
      network.graph, for: Chip.named(chip), options: options,
      typical: TypicalInputs(synthetic: network.graph), names: network.names, observer: observer)
  }

  /// The program that it becomes.
  func program() throws -> ValidProgram {
    guard let program = try compiled().proved else { fatalError("a compilation gives a program") }
    return program
  }
}

/// What `make` gives, which does not depend on any input, so that nothing can be wrong with it.
func made<T>(_ make: () throws -> T) -> T {
  do { return try make() } catch { fatalError("\(error)") }
}
