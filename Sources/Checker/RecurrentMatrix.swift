import Basics
import IR
import Program

/// Where the hidden state of a recurrent layer stands in its matrix and in memory.
struct HiddenState {
  /// The first row of the state; those before are of x.
  var row: Int
  /// The number of steps.
  var steps: Int
  /// The number of sequences.
  var batch: Int
  /// Whether the last step comes first.
  var reverse: Bool
  /// The products that follow each other in a step.
  var products: Int

  /// How the state before each step lies in a memory that has the states of all steps behind each
  /// other, and one more; the memory is left open.
  func walk(rows: Int) -> Descriptor {
    var walk = ProductMatrix.walk([(batch, rows), (rows, 1)])
    walk.advance = batch * rows
    return walk
  }
}

extension ProductMatrix {
  /// An LSTM, a GRU or an RNN: a vector is x of a step, then the hidden state.
  ///
  /// The equations are those of the ONNX operators. Each hidden unit has its columns side by side: the
  /// gates, in an LSTM as input, cell, forget, output; in a GRU with linear_before_reset the candidate
  /// takes two columns, one for each of its products, which the reset gate comes between.
  init(_ recurrent: Recurrent, _ operands: Operands) throws(MatrixFault) {
    let x = try operands.shape(0)
    let r = try operands.shape(2)
    guard x.count == 3, r.count == 3, r[0] == 1 else {
      throw MatrixFault("is not a recurrent layer of one direction")
    }
    let (depth, hidden) = (x[2], r[2])
    // Of each column, the gate of the weights for x and of those for the state.
    let gates: [(x: Int?, h: Int?)]
    var products = 1
    switch recurrent.cell {
    case .lstm: gates = [0, 3, 2, 1].map { ($0, $0) }
    case .gru(linearBeforeReset: true): gates = [(0, 0), (1, 1), (2, nil), (nil, 2)]
    case .gru(linearBeforeReset: false):
      gates = [0, 1, 2].map { ($0, $0) }
      products = 2
    case .rnn: gates = [(0, 0)]
    }
    let (rows, columns) = (depth + hidden, gates.count * hidden)
    (self.rows, self.columns) = (rows, columns)
    input = try operands.value(0)
    isRectified = false
    rowStride = columns
    columnStride = 1
    let width = recurrent.cell.gates * hidden
    let w = try operands.constant(1)
    let u = try operands.constant(2)
    guard w.count == width * depth, u.count == width * hidden else {
      throw MatrixFault("has weights that do not fit")
    }
    var matrix = [Float](repeating: 0, count: rows * columns)
    w.withSingles { w in
      u.withSingles { u in
        for unit in 0..<hidden {
          for (number, gate) in gates.enumerated() {
            let column = unit * gates.count + number
            if let gate = gate.x {
              let first = (gate * hidden + unit) * depth
              for row in 0..<depth { matrix[row * columns + column] = w.single(first + row) }
            }
            if let gate = gate.h {
              let first = (gate * hidden + unit) * hidden
              for row in 0..<hidden {
                matrix[(depth + row) * columns + column] = u.single(first + row)
              }
            }
          }
        }
      }
    }
    weights = Tensor(matrix, shape: [rows, columns])
    if let biases = try operands.bias(3) {
      guard biases.count == 2 * width else { throw MatrixFault("has a bias that does not fit") }
      bias = (0..<hidden).flatMap { unit in
        gates.map { gate in
          (gate.x.map { biases[$0 * hidden + unit] } ?? 0)
            + (gate.h.map { biases[width + $0 * hidden + unit] } ?? 0)
        }
      }
    }
    let state = HiddenState(
      row: depth, steps: x[0], batch: x[1], reverse: recurrent.reverse, products: products)
    self.state = state
    source = Self.walk([(x[1], depth), (depth, 1)])
    source.advance = state.reverse ? -x[1] * depth : x[1] * depth
    if state.reverse { source.base = (x[0] - 1) * x[1] * depth }
    destination = Self.walk([(x[1], columns), (columns, 1)])
  }
}

extension Prover {
  /// Checks that a walk reads rows of the hidden state, of a memory of the states of all steps or, in
  /// a second product, of one step.
  mutating func checkState(
    _ source: Descriptor, _ state: HiddenState, layer: Int, block: BlockID, at place: Place
  ) {
    let matrix = layers[layer].matrix
    let rows = program.blocks[block.index].rows
    var expected = state.walk(rows: matrix.rows - state.row)
    // A memory of one step, as the second product reads it, is the same in every step.
    let size = state.batch * (matrix.rows - state.row)
    if state.products > 1 && program.buffers[source.buffer.index].count == size {
      expected.advance = 0
    }
    expected.vectors = source.vectors
    expected.elements = rows.lowerBound - state.row..<rows.upperBound - state.row
    if source.vectors.upperBound > state.batch || rows.upperBound > matrix.rows
      || !source.agrees(with: expected)
    {
      report(
        layer: layer, block: block, at: place,
        "does not read rows \(rows) of the hidden state of vectors \(source.vectors)")
    }
  }

  /// Checks the products of the steps of a recurrent layer, and the memory of its hidden states.
  mutating func checkSteps(of layer: Int, _ state: HiddenState) {
    let matrix = layers[layer].matrix
    let found = products(of: layer, state)
    if found.count != state.products {
      report(
        layer: layer, "a step has \(found.count) products, not \(state.products)")
    }
    var states: [BufferID] = []
    for (buffer, sums) in found {
      checkSums(sums, of: layer, in: "in buffer \"\(program.buffers[buffer.index].name)\"")
      let read = Set(sums.values.map(\.state))
      guard read.count == 1, let memory = read.first ?? nil else {
        report(layer: layer, "its products are of several hidden states")
        continue
      }
      states.append(memory)
    }
    let size = state.batch * (matrix.rows - state.row)
    let rows = states.filter { program.buffers[$0.index].count == (state.steps + 1) * size }
    guard Set(states).count == states.count, rows.count == 1 else {
      if !states.isEmpty { report(layer: layer, "has no memory of the states of all steps") }
      return
    }
    checkStates(in: rows[0], of: layer, state, size)
  }

  /// The sums of a step that are part of no other, product by product: in memories of the host, one a
  /// product, or, of one product, in any memories of the host and of GDPU slices.
  private mutating func products(
    of layer: Int, _ state: HiddenState
  ) -> [(BufferID, [Rectangle: PartialSum])] {
    var found: [(BufferID, [Rectangle: PartialSum])] = []
    for buffer in sums.keys.sorted() {
      let sums = sums[buffer]!.filter { $0.value.layer == layer && !$0.value.isAdded }
      if sums.isEmpty { continue }
      guard state.products == 1, !found.isEmpty else {
        found.append((buffer, sums))
        continue
      }
      found[0].1.merge(sums) { first, second in
        report(layer: layer, at: second.place, "gives the same sum as \(name(of: first.place))")
        return first
      }
    }
    return found
  }

  /// Checks that the host sets the state before the first step, and one more in each step, and that
  /// these are the results.
  private mutating func checkStates(
    in memory: BufferID, of layer: Int, _ state: HiddenState, _ size: Int
  ) {
    var before = 0
    var steps = 0
    var isResult = layers[layer].result == nil
    var all = ProductMatrix.walk([(state.steps, size), (size, 1)])
    all.base = size
    if state.reverse {
      all.axes[0] = .init(origin: state.steps - 1, extent: state.steps, stride: size)
      all.loops[0].step = -1
    }
    for (stream, code) in program.streams.map(\.code).enumerated() {
      for (number, instruction) in code.enumerated() {
        let kinds = instruction.opcode.row.operands
        guard kinds.first == .destination else { continue }
        let place = Place(stream: stream, instruction: number)
        let walk = descriptor(instruction, 0)
        if walk.buffer == memory {
          let isStep = loop(place) != nil
          let isRow = walk.reaches(isStep ? size..<2 * size : 0..<size)
          if !isRow || walk.advance != (isStep ? size : 0) {
            report(layer: layer, at: place, "does not write the hidden state of one step")
          }
          if isStep { steps += 1 } else { before += 1 }
        } else if let result = layers[layer].result, walk.buffer == result,
          kinds.count > 1, kinds[1] == .source
        {
          let source = descriptor(instruction, 1)
          isResult =
            source.buffer == memory && source.visits(all)
            && walk.reaches(0..<state.steps * size)
        }
      }
    }
    if before != 1 || steps != 1 {
      report(
        layer: layer,
        "the hidden state is set \(before) times before the steps and \(steps) times in each")
    }
    if !isResult { report(layer: layer, "its result is not the hidden state of every step") }
  }
}
