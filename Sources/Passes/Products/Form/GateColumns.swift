import IR

/// A column that every hidden unit of a recurrent layer has in the layer's matrix.
struct GateColumn: Hashable, Sendable {
  /// The gate whose weights multiply x, in the order of the ONNX operator; `nil` for zeros.
  var input: Int?
  /// The gate whose weights multiply the hidden state; `nil` for zeros.
  var state: Int?

  /// A column that adds up both products of a gate.
  init(_ gate: Int) { (input, state) = (gate, gate) }

  /// A column of one product alone.
  init(input: Int? = nil, state: Int? = nil) { (self.input, self.state) = (input, state) }
}

extension Recurrent {
  /// The columns of a hidden unit, which lie side by side.
  ///
  /// Those of an LSTM are input gate, candidate (activation), forget gate and output gate, the order
  /// in which a slice of the GDPU takes them. In a GRU with `linearBeforeReset` the two products of
  /// the candidate have columns of their own, since the reset gate comes between them.
  var gateColumns: [GateColumn] {
    switch cell {
    case .lstm: [GateColumn(0), GateColumn(3), GateColumn(2), GateColumn(1)]
    case .gru(linearBeforeReset: false): [GateColumn(0), GateColumn(1), GateColumn(2)]
    case .gru(linearBeforeReset: true):
      [GateColumn(0), GateColumn(1), GateColumn(input: 2), GateColumn(state: 2)]
    case .rnn: [GateColumn(0)]
    }
  }

  /// The products that a step needs one after the other: in a GRU without `linearBeforeReset`, the
  /// state that the candidate takes has met the reset gate, which is of an earlier product.
  var productsOfStep: Int { cell == .gru(linearBeforeReset: false) ? 2 : 1 }
}

extension Product {
  /// The gates of a recurrent layer.
  struct Gates: Sendable {
    /// What a step computes.
    let recurrent: Recurrent
    /// The columns of a hidden unit.
    let columns: [GateColumn]
    /// The number of hidden units.
    let hidden: Int
    /// The operand that holds the weights of the hidden state.
    let recurrence: ValueID
    /// The first row that is an element of the hidden state; those before are of x.
    let stateRow: Int
    /// The number of steps.
    let steps: Int
    /// The hidden state before the first step; `nil` for 0.
    let initialState: ValueID?
    /// Whether the cell state is added to sums.
    let hasPeepholes: Bool
  }
}

extension Product.Gates {
  /// The weights of a block, row by row, of `weights` for x and `recurrence` for the state.
  func block(
    rows: Range<Int>, columns: Range<Int>, of weights: Singles, _ recurrence: Singles?
  ) -> [Float] {
    var block: [Float] = []
    block.reserveCapacity(rows.count * columns.count)
    for row in rows {
      let isState = row >= stateRow
      let (element, depth) = isState ? (row - stateRow, hidden) : (row, stateRow)
      for column in columns {
        let kind = self.columns[column % self.columns.count]
        guard let gate = isState ? kind.state : kind.input else {
          block.append(0)
          continue
        }
        let place = (gate * hidden + column / self.columns.count) * depth + element
        block.append(isState ? recurrence?[place] ?? 0 : weights[place])
      }
    }
    return block
  }

  /// The bias of every column, of the ONNX operator's biases for x and then for the state.
  func bias(_ biases: [Float]) -> [Float] {
    let gates = biases.count / max(2 * hidden, 1)
    return (0..<hidden * columns.count).map { column in
      let kind = columns[column % columns.count]
      let unit = column / columns.count
      let input = kind.input.map { biases[$0 * hidden + unit] } ?? 0
      let state = kind.state.map { biases[(gates + $0) * hidden + unit] } ?? 0
      return input + state
    }
  }
}
