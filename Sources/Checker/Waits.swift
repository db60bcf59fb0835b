import Program

/// What an operand does to a memory.
struct Access {
  var descriptor: Descriptor
  var isWrite: Bool
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

  /// Checks that every read waits until all that it may read is written.
  ///
  /// Writers of a memory in other streams run in an order that is not known, so a reader must wait
  /// for all of them: the counter must have got what they all add, and what the reader's own stream
  /// has added before.
  mutating func checkWaits() {
    var counters = [CounterID?](repeating: nil, count: program.buffers.count)
    var owners = [BufferID?](repeating: nil, count: program.counterCount)
    var totals = [Int](repeating: 0, count: program.buffers.count)
    forEachAccess { prover, place, access in
      guard access.isWrite else { return }
      let buffer = access.descriptor.buffer
      guard let counter = access.descriptor.counter,
        (counters[buffer.index] ?? counter) == counter,
        (owners[counter.index] ?? buffer) == buffer
      else {
        prover.report(at: place, "does not count on the one counter of buffer \(buffer.index)")
        return
      }
      counters[buffer.index] = counter
      owners[counter.index] = buffer
      totals[buffer.index] += access.descriptor.amount
    }
    var own = [Int](repeating: 0, count: program.buffers.count)
    var before = own
    for stream in program.streams.indices {
      var touched: [Int] = []
      forEachAccess(of: stream) { _, _, access in
        guard access.isWrite else { return }
        own[access.descriptor.buffer.index] += access.descriptor.amount
        touched.append(access.descriptor.buffer.index)
      }
      forEachAccess(of: stream) { prover, place, access in
        let descriptor = access.descriptor
        let index = descriptor.buffer.index
        if access.isWrite {
          before[index] += descriptor.amount
          return
        }
        let others = totals[index] - own[index]
        let needed = others + before[index]
        let isRight =
          others > 0
          ? descriptor.amount == needed && descriptor.counter == counters[index]
          : descriptor.amount <= needed
            && (descriptor.counter == nil || descriptor.counter == counters[index])
        if isRight { return }
        let name = prover.program.buffers[index].name
        prover.report(
          at: place,
          "waits for \(descriptor.amount) of the \(needed) that are written to buffer \"\(name)\"")
      }
      for index in touched {
        own[index] = 0
        before[index] = 0
      }
    }
  }
}
