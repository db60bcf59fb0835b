import Program

extension Prover {
  /// Checks that no slice of a GDPU keeps more from step to step than it has room for: the memories of
  /// its own that a step reads before it writes them, but for those that LDPUs fill.
  mutating func checkSliceRoom() {
    guard let room = program.chip.gdpu?.maximumStates else { return }
    var arriving: Set<BufferID> = []
    forEachAccess { prover, place, access in
      if case .ldpu = prover.program.streams[place.stream].unit, access.isWrite {
        arriving.insert(access.descriptor.buffer)
      }
    }
    var kept: [StepLoop: Int] = [:]
    var seen: [StepLoop: Set<BufferID>] = [:]
    forEachAccess { prover, place, access in
      let buffer = access.descriptor.buffer
      guard let loop = prover.loop(place), prover.isInSlice(buffer), !arriving.contains(buffer),
        seen[loop, default: []].insert(buffer).inserted, !access.isWrite
      else { return }
      kept[loop, default: 0] += prover.program.buffers[buffer.index].count
    }
    for (loop, count) in kept.sorted(by: {
      ($0.key.stream, $0.key.start) < ($1.key.stream, $1.key.start)
    })
    where count > room {
      report(
        at: Place(stream: loop.stream, instruction: loop.start),
        "keeps \(count) numbers from step to step, of which a slice has room for \(room)")
    }
  }
}
