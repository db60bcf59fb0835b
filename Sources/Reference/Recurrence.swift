import Basics
import IR

/// The results of an LSTM, a GRU or an RNN in one direction: y, the last h and, in an LSTM, the
/// last c.
func recurrence(_ parameters: Recurrent, _ operands: Operands) throws -> [Tensor] {
  let x = try operands.required(0, "x")
  switch x.type {
  case .f32: return try Recurrence<Float>(parameters, operands).results()
  case .f64: return try Recurrence<Double>(parameters, operands).results()
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

/// One recurrent layer on its way through the steps.
///
/// With W and R the weights for x and h, σ, g and k the activations, and ⊙ elementwise:
///
/// - RNN: h = σ(W·x + R·h + b)
/// - GRU: z, r = σ(…); n = g(Wₙ·x + Rₙ·(r ⊙ h) + bₙ), or with `linearBeforeReset`
///   n = g(Wₙ·x + b + r ⊙ (Rₙ·h + b′)); h = (1 − z) ⊙ n + z ⊙ h
/// - LSTM with peepholes p: i, f = σ(… + p ⊙ c); c = f ⊙ c + i ⊙ g(…); o = σ(… + p ⊙ c); h = o ⊙ k(c)
private struct Recurrence<T: Real> {
  let parameters: Recurrent
  let steps: Int
  let batch: Int
  let hidden: Int
  /// The steps of each sequence.
  let lengths: [Int]
  /// W·x: `[step][sequence][gate][unit]`.
  let inputs: [T]
  /// The bias of W·x: `[gate][unit]`.
  let inputBias: [T]
  /// R transposed: `[unit of h][gate][unit]`.
  let recurrence: [T]
  /// The bias of R·h: `[gate][unit]`.
  let bias: [T]
  /// `[input, output, forget][unit]`; empty if there are none.
  let peepholes: [T]
  let functions: [(T) -> T]
  var h: [T]
  var c: [T]

  init(_ parameters: Recurrent, _ operands: Operands) throws {
    let gates = parameters.cell.gates
    let x = try operands.required(0, "x")
    let weights = try operands.required(1, "weights")
    let recurrence = try operands.required(2, "recurrence")
    guard x.shape.count == 3, recurrence.shape.count == 3 else {
      throw Fault(
        "x of shape \(text(x.shape)) and R of \(text(recurrence.shape)) are not of rank 3")
    }
    let (steps, batch, hidden) = (x.shape[0], x.shape[1], recurrence.shape[2])
    guard hidden <= Int(Int32.max) else { throw Fault("has \(hidden) hidden units") }
    func check(_ tensor: Tensor, _ shape: [Int], _ role: String) throws {
      guard tensor.shape == shape, tensor.type == T.elementType else {
        throw Fault("\(role) has shape \(text(tensor.shape)), not \(text(shape))")
      }
    }
    func elements(_ index: Int, _ shape: [Int], _ role: String) throws -> [T]? {
      guard let tensor = operands[index] else { return nil }
      try check(tensor, shape, role)
      return tensor.elements(of: T.self)
    }
    let width = gates * hidden
    try check(weights, [1, width, x.shape[2]], "W")
    try check(recurrence, [1, width, hidden], "R")
    let biases = try elements(3, [1, 2 * width], "B") ?? [T](repeating: 0, count: 2 * width)
    let lengths = try operands.integers(4, "lengths") ?? [Int](repeating: steps, count: batch)
    guard lengths.count == batch, lengths.allSatisfy({ (0...steps).contains($0) }) else {
      throw Fault("the lengths are not \(batch) numbers up to \(steps)")
    }
    let states = try elementCount([batch, hidden], of: T.elementType)
    let state = [1, batch, hidden]
    h = try elements(5, state, "initial h") ?? [T](repeating: 0, count: states)
    c = try elements(6, state, "initial c") ?? [T](repeating: 0, count: states)
    peepholes = try elements(7, [1, 3 * hidden], "peepholes") ?? []
    self.parameters = parameters
    (self.steps, self.batch, self.hidden, self.lengths) = (steps, batch, hidden, lengths)
    bias = Array(biases[width...])
    functions = parameters.activations.enumerated().map { index, activation in
      activation.function(clip: index < 2 ? parameters.clip : nil)
    }
    guard functions.count == parameters.cell.usualActivations.count else {
      throw Fault("has \(functions.count) activations")
    }
    self.recurrence = recurrence.withElements(of: T.self) { r in
      (0..<hidden * width).map { r[$0 % width * hidden + $0 / width] }
    }
    let depth = x.shape[2]
    inputs = try Tensor(filling: [steps * batch, width], of: T.self) { y in
      guard depth > 0 else { return }
      x.withElements(of: T.self) { x in
        weights.withElements(of: T.self) { w in
          multiplyReals(
            MatrixView(steps * batch, depth), x.baseAddress!,
            MatrixView(width, depth, transposed: true), w.baseAddress!, y.baseAddress!)
        }
      }
    }.elements(of: T.self)
    inputBias = Array(biases[..<width])
  }

  func results() throws -> [Tensor] {
    var state = self
    let y = try Tensor(filling: [steps, 1, batch, hidden], of: T.self) { y in
      for number in 0..<steps {
        let step = parameters.reverse ? steps - 1 - number : number
        state.advance(step)
        for sequence in 0..<batch where step < lengths[sequence] {
          for unit in sequence * hidden..<(sequence + 1) * hidden {
            y[step * batch * hidden + unit] = state.h[unit]
          }
        }
      }
    }
    let last = try (parameters.cell.stateCount == 1 ? [state.h] : [state.h, state.c]).map {
      values in
      try Tensor(filling: [1, batch, hidden], of: T.self) { y in
        for index in y.indices { y[index] = values[index] }
      }
    }
    return [y] + last
  }

  /// Computes the states after `step`; those of sequences that are shorter stay.
  private mutating func advance(_ step: Int) {
    let gates = parameters.cell.gates
    let width = gates * hidden
    let products = product(h, gates: 0..<gates)
    let before = (h: h, c: c)
    // What the second product of a GRU multiplies.
    var gated = h
    for sequence in 0..<batch where step < lengths[sequence] {
      for unit in 0..<hidden {
        let index = sequence * hidden + unit
        func sum(_ gate: Int) -> T {
          let column = gate * hidden + unit
          return inputs[(step * batch + sequence) * width + column] + inputBias[column]
            + (products[sequence * width + column] + bias[column])
        }
        switch parameters.cell {
        case .rnn: h[index] = functions[0](sum(0))
        case .gru(linearBeforeReset: true):
          let column = 2 * hidden + unit
          let (update, reset) = (functions[0](sum(0)), functions[0](sum(1)))
          let candidate = functions[1](
            inputs[(step * batch + sequence) * width + column] + inputBias[column] + reset
              * (products[sequence * width + column] + bias[column]))
          h[index] = (1 - update) * candidate + update * before.h[index]
        case .gru(linearBeforeReset: false):
          gated[index] = functions[0](sum(1)) * before.h[index]
        case .lstm(let couplesForget):
          let p = peepholes.isEmpty ? nil : [0, 1, 2].map { peepholes[$0 * hidden + unit] }
          let input = functions[0](sum(0) + (p.map { $0[0] * before.c[index] } ?? 0))
          let forget =
            couplesForget
            ? 1 - input : functions[0](sum(2) + (p.map { $0[2] * before.c[index] } ?? 0))
          c[index] = forget * before.c[index] + input * functions[1](sum(3))
          let output = functions[0](sum(1) + (p.map { $0[1] * c[index] } ?? 0))
          h[index] = output * functions[2](c[index])
        }
      }
    }
    guard parameters.cell == .gru(linearBeforeReset: false) else { return }
    let candidates = product(gated, gates: 2..<3)
    for sequence in 0..<batch where step < lengths[sequence] {
      for unit in 0..<hidden {
        let index = sequence * hidden + unit
        let row = (step * batch + sequence) * width
        let update = functions[0](
          inputs[row + unit] + inputBias[unit] + (products[sequence * width + unit] + bias[unit]))
        let column = 2 * hidden + unit
        let candidate = functions[1](
          inputs[row + column] + inputBias[column] + (candidates[index] + bias[column]))
        h[index] = (1 - update) * candidate + update * before.h[index]
      }
    }
  }

  /// The products of every state in `vectors` with R, for some of the gates.
  private func product(_ vectors: [T], gates: Range<Int>) -> [T] {
    let width = parameters.cell.gates * hidden
    var right = MatrixView(hidden, gates.count * hidden)
    right.rowStride = width
    var result = [T](repeating: 0, count: batch * right.columns)
    guard !result.isEmpty else { return result }
    result.withUnsafeMutableBufferPointer { y in
      vectors.withUnsafeBufferPointer { a in
        recurrence.withUnsafeBufferPointer { b in
          multiplyReals(
            MatrixView(batch, hidden), a.baseAddress!, right,
            b.baseAddress! + gates.lowerBound * hidden, y.baseAddress!)
        }
      }
    }
    return result
  }
}

extension Recurrent.Activation {
  /// The function with its argument clipped.
  fileprivate func function<T: Real>(clip: Float?) -> (T) -> T {
    let function: (T) -> T = function()
    guard let clip else { return function }
    let limit = T(clip)
    return { function(T.larger(T.smaller($0, limit), -limit)) }
  }

  private func function<T: Real>() -> (T) -> T {
    let (a, b) = (T(alpha), T(beta))
    switch function {
    case .affine: return { a * $0 + b }
    case .relu: return { $0 < 0 ? 0 : $0 }
    case .leakyRelu: return { $0 < 0 ? a * $0 : $0 }
    case .thresholdedRelu: return { $0 > a || $0 != $0 ? $0 : 0 }
    case .hardSigmoid: return { T.larger(T.smaller(a * $0 + b, 1), 0) }
    case .softsign: return { $0 / (1 + $0.magnitude) }
    case .sigmoid: return { T(rounding: Elementary.sigmoid($0.wide)) }
    case .tanh: return { T(rounding: Elementary.tanh($0.wide)) }
    case .scaledTanh: return { a * T(rounding: Elementary.tanh((b * $0).wide)) }
    case .elu: return { $0 < 0 ? a * T(rounding: Elementary.expm1($0.wide)) : $0 }
    case .softplus: return { T(rounding: Elementary.softplus($0.wide)) }
    }
  }
}
