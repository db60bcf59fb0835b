import Basics
import Chip
import Program

extension Planner {
  mutating func multiplication(
    _ instruction: Instruction, unit: Unit
  ) throws(PlanFault) -> Multiplication {
    let target = try walk(instruction.operands[0], .vectors, isColumns: true, isWritten: true)
    let source = try walk(instruction.operands[1], .vectors)
    let number = Int(instruction.operands[2])
    guard crossbarOfTile.indices.contains(number), let crossbar = crossbarOfTile[number] else {
      throw PlanFault("no tile \(number)")
    }
    let tile = program.tiles[number]
    guard unit == .crossbar(chip: tile.chip, core: tile.core) else {
      throw PlanFault("tile \(number) is on chip \(tile.chip), core \(tile.core.index)")
    }
    guard
      program.buffers[target.memory.id.index].space == .columns(chip: tile.chip, core: tile.core)
    else { throw PlanFault("the columns are not those of tile \(number)") }
    let block = program.blocks[tile.block.index]
    guard source.memory.isFloating else {
      throw PlanFault("multiplies elements of type \(source.memory.element)")
    }
    guard source.elementCount == block.rows.count, target.elementCount == block.columns.count,
      source.count == target.count
    else {
      throw PlanFault(
        "\(source.count) vectors of \(source.elementCount) elements, multiplied with "
          + "\(block.rows.count) rows, give \(target.count) of \(target.elementCount)")
    }
    let scale = instruction.immediates[0]
    guard scale > 0, scale.isFinite else { throw PlanFault("an input scale of \(scale)") }
    return Multiplication(
      target: target, source: source, tile: number, crossbar: crossbar, scale: scale)
  }

  mutating func localOperation(
    _ instruction: Instruction, unit: Unit, at place: (stream: Int, instruction: Int)
  ) throws(PlanFault) -> LocalOperation {
    let target = try walk(instruction.operands[0], .vectors, isWritten: true)
    let columns = try walk(instruction.operands[1], .vectors, isColumns: true)
    let partial =
      instruction.operands[2] == Instruction.none
      ? nil : try walk(instruction.operands[2], .vectors)
    let number = Int(instruction.operands[3])
    guard program.affines.indices.contains(number) else {
      throw PlanFault("no affine function \(number)")
    }
    let affine = program.affines[number]
    for walk in [target, columns, partial].compactMap({ $0 })
    where walk.count != columns.count || walk.elementCount != columns.elementCount {
      throw PlanFault(
        "\(columns.count) vectors of \(columns.elementCount) columns meet \(walk.count) of "
          + "\(walk.elementCount)")
    }
    guard affine.gain.count == columns.elementCount, affine.offset.count == columns.elementCount
    else {
      throw PlanFault(
        "\(affine.gain.count) gains and \(affine.offset.count) offsets for "
          + "\(columns.elementCount) columns")
    }
    guard target.memory.isFloating, partial?.memory.isFloating ?? true else {
      throw PlanFault("results of an LDPU are f32 or f16 in memory")
    }
    if case .columns(let chip, let core) = program.buffers[columns.memory.id.index].space,
      unit != .ldpu(chip: chip, core: core)
    {
      throw PlanFault("the columns are those of chip \(chip), core \(core.index)")
    }
    let writer = try writer(of: columns)
    let block = program.tiles[writer.tile].block
    guard
      affine.gain.count == program.blocks[block.index].columns.count
        || !program.probes.contains(where: { $0.block == block })
    else {
      throw PlanFault(
        "takes \(affine.gain.count) of the \(program.blocks[block.index].columns.count) columns of "
          + "block \(block.index), whose probe is about all of them")
    }
    let scale = instruction.immediates[0]
    let partialScale = instruction.immediates[1]
    guard scale > 0, scale.isFinite, partial == nil || partialScale > 0 && partialScale.isFinite
    else { throw PlanFault("a scale of \(scale), and of \(partialScale) for the partial sum") }
    let operation = LocalOperation(
      target: target, columns: columns, partial: partial, tile: writer.tile,
      number: locals.count, countsPerCode: effects.hasPolarities ? writer.countsPerCode : 1,
      scale: scale, partialScale: partialScale,
      reluBefore: instruction.flags.contains(.reluBefore),
      reluAfter: instruction.flags.contains(.reluAfter))
    locals.append(
      PlannedAffine(
        operation: operation, affine: AffineID(number), stream: place.stream,
        instruction: place.instruction))
    return operation
  }

  /// The `mvm` whose columns `columns` reads; all that it may be agree on what a count is.
  private func writer(of columns: Walk) throws(PlanFault) -> ColumnWriter {
    var reach = 0..<columns.memory.count
    if columns.advance == 0, !columns.reach.isEmpty {
      reach =
        (columns.base + columns.reach.lowerBound)..<(columns.base + columns.reach.upperBound)
    }
    let writers = columnWriters[columns.memory.id.index].filter { $0.reach.overlaps(reach) }
    let name = program.buffers[columns.memory.id.index].name
    guard let first = writers.first else {
      throw PlanFault("reads columns of \"\(name)\" that no mvm writes")
    }
    if let other = writers.first(where: { $0.countsPerCode != first.countsPerCode }) {
      throw PlanFault(
        "reads columns of \"\(name)\" from tiles \(first.tile) and \(other.tile), whose g_max "
          + "differ")
    }
    return first
  }

  mutating func digitalOperation(_ instruction: Instruction) throws(PlanFault) -> Operation {
    let operands = instruction.operands
    switch instruction.opcode {
    case .fill:
      return .fill(try walk(operands[0], .elements, isWritten: true), instruction.immediates[0])
    case .copy:
      let (target, source) = try pair(operands)
      guard target.memory.element == source.memory.element else {
        throw PlanFault("copies \(source.memory.element) to \(target.memory.element)")
      }
      return .copy(target, from: source)
    case .cast:
      let (target, source) = try pair(operands)
      return .cast(target, from: source)
    case .map:
      let (target, source) = try pair(operands)
      try checkFloating([target, source])
      return .map(
        MapFunction.allCases[Int(instruction.function)], x: instruction.immediates[0],
        y: instruction.immediates[1], target, from: source)
    case .zip: return try zip(instruction)
    case .select:
      let (target, condition) = try pair(operands)
      let first = try walk(operands[2], .elements)
      let second = try walk(operands[3], .elements)
      try checkCounts(target, first)
      try checkCounts(target, second)
      guard condition.memory.element == .bool, first.memory.element == target.memory.element,
        second.memory.element == target.memory.element
      else {
        throw PlanFault(
          "chooses by \(condition.memory.element) between \(first.memory.element) and "
            + "\(second.memory.element) for \(target.memory.element)")
      }
      return .select(target, condition: condition, first, second)
    case .reduce:
      let target = try walk(operands[0], .elements, isWritten: true)
      let source = try walk(operands[1], .vectors)
      guard target.count == source.count else {
        throw PlanFault("reduces \(source.count) vectors to \(target.count) elements")
      }
      guard target.memory.isFloating == source.memory.isFloating,
        target.memory.isFloating || target.memory.element == source.memory.element
      else { throw PlanFault("reduces \(source.memory.element) to \(target.memory.element)") }
      return .reduce(ReduceFunction.allCases[Int(instruction.function)], target, from: source)
    case .contract:
      let target = try walk(operands[0], .elements, isWritten: true)
      let first = try walk(operands[1], .vectors)
      let second = try walk(operands[2], .vectors)
      try checkFloating([target, first, second])
      guard first.count == second.count, first.elementCount == second.elementCount,
        target.count == first.count
      else {
        throw PlanFault(
          "\(first.count) vectors of \(first.elementCount) elements and \(second.count) of "
            + "\(second.elementCount) give \(target.count) sums")
      }
      return .contract(target, first, second)
    case .gather:
      let target = try walk(operands[0], .vectors, isWritten: true)
      let data = try walk(operands[1], .vectors)
      let index = try walk(operands[2], .elements)
      guard index.memory.element.isInteger else {
        throw PlanFault("gathers by numbers of type \(index.memory.element)")
      }
      guard target.memory.element == data.memory.element, target.count == index.count,
        target.elementCount == data.elementCount
      else {
        throw PlanFault(
          "gathers \(index.count) vectors of \(data.elementCount) \(data.memory.element) into "
            + "\(target.count) of \(target.elementCount) \(target.memory.element)")
      }
      return .gather(target, data: data, index: index)
    case .scatter:
      let target = try walk(operands[0], .vectors, isWritten: true)
      let source = try walk(operands[1], .vectors)
      let index = try walk(operands[2], .elements)
      guard index.memory.element.isInteger else {
        throw PlanFault("scatters by numbers of type \(index.memory.element)")
      }
      guard target.memory.element == source.memory.element, source.count == index.count,
        target.elementCount == source.elementCount
      else {
        throw PlanFault(
          "scatters \(source.count) vectors of \(source.elementCount) \(source.memory.element) by "
            + "\(index.count) numbers among vectors of \(target.elementCount) "
            + "\(target.memory.element)")
      }
      return .scatter(
        ScatterFunction.allCases[Int(instruction.function)], target, from: source, index: index)
    case .sort:
      let target = try walk(operands[0], .vectors, isWritten: true)
      let source = try walk(operands[1], .vectors)
      guard target.memory.element.isInteger, target.count == source.count,
        target.elementCount <= source.elementCount
      else {
        throw PlanFault(
          "sorts \(source.count) vectors of \(source.elementCount) elements into "
            + "\(target.count) of \(target.elementCount) \(target.memory.element)")
      }
      return .sort(SortFunction.allCases[Int(instruction.function)], target, from: source)
    case .end, .wait, .jump, .branch, .loop, .next, .mvm, .affine:
      preconditionFailure("is planned elsewhere")
    }
  }

  private mutating func zip(_ instruction: Instruction) throws(PlanFault) -> Operation {
    let function = ZipFunction.allCases[Int(instruction.function)]
    let (target, first) = try pair(instruction.operands)
    let second = try walk(instruction.operands[2], .elements)
    try checkCounts(target, second)
    let elements = [target, first, second].map(\.memory.element)
    let numbers = function.isComparison ? Array(elements[1...]) : elements
    let isFloating = numbers.allSatisfy(\.isFloatingPoint)
    guard
      isFloating
        || !numbers[0].isFloatingPoint && numbers.allSatisfy({ $0 == numbers[0] }),
      !function.isComparison || elements[0] == .bool, !function.isBitwise || !isFloating
    else { throw PlanFault("joins \(elements[1]) and \(elements[2]) to \(elements[0])") }
    return .zip(function, target, first, second)
  }

  private mutating func pair(
    _ operands: [UInt32]
  ) throws(PlanFault) -> (target: Walk, source: Walk) {
    let target = try walk(operands[0], .elements, isWritten: true)
    let source = try walk(operands[1], .elements)
    try checkCounts(target, source)
    return (target, source)
  }

  private func checkCounts(_ target: Walk, _ source: Walk) throws(PlanFault) {
    guard target.count == source.count else {
      throw PlanFault("\(source.count) elements for \(target.count)")
    }
  }

  private func checkFloating(_ walks: [Walk]) throws(PlanFault) {
    for walk in walks where !walk.memory.isFloating {
      throw PlanFault("computes with elements of type \(walk.memory.element)")
    }
  }
}
