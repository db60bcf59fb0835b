import Chip
import IR

/// A recurrent layer on crossbars whose gates are host code.
public struct HostGates: Hashable, Sendable {
  /// The node.
  public var node: NodeID
  /// Why no slice of a GDPU computes them.
  public var reason: String
}

extension Partition {
  /// The recurrent layers on crossbars whose gates are host code, in order.
  public var hostGates: [HostGates] {
    layers.compactMap { layer in
      layer.reasonForHostGates(on: chip).map { HostGates(node: layer.node, reason: $0) }
    }
  }
}

extension Layer {
  /// Whether slices of the GDPU of `chip` compute its gates.
  func hasGatesInSlices(of chip: Chip) -> Bool {
    product.gates != nil && reasonForHostGates(on: chip) == nil
  }

  /// Why its gates are host code on a chip; `nil` if slices compute them, and for products without gates.
  fileprivate func reasonForHostGates(on chip: Chip) -> String? {
    guard let gates = product.gates else { return nil }
    if let reason = gates.hostReason(on: chip) { return reason }
    // Where lines are dead, the chip has more of them than blocks may use.
    return stacks.allSatisfy { $0.columns.count.isMultiple(of: gates.columns.count) }
      ? nil : "a crossbar has fewer columns than a unit has"
  }
}

extension Product.Gates {
  /// Why the gates are host code on a chip, `nil` if slices of its GDPU compute them: those
  /// take the gates of an LSTM with its usual functions, and add nothing to their sums.
  fileprivate func hostReason(on chip: Chip) -> String? {
    guard let gdpu = chip.gdpu else { return "the chip has no GDPU" }
    guard case .lstm(let couplesForget) = recurrent.cell else {
      return "a slice of the GDPU takes an LSTM's"
    }
    if gdpu.maximumInputs < columns.count {
      return "a slice takes fewer inputs than a unit has"
    }
    if couplesForget { return "the forget gate is coupled with the input gate" }
    if recurrent.activations != recurrent.cell.usualActivations {
      return "a slice of the GDPU has the functions sigmoid, tanh and tanh"
    }
    if recurrent.clip != nil { return "what goes into the gates is clipped" }
    if hasPeepholes { return "it has peepholes" }
    return nil
  }
}
