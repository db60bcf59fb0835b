import Basics
import IR
import Reference
import Testing

@Suite struct RecurrenceTests {
  private static let same = Recurrent.Activation(.affine)

  /// Two steps of two sequences of one input, with one unit and functions that change nothing.
  private func outputs(
    _ cell: Recurrent.Cell, weights: [Float], recurrence: [Float], reverse: Bool = false,
    lengths: [Int32]? = nil, peepholes: [Float]? = nil, clip: Float? = nil
  ) throws -> [[Float]] {
    let count = cell.usualActivations.count
    let op = Op.recurrent(
      Recurrent(
        cell: cell, reverse: reverse, activations: Array(repeating: Self.same, count: count),
        clip: clip))
    return try results(
      of: op,
      [
        f32([1, 2, 3, 4], [2, 2, 1]), f32(weights, [1, weights.count, 1]),
        f32(recurrence, [1, weights.count, 1]), nil, lengths.map { Tensor($0, shape: [$0.count]) },
        nil,
      ] + (peepholes.map { [nil, f32($0, [1, 3])] } ?? []), count: 1 + cell.stateCount
    ).map(\.floats)
  }

  @Test func plainCells() throws {
    // h = x + 10h
    #expect(try outputs(.rnn, weights: [1], recurrence: [10]) == [[1, 2, 13, 24], [13, 24]])
    #expect(
      try outputs(.rnn, weights: [1], recurrence: [10], reverse: true)
        == [[31, 42, 3, 4], [31, 42]])
    #expect(
      try outputs(.rnn, weights: [1], recurrence: [10], lengths: [2, 1])
        == [[1, 2, 13, 0], [13, 2]])
    #expect(
      try outputs(.rnn, weights: [1], recurrence: [10], reverse: true, lengths: [0, 1])
        == [[0, 2, 0, 0], [0, 2]])
    #expect(
      try outputs(.rnn, weights: [1], recurrence: [10], clip: 5) == [[1, 2, 5, 5], [5, 5]])
  }

  @Test func gatedCells() throws {
    // z = x, r = h, n = 2x + r·h or 2x + r·(3h): h = (1 − z)·n + z·h
    let first: [Float] = [0, -4]
    #expect(
      try outputs(.gru(linearBeforeReset: false), weights: [1, 0, 2], recurrence: [0, 1, 1])
        == [[0, -4, -12, -88], [-12, -88]])
    #expect(
      try outputs(.gru(linearBeforeReset: true), weights: [1, 0, 2], recurrence: [0, 1, 3])[0]
        == first + [-12, -184])
    // i = x, o = 1·h + x, f = 2x, candidate = x: c = f·c + i·candidate, h = o·c
    #expect(
      try outputs(.lstm(couplesForget: false), weights: [1, 1, 2, 1], recurrence: [0, 1, 0, 0])
        == [[1, 8, 60, 576], [60, 576], [15, 48]])
    // f = 1 − i
    #expect(
      try outputs(.lstm(couplesForget: true), weights: [1, 1, 2, 1], recurrence: [0, 0, 0, 0])
        == [[1, 8, 21, 16], [21, 16], [7, 4]])
    // i = x + c, f = −c, o = x + 2·(new c)
    #expect(
      try outputs(
        .lstm(couplesForget: false), weights: [1, 1, 0, 1], recurrence: [0, 0, 0, 0],
        peepholes: [1, 2, -1]) == [[3, 40, 275, 576], [275, 576], [11, 16]])
  }

  @Test func otherElementTypes() throws {
    let x = noise([3, 2, 4], seed: 1)
    let parameters = [noise([1, 20, 4], seed: 2), noise([1, 20, 5], seed: 3)]
    let op = Op.recurrent(Recurrent(cell: .lstm(couplesForget: false)))
    let singles = try results(of: op, [x] + parameters, count: 3)
    for type in [ElementType.f16, .f64] {
      let operands = try ([x] + parameters).map { try result(of: .cast(to: type), $0) }
      for (result, single) in zip(try results(of: op, operands, count: 3), singles) {
        #expect(result.type == type && result.shape == single.shape)
        let floats = try singlePrecision(result)
        #expect(
          zip(floats, single.floats).allSatisfy { abs($0 - $1) < (type == .f16 ? 2e-3 : 1e-6) })
      }
    }
  }

  private func singlePrecision(_ tensor: Tensor) throws -> [Float] {
    try result(of: .cast(to: .f32), tensor).floats
  }

  @Test func functions() throws {
    typealias Function = Recurrent.Activation.Function
    func value(_ activation: Recurrent.Activation, _ x: Float) throws -> Float {
      let op = Op.recurrent(Recurrent(cell: .rnn, activations: [activation]))
      let one = f32([1], [1, 1, 1])
      let values = try results(of: op, [f32([x], [1, 1, 1]), one, one], count: 2)
      return values[1].floats[0]
    }
    let expected: [(Function, Float, Float)] = [
      (.affine, -1.25, 1.75), (.relu, 0, 2), (.sigmoid, 0.11920292, 0.880797),
      (.tanh, -0.9640276, 0.9640276), (.softsign, -2 / 3, 2 / 3), (.softplus, 0.126928, 2.126928),
      (.leakyRelu, -1.5, 2), (.thresholdedRelu, 0, 2), (.scaledTanh, -0.34658, 0.34658),
      (.hardSigmoid, 0, 1), (.elu, -0.6484986, 2),
    ]
    #expect(expected.map(\.0) == Function.allCases)
    for (function, low, high) in expected {
      let activation = Recurrent.Activation(function, alpha: 0.75, beta: 0.25)
      #expect(abs(try value(activation, 2) - high) < 1e-5, "\(function)")
      #expect(abs(try value(activation, -2) - low) < 1e-5, "\(function)")
    }
  }

  @Test func operandsMustFit() throws {
    let op = Op.recurrent(Recurrent(cell: .rnn))
    let x = f32([1], [1, 1, 1])
    #expect(try fault(of: op, x, f32([1], [1, 1, 1]), f32([1, 1], [1, 1, 2])) != nil)
    #expect(try fault(of: op, x, x, f32(1)) != nil)
    #expect(
      try fault(of: op, x, x, x, nil, Tensor([2] as [Int32], shape: [1]))?.contains("lengths")
        == true)
    #expect(try result(of: op, f32([], [0, 1, 1]), x, x).shape == [0, 1, 1, 1])
    #expect(try result(of: op, f32([], [2, 1, 0]), f32([], [1, 1, 0]), x).floats == [0, 0])
  }
}
