import Program

extension Clock {
  /// An elementwise instruction of a GDPU slice, which is a stage of its pipeline: it takes an element a
  /// cycle, as soon as that is there, while other stages work on those before and behind.
  ///
  /// What it reads in the host is sent as a whole before, and what it writes there is sent back as a
  /// whole. A slice is busy while any of its stages is.
  mutating func passStage(
    _ stream: Int, _ number: Int, _ instruction: Instruction, _ iteration: Int
  ) {
    let (sources, target) = (instruction.accesses.sources, Int(instruction.operands[0]))
    let cycle = 1000 / slices.clock
    let output = walk(target)
    let count = output.vectors * output.elements
    var arrivals = [Double](repeating: 0, count: count)
    for source in sources { arrive(source, at: &arrivals, iteration) }
    let begin = max(arrivals.first ?? 0, stages[stream][number], self.free[stream])
    var free = stages[stream][number]
    for index in arrivals.indices {
      free = max(free, arrivals[index]) + cycle
      arrivals[index] = free
    }
    stages[stream][number] = free
    if free > begin {
      occupy(stream, from: begin, for: free - begin)
      for source in sources {
        traceFiller(
          of: program.descriptors[source].buffer, to: .unit(program.streams[stream].unit),
          at: begin)
      }
      self.free[stream] = free
    }
    let memory = program.descriptors[target].buffer.index
    if host, program.buffers[memory].space == .host {
      let bytes = count * chip.sliceBytes
      timing.energy.hostTransfers += Double(bytes) * chip.host.energyPerByte / 1000
      let time = receive(at: free, bytes: bytes)
      write(output, memory, iteration) { _, _ in Float(time) }
    } else {
      write(output, memory, iteration) { Float(arrivals[$0 * output.elements + $1]) }
    }
  }

  /// Puts off the elements of an instruction until those of one of its sources are there.
  private mutating func arrive(_ source: Int, at arrivals: inout [Double], _ iteration: Int) {
    let walk = walk(source)
    let memory = program.descriptors[source].buffer.index
    let count = walk.vectors * walk.elements
    var times = latest(of: [(walk, memory)], count: count, iteration).map { Double($0) }
    if host, program.buffers[memory].space == .host {
      let bytes = times.count * chip.sliceBytes
      timing.energy.hostTransfers += Double(bytes) * chip.host.energyPerByte / 1000
      let time = send(at: times.max() ?? 0, bytes: bytes)
      for index in times.indices { times[index] = time }
    }
    for (index, time) in times.enumerated() where index < arrivals.count {
      arrivals[index] = max(arrivals[index], time)
    }
  }
}
