import Basics
import Chip
import Program

/// The run of a program's clock.
///
/// Instructions are taken whole, in an order in which everything that they wait for is known. Memories
/// of programs hold all that one instruction writes, so that none waits for room.
struct Clock {
  let program: Program
  let chip: Chip
  let host: Bool
  private let flow: StreamFlow
  private let partTime: Double?
  var timing: Timing

  /// When every element of a memory of the host is there, as long as it is read; empty where all are from
  /// the start.
  var elements: [[Float]]
  /// How often each memory is still read, and how often in an inference.
  private var reads: [Int]
  private let allReads: [Int]
  /// When the columns of a vector are counted, or a partial sum arrives, by vector.
  private var vectors: [[Double]]
  /// When each unit is free, by stream.
  var free: [Double]
  /// When each stage of a GDPU slice is free, by stream and instruction.
  var stages: [[Double]]
  /// When the connections from and to the host are free, and how long they have been busy.
  private var sending = 0.0
  private var receiving = 0.0
  private var sendingBusy = 0.0
  private var receivingBusy = 0.0
  /// The walks of descriptors in use.
  private var walks: [Int: PlaceWalk] = [:]
  /// The cores that add up to what a memory receives: when each began a vector.
  private var chains: [BufferID: [Chain]] = [:]
  /// What is traced, if anything is; the nodes of the code and the instruction that runs serve that alone.
  private(set) var trace: Trace?
  private let nodes: [[String]]
  private var current = (stream: 0, instruction: 0)
  /// What brought the content of a memory that units pass data on in, and when that began; for the trace alone.
  private var fillers: [BufferID: (track: Trace.Track, start: Double)] = [:]
  /// Until when the energy of a core that is on is counted.
  private var onUntil: [Timing.Core: Double] = [:]

  /// A core whose result is on its way, and when it began each vector.
  private struct Chain {
    var core: Timing.Core
    var starts: [Double]
  }

  /// What the slices of the GDPU are, one of which has code.
  var slices: GDPU {
    guard let slices = chip.gdpu else { preconditionFailure("a slice that there is not has code") }
    return slices
  }

  /// A clock that has not run yet; with `parts`, it records what units do in so many parts of time of a
  /// length in ns, and with `traces` each piece of work.
  init(
    _ flow: StreamFlow, host: Bool, parts: (count: Int, length: Double)? = nil,
    traces: Bool = false
  ) {
    self.flow = flow
    let program = flow.program
    trace = traces ? Trace(instructions: program.streams.map(\.code.count)) : nil
    nodes = traces ? program.nodesOfInstructions : []
    self.program = program
    partTime = parts?.length
    chip = program.chip
    self.host = host
    timing = Timing(
      units: program.streams.map(\.unit), blocks: program.blocks.count, parts: parts?.count ?? 0)
    elements = Array(repeating: [], count: program.buffers.count)
    vectors = elements.map { _ in [] }
    allReads = Self.reads(of: flow)
    reads = allReads
    free = Array(repeating: 0, count: program.streams.count)
    stages = program.streams.map { stream in
      guard case .gdpu = stream.unit else { return [] }
      return stream.code.map { _ in 0 }
    }
  }

  /// Runs an inference.
  ///
  /// Throws `Diagnostics` if a branch depends on data, or if units wait for each other for ever.
  mutating func run() throws {
    var interpreter = Interpreter(flow)
    try interpreter.run(&self)
    for index in timing.units.indices where !timing.units[index].start.isFinite {
      timing.units[index].start = 0
    }
    timing.hostTransfer = (sending: sendingBusy, receiving: receivingBusy)
  }

  /// Makes ready for an inference with complete inputs, which lie in memories of their own, while units, cores
  /// and connections are free only when they have done what came before.
  mutating func startNextInference() {
    for memory in elements.indices { (elements[memory], vectors[memory]) = ([], []) }
    reads = allReads
    chains = [:]
    timing.latency = 0
  }

  /// How often the code of an inference reads each memory.
  private static func reads(of flow: StreamFlow) -> [Int] {
    let program = flow.program
    var reads = Array(repeating: 0, count: program.buffers.count)
    for (stream, steps) in zip(program.streams, flow.streams) {
      for (instruction, step) in zip(stream.code, steps) {
        for source in instruction.accesses.sources {
          let memory = program.descriptors[source].buffer.index
          reads[memory] = reads[memory].saturatingSum(step.times)
        }
      }
    }
    return reads
  }

  mutating func walk(_ index: Int) -> PlaceWalk {
    if let walk = walks[index] { return walk }
    let walk = PlaceWalk(program.descriptors[index])
    walks[index] = walk
    return walk
  }

  // MARK: Work

  private mutating func wait(_ stream: Int, _ instruction: Instruction, _ iteration: Int) {
    let walk = walk(Int(instruction.operands[0]))
    let memory = program.descriptors[Int(instruction.operands[0])].buffer.index
    let time = Double(ready(walk, memory, iteration).max() ?? 0)
    free[stream] = max(free[stream], time)
    timing.latency = max(timing.latency, time)
  }

  /// When all elements of each vector are in the host's memory.
  private func ready(_ walk: PlaceWalk, _ memory: Int, _ iteration: Int) -> [Float] {
    var latest = [Float](repeating: 0, count: walk.vectors)
    guard !elements[memory].isEmpty else { return latest }
    latest.withUnsafeMutableBufferPointer { latest in
      elements[memory].withUnsafeBufferPointer { times in
        walk.forEachPatch(iteration: iteration) { patch in
          if patch.vectors > 1 {
            patch.visit { vector, _, place in latest[vector] = max(latest[vector], times[place]) }
          } else {
            // Times are not negative, so that their bits are in the same order, and faster to compare.
            var bits: UInt32 = 0
            patch.visit { _, _, place in bits = max(bits, times[place].bitPattern) }
            latest[patch.vector] = max(latest[patch.vector], Float(bitPattern: bits))
          }
        }
      }
    }
    return latest
  }

  mutating func occupy(_ stream: Int, from start: Double, for time: Double) {
    timing.units[stream].start = min(timing.units[stream].start, start)
    timing.units[stream].end = max(timing.units[stream].end, start + time)
    timing.units[stream].busy += time
    if let partTime { timing.units[stream].record(from: start, for: time, in: partTime) }
    if trace != nil {
      let (unit, name) = (
        program.streams[stream].unit, nodes[current.stream][current.instruction]
      )
      trace?.add(.unit(unit), name, from: start, for: time)
      trace?.add(
        stream: current.stream, instruction: current.instruction, from: start, for: time)
    }
  }

  private mutating func multiply(_ stream: Int, _ instruction: Instruction, _ iteration: Int) {
    let source = Int(instruction.operands[1])
    let columns = program.descriptors[Int(instruction.operands[0])].buffer
    let memory = program.descriptors[source].buffer.index
    let walk = walk(source)
    let bytes = walk.elements * chip.inputBytes
    let transfer = host ? chip.hostTransferTime(bytes: bytes) : 0
    let width = program.descriptors[Int(instruction.operands[0])].elements.count
    var starts: [Double] = []
    var ends: [Double] = []
    var firstSent: Double?
    starts.reserveCapacity(walk.vectors)
    ends.reserveCapacity(walk.vectors)
    for arrival in ready(walk, memory, iteration) {
      var time = Double(arrival)
      if host { time = send(at: time, bytes: bytes) }
      if firstSent == nil { firstSent = sending - transfer }
      let start = max(free[stream], time)
      free[stream] = start + chip.crossbar.mvmTime
      occupy(stream, from: start, for: chip.crossbar.mvmTime)
      traceConverters(of: stream, inputs: walk.elements, columns: width, from: start)
      starts.append(start)
      ends.append(free[stream])
    }
    vectors[columns.index] = ends
    let unit = program.streams[stream].unit
    if host, transfer > 0, let firstSent, let start = starts.first {
      trace?.flow(from: .sending, at: firstSent, to: .unit(unit), at: start)
    }
    chains[columns] = [
      Chain(core: Timing.Core(chip: unit.chip ?? 0, core: unit.index), starts: starts)
    ]
    let energy = Double(walk.vectors) * chip.crossbar.mvmEnergy
    timing.energy.crossbars += energy
    timing.units[stream].energy += energy
    timing.vectors[program.tiles[Int(instruction.operands[2])].block.index] += walk.vectors
    if host {
      timing.energy.hostTransfers += Double(walk.vectors * bytes) * chip.host.energyPerByte / 1000
    }
  }

  private mutating func affine(_ stream: Int, _ instruction: Instruction, _ iteration: Int) {
    let destination = program.descriptors[Int(instruction.operands[0])]
    let columns = program.descriptors[Int(instruction.operands[1])].buffer
    let partial =
      instruction.operands[2] == Instruction.none
      ? nil : program.descriptors[Int(instruction.operands[2])].buffer
    let count = destination.vectors.count
    let width = destination.elements.count
    let pass = chip.passTime(columns: width)
    var chain = chains.removeValue(forKey: columns) ?? []
    if let partial { chain += chains.removeValue(forKey: partial) ?? [] }
    let counted = vectors[columns.index]
    let arrived = partial.map { vectors[$0.index] }
    var starts: [Double] = []
    starts.reserveCapacity(count)
    for vector in 0..<count {
      // In a loop, a crossbar may be an iteration ahead; what is known last serves then.
      var start = max(free[stream], vector < counted.count ? counted[vector] : 0)
      if let arrived, vector < arrived.count { start = max(start, arrived[vector]) }
      free[stream] = start + pass
      occupy(stream, from: start, for: pass)
      starts.append(start)
    }
    traceSources(
      of: stream, chain.first.flatMap { link in link.starts.first.map { (link.core, $0) } },
      partial: partial, at: starts.first)
    let energy = Double(count * width) * chip.ldpu.energyPerColumn / 1000
    timing.energy.digitalUnits += energy
    timing.units[stream].energy += energy
    let bytes = count * width * chip.resultBytes
    let space = program.buffers[destination.buffer.index].space
    if case .link(_, let source, let target) = space {
      let hops = chip.hops(from: source, to: target)
      timing.byteHops += bytes * hops
      timing.energy.links += Double(bytes * hops) * chip.links.energyPerByte / 1000
      // What is on a link passes on column by column.
      vectors[destination.buffer.index] = starts.map { $0 + Double(hops) * chip.links.latency }
      chains[destination.buffer] = chain
      traceLink(of: stream, to: destination.buffer, at: starts, bytes: width * chip.resultBytes)
      return
    }
    if case .gdpu = space {
      timing.byteHops += bytes
      timing.energy.links += Double(bytes) * chip.links.energyPerByte / 1000
      traceLink(of: stream, to: destination.buffer, at: starts, bytes: width * chip.resultBytes)
      let first = starts.map { $0 + chip.ldpu.latency + chip.links.latency }
      let cycle = chip.passTime(columns: 1)
      switchOff(chain, at: first.map { $0 + pass })
      let walk = walk(Int(instruction.operands[0]))
      write(walk, destination.buffer.index, iteration) { vector, element in
        Float(first[vector] + Double(element + 1) * cycle)
      }
      return
    }
    let ends = starts.map { $0 + chip.ldpu.latency + pass }
    switchOff(chain, at: ends)
    let transfer = host ? chip.hostTransferTime(bytes: width * chip.resultBytes) : 0
    if host {
      timing.energy.hostTransfers += Double(bytes) * chip.host.energyPerByte / 1000
    }
    let walk = walk(Int(instruction.operands[0]))
    var firstReceived: Double?
    let arrivals = ends.map { end in
      guard host else { return Float(end) }
      let arrival = receive(at: end, bytes: width * chip.resultBytes)
      if firstReceived == nil { firstReceived = receiving - transfer }
      return Float(arrival)
    }
    if transfer > 0, let firstReceived, let start = starts.first {
      trace?.flow(
        from: .unit(program.streams[stream].unit), at: start, to: .receiving, at: firstReceived)
    }
    write(walk, destination.buffer.index, iteration, arrivals)
  }

  /// Occupies the connection from the host with what is there at `time`; when it has arrived.
  mutating func send(at time: Double, bytes: Int) -> Double {
    let transfer = chip.hostTransferTime(bytes: bytes)
    sending = max(sending, time) + transfer
    sendingBusy += transfer
    traceTransfer(.sending, until: sending, for: transfer, bytes: bytes)
    return sending + chip.host.latency
  }

  /// Occupies the connection to the host with what is there at `time`; when it has arrived.
  mutating func receive(at time: Double, bytes: Int) -> Double {
    let transfer = chip.hostTransferTime(bytes: bytes)
    receiving = max(receiving, time) + transfer
    receivingBusy += transfer
    traceTransfer(.receiving, until: receiving, for: transfer, bytes: bytes)
    return receiving + chip.host.latency
  }

  /// Traces where what an LDPU works on from `start` on comes from: a crossbar, and the LDPU that sends a partial sum.
  private mutating func traceSources(
    of stream: Int, _ crossbar: (core: Timing.Core, start: Double)?, partial: BufferID?,
    at start: Double?
  ) {
    guard trace != nil, let start else { return }
    let target = Trace.Track.unit(program.streams[stream].unit)
    if let crossbar {
      let unit = Unit.crossbar(chip: crossbar.core.chip, core: CoreID(crossbar.core.core))
      trace?.flow(from: .unit(unit), at: crossbar.start, to: target, at: start)
    }
    if let partial { traceFiller(of: partial, to: target, at: start) }
  }

  /// Traces where what is in a memory comes from, if a link has brought it.
  mutating func traceFiller(of memory: BufferID, to target: Trace.Track, at start: Double) {
    guard let filler = fillers[memory] else { return }
    trace?.flow(from: filler.track, at: filler.start, to: target, at: start)
  }

  private mutating func traceTransfer(
    _ track: Trace.Track, until end: Double, for time: Double, bytes: Int
  ) {
    guard trace != nil else { return }
    let name = "\(program.streams[current.stream].unit)"
    trace?.add(track, name, from: end - time, for: time, amount: bytes)
  }

  /// Traces the converters of a core in an MVM, which has one time for all of it.
  private mutating func traceConverters(
    of stream: Int, inputs: Int, columns: Int, from start: Double
  ) {
    guard trace != nil, case .crossbar(let chip, let core) = program.streams[stream].unit else {
      return
    }
    let (name, time) = (nodes[current.stream][current.instruction], self.chip.crossbar.mvmTime)
    trace?.add(.dac(chip: chip, core: core), name, from: start, for: time, amount: inputs)
    trace?.add(.adc(chip: chip, core: core), name, from: start, for: time, amount: columns)
  }

  /// Traces vectors of so many bytes on the link to `memory`, which passes columns as the LDPU does that sends.
  private mutating func traceLink(
    of stream: Int, to memory: BufferID, at starts: [Double], bytes: Int
  ) {
    guard trace != nil, let first = starts.first,
      case .ldpu(let chip, let core) = program.streams[stream].unit
    else { return }
    let track: Trace.Track
    switch program.buffers[memory.index].space {
    case .link(_, let source, let target): track = .link(chip: chip, source: source, target: target)
    case .gdpu(_, let slice): track = .sliceLink(chip: chip, source: core, slice: slice)
    case .host, .columns: return
    }
    let name = nodes[current.stream][current.instruction]
    let time = self.chip.passTime(columns: bytes / self.chip.resultBytes)
    for start in starts { trace?.add(track, name, from: start, for: time, amount: bytes) }
    trace?.flow(from: .unit(program.streams[stream].unit), at: first, to: track, at: first)
    fillers[memory] = (track, first)
  }

  /// Counts the energy of the cores of a chain from their MVMs to the end of the sum.
  private mutating func switchOff(_ chain: [Chain], at ends: [Double]) {
    for link in chain {
      var until = onUntil[link.core] ?? 0
      var on = 0.0
      for (start, end) in zip(link.starts, ends) {
        if end > max(start, until) {
          trace?.add(on: link.core, from: max(start, until), until: end)
        }
        on += max(0, end - max(start, until))
        until = max(until, end)
      }
      onUntil[link.core] = until
      let energy = on * chip.crossbar.power / 1000
      timing.energy.power += energy
      timing.power[link.core, default: 0] += energy
    }
  }

  /// Notes when each vector is in a memory.
  mutating func write(_ walk: PlaceWalk, _ memory: Int, _ iteration: Int, _ times: [Float]) {
    times.withUnsafeBufferPointer { times in
      write(walk, memory, iteration) { vector, _ in times[vector] }
    }
  }

  /// Notes when each element of each vector is in a memory, if it is read.
  @inline(__always)
  mutating func write(
    _ walk: PlaceWalk, _ memory: Int, _ iteration: Int,
    _ time: (_ vector: Int, _ element: Int) -> Float
  ) {
    guard reads[memory] > 0 else { return }
    if elements[memory].isEmpty {
      elements[memory] = Array(repeating: 0, count: program.buffers[memory].count)
    }
    elements[memory].withUnsafeMutableBufferPointer { times in
      walk.forEachPatch(iteration: iteration) { patch in
        patch.visit { vector, element, place in times[place] = time(vector, element) }
      }
    }
  }

  /// When the latest of the elements of `walks` with the same number is there, vector by vector.
  func latest(
    of inputs: [(walk: PlaceWalk, memory: Int)], count: Int, _ iteration: Int
  ) -> [Float] {
    var latest = [Float](repeating: 0, count: count)
    latest.withUnsafeMutableBufferPointer { latest in
      for (walk, memory) in inputs where !elements[memory].isEmpty {
        let width = walk.elements
        elements[memory].withUnsafeBufferPointer { times in
          walk.forEachPatch(iteration: iteration) { patch in
            patch.visit { vector, element, place in
              let index = vector &* width &+ element
              latest[index] = max(latest[index], times[place])
            }
          }
        }
      }
    }
    return latest
  }

  /// The steps that an instruction of a digital unit takes.
  private func steps(_ opcode: Opcode, _ output: PlaceWalk, _ input: PlaceWalk?) -> Int {
    let results = output.vectors * output.elements
    let read = input.map { $0.vectors * $0.elements } ?? 0
    switch opcode {
    case .gather: return results
    case .scatter: return read
    case .sort:
      // A comparison is a step.
      let depth = Int.bitWidth - max((input?.elements ?? 1) - 1, 1).leadingZeroBitCount
      return read.multipliedReportingOverflow(by: depth).partialValue
    default: return max(results, read)
    }
  }

  /// Code of the host, or reductions and the like of a GDPU slice: an element a cycle or multiply-accumulate.
  private mutating func digital(_ stream: Int, _ instruction: Instruction, _ iteration: Int) {
    let sources = instruction.accesses.sources
    let target = Int(instruction.operands[0])
    let destination = program.descriptors[target]
    let output = walk(target)
    let isHost = program.streams[stream].unit == .host
    let inputs = sources.map { (walk: walk($0), memory: program.descriptors[$0].buffer.index) }
    let operations = steps(instruction.opcode, output, inputs.first?.walk)
    let costs = !isHost || host
    if isHost && host {
      timing.energy.hostArithmetic += Double(operations) * chip.host.energyPerMAC / 1000
    }
    let time =
      !costs
      ? 0
      : isHost
        ? chip.hostTime(operations: operations)
        : Double(operations) / slices.clock * 1000
    let each = output.vectors > 0 ? time / Double(output.vectors) : 0
    let keepsOrder = inputs.allSatisfy { $0.walk.vectors == output.vectors }
    let isElementwise =
      keepsOrder && inputs.allSatisfy { $0.walk.elements == output.elements }
      && [.copy, .cast, .map, .zip].contains(instruction.opcode)
    if isElementwise && !costs {
      let count = output.vectors * output.elements
      latest(of: inputs, count: count, iteration).withUnsafeBufferPointer { times in
        let width = output.elements
        write(output, destination.buffer.index, iteration) { times[$0 &* width &+ $1] }
      }
      return
    }
    let arrivals = inputs.map { ready($0.walk, $0.memory, iteration) }
    let all = keepsOrder ? 0 : arrivals.reduce(0) { max($0, $1.max() ?? 0) }
    let ends = (0..<output.vectors).map { vector in
      var start = Double(keepsOrder ? arrivals.reduce(0) { max($0, $1[vector]) } : all)
      if costs {
        start = max(start, free[stream])
        free[stream] = start + each
        occupy(stream, from: start, for: each)
      }
      return Float(start + each)
    }
    write(output, destination.buffer.index, iteration, ends)
  }
}

extension Clock: Executor {
  mutating func execute(
    stream: Int, instruction number: Int, iteration: Int
  ) throws(Diagnostics) -> Bool {
    let instruction = program.streams[stream].code[number]
    current = (stream, number)
    switch instruction.opcode {
    case .end, .jump, .loop, .next: break
    case .branch:
      throw Diagnostics(
        Diagnostic(
          .error,
          "the time of \(program.streams[stream].unit), instruction \(number), depends on data",
          supported: "programs without branches"))
    case .mvm: multiply(stream, instruction, iteration)
    case .affine: affine(stream, instruction, iteration)
    case .wait: wait(stream, instruction, iteration)
    case .fill, .copy, .cast, .map, .zip, .select:
      if stages[stream].isEmpty {
        digital(stream, instruction, iteration)
      } else {
        passStage(stream, number, instruction, iteration)
      }
    default: digital(stream, instruction, iteration)
    }
    for source in instruction.accesses.sources {
      let memory = program.descriptors[source].buffer.index
      reads[memory] &-= 1
      if reads[memory] == 0 { elements[memory] = [] }
    }
    return false
  }
}
