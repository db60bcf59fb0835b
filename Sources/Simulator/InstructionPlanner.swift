import Basics
import Chip
import Program

extension Planner {
  /// The most faults that are listed.
  private static let maximumFaults = 100

  /// The code of all streams.
  ///
  /// Throws `Diagnostics` if its walks take more than the limits allow, or with every instruction whose result
  /// would depend on the order of its elements.
  mutating func planStreams() throws -> [PlannedStream] {
    let slicesAreHalf =
      effects.contains(.unitPrecision) && program.chip.gdpu?.precision == .f16
    var streams: [PlannedStream] = []
    var order = ElementOrder(program, elements: limits.steps, bytes: limits.memory)
    var faults = Diagnostics()
    for stream in program.streams {
      var code: [PlannedInstruction] = []
      code.reserveCapacity(stream.code.count)
      // How often each of the loops around an instruction runs.
      var trips: [Int] = []
      for (number, instruction) in stream.code.enumerated() {
        let operation = try operation(instruction, at: (streams.count, number))
        code.append(PlannedInstruction(operation: operation, steps: operation.steps))
        switch instruction.opcode {
        case .loop: trips.append(Int(instruction.operands[0]))
        case .next: trips.removeLast()
        default:
          let fault = try fault(of: instruction, trips: trips.last ?? 1, &order)
          guard let fault, faults.items.count < Self.maximumFaults else { continue }
          faults.append(program.diagnostic(fault, stream: streams.count, instruction: number))
        }
      }
      streams.append(
        PlannedStream(code: code, isHalf: slicesAreHalf && stream.unit.kind == .gdpu))
    }
    try faults.throwIfErrors()
    return streams
  }

  /// Why the result of an instruction depends on the order of its elements; `nil` if it does not.
  private func fault(
    of instruction: Instruction, trips: Int, _ order: inout ElementOrder
  ) throws -> String? {
    do throws(ElementOrder.Excess) {
      return try order.fault(of: instruction, trips: trips)
    } catch {
      switch error {
      case .elements(let count): try limits.requireSteps(count)
      case .bytes(let count): try limits.requireMemory(count, for: "the order of its elements")
      }
      preconditionFailure("the limits are those of the order")
    }
  }

  private mutating func operation(
    _ instruction: Instruction, at place: (stream: Int, instruction: Int)
  ) throws -> Operation {
    let operands = instruction.operands
    switch instruction.opcode {
    case .end, .jump, .loop, .next: return .control
    case .wait: return .wait(try walk(operands[0], .elements))
    case .branch:
      return .branch(whenZero: instruction.function == 0, try walk(operands[1], .elements))
    case .mvm: return .mvm(try multiplication(instruction))
    case .affine: return .affine(try localOperation(instruction, at: place))
    case .fill: return .fill(try walk(operands[0], .elements), instruction.immediates[0])
    case .copy, .cast, .map, .zip, .select: return try elementwise(instruction)
    case .reduce, .contract, .gather, .scatter, .sort: return try vectorwise(instruction)
    }
  }

  /// Compiles a descriptor.
  mutating func walk(_ operand: UInt32, _ order: Walk.Order) throws -> Walk {
    let descriptor = program.descriptors[Int(operand)]
    if order == .vectors {
      tables.add(descriptor.elements.count, Walk.placeBytes)
      try limits.requireMemory(tables.bytes, for: "the tables of its walks")
    }
    let memory = memories[descriptor.buffer.index]
    let kept =
      memory.vectorSize == 1
      ? descriptor : descriptor.turned(vectorSize: memory.vectorSize, count: memory.count)!
    return Walk(kept, memory: memory, order: order)
  }
}

extension Unit {
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
