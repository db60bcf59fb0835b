import Basics
import IR
import Passes
import Program

/// What a pass gives.
public enum Product: Sendable {
  case graph(Graph, ProductLayouts)
  case calibration(Calibration, Graph)
  case partition(Partition)
  case quantization(Quantization, Partition)
  case placement(Placement)
  case schedule(Schedule)
  case program(Program)

  /// Throws if the product of `pass` breaks a rule that all of its kind keep, which is a fault of
  /// the pass.
  public func verify(after pass: Pass) throws {
    let found: [Diagnostic]
    switch self {
    case .graph(let graph, let layouts):
      let unsound = graph.verify()
      found = unsound.isEmpty ? layouts.verify(of: graph) : unsound
    case .calibration(let calibration, let graph): found = calibration.verify(of: graph)
    case .partition(let partition): found = partition.verify()
    case .quantization(let quantization, let partition): found = quantization.verify(of: partition)
    case .placement(let placement): found = placement.verify()
    case .schedule(let schedule): found = schedule.verify()
    case .program(let program):
      // What is checked has been read back as a valid program.
      if pass == .emit { _ = try ValidProgram(program) }
      return
    }
    if found.isEmpty { return }
    // The user's own graph may be at fault, a pass's product may not.
    guard pass.product != .model else { throw Diagnostics(found) }
    throw BrokenProduct(pass: pass.name, diagnostics: found)
  }
}

/// A pass gave what it must not.
public struct BrokenProduct: Error, CustomStringConvertible {
  /// The name of the pass.
  public var pass: String
  /// The rules that its product breaks.
  public var diagnostics: [Diagnostic]

  public var description: String {
    "pass \(pass) gave an invalid product:\n"
      + diagnostics.map(\.description).joined(separator: "\n")
  }
}
