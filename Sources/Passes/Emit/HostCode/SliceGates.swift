import Chip
import IR
import Program

/// Hidden units whose gates a slice of the GDPU computes: those of one stack of a layer's blocks.
struct SlicePart {
  /// The slice.
  let unit: Unit
  /// The columns of the layer's matrix.
  let columns: Range<Int>
  /// The hidden units.
  let units: Range<Int>
  /// The stack's chains, in order.
  let chains: [Chain]
  /// Of each chain, the walk through which it writes its sums, into the slice or into the host.
  let targets: [Descriptor]
  /// Whether the cell state fits into what the slice keeps from step to step.
  let keepsCell: Bool
  /// The cell state: sequences × units.
  var cell: View
  /// The sums of all chains while they are not activated: sequences × units × columns of a unit.
  var sums: View?

  /// The space of the memories of the slice.
  var space: Buffer.Space { .gdpu(chip: unit.chip ?? 0, slice: unit.index) }
}

extension Emitter {
  /// The parts of a recurrent layer, each on the slice that its last core is linked to, else on that
  /// which has the fewest.
  mutating func sliceParts(
    of layer: CrossbarLayer, _ code: StepCode, sums: [BufferID]
  ) -> [SlicePart] {
    let width = code.recurrent.gateColumns.count
    guard let gdpu = program.chip.gdpu else { return [] }
    let stacks = layer.chains.filter { $0.number == 0 }.map { first in
      layer.chains.filter { $0.stack == first.stack }
    }
    var load: [[Int]: Int] = [:]
    let units = stacks.map { chains in
      let (chip, core) = chains.last!.end
      let fed = program.chip.gdpuSlices(fedBy: core)
      let slice = (fed.isEmpty ? Array(0..<gdpu.count) : fed).min {
        load[[chip, $0], default: 0] < load[[chip, $1], default: 0]
      }!
      load[[chip, slice], default: 0] += code.batch * chains[0].columns.count / width
      return Unit.gdpu(chip: chip, slice: slice)
    }
    return zip(stacks, units).map { chains, unit in
      let columns = chains[0].columns
      let range = columns.lowerBound / width..<columns.upperBound / width
      let keepsCell = load[[unit.chip ?? 0, unit.index], default: 0] <= gdpu.maximumStates
      let space = Buffer.Space.gdpu(chip: unit.chip ?? 0, slice: unit.index)
      let targets = chains.map { chain in
        isLinked(chain, to: unit)
          ? memory("arrived\(chain.number)", space, [code.batch, columns.count])
            .descriptor(inner: 1)!
          : layer.shape.product.walk(columns, layer.shape.vectors(of: 0), in: sums[chain.number])
      }
      return SlicePart(
        unit: unit, columns: columns, units: range, chains: chains, targets: targets,
        keepsCell: keepsCell,
        cell: memory("cell", keepsCell ? space : .host, [code.batch, range.count]))
    }
  }

  private func isLinked(_ chain: Chain, to unit: Unit) -> Bool {
    chain.end.chip == unit.chip
      && program.chip.gdpuSlices(fedBy: chain.end.core).contains(unit.index)
  }

  /// A memory of a part of the layer.
  private mutating func memory(_ suffix: String, _ space: Buffer.Space, _ shape: [Int]) -> View {
    View(
      addBuffer(
        name: "\(node.name)·\(suffix)", space: space, element: .f32, count: shape.reduce(1, *)),
      shape: shape)
  }

  /// Sets the cell state of every part before the steps, and lets its slice wait for what the steps
  /// read beside their sums.
  mutating func begin(_ parts: [SlicePart], _ code: StepCode, initial: ValueID?) {
    for part in parts {
      if let initial {
        let state = View(memory(of: initial), shape: [code.batch, code.hidden])
        digital(part.unit, .cast, to: part.cell, from: [state.units(part.units)])
      } else {
        digital(part.unit, .fill, to: part.cell, from: [], immediates: [0])
      }
    }
    guard let (isOn, isOff) = code.mask else { return }
    for unit in Set(parts.map(\.unit)).sorted() {
      waitFor(isOn, in: unit)
      waitFor(isOff, in: unit)
    }
  }

  /// Writes the cell state after the last step to `result`.
  mutating func end(_ parts: [SlicePart], _ code: StepCode, to result: ValueID) {
    let whole = View(memory(of: result), shape: [code.batch, code.hidden])
    for part in parts { digital(part.unit, .cast, to: whole.units(part.units), from: [part.cell]) }
  }

  /// Writes what a slice does in a step: adds up sums that no link has, applies the functions of the
  /// gates, and computes the cell state and, into the host, the hidden state.
  mutating func writeGates(
    _ part: SlicePart, _ code: StepCode, _ layer: CrossbarLayer, to hidden: View
  ) {
    let shape = [code.batch, part.units.count]
    let width = code.recurrent.gateColumns.count
    let unit = part.unit
    let arrived = addSums(of: part, layer)
    let isOwn = program.buffers[arrived.buffer.index].space == part.space
    let sums =
      isOwn
      ? View(arrived.buffer, shape: shape + [width])
      : View(arrived.buffer, shape: [code.batch, code.hidden, width]).units(part.units)
    let gates = isOwn ? sums : memory("gates", part.space, shape + [width])
    func gate(_ number: Int) -> (sum: View, result: View) {
      (sums.element(number), gates.element(number))
    }
    func apply(_ emitter: inout Emitter, _ function: MapFunction, _ gate: (sum: View, result: View))
      -> View
    {
      emitter.digital(
        unit, .map, function: function.rawValue, to: gate.result, from: [gate.sum],
        immediates: [0, 0])
      return gate.result
    }
    func combine(
      _ emitter: inout Emitter, _ function: ZipFunction, _ a: View, _ b: View, to y: View
    ) {
      emitter.digital(
        unit, .zip, function: function.rawValue, to: y, from: [a, b.broadcast(to: y.shape)])
    }
    let input = apply(&self, .sigmoid, gate(0))
    let candidate = apply(&self, .tanh, gate(1))
    let forget = apply(&self, .sigmoid, gate(2))
    let output = apply(&self, .sigmoid, gate(3))
    let cell = part.cell
    combine(&self, .mul, candidate, input, to: candidate)
    combine(&self, .mul, forget, cell, to: forget)
    if let (isOn, isOff) = code.mask {
      let count = part.units.count
      combine(&self, .add, candidate, forget, to: candidate)
      combine(&self, .mul, candidate, isOn.appendingDimensions([count]), to: candidate)
      combine(&self, .mul, cell, isOff.appendingDimensions([count]), to: cell)
      combine(&self, .add, cell, candidate, to: cell)
    } else {
      combine(&self, .add, candidate, forget, to: cell)
    }
    let squashed = apply(&self, .tanh, (sum: cell, result: input))
    combine(&self, .mul, output, squashed, to: hidden.units(part.units))
  }

  /// Adds up what the chains of a part have brought and returns where it lies.
  private mutating func addSums(of part: SlicePart, _ layer: CrossbarLayer) -> Descriptor {
    var sum = part.targets[0]
    for target in part.targets.dropFirst() {
      let sources = [source(sum), source(target)]
      let isOwn = program.buffers[sum.buffer.index].space == part.space
      if !isOwn {
        sum = memory("sums", part.space, [sum.vectors.count, part.columns.count])
          .descriptor(inner: 1)!
      }
      append(
        part.unit,
        Instruction(
          .zip, function: ZipFunction.add.rawValue,
          operands: [digitalDestination(sum, of: part.unit)] + sources.map(\.rawValue)))
    }
    return sum
  }
}

extension View {
  /// Some hidden units of a memory whose second dimension they are.
  fileprivate func units(_ range: Range<Int>) -> View {
    sliced(1, start: range.lowerBound, count: range.count)
  }
}
