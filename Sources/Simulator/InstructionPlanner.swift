import Basics
import Chip
import Program

extension Planner {
  private static let maximumAmount = 1 << 31

  /// Finds what every `mvm` writes, so that an `affine` knows whose columns it reads.
  mutating func collectColumnWriters() {
    for code in program.streams.lazy.map(\.code) {
      for instruction in code where instruction.opcode == .mvm && instruction.operands.count == 3 {
        let tile = Int(instruction.operands[2])
        guard let descriptor = descriptor(instruction.operands[0]),
          memories.indices.contains(descriptor.buffer.index),
          crossbarOfTile.indices.contains(tile), crossbarOfTile[tile] != nil,
          let reach = try? reach(of: descriptor)
        else { continue }
        columnWriters[descriptor.buffer.index].append(
          ColumnWriter(tile: tile, reach: reach, countsPerCode: countsPerCode(tile: tile)))
      }
    }
  }

  private func descriptor(_ operand: UInt32) -> Descriptor? {
    let index = Int(operand)
    return program.descriptors.indices.contains(index) ? program.descriptors[index] : nil
  }

  /// The elements that `descriptor` reaches; all of the memory if it moves from time to time.
  private func reach(of descriptor: Descriptor) throws(PlanFault) -> Range<Int> {
    let memory = memories[descriptor.buffer.index]
    guard descriptor.advance == 0 else { return 0..<memory.count }
    let reach = try WalkShape(descriptor).reach
    if reach.isEmpty { return 0..<0 }
    guard descriptor.base.magnitude < 1 << 40 else { return 0..<0 }
    return (descriptor.base + reach.lowerBound)..<(descriptor.base + reach.upperBound)
  }

  /// The code of all streams.
  mutating func planStreams() -> [PlannedStream] {
    var streams: [PlannedStream] = []
    var units: Set<Unit> = []
    var count = 0
    for (number, stream) in program.streams.enumerated() {
      if !units.insert(stream.unit).inserted { add("two streams for \(stream.unit.text)") }
      if let fault = fault(of: stream.unit) { add(fault) }
      if stream.code.last.map({ $0.opcode != .end && $0.opcode != .jump }) ?? true {
        add("the code of \(stream.unit.text) does not end with \"end\"")
      }
      let ends = loopEnds(of: stream, number: number)
      var code: [PlannedInstruction] = []
      for (index, instruction) in stream.code.enumerated() {
        do throws(PlanFault) {
          let planned = try planned(
            instruction, unit: stream.unit, at: (number, index), ends: ends)
          code.append(planned)
          if let target = planned.operation.jumpTarget, !stream.code.indices.contains(target) {
            throw PlanFault("goes on at instruction \(target) of \(stream.code.count)")
          }
        } catch {
          add(program.diagnostic(error.message, stream: number, instruction: index))
        }
      }
      streams.append(PlannedStream(unit: stream.unit, code: code, firstInstruction: count))
      count += code.count
    }
    return streams
  }

  private func fault(of unit: Unit) -> String? {
    let chip = program.chip
    switch unit {
    case .host: return nil
    case .crossbar(let number, let core), .ldpu(let number, let core):
      let exists = (0..<max(program.chipCount, 0)).contains(number) && core.index < chip.cores.count
      return exists ? nil : "there is no \(unit.text)"
    case .gdpu(let number, let slice):
      let slices = 0..<max(chip.gdpu?.count ?? 0, 0)
      let exists = (0..<max(program.chipCount, 0)).contains(number) && slices.contains(slice)
      return exists ? nil : "there is no \(unit.text)"
    }
  }

  /// The index of the `next` of every `loop`.
  private mutating func loopEnds(of stream: Stream, number: Int) -> [Int: Int] {
    var ends: [Int: Int] = [:]
    var open: [Int] = []
    for (index, instruction) in stream.code.enumerated() {
      if instruction.opcode == .loop { open.append(index) }
      guard instruction.opcode == .next else { continue }
      if let start = open.popLast() {
        ends[start] = index
      } else {
        add(program.diagnostic("a \"next\" without a loop", stream: number, instruction: index))
      }
    }
    for index in open {
      add(program.diagnostic("a loop without \"next\"", stream: number, instruction: index))
    }
    return ends
  }

  private mutating func planned(
    _ instruction: Instruction, unit: Unit, at place: (stream: Int, instruction: Int),
    ends: [Int: Int]
  ) throws(PlanFault) -> PlannedInstruction {
    let row = instruction.opcode.row
    guard row.units.contains(unit.kind) else {
      throw PlanFault("\"\(row.mnemonic)\" does not run there")
    }
    guard instruction.operands.count == row.operands.count,
      instruction.immediates.count == row.immediates.count
    else { throw PlanFault("the wrong number of operands") }
    guard Int(instruction.function) < max(row.functions.count, 1) else {
      throw PlanFault("no function \(instruction.function)")
    }
    var waits: [PlannedInstruction.Count] = []
    var advances: PlannedInstruction.Count?
    for (kind, operand) in zip(row.operands, instruction.operands) {
      switch kind {
      case .optionalSource where operand == Instruction.none: continue
      case .source, .optionalSource: if let count = try count(of: operand) { waits.append(count) }
      case .destination: advances = try count(of: operand)
      case .tile, .affine, .target, .count: continue
      }
    }
    let operation = try operation(instruction, unit: unit, at: place, ends: ends)
    return PlannedInstruction(
      operation: operation, steps: operation.steps, waits: waits, advances: advances)
  }

  private func count(of operand: UInt32) throws(PlanFault) -> PlannedInstruction.Count? {
    guard let descriptor = descriptor(operand) else { throw PlanFault("no descriptor \(operand)") }
    guard let counter = descriptor.counter else { return nil }
    guard counter.index < program.counterCount else {
      throw PlanFault("no counter \(counter.index)")
    }
    guard (0...Self.maximumAmount).contains(descriptor.amount) else {
      throw PlanFault("a counter is awaited or advanced by \(descriptor.amount)")
    }
    return PlannedInstruction.Count(counter: counter.index, amount: descriptor.amount)
  }

  private mutating func operation(
    _ instruction: Instruction, unit: Unit, at place: (stream: Int, instruction: Int),
    ends: [Int: Int]
  ) throws(PlanFault) -> Operation {
    let operands = instruction.operands
    switch instruction.opcode {
    case .end: return .end
    case .wait:
      let memory = descriptor(operands[0]).map(\.buffer.index)
      let isColumns = memory.map { memories.indices.contains($0) && memories[$0].isColumns }
      return .wait(try walk(operands[0], .elements, isColumns: isColumns ?? false))
    case .jump: return .jump(Int(operands[0]))
    case .branch:
      let source = try walk(operands[1], .elements)
      guard source.count == 1 else { throw PlanFault("branches on \(source.count) elements") }
      return .branch(Int(operands[0]), whenZero: instruction.function == 0, source)
    case .loop:
      return .loop(count: Int(operands[0]), end: ends[place.instruction] ?? place.instruction)
    case .next: return .next
    case .mvm: return .mvm(try multiplication(instruction, unit: unit))
    case .affine: return .affine(try localOperation(instruction, unit: unit, at: place))
    case .copy, .fill, .cast, .map, .zip, .reduce, .contract, .gather, .select, .scatter, .sort:
      return try digitalOperation(instruction)
    }
  }

  /// Compiles a descriptor operand of a digital unit.
  mutating func walk(
    _ operand: UInt32, _ order: Walk.Order, isColumns: Bool = false, isWritten: Bool = false
  ) throws(PlanFault) -> Walk {
    guard let descriptor = descriptor(operand) else { throw PlanFault("no descriptor \(operand)") }
    guard memories.indices.contains(descriptor.buffer.index) else {
      throw PlanFault("no buffer \(descriptor.buffer.index)")
    }
    let memory = memories[descriptor.buffer.index]
    let name = program.buffers[descriptor.buffer.index].name
    guard memory.isColumns == isColumns else {
      throw PlanFault(
        isColumns ? "buffer \"\(name)\" holds no columns" : "buffer \"\(name)\" holds columns")
    }
    guard !(isWritten && memory.isShared) else {
      throw PlanFault("would change the constant \"\(name)\"")
    }
    let walk = try Walk(descriptor, memory: memory, order: order)
    tableRoom -= walk.elementCount
    guard tableRoom >= 0 else { throw PlanFault("the vectors of the program are too long") }
    guard walk.fits(at: walk.base) else {
      throw PlanFault("leaves buffer \"\(name)\" of \(memory.count) elements")
    }
    return walk
  }
}

extension Operation {
  /// The instruction that a jump or branch may go on at.
  fileprivate var jumpTarget: Int? {
    switch self {
    case .jump(let target), .branch(let target, _, _): target
    default: nil
    }
  }
}

extension Walk {
  /// Whether all that it reaches is in the memory when it starts at element `base`.
  func fits(at base: Int) -> Bool {
    if reach.isEmpty { return true }
    let (lower, below) = base.addingReportingOverflow(reach.lowerBound)
    let (upper, above) = base.addingReportingOverflow(reach.upperBound)
    return !below && !above && lower >= 0 && upper <= memory.count
  }
}

extension Unit {
  /// The kind of unit, as in the table of opcodes.
  var kind: Opcode.Units {
    switch self {
    case .host: .host
    case .crossbar: .crossbar
    case .ldpu: .ldpu
    case .gdpu: .gdpu
    }
  }

  /// What it is called in messages.
  var text: String {
    switch self {
    case .host: "the host"
    case .crossbar(let chip, let core): "the crossbar of chip \(chip), core \(core.index)"
    case .ldpu(let chip, let core): "the LDPU of chip \(chip), core \(core.index)"
    case .gdpu(let chip, let slice): "GDPU slice \(slice) of chip \(chip)"
    }
  }
}

extension Program {
  /// A diagnostic about an instruction, which names the ONNX node that it computes.
  func diagnostic(_ message: String, stream: Int, instruction: Int) -> Diagnostic {
    let symbol = symbols.first { $0.stream == stream && $0.instructions.contains(instruction) }
    let code = streams[stream].code[instruction]
    return Diagnostic(
      node: symbol?.node, op: symbol?.op,
      "\(streams[stream].unit.text), instruction \(instruction) "
        + "(\(code.opcode.row.mnemonic)): \(message)")
  }
}
