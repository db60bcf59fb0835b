import Compiler

/// Something that is done for the accuracy of a network on a chip, beside what was done before.
struct AccuracyStep: Sendable {
  /// What it is, as tables name it.
  var name: String
  var change: @Sendable (inout AccuracyOptions) -> Void

  /// What costs no crossbar and next to no time, in the order in which it is tried.
  static let free: [AccuracyStep] = [
    AccuracyStep(name: "a scale for every column") {
      if $0.weightRange == .block { $0.weightRange = .maximum }
    },
    AccuracyStep(name: "limits of lines by column") { $0.lineLimit = .column },
    AccuracyStep(name: "drift compensation") {
      if $0.routine == .none { $0.routine = .global }
    },
    AccuracyStep(name: "refit of every column") { $0.routine = .refit },
    AccuracyStep(name: "inputs centred") { $0.centers = true },
    AccuracyStep(name: "predistorted for 10 d") {
      if $0.predistortion.isEmpty { $0.predistortion = [TimeSpan("10d")].compactMap { $0 } }
    },
    AccuracyStep(name: "inputs rescaled between layers") { $0.smooths = true },
  ]

  /// What costs crossbars, traffic or time, the cheapest first, in groups of which each is tried before
  /// anything is left to the host.
  ///
  /// The first copies fill what is free in crossbars that are taken anyway, columns before rows, which
  /// need more inputs; the last of several copies is worth more as what is wrong in the others. Every
  /// group begins with more of them and ends in what may be worth more now than before, or less: where
  /// noise is small, rescaled inputs cost in converters more than they gain, and are given up if they
  /// are not `asked` for.
  static func others(beside asked: AccuracyOptions) -> [[AccuracyStep]] {
    let asBefore = AccuracyStep(name: "inputs not rescaled any more") { $0.smooths = asked.smooths }
    let groups = [
      [
        AccuracyStep(name: "copies in free columns") { $0.copies = max($0.copies, 1) },
        AccuracyStep(name: "copies in free rows") { $0.copiesRows = true },
        AccuracyStep(name: "the last copy for errors") { $0.residual = $0.copies > 0 },
      ],
      [AccuracyStep(name: "copies in twice the crossbars") { $0.copies = max($0.copies, 2) }],
      [AccuracyStep(name: "copies in four times the crossbars") { $0.copies = max($0.copies, 4) }],
    ]
    return [[layerByLayer]] + groups.map { $0 + [halfRange, layerByLayer, asBefore] }
  }

  /// With copies to spare, half the conductance range costs little, and drifts more evenly.
  private static let halfRange = AccuracyStep(name: "half the conductance range") {
    $0.range = min($0.range, 0.5)
  }
  /// It takes a chip the time of many inferences, but once.
  private static let layerByLayer = AccuracyStep(name: "refit layer by layer") {
    $0.routine = .layers
  }

  /// Leaves `nodes` to the host, which are at most `share` of all multiply-accumulates.
  static func digital(_ nodes: [String], share: Double) -> AccuracyStep {
    AccuracyStep(name: "\(fixed(100 * share, 0)) % digital at most") {
      for node in nodes where !$0.digital.contains(node) { $0.digital.append(node) }
    }
  }

  /// `options` after this step; `nil` if nothing is left to do.
  func applied(to options: AccuracyOptions) -> AccuracyOptions? {
    var changed = options
    change(&changed)
    return changed == options ? nil : changed
  }
}
