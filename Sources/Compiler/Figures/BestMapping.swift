import Basics
import Chip
import IR
import Passes
import Program

/// The search for the mapping that is best in the figure of its objective.
///
/// Mappings are made for one objective by estimates of the chips alone. What counts are figures of the whole
/// program, in which another objective's mapping may be better: each is tried, and compared by the clock of its
/// program, or by the estimates of a plan.
struct BestMapping {
  private let state: Compilation
  private let options: MappingOptions

  /// Starts from a network whose products are still to be cut.
  init(_ state: Compilation) {
    self.state = state
    options = state.options.wholeMapping
  }

  /// The options with the objective whose mapping is to be taken: the one that is asked for, unless another one's
  /// has a smaller figure.
  ///
  /// For throughput no other can: within the same products on crossbars, its interval is the smallest. What does not fit
  /// with the objective that is asked for is left for the passes to refuse.
  func chosen() throws -> MappingOptions {
    let others: [MappingOptions.Objective]
    switch options.objective {
    case .throughput: return options
    case .area: others = [.energy]
    case .latency, .energy: others = MappingOptions.Objective.allCases
    }
    guard var least = try? figure(of: options.objective) else { return options }
    var best = options
    for objective in others where objective != options.objective {
      guard let found = try? figure(of: objective), found.lexicographicallyPrecedes(least) else {
        continue
      }
      (least, best.objective) = (found, objective)
    }
    return best
  }

  /// The figure of the objective that is asked for with the mapping for `objective`, and behind it that without the
  /// host, which decides between equals.
  private func figure(of objective: MappingOptions.Objective) throws -> [Double] {
    var mapping = options
    mapping.objective = objective
    let partition = try state.graph.partitioned(
      for: state.chip, chips: state.options.chips, options: mapping
    ).replicated(mapping)
    if options.objective == .area { return [Double(partition.crossbars)] }
    let placement = try partition.placed(mapping)
    var figures = MappingFigures(placement, widened: nil, objective: objective)
    if let calibration = state.calibration {
      let quantization = try partition.quantized(
        by: calibration, options: state.options.accuracy.quantization(on: state.chip))
      let program = try state.emitted(placement.scheduled(with: quantization), probes: nil)
      try figures.setTimes(of: ValidProgram(program))
    }
    return options.objective == .latency
      ? [figures.latencyNs, figures.chipLatencyNs] : [figures.energyNj, figures.chipEnergyNj]
  }
}
