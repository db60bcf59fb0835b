import Basics
import Chip
import Program

extension Planner {
  mutating func multiplication(_ instruction: Instruction) throws -> Multiplication {
    let tile = Int(instruction.operands[2])
    return Multiplication(
      target: try walk(instruction.operands[0], .vectors),
      source: try walk(instruction.operands[1], .vectors), tile: tile,
      crossbar: crossbarOfTile[tile], scale: instruction.immediates[0])
  }

  mutating func localOperation(
    _ instruction: Instruction, at place: (stream: Int, instruction: Int)
  ) throws -> LocalOperation {
    let operands = instruction.operands
    // All that write these columns agree on what a count is.
    let columns = program.descriptors[Int(operands[1])]
    let tile = columnWriters.tiles(readThrough: columns)[0].index
    let block = program.blocks[program.tiles[tile].block.index]
    let operation = LocalOperation(
      target: try walk(operands[0], .vectors), columns: try walk(operands[1], .vectors),
      partial: operands[2] == Instruction.none ? nil : try walk(operands[2], .vectors), tile: tile,
      number: locals.count, countsPerCode: effects.hasPolarities ? countsPerCode(of: block) : 1,
      scale: instruction.immediates[0], partialScale: instruction.immediates[1],
      reluBefore: instruction.flags.contains(.reluBefore),
      reluAfter: instruction.flags.contains(.reluAfter))
    locals.append(
      PlannedAffine(
        operation: operation, affine: AffineID(Int(operands[3])), stream: place.stream,
        instruction: place.instruction))
    return operation
  }

  /// An instruction that works element upon element.
  mutating func elementwise(_ instruction: Instruction) throws -> Operation {
    let walks = try instruction.operands.map { try walk($0, .elements) }
    let number = Int(instruction.function)
    switch instruction.opcode {
    case .copy: return .copy(walks[0], from: walks[1])
    case .cast: return .cast(walks[0], from: walks[1])
    case .map:
      return .map(
        MapFunction.allCases[number], x: instruction.immediates[0], y: instruction.immediates[1],
        walks[0], from: walks[1])
    case .zip: return .zip(ZipFunction.allCases[number], walks[0], walks[1], walks[2])
    case .select: return .select(walks[0], condition: walks[1], walks[2], walks[3])
    default: preconditionFailure("is planned elsewhere")
    }
  }

  /// An instruction of a digital unit that takes vectors as a whole.
  mutating func vectorwise(_ instruction: Instruction) throws -> Operation {
    let operands = instruction.operands
    let number = Int(instruction.function)
    switch instruction.opcode {
    case .reduce:
      return .reduce(
        ReduceFunction.allCases[number], try walk(operands[0], .elements),
        from: try walk(operands[1], .vectors))
    case .contract:
      return .contract(
        try walk(operands[0], .elements), try walk(operands[1], .vectors),
        try walk(operands[2], .vectors))
    case .gather:
      return .gather(
        try walk(operands[0], .vectors), data: try walk(operands[1], .vectors),
        index: try walk(operands[2], .elements))
    case .scatter:
      return .scatter(
        ScatterFunction.allCases[number], try walk(operands[0], .vectors),
        from: try walk(operands[1], .vectors), index: try walk(operands[2], .elements))
    case .sort:
      return .sort(
        SortFunction.allCases[number], try walk(operands[0], .vectors),
        from: try walk(operands[1], .vectors))
    default: preconditionFailure("is planned elsewhere")
    }
  }
}
