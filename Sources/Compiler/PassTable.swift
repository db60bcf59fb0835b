import Basics
import IR
import Passes
import Program

extension Pass {
  /// All passes, in the order in which they run.
  public static let all: [Pass] =
    overModel + overNetwork + overProducts + ofRanges + ofMapping + ofPrograms

  private static let overModel = [
    Pass(
      "graph", "takes the network, in which every dimension has a size", gives: .model,
      run: { _, _ in })
  ]

  private static let overNetwork = [
    Pass(
      "fold", "computes what does not depend on the inputs, drops what nothing uses",
      gives: .network, run: { state, _ in state.graph = try state.graph.folded() }),
    Pass(
      "fuse", "moves batch normalization, bias, scale and ReLU into the products",
      gives: .network, run: { state, _ in state.graph = state.graph.fused() }),
    Pass(
      "concatenate", "puts products of the same input side by side, as queries, keys and values",
      gives: .network,
      run: { state, _ in state.graph = try state.graph.concatenated(for: state.chip) }),
    Pass(
      "legalize", "makes paddings explicit, refuses what has no code", gives: .network,
      run: { state, _ in
        state.graph = try state.graph.legalized()
        state.isLegal = true
      }),
  ]

  private static let overProducts = [
    Pass(
      "smooth", "moves scale between channels and the weights that read them, if wanted",
      gives: .network, readsInputs: true,
      isWanted: { $0.options.accuracy.smooths && !$0.options.plan },
      run: { state, _ in
        state.graph = try state.graph.smoothed(by: state.requiredInputs("smooth").inferences)
      }),
    Pass(
      "center", "subtracts the mean of every input channel of a product, if wanted",
      gives: .network, readsInputs: true,
      isWanted: { $0.options.accuracy.centers && !$0.options.plan },
      run: { state, _ in
        state.graph = try state.graph.centered(
          by: state.requiredInputs("center").inferences, except: state.digitalNames)
      }),
    Pass(
      "copy", "repeats the columns of products and averages what they give, if wanted",
      gives: .network, isWanted: { $0.options.accuracy.hasCopies && !$0.options.plan },
      run: { state, _ in state.copy() }),
    Pass(
      "widen", "lets convolutions compute several positions from one vector, if wanted",
      gives: .network, isWanted: \.options.mapping.widens,
      run: { state, _ in state.graph = state.graph.widened(for: state.chip.crossbar) }),
  ]

  private static let ofRanges = [
    Pass(
      "calibrate", "runs data through the network and records the ranges that products meet",
      gives: .calibration, readsInputs: true, isWanted: { !$0.options.plan },
      run: { state, _ in
        let typical = try state.requiredInputs("calibrate")
        state.calibration = try state.graph.calibrated(
          with: typical.inferences, origin: typical.origin, single: state.single,
          resultCodes: state.chip.ldpu.maximumCode)
      })
  ]

  private static let ofMapping = [
    Pass(
      "partition", "cuts the products with constant weights into blocks that fit a crossbar",
      gives: .partition, run: { state, _ in try state.cut() }),
    Pass(
      "replicate", "gives the slowest products more copies, as far as crossbars are free",
      gives: .replicas,
      run: { state, _ in
        state.partition = try state.required(\.partition, "replicate", "partition")
          .replicated(state.chosenMapping)
      }),
    Pass(
      "quantize", "chooses the ranges of converters and conductances", gives: .quantization,
      isWanted: { !$0.options.plan },
      run: { state, _ in
        let calibration = try state.required(\.calibration, "quantize", "calibration")
        state.quantization = try state.required(\.partition, "quantize", "partition").quantized(
          by: calibration, options: state.options.accuracy.quantization(on: state.chip))
      }),
    Pass(
      "place", "lays blocks onto cores along the chip's links", gives: .placement,
      run: { state, _ in
        state.placement = try state.required(\.partition, "place", "partition")
          .placed(state.chosenMapping)
      }),
  ]

  private static let ofPrograms = [
    Pass(
      "schedule", "orders the work and computes its times", gives: .schedule,
      isWanted: { !$0.options.plan },
      run: { state, _ in
        let placement = try state.required(\.placement, "schedule", "placement")
        state.schedule = placement.scheduled(
          with: try state.required(\.quantization, "schedule", "quantization"))
      }),
    Pass(
      "emit", "writes the tile program", gives: .program, isWanted: { !$0.options.plan },
      run: { state, _ in try state.emit() }),
    Pass(
      "check", "writes the program, reads it back and proves it against the network",
      gives: .program, isWanted: { !$0.options.plan },
      run: { state, observer in try state.prove(keep: observer.keep) }),
  ]
}
