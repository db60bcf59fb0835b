import Basics
import Chip
import IR
import Program

/// A column that every hidden unit of a recurrent layer has in the layer's matrix.
struct GateColumn: Hashable {
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

extension LayerMatrix {
  /// The columns of a recurrent layer.
  struct Gates {
    /// The columns of a hidden unit.
    var columns: [GateColumn]
    /// The number of hidden units.
    var hidden: Int
    /// The operand that holds the weights of the hidden state.
    var recurrence: ValueID
    /// The first row that is an element of the hidden state; those before are of x.
    var stateRow: Int
    /// The number of steps.
    var steps: Int
  }

  /// The matrix of a recurrent layer: a vector is x of one step, then the hidden state before it;
  /// column `unit · columns of a unit + number` is one of a hidden unit.
  init?(_ recurrent: Recurrent, _ node: Node, _ graph: Graph) {
    guard let input = node.operands[0], let weights = node.operands[1],
      let recurrence = node.operands[2], graph[weights].constant != nil,
      graph[recurrence].constant != nil, let x = graph[input].type.fixedShape,
      let r = graph[recurrence].type.fixedShape
    else { return nil }
    bias = node.operands.count > 3 ? node.operands[3] : nil
    if let bias, graph[bias].constant == nil { return nil }
    let columns = recurrent.gateColumns
    rows = x[2] + r[2]
    self.columns = columns.count * r[2]
    groups = 1
    isDepthwise = false
    self.input = input
    self.weights = weights
    order = .gates(
      Gates(
        columns: columns, hidden: r[2], recurrence: recurrence, stateRow: x[2], steps: x[0]))
    relu = false
    source = Self.matrix(
      vectors: x[0] * x[1], elements: x[2], vectorStride: x[2], elementStride: 1)
    destination = Self.matrix(
      vectors: x[0] * x[1], elements: self.columns, vectorStride: self.columns, elementStride: 1)
  }

  /// The columns of a recurrent layer; `nil` for other layers.
  var gates: Gates? { if case .gates(let gates) = order { gates } else { nil } }
}

extension LayerMatrix.Gates {
  /// The blocks of the matrix: columns of as many whole units as a crossbar has, and a slice of the
  /// GDPU takes; rows of x and of the hidden state in blocks of their own, which have converters
  /// of their own range.
  func stacks(rows: Int, on chip: Chip) -> [Stack] {
    let width = columns.count
    let widest = min(chip.crossbar.columns, chip.gdpu?.maximumInputs ?? chip.crossbar.columns)
    let rowBlocks =
      (0..<stateRow).parts(ofAtMost: chip.crossbar.rows, .equally)
      + (stateRow..<rows).parts(ofAtMost: chip.crossbar.rows, .equally)
    let ranges =
      widest < width
      ? (0..<hidden * width).parts(ofAtMost: chip.crossbar.columns, .equally)
      : (0..<hidden).parts(ofAtMost: widest / width, .equally).map {
        $0.lowerBound * width..<$0.upperBound * width
      }
    return ranges.map { Stack(columns: $0, rows: rowBlocks) }
  }

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
