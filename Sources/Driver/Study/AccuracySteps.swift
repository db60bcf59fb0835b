import Compiler

extension AccuracyStep {
  /// Leaves `nodes` to the host, which are at most `share` of all multiply-accumulates.
  static func digital(_ nodes: [String], share: Double) -> AccuracyStep {
    AccuracyStep(name: "\(fixed(100 * share, 0)) % digital at most") {
      for node in nodes where !$0.digital.contains(node) { $0.digital.append(node) }
    }
  }
}
