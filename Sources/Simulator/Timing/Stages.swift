import Program

extension Clock {
  /// An elementwise instruction of a GDPU slice, which is a stage of its pipeline: it takes an element a
  /// cycle, as soon as that is there, while other stages work on those before and behind.
  ///
  /// What it reads in the host is sent as a whole before, and what it writes there is sent back as a
  /// whole. A slice is as busy as its busiest stage.
  mutating func passStage(
    _ stream: Int, _ number: Int, _ instruction: Instruction, _ iteration: Int
  ) {
    let (sources, target) = accesses(instruction)
    guard let target, let gdpu = chip.gdpu else { return }
    let cycle = 1000 / gdpu.clock
    let output = walk(target)
    let count = output.vectors * output.elements
    var arrivals = [Double](repeating: 0, count: count)
    for source in sources { arrive(source, at: &arrivals, iteration) }
    var free = stages[stream][number].free
    for index in arrivals.indices {
      let start = max(free, arrivals[index])
      if index == 0 { timing.units[stream].start = min(timing.units[stream].start, start) }
      free = start + cycle
      arrivals[index] = free
    }
    stages[stream][number].free = free
    stages[stream][number].busy += Double(count) * cycle
    timing.units[stream].end = max(timing.units[stream].end, free)
    let memory = program.descriptors[target].buffer.index
    if host, program.buffers[memory].space == .host {
      let bytes = count * chip.sliceBytes
      timing.energy.hostTransfers += Double(bytes) * chip.host.energyPerByte / 1000
      let time = receive(at: free, for: chip.hostTransferTime(bytes: bytes))
      for vector in 0..<output.vectors { write(output, memory, vector, iteration, time) }
    } else {
      for vector in 0..<output.vectors {
        write(output, memory, vector, iteration) { arrivals[vector * output.elements + $0] }
      }
    }
  }

  /// Puts off the elements of an instruction until those of one of its sources are there.
  private mutating func arrive(_ source: Int, at arrivals: inout [Double], _ iteration: Int) {
    let walk = walk(source)
    let memory = program.descriptors[source].buffer.index
    var times = [Double](repeating: 0, count: walk.vectors * walk.elements)
    if !elements[memory].isEmpty {
      for vector in 0..<walk.vectors {
        walk.forEachPlace(ofVector: vector, iteration: iteration) { element, place in
          times[vector * walk.elements + element] = Double(elements[memory][place])
        }
      }
    }
    if host, program.buffers[memory].space == .host {
      let bytes = times.count * chip.sliceBytes
      timing.energy.hostTransfers += Double(bytes) * chip.host.energyPerByte / 1000
      let time = send(at: times.max() ?? 0, for: chip.hostTransferTime(bytes: bytes))
      for index in times.indices { times[index] = time }
    }
    for (index, time) in times.enumerated() where index < arrivals.count {
      arrivals[index] = max(arrivals[index], time)
    }
  }
}
