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

  /// The options with the objective whose mapping is to be taken, and the products cut as these say: the objective
  /// that is asked for, unless another one's mapping has a smaller figure.
  ///
  /// For throughput no other can: within the same products on crossbars, its interval is the smallest. Throws
  /// `Diagnostics` if the network does not fit with the objective that is asked for.
  func chosen() throws -> (options: MappingOptions, partition: Partition) {
    var best = try Candidate(options, of: state)
    // What does not fit with the objective that is asked for is left for the passes to refuse.
    guard !others.isEmpty, state.chip.fabric == nil, var least = try? figure(of: best) else {
      return (best.options, best.partition)
    }
    for objective in others where objective != options.objective {
      var options = options
      options.objective = objective
      guard let other = try? Candidate(options, of: state), let found = try? figure(of: other),
        Self.isSmaller(found, least)
      else { continue }
      (least, best) = (found, other)
    }
    return (best.options, best.partition)
  }

  /// Whether the first of the figures `a` that is not that of `b` is smaller: sums that the order of their terms alone
  /// tells apart are equal.
  private static func isSmaller(_ a: [Double], _ b: [Double]) -> Bool {
    let differing = zip(a, b).first { ($0 - $1).magnitude > 1e-9 * max($0.magnitude, $1.magnitude) }
    return differing.map { $0 < $1 } ?? false
  }

  /// The objectives whose mappings may have a smaller figure than that of the one that is asked for.
  private var others: [MappingOptions.Objective] {
    switch options.objective {
    case .throughput: []
    case .area: [.energy]
    case .latency, .energy: MappingOptions.Objective.allCases
    }
  }

  /// The products cut for one objective.
  private struct Candidate {
    let options: MappingOptions
    let partition: Partition

    init(_ options: MappingOptions, of state: Compilation) throws {
      self.options = options
      partition = try state.graph.partitioned(
        for: state.chip, chips: state.options.chips, layouts: state.layouts, options: options)
    }
  }

  /// The figure of the objective that is asked for with the mapping of `candidate`, and behind it that without the
  /// host, which decides between equals.
  private func figure(of candidate: Candidate) throws -> [Double] {
    let mapping = candidate.options
    let partition = candidate.partition.replicated(mapping)
    if options.objective == .area { return [Double(partition.crossbars)] }
    let placement = try partition.placed(mapping)
    var figures = MappingFigures(placement, widened: nil, objective: mapping.objective)
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
