import IR
import Program

/// What the code of a step of a recurrent layer reads and writes; each memory is sequences × units.
struct StepCode {
  let recurrent: Recurrent
  let batch: Int
  let hidden: Int
  /// The hidden state before the step.
  let previous: View
  /// The hidden state after it, which one instruction writes.
  let next: View
  /// The cell state of an LSTM.
  var cell: View?
  /// The peepholes of input, output and forget gate: 3 × units.
  var peepholes: View?
  /// Sequences that take part in the step, and those that have ended.
  var mask: (isOn: View, isOff: View)?
  /// The hidden state behind the reset gate, which one instruction writes.
  var gated: View?
  /// The sums of the columns of `Recurrent.gateColumns`, which are overwritten.
  var gates: [View] = []
}

extension Emitter {
  /// Writes what the gates of a step make of their sums; `candidate` gives the sum of the candidate
  /// where it takes a product of its own.
  mutating func write(_ step: StepCode, candidate: (inout Emitter) -> View) {
    let functions = step.recurrent.activations
    let gates = step.gates
    switch step.recurrent.cell {
    case .rnn:
      activate(gates[0], functions[0], step)
      advance(step, gates[0])
    case .gru(let linearBeforeReset):
      let (update, reset) = (gates[0], gates[1])
      activate(update, functions[0], step)
      activate(reset, functions[0], step)
      let sum: View
      if linearBeforeReset {
        sum = gates[2]
        combine(.mul, gates[3], reset, to: gates[3])
        combine(.add, sum, gates[3], to: sum)
      } else if let gated = step.gated {
        combine(.mul, reset, step.previous, to: gated)
        sum = candidate(&self)
      } else {
        preconditionFailure("a second product has a memory")
      }
      activate(sum, functions[1], step)
      // (1 − z) ⊙ n + z ⊙ h; the reset gate is not needed any more.
      apply(.affine, update, to: reset, -1, 1)
      combine(.mul, sum, reset, to: sum)
      combine(.mul, update, step.previous, to: update)
      advance(step, sum, plus: update)
    case .lstm(let couplesForget): writeLSTM(step, couplesForget: couplesForget)
    }
  }

  private mutating func writeLSTM(_ step: StepCode, couplesForget: Bool) {
    guard let cell = step.cell else { preconditionFailure("an LSTM has a cell state") }
    let functions = step.recurrent.activations
    let (input, candidate, forget, output) = (
      step.gates[0], step.gates[1], step.gates[2], step.gates[3]
    )
    let product = scratch("product", element: .f32, shape: [step.batch, step.hidden])
    peep(step, 0, into: input, product)
    activate(input, functions[0], step)
    if couplesForget {
      apply(.affine, input, to: forget, -1, 1)
    } else {
      peep(step, 2, into: forget, product)
      activate(forget, functions[0], step)
    }
    activate(candidate, functions[1], step)
    combine(.mul, candidate, input, to: candidate)
    combine(.mul, forget, cell, to: forget)
    combine(.add, candidate, forget, to: candidate)
    if let (isOn, isOff) = step.mask {
      combine(.mul, candidate, isOn.appendingDimensions([step.hidden]), to: candidate)
      combine(.mul, cell, isOff.appendingDimensions([step.hidden]), to: cell)
      combine(.add, cell, candidate, to: cell)
    } else {
      host(.copy, to: cell, from: [candidate])
    }
    peep(step, 1, into: output, product)
    activate(output, functions[0], step)
    host(.copy, to: product, from: [cell])
    activate(product, functions[2], nil)
    combine(.mul, output, product, to: output)
    advance(step, output)
  }

  /// Adds the product of a peephole with the cell state to the sum of a gate.
  private mutating func peep(_ step: StepCode, _ row: Int, into gate: View, _ product: View) {
    guard let peepholes = step.peepholes, let cell = step.cell else { return }
    var weights = View(peepholes.buffer, shape: [step.hidden])
    weights.base = row * step.hidden
    combine(.mul, cell, weights.broadcast(to: product.shape), to: product)
    combine(.add, gate, product, to: gate)
  }

  /// Writes the next hidden state, or leaves that of sequences that have ended, in one instruction.
  mutating func advance(_ step: StepCode, _ state: View, plus addend: View? = nil) {
    guard let (isOn, isOff) = step.mask else {
      guard let addend else { return host(.copy, to: step.next, from: [state]) }
      return combine(.add, state, addend, to: step.next)
    }
    if let addend { combine(.add, state, addend, to: state) }
    let kept = scratch("kept", element: .f32, shape: [step.batch, step.hidden])
    combine(.mul, state, isOn.appendingDimensions([step.hidden]), to: state)
    combine(.mul, step.previous, isOff.appendingDimensions([step.hidden]), to: kept)
    combine(.add, state, kept, to: step.next)
  }

  /// Applies a function to the sum of a gate in its place, which is clipped before if `step` says so.
  private mutating func activate(
    _ x: View, _ activation: Recurrent.Activation, _ step: StepCode?
  ) {
    if let clip = step?.recurrent.clip { apply(.clip, x, to: x, -clip, clip) }
    let (alpha, beta) = (activation.alpha, activation.beta)
    switch activation.function {
    case .affine: apply(.affine, x, to: x, alpha, beta)
    case .relu: apply(.clip, x, to: x, 0, .infinity)
    case .leakyRelu: lower(.leakyRelu(alpha: alpha), of: x, to: x)
    case .sigmoid: lower(.sigmoid, of: x, to: x)
    case .tanh: lower(.tanh, of: x, to: x)
    case .scaledTanh:
      apply(.affine, x, to: x, beta, 0)
      lower(.tanh, of: x, to: x)
      apply(.affine, x, to: x, alpha, 0)
    case .hardSigmoid: lower(.hardSigmoid(alpha: alpha, beta: beta), of: x, to: x)
    case .elu: lower(.elu(alpha: alpha), of: x, to: x)
    case .softsign: lower(.softsign, of: x, to: x)
    case .softplus: lower(.softplus, of: x, to: x)
    case .thresholdedRelu: preconditionFailure("is refused before")
    }
  }
}
