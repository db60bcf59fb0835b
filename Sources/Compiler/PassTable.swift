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
      gives: .network,
      run: { state, _ in
        state.graph = state.graph.fused(shapesSuffice: state.options.plan)
      }),
    Pass(
      "concatenate", "joins products of one input, as queries and keys",
      gives: .network, readsChip: true,
      run: { state, _ in
        state.graph = try state.graph.concatenated(
          for: state.usableChip(), shapesSuffice: state.options.plan)
      }),
    Pass(
      "legalize", "fixes paddings and sizes, refuses what has no code", gives: .network,
      run: { state, _ in try state.legalize() }),
  ]

  private static let overProducts = [
    Pass(
      "smooth", "moves scale between channels and weights",
      gives: .network, readsInputs: true, inPlans: false,
      run: { state, _ in
        state.graph = try state.graph.smoothed(by: state.requiredInputs().inferences)
      }),
    Pass(
      "separate", "leaves channels with outliers to the host",
      gives: .network, readsInputs: true, readsChip: true, inPlans: false,
      run: { state, _ in try state.separate() }),
    Pass(
      "center", "subtracts the means of input channels",
      gives: .network, readsInputs: true, readsChip: true, inPlans: false,
      run: { state, _ in
        state.graph = try state.graph.centered(
          by: state.requiredInputs().inferences, codes: state.chip.dac.maximumCode,
          except: state.digitalNames)
      }),
    Pass(
      "copy", "repeats columns and rows", gives: .network, readsChip: true, inPlans: false,
      run: { state, _ in try state.copy() }),
    Pass(
      "widen", "computes several positions from one vector", gives: .network, readsChip: true,
      run: { state, _ in try state.widen() }),
  ]

  private static let ofRanges = [
    Pass(
      "calibrate", "records the ranges that typical inputs reach",
      gives: .calibration, readsInputs: true, readsChip: true, inPlans: false,
      run: { state, _ in
        let typical = try state.requiredInputs()
        state.calibration = try state.graph.calibrated(
          with: typical.inferences, origin: typical.origin, layouts: state.layouts,
          single: state.single, resultCodes: state.chip.ldpu.maximumCode)
      })
  ]

  private static let ofMapping = [
    Pass(
      "partition", "cuts the products into blocks that fit a crossbar",
      gives: .partition, readsChip: true, run: { state, _ in try state.cut() }),
    Pass(
      "replicate", "gives the slowest products more copies",
      gives: .replicas,
      run: { state, _ in
        state.partition = try state.requiredPartition().replicated(state.chosenMapping)
      }),
    Pass(
      "quantize", "chooses the ranges of converters and conductances", gives: .quantization,
      inPlans: false,
      run: { state, _ in
        let calibration = try state.required(\.calibration, "calibration")
        state.quantization = try state.required(\.partition, "partition").quantized(
          by: calibration, options: state.options.accuracy.quantization(on: state.chip))
      }),
    Pass(
      "place", "lays blocks onto cores along the chip's links", gives: .placement,
      run: { state, _ in
        state.placement = try state.requiredPartition().placed(state.chosenMapping)
      }),
  ]

  private static let ofPrograms = [
    Pass(
      "schedule", "orders the work and computes its times", gives: .schedule, inPlans: false,
      run: { state, _ in
        let placement = try state.required(\.placement, "placement")
        state.schedule = placement.scheduled(
          with: try state.required(\.quantization, "quantization"))
      }),
    Pass(
      "emit", "writes the tile program", gives: .program, inPlans: false,
      run: { state, _ in try state.emit() }),
    Pass(
      "check", "proves the program, read back, against the network",
      gives: .program, inPlans: false,
      run: { state, observer in try state.prove(keep: observer.keep) }),
  ]
}
