import Basics
import IR
import Passes
import Program

/// What a pass gives.
enum Product {
  case graph(Graph)
  case calibration(Calibration, Graph)
  case partition(Partition)
  case quantization(Quantization, Partition)
  case placement(Placement)
  case schedule(Schedule)
  case program(Program)

  /// The text form.
  var text: String {
    switch self {
    case .graph(let graph): graph.text
    case .calibration(let calibration, let graph): calibration.listing(of: graph)
    case .partition(let partition): partition.text
    case .quantization(let quantization, let partition): quantization.listing(of: partition)
    case .placement(let placement): placement.text
    case .schedule(let schedule): schedule.listing
    case .program(let program): program.assembly()
    }
  }

  /// Throws if the product of `pass` breaks a rule that all of its kind keep, which is a fault of
  /// the pass.
  func verify(after pass: Pass) throws {
    let found: [Diagnostic]
    switch self {
    case .graph(let graph): found = graph.verify()
    case .partition(let partition): found = partition.verify()
    case .placement(let placement): found = placement.verify()
    case .program(let program):
      try program.validate()
      return
    case .calibration, .quantization, .schedule: return
    }
    if found.isEmpty { return }
    // The user's own graph may be at fault, a pass's product may not.
    guard pass != .graph else { throw Diagnostics(found) }
    throw BrokenProduct(pass: pass.rawValue, diagnostics: found)
  }
}

/// A pass gave what it must not.
struct BrokenProduct: Error, CustomStringConvertible {
  var pass: String
  var diagnostics: [Diagnostic]

  var description: String {
    "pass \(pass) broke its product:\n"
      + diagnostics.map(\.description).joined(separator: "\n")
  }
}
