import Basics
import IR
import Program

extension Emitter {
  /// A recurrent layer as a loop over its steps.
  ///
  /// A step multiplies x and the hidden state with the weights, on the crossbars of `layer` or, if it
  /// is `nil`, in host code; what the gates make of the sums is host code. The states of all steps lie
  /// behind each other in one memory, each written once, in the order in which steps are taken.
  mutating func lower(_ recurrent: Recurrent, on layer: CrossbarLayer?) {
    let x = shape(operand(0))
    let (steps, batch, hidden) = (x[0], x[1], shape(operand(2))[2])
    let size = batch * hidden
    let onSlices =
      steps > 0 && size > 0
      && layer?.shape.hasGatesInSlices(of: program.chip) == true
    let states = scratch("states", element: .f32, shape: [steps + 1, batch, hidden])
    var code = StepCode(
      recurrent: recurrent, batch: batch, hidden: hidden,
      previous: row(of: states, 0, size), next: row(of: states, 1, size))
    set(row(of: states, 0, 0), to: optionalOperand(5))
    if recurrent.cell.stateCount == 2 && !onSlices {
      let cell = scratch("cell", element: .f32, shape: [batch, hidden])
      set(cell, to: optionalOperand(6))
      code.cell = cell
      if let peepholes = optionalOperand(7) {
        code.peepholes = View(memory(of: peepholes), shape: [3, hidden])
      }
    }
    var mask: View?
    if let lengths = optionalOperand(4) {
      let masks = masks(lengths, steps, batch, reverse: recurrent.reverse)
      (mask, code.mask) = (masks.all, masks.step)
    }
    if steps > 0 && size > 0 {
      var input = View(memory(of: operand(0)), shape: [batch, x[2]])
      input.advance = batch * x[2]
      if recurrent.reverse {
        input.base = (steps - 1) * input.advance
        input.advance.negate()
      }
      waitFor(operand(0), in: .host)
      if onSlices, let layer {
        writeSliceLoop(of: steps, code, input, on: layer)
      } else {
        writeLoop(of: steps, code, input, on: layer)
      }
    }
    store(states, steps, mask, code)
  }

  /// A row of a memory, which moves on by `advance` elements with each step.
  private func row(of memory: View, _ number: Int, _ advance: Int) -> View {
    var row = View(memory.buffer, shape: Array(memory.shape.dropFirst()))
    row.base = number * row.shape.reduce(1, *)
    row.advance = advance
    return row
  }

  /// Sets a memory of f32 to an operand, or to 0.
  private mutating func set(_ memory: View, to value: ValueID?) {
    guard let value else { return host(.fill, to: memory, from: [], immediates: [0]) }
    host(.cast, to: memory, from: [View(self.memory(of: value), shape: memory.shape)])
  }

  /// For each step and sequence 1 if the sequence is that long, else 0; all of them, and those of
  /// the step that the code is in, with their complement.
  private mutating func masks(
    _ lengths: ValueID, _ steps: Int, _ batch: Int, reverse: Bool
  ) -> (all: View, step: (isOn: View, isOff: View)) {
    let counts = scratch("lengths", element: .f32, shape: [batch])
    let isOn = scratch("on", element: .f32, shape: [steps, batch])
    let isOff = scratch("off", element: .f32, shape: [steps, batch])
    let numbers = constant("numbers", (0..<steps).map(Float.init), shape: [steps, 1])
    host(.cast, to: counts, from: [view(lengths)])
    combine(
      .sub, counts.broadcast(to: [steps, batch]), numbers.broadcast(to: [steps, batch]), to: isOn)
    apply(.clip, isOn, to: isOn, 0, 1)
    apply(.affine, isOn, to: isOff, -1, 1)
    func step(_ mask: View) -> View {
      row(of: mask, reverse ? steps - 1 : 0, reverse ? -batch : batch)
    }
    return (isOn, (step(isOn), step(isOff)))
  }

  /// Lets a unit wait for a value that is complete before a loop.
  private mutating func waitFor(_ value: ValueID, in unit: Unit) { waitFor(view(value), in: unit) }

  /// Lets a unit wait for what is in a memory before a loop.
  mutating func waitFor(_ view: View, in unit: Unit) {
    guard !view.isEmpty, let descriptor = view.descriptor(inner: 0) else { return }
    let source = source(descriptor)
    guard program.descriptors[source.index].counter != nil else { return }
    append(unit, Instruction(.wait, operands: [source.rawValue]))
  }

  private mutating func writeLoop(
    of count: Int, _ code: StepCode, _ input: View, on layer: CrossbarLayer?
  ) {
    let columns = code.recurrent.gateColumns.count
    var code = code
    if code.recurrent.productsOfStep == 2 {
      code.gated = scratch("gated", element: .f32, shape: [code.batch, code.hidden])
    }
    let sums = (0..<code.recurrent.productsOfStep).map { number in
      scratch(
        number == 0 ? "sums" : "candidates", element: .f32,
        shape: [code.batch, code.hidden, columns])
    }
    hostCode.append(Instruction(.loop, operands: [UInt32(count)]))
    steps = StepLoop(count: count)
    steps?.carried[code.previous.buffer] = 1
    if let gated = code.gated { steps?.carried[gated.buffer] = 1 }
    if var layer, let gates = layer.shape.product.gates {
      layer.takeSteps(of: code.batch)
      let first = unitCode.count
      var partials: [Partials] = []
      for (number, state) in ([code.previous] + (code.gated.map { [$0] } ?? [])).enumerated() {
        guard let source = input.vectors, let state = state.vectors else { continue }
        partials.append(
          writeChains(
            of: layer, ProductSource(input: source, state: (state, gates.stateRow)),
            to: sums[number].buffer, count: code.batch * code.hidden * columns))
      }
      enclose(from: first, count, waitingFor: operand(0))
      add(partials[0], of: layer, to: sums[0].buffer)
      code.gates = (0..<columns).map { sums[0].element($0) }
      write(code) { emitter in
        // The second product needs the gates of the first one.
        emitter.add(partials[1], of: layer, to: sums[1].buffer)
        return sums[1].element(2)
      }
    } else {
      writeProducts(code, input)
    }
    steps = nil
    hostCode.append(Instruction(.next))
  }

  /// Writes the loop of an LSTM whose gates are computed by slices of the GDPU; the host takes the
  /// hidden state from them to the crossbars.
  private mutating func writeSliceLoop(
    of count: Int, _ code: StepCode, _ input: View, on layer: CrossbarLayer
  ) {
    var layer = layer
    layer.takeSteps(of: code.batch)
    let segments = layer.chains.map(\.segments).max() ?? 1
    let sums = (0..<segments).map { number in
      scratch(
        "sums\(number)", element: .f32,
        shape: [code.batch, code.hidden, code.recurrent.gateColumns.count])
    }
    let hidden = scratch("hidden", element: .f32, shape: [code.batch, code.hidden])
    let parts = sliceParts(of: layer, code, sums: sums.map(\.buffer))
    begin(parts, code, initial: optionalOperand(6))
    hostCode.append(Instruction(.loop, operands: [UInt32(count)]))
    steps = StepLoop(count: count)
    steps?.carried[code.previous.buffer] = 1
    steps?.returned = [hidden.buffer]
    let first = unitCode.count
    guard let source = input.vectors, let state = code.previous.vectors,
      let gates = layer.shape.product.gates
    else { preconditionFailure("the layer has a matrix of gates") }
    let product = ProductSource(input: source, state: (state, gates.stateRow))
    for part in parts {
      for (chain, target) in zip(part.chains, part.targets) {
        emit(chain, of: layer, product, to: target)
      }
    }
    for part in parts { writeGates(part, code, layer, to: hidden) }
    advance(code, hidden)
    enclose(from: first, count, waitingFor: operand(0))
    steps = nil
    hostCode.append(Instruction(.next))
    if node.results.count > 2, isRead(node.results[2]) { end(parts, code, to: node.results[2]) }
  }

  /// Puts the code of all units but the host, from `first` on, into loops, before which they wait for
  /// `value`.
  private mutating func enclose(from first: Int, _ count: Int, waitingFor value: ValueID) {
    let written = Array(unitCode[first...])
    unitCode.removeSubrange(first...)
    let outer = steps
    steps = nil
    for unit in Set(written.map(\.unit)).sorted() {
      if case .crossbar = unit { waitFor(value, in: unit) }
      append(unit, Instruction(.loop, operands: [UInt32(count)]))
      unitCode += written.filter { $0.unit == unit }
      append(unit, Instruction(.next))
    }
    steps = outer
  }

  /// Writes the products of a step in host code, and what follows from them.
  private mutating func writeProducts(_ code: StepCode, _ input: View) {
    let (batch, hidden, gates) = (code.batch, code.hidden, code.recurrent.cell.gates)
    var bias: View?
    if let biases = optionalOperand(3) {
      bias = View(memory(of: biases), shape: [2 * gates, hidden])
    }
    func product(
      _ emitter: inout Emitter, _ a: View, _ weights: ValueID, _ range: Range<Int>,
      _ suffix: String,
      bias first: Int
    ) -> [View] {
      let columns = range.count * hidden
      var w = View(emitter.memory(of: weights), shape: [columns, a.shape[1]])
      w.base = range.lowerBound * hidden * a.shape[1]
      let y = emitter.scratch(suffix, element: .f32, shape: [batch, columns])
      emitter.multiply(a, w, to: y)
      if let bias {
        var row = View(bias.buffer, shape: [columns])
        row.base = (first + range.lowerBound) * hidden
        emitter.combine(.add, y, row.broadcast(to: y.shape), to: y)
      }
      return (0..<range.count).map { gate in
        var view = View(y.buffer, shape: [batch, range.count, hidden]).sliced(
          1, start: gate, count: 1)
        view.loops.remove(at: 1)
        return view
      }
    }
    var code = code
    let inputs = product(&self, input, operand(1), 0..<gates, "inputs", bias: 0)
    let isSplit = code.recurrent.productsOfStep == 2
    let states = product(
      &self, code.previous, operand(2), 0..<(isSplit ? 2 : gates), "products", bias: gates)
    for column in code.recurrent.gateColumns where column.input == column.state {
      guard let gate = column.input, gate < states.count else { continue }
      combine(.add, inputs[gate], states[gate], to: inputs[gate])
    }
    code.gates = code.recurrent.gateColumns.map {
      $0.input.map { inputs[$0] } ?? states[$0.state!]
    }
    write(code) { emitter in
      guard let gated = code.gated else { return inputs[0] }
      let product = product(&emitter, gated, emitter.operand(2), 2..<3, "candidates", bias: gates)
      emitter.combine(.add, inputs[2], product[0], to: inputs[2])
      return inputs[2]
    }
  }

  private func isRead(_ result: ValueID) -> Bool {
    graph.outputs.contains(result) || graph.nodes.contains { $0.operands.contains(result) }
  }

  /// Writes the results that somebody reads, but for a cell state that slices keep.
  private mutating func store(_ states: View, _ steps: Int, _ mask: View?, _ code: StepCode) {
    if isRead(node.results[0]) {
      let walk =
        code.recurrent.reverse
        ? states.sliced(0, start: steps, count: steps, step: -1)
        : states.sliced(0, start: 1, count: steps)
      let y = View(memory(of: node.results[0]), shape: [steps, code.batch, code.hidden])
      if let mask {
        combine(.mul, walk, mask.appendingDimensions([code.hidden]), to: y)
      } else {
        host(.cast, to: y, from: [walk])
      }
    }
    let last = [row(of: states, steps, 0)] + (code.cell.map { [$0] } ?? [])
    for (result, state) in zip(node.results.dropFirst(), last) where isRead(result) {
      host(.cast, to: View(memory(of: result), shape: state.shape), from: [state])
    }
  }
}

extension View {
  /// The walk whose last dimension makes a vector.
  fileprivate var vectors: Descriptor? {
    guard loops.count == 2 else { return nil }
    var descriptor = Product.walk(vectors: shape[0], elements: shape[1])
    descriptor.buffer = buffer
    descriptor.base = base
    descriptor.advance = advance
    return descriptor
  }

  /// Element `number` of the last dimension, which is left out.
  func element(_ number: Int) -> View {
    var view = sliced(loops.count - 1, start: number, count: 1)
    view.loops.removeLast()
    return view
  }
}

extension CrossbarLayer {
  /// Lets a product be that of one step with `batch` sequences.
  fileprivate mutating func takeSteps(of batch: Int) {
    shape.vectors = batch
    shape.product.destination = Product.walk(vectors: batch, elements: shape.columns)
  }
}
