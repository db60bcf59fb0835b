import IR
import Program

extension Prover {
  /// Checks that every memory holds what is written to it, what it has from the start and what comes from
  /// outside. Nothing is ever let go of in an inference but what the next step of a loop writes over.
  mutating func checkCapacities() {
    var needed = program.buffers.map { $0.constant == nil ? 0 : $0.count }
    for port in program.inputs + program.outputs {
      needed[port.buffer.index] = program.buffers[port.buffer.index].count
    }
    forEachAccess { prover, place, access in
      guard access.isWrite else { return }
      let index = access.descriptor.buffer.index
      let buffer = prover.program.buffers[index]
      let count = min(buffer.count, access.descriptor.count)
      if buffer.capacity < count {
        prover.report(
          at: place,
          "writes \(count) elements into buffer \"\(buffer.name)\", which holds "
            + "\(buffer.capacity) at a time")
      }
      let times = access.descriptor.advance == 0 ? 1 : prover.loop(place)?.count ?? 1
      let all = count.multipliedReportingOverflow(by: times)
      let sum = needed[index].addingReportingOverflow(all.partialValue)
      needed[index] =
        all.overflow || sum.overflow ? buffer.count : min(sum.partialValue, buffer.count)
    }
    for (buffer, needed) in zip(program.buffers, needed) where buffer.capacity < needed {
      report(
        "buffer \"\(buffer.name)\" gets \(needed) elements, but holds \(buffer.capacity) at a time")
    }
  }

  /// Checks that a memory that has the name of a value has its type and size.
  mutating func checkMemories() {
    for (index, value) in graph.values.enumerated() {
      guard let buffer = memory(of: ValueID(index)).map({ program.buffers[$0.index] }),
        buffer.name == value.name
      else { continue }
      if buffer.element != value.type.element || buffer.count != value.type.count {
        report(
          "buffer \"\(buffer.name)\" has \(buffer.count) elements of type \(buffer.element), "
            + "but the value in the network is \(value.type)")
      }
    }
  }
}
