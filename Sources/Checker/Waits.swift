import Basics
import Program

/// What an operand does to a memory.
struct Access {
  var descriptor: Descriptor
  var isWrite: Bool
}

/// A place that writes to or reads from a memory, and how often.
private struct Use {
  var place: Place
  var loop: StepLoop?
  var descriptor: Descriptor
  var isWrite: Bool

  /// What all runs add to the counter.
  var total: Int {
    descriptor.counter == nil ? 0 : descriptor.amount.saturatingProduct(loop?.count ?? 1)
  }
}

extension Prover {
  /// Calls `body` for every descriptor that an instruction names, reads of it before writes.
  mutating func forEachAccess(_ body: (inout Prover, Place, Access) -> Void) {
    for stream in program.streams.indices { forEachAccess(of: stream, body) }
  }

  private mutating func forEachAccess(
    of stream: Int, _ body: (inout Prover, Place, Access) -> Void
  ) {
    for (number, instruction) in program.streams[stream].code.enumerated() {
      let place = Place(stream: stream, instruction: number)
      let operands = Array(zip(instruction.operands, instruction.opcode.row.operands))
      for (operand, kind) in operands
      where kind == .source || kind == .optionalSource && operand != Instruction.none {
        let descriptor = program.descriptors[Int(operand)]
        body(&self, place, Access(descriptor: descriptor, isWrite: false))
      }
      for (operand, kind) in operands where kind == .destination {
        let descriptor = program.descriptors[Int(operand)]
        body(&self, place, Access(descriptor: descriptor, isWrite: true))
      }
    }
  }

  /// Checks that every read waits until all that it may read is written, and that no step of a loop
  /// writes over what another stream still reads.
  ///
  /// Writers of a memory in other streams run in an order that is not known, so a reader must wait
  /// for all of them: the counter must have got what they all add, and what the reader's own stream
  /// has added before. In a loop, it must have got what other streams add in as many steps, or one
  /// step less where as much was added before the loop as in a step.
  mutating func checkWaits() {
    var counters = [CounterID?](repeating: nil, count: program.buffers.count)
    var owners = [BufferID?](repeating: nil, count: program.counterCount)
    var uses = [[Use]](repeating: [], count: program.buffers.count)
    forEachAccess { prover, place, access in
      let buffer = access.descriptor.buffer
      let use = Use(
        place: place, loop: prover.loop(place), descriptor: access.descriptor,
        isWrite: access.isWrite)
      uses[buffer.index].append(use)
      guard access.isWrite else { return }
      // What a step leaves for its own stream alone need not be counted.
      if access.descriptor.counter == nil && use.loop != nil { return }
      guard let counter = access.descriptor.counter,
        (counters[buffer.index] ?? counter) == counter,
        (owners[counter.index] ?? buffer) == buffer
      else {
        prover.report(at: place, "does not advance the one counter of buffer \(buffer.index)")
        return
      }
      counters[buffer.index] = counter
      owners[counter.index] = buffer
    }
    var order = StepOrder(loops)
    for (index, uses) in uses.enumerated() { checkWaits(uses, counters[index], &order) }
    for uses in uses { checkOrder(of: uses, order) }
  }

  /// Checks the reads of one memory, whose uses are in the order of the streams.
  private mutating func checkWaits(
    _ uses: [Use], _ counter: CounterID?, _ order: inout StepOrder
  ) {
    let writes = uses.filter(\.isWrite)
    let total = writes.reduce(0) { $0.saturatingSum($1.total) }
    var stream = -1
    // What the stream's own writes have added, and what it has waited for outside of loops.
    var (own, before, awaited) = (0, 0, 0)
    for use in uses {
      if use.place.stream != stream {
        stream = use.place.stream
        own = writes.reduce(0) {
          $0.saturatingSum($1.place.stream == stream ? $1.total : 0)
        }
        (before, awaited) = (0, 0)
      }
      if use.isWrite {
        before = before.saturatingSum(use.total)
        continue
      }
      let descriptor = use.descriptor
      if let hidden = writes.first(where: {
        $0.descriptor.counter == nil && $0.place.stream != stream
      }) {
        report(at: use.place, "reads what \(name(of: hidden.place)) writes without counting it")
        continue
      }
      let others = total - own
      let needed: Int
      let isRight: Bool
      if let loop = use.loop {
        let steps = writes.filter { $0.place.stream != stream && $0.loop != nil }
        if steps.isEmpty {
          needed = others
          isRight = awaited >= others
        } else {
          needed = steps.reduce(0) { $0.saturatingSum($1.descriptor.amount) }
          let outside = writes.reduce(0) {
            $0.saturatingSum($1.loop == nil ? $1.total : 0)
          }
          let isOwn = writes.contains {
            $0.place.stream == stream && $0.loop != nil && $0.descriptor.counter != nil
          }
          isRight =
            descriptor.amount == needed && descriptor.counter == counter && !isOwn
            && (outside == 0 || outside == needed)
            && steps.allSatisfy { $0.loop?.count == loop.count }
          for step in steps { order.add(step.place, use.place, outside == 0 ? 0 : 1) }
        }
      } else {
        needed = others.saturatingSum(before)
        isRight =
          others > 0
          ? descriptor.amount == needed && descriptor.counter == counter
          : descriptor.amount <= needed
            && (descriptor.counter == nil || descriptor.counter == counter)
        if isRight && descriptor.counter != nil { awaited = max(awaited, descriptor.amount) }
      }
      if isRight { continue }
      report(
        at: use.place,
        "waits for \(descriptor.amount) of the \(needed) that are written to buffer "
          + "\"\(program.buffers[descriptor.buffer.index].name)\"")
    }
  }

  /// Checks that a write in a loop and another stream's use of the memory have an order, within the
  /// step and from step to step. Counted writes of different streams have other places, as sums show.
  private mutating func checkOrder(of uses: [Use], _ order: StepOrder) {
    let uses = uses.filter { $0.loop != nil }
    guard uses.contains(where: { $0.place.stream != uses[0].place.stream }) else { return }
    let distances = uses.map { order.distances(from: $0.place) }
    for (i, write) in uses.enumerated() where write.isWrite {
      for (j, use) in uses.enumerated() where use.place.stream != write.place.stream {
        if use.isWrite && use.descriptor.counter != nil && write.descriptor.counter != nil {
          continue
        }
        let there = distances[i][use.place] ?? 2
        let back = distances[j][write.place] ?? 2
        if there + back <= 1 { continue }
        report(
          at: write.place,
          "may write over buffer \"\(program.buffers[write.descriptor.buffer.index].name)\" while "
            + "\(name(of: use.place)) uses it")
      }
    }
  }

  func name(of place: Place) -> String {
    "\(program.streams[place.stream].unit), instruction \(place.instruction)"
  }
}
