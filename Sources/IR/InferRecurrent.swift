import Basics

/// LSTM, GRU and RNN.
extension Inference {
  func recurrent(_ recurrent: Recurrent) throws(Diagnostics) -> [ValueType] {
    let gates = recurrent.cell.gates
    if recurrent.activations.count != recurrent.cell.usualActivations.count {
      throw fault(
        "has \(recurrent.activations.count) activations instead of"
          + " \(recurrent.cell.usualActivations.count)")
    }
    if let clip = recurrent.clip, !(clip > 0) { throw fault("clips to \(clip)") }
    for (index, rank) in [3, 3, 3, 2, 1, 3, 3, 2].enumerated() { try require(index, rank: rank) }
    let element = type(0).element
    let steps = shape(0)?[0] ?? unknown(0)
    let batch = shape(0)?[1] ?? unknown(2)
    let hidden = shape(2)?[2] ?? unknown(3)
    let one = Dimension.fixed(1)
    for index in [1, 2, 3, 5, 6, 7] {
      try require(index, axis: 0, toBe: one, "the number of directions")
    }
    if let inputs = shape(0)?[2] { try require(1, axis: 2, toBe: inputs, "the input") }
    if let size = hidden.value {
      guard let rows = size.multiplied(by: 2 * gates) else {
        throw fault("has a number of hidden units that is out of range")
      }
      for index in [1, 2] {
        try require(
          index, axis: 1, toBe: .fixed(rows / 2),
          gates == 1 ? "the hidden units" : "\(gates) times the hidden units")
      }
      try require(3, axis: 1, toBe: .fixed(rows), "\(2 * gates) times the hidden units")
      try require(7, axis: 1, toBe: .fixed(rows / 8 * 3), "3 times the hidden units")
    }
    try require(4, axis: 0, toBe: batch, "the batch")
    for index in [5, 6] {
      try require(index, axis: 1, toBe: batch, "the batch")
      try require(index, axis: 2, toBe: hidden, "the hidden units")
    }
    let state = ValueType(element, [one, batch, hidden])
    let states = [ValueType](repeating: state, count: recurrent.cell.stateCount)
    return [ValueType(element, [steps, one, batch, hidden])] + states
  }
}

extension Recurrent.Cell {
  /// The number of states that go from step to step.
  public var stateCount: Int { if case .lstm = self { 2 } else { 1 } }
}
