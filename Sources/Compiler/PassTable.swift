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
      "graph", "takes the network, all of whose dimensions have sizes", gives: .model,
      run: { _, _ in })
  ]

  private static let overNetwork = [
    Pass(
      "fold", "computes constants, drops what nothing uses",
      gives: .network, run: { state, _ in state.graph = try state.graph.folded() }),
    Pass(
      "fuse", "moves scales, biases and ReLU into the products",
      gives: .network, run: { state, _ in state.graph = state.graph.fused() }),
    Pass(
      "concatenate", "joins products of one input, as queries and keys",
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
      "smooth", "--smooth: moves scale between channels and weights",
      gives: .network, readsInputs: true,
      isWanted: { $0.options.accuracy.smooths && !$0.options.plan },
      run: { state, _ in
        state.graph = try state.graph.smoothed(by: state.requiredInputs("smooth").inferences)
      }),
    Pass(
      "center", "--center: subtracts the means of input channels",
      gives: .network, readsInputs: true,
      isWanted: { $0.options.accuracy.centers && !$0.options.plan },
      run: { state, _ in
        state.graph = try state.graph.centered(
          by: state.requiredInputs("center").inferences, except: state.digitalNames)
      }),
    Pass(
      "copy", "--copies, --row-copies: repeats columns and rows",
      gives: .network, isWanted: { $0.options.accuracy.hasCopies && !$0.options.plan },
      run: { state, _ in state.copy() }),
    Pass(
      "widen", "--widen: computes several positions from one vector",
      gives: .network, isWanted: \.options.mapping.widens,
      run: { state, _ in state.graph = state.graph.widened(for: state.chip.crossbar) }),
  ]

  private static let ofRanges = [
    Pass(
      "calibrate", "records the ranges that typical inputs reach",
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
      "partition", "cuts the products into blocks that fit a crossbar",
      gives: .partition, run: { state, _ in try state.cut() }),
    Pass(
      "replicate", "gives the slowest products more copies",
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
      "check", "proves the program, read back, against the network",
      gives: .program, isWanted: { !$0.options.plan },
      run: { state, observer in try state.prove(keep: observer.keep) }),
  ]
}
