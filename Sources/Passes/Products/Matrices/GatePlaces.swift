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
      guard case .recurrent(let recurrent) = graph[layer.node].op else { return nil }
      return recurrent.hostGatesReason(graph[layer.node], on: chip).map {
        HostGates(node: layer.node, reason: $0)
      }
    }
  }

  /// Whether slices of the GDPU compute the gates of a layer.
  func gatesAreInSlices(_ layer: Layer) -> Bool {
    guard case .recurrent(let recurrent) = graph[layer.node].op else { return false }
    return recurrent.hostGatesReason(graph[layer.node], on: chip) == nil
  }
}

extension Recurrent {
  /// Why the gates of `node` are host code on a chip, `nil` if slices of its GDPU compute them: those
  /// take the gates of an LSTM with its usual functions, and add nothing to their sums.
  func hostGatesReason(_ node: Node, on chip: Chip) -> String? {
    guard let gdpu = chip.gdpu else { return "the chip has no GDPU" }
    guard case .lstm(let couplesForget) = cell else { return "a slice of the GDPU takes an LSTM's" }
    if gdpu.maximumInputs < gateColumns.count {
      return "a slice takes fewer inputs than a unit has"
    }
    if chip.crossbar.columns < gateColumns.count {
      return "a crossbar has fewer columns than a unit has"
    }
    if couplesForget { return "the forget gate is coupled with the input gate" }
    if activations != cell.usualActivations {
      return "a slice of the GDPU has the functions sigmoid, tanh and tanh"
    }
    if clip != nil { return "what goes into the gates is clipped" }
    if node.operands.count > 7, node.operands[7] != nil { return "it has peepholes" }
    return nil
  }
}
