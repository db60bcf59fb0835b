import Simulator

/// What a simulated chip is like.
public enum Device: String, Sendable, CaseIterable {
  /// Arithmetic in f32, without the rounding and clipping of the chip.
  case ideal
  /// With the converters and the precision of each unit.
  case quantized

  /// How true to the chip a simulation is.
  var fidelity: Fidelity {
    switch self {
    case .ideal: .ideal
    case .quantized: .quantized
    }
  }

  /// The largest relative error with which an output still counts as that of the network.
  var limit: Double {
    switch self {
    case .ideal: 1e-4
    case .quantized: 0.1
    }
  }
}
