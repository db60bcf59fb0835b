import Basics
import Chip

/// Checks one instruction of a stream.
struct InstructionCheck {
  let unit: Unit
  let code: [Instruction]
  let enclosing: [Int?]
  let number: Int
  private var messages: [String] = []

  /// A descriptor that an operand names, with its memory.
  private struct Access {
    var descriptor: Descriptor
    var buffer: Buffer
    var isRead: Bool
  }

  init(unit: Unit, code: [Instruction], enclosing: [Int?], number: Int) {
    self.unit = unit
    self.code = code
    self.enclosing = enclosing
    self.number = number
  }

  private var instruction: Instruction { code[number] }

  mutating func messages(validator: inout Validator) -> [String] {
    let row = instruction.opcode.row
    guard row.units.contains(unit.kind) else { return ["does not run on this unit"] }
    guard instruction.operands.count == row.operands.count,
      instruction.immediates.count == row.immediates.count,
      Int(instruction.function) < max(row.functions.count, 1),
      row.flags.reduce(into: Instruction.Flags(), { $0.formUnion($1.flag) })
        .isSuperset(of: instruction.flags)
    else {
      return ["has operands, immediates, a function or flags that this instruction does not take"]
    }
    checkImmediates(row)
    var accesses: [Access?] = []
    for (operand, kind) in zip(instruction.operands, row.operands) {
      accesses.append(check(operand, kind, validator: &validator))
    }
    if messages.isEmpty { checkMeaning(accesses, program: validator.program) }
    return messages
  }

  private mutating func checkImmediates(_ row: Opcode.Row) {
    for (name, value) in zip(row.immediates, instruction.immediates) {
      switch name {
      case "scale": if !(value > 0 && value.isFinite) { messages.append("\(name) is \(value)") }
      case "partial": if !(value >= 0 && value.isFinite) { messages.append("\(name) is \(value)") }
      default: break
      }
    }
  }

  private mutating func check(
    _ operand: UInt32, _ kind: Opcode.Operand, validator: inout Validator
  ) -> Access? {
    let index = Int(operand)
    switch kind {
    case .destination, .source: return access(index, kind, validator: &validator)
    case .optionalSource:
      return operand == Instruction.none ? nil : access(index, kind, validator: &validator)
    case .tile:
      if !validator.program.tiles.indices.contains(index) {
        messages.append("there is no tile \(operand)")
      }
    case .affine:
      if !validator.program.affines.indices.contains(index) {
        messages.append("there is no affine \(operand)")
      }
    case .target:
      if !code.indices.contains(index) {
        messages.append("there is no instruction \(operand)")
      } else if enclosing[index] != enclosing[number] {
        messages.append("instruction \(operand) is not in the same loop")
      }
    case .count:
      if operand == 0 { messages.append("the count is 0") }
    }
    return nil
  }

  /// Checks that a descriptor stays inside its memory and does what the operand asks for.
  private mutating func access(
    _ index: Int, _ kind: Opcode.Operand, validator: inout Validator
  ) -> Access? {
    let program = validator.program
    guard program.descriptors.indices.contains(index) else {
      messages.append("there is no descriptor \(index)")
      return nil
    }
    guard let shape = validator.shapes[index] else {
      messages.append("descriptor \(index) is faulty")
      return nil
    }
    let descriptor = program.descriptors[index]
    let buffer = program.buffers[descriptor.buffer.index]
    let trips = enclosing[number].map { Int(code[$0].operands.first ?? 1) } ?? 1
    let last = descriptor.advance.multipliedReportingOverflow(by: max(trips - 1, 0))
    let end = descriptor.base.addingReportingOverflow(last.partialValue)
    if last.overflow || end.overflow || end.partialValue.magnitude >= 1 << 62 {
      messages.append("descriptor \(index) advances out of range")
    } else if let reach = shape.reach {
      let lower = min(descriptor.base, end.partialValue) + reach.lowerBound
      let upper = max(descriptor.base, end.partialValue) + reach.upperBound
      if lower < 0 || upper >= buffer.count {
        messages.append(
          "descriptor \(index) reaches elements \(lower) to \(upper) of \(buffer.count)")
      }
    }
    let isRead = kind != .destination
    if !isRead && (buffer.constant != nil || validator.isInput[descriptor.buffer.index]) {
      messages.append("descriptor \(index) writes a constant or an input")
    }
    if let counter = descriptor.counter {
      if isRead { validator.awaited.insert(counter) } else { validator.advanced.insert(counter) }
    }
    return Access(descriptor: descriptor, buffer: buffer, isRead: isRead)
  }

  /// Checks that the sizes, types and places of the operands of an instruction fit each other.
  private mutating func checkMeaning(_ accesses: [Access?], program: Program) {
    let operands = accesses.compactMap { $0 }
    switch instruction.opcode {
    case .end, .jump, .loop, .next: break
    case .wait:
      require(operands[0].descriptor.counter != nil, "there is no counter to wait for")
    case .branch:
      require(operands[0].descriptor.count == 1, "the source is not one element")
      checkPlaces(operands)
    case .mvm: checkMVM(operands, tile: program.tiles[Int(instruction.operands[2])], program)
    case .affine:
      checkAffine(accesses, program.affines[Int(instruction.operands[3])], of: program.chip)
    case .copy, .cast, .map:
      checkPlaces(operands)
      require(operands[0].descriptor.count == operands[1].descriptor.count, "the counts differ")
      if instruction.opcode == .copy { checkTypes(operands) }
      if instruction.opcode == .map { checkFloating(operands) }
    case .fill: checkPlaces(operands)
    case .zip:
      checkPlaces(operands)
      checkZip(operands)
      require(
        operands.allSatisfy { $0.descriptor.count == operands[0].descriptor.count },
        "the counts differ")
    case .select:
      checkPlaces(operands)
      require(operands[1].buffer.element == .bool, "the first source holds no truth values")
      checkTypes([operands[0]] + operands[2...])
      require(
        operands.allSatisfy { $0.descriptor.count == operands[0].descriptor.count },
        "the counts differ")
    case .reduce:
      checkPlaces(operands)
      checkNumeric(operands)
      require(
        operands[0].descriptor.count == operands[1].descriptor.vectors.count,
        "the destination needs an element for every vector")
      require(!operands[1].descriptor.elements.isEmpty, "the vectors have no elements")
      checkInputs(operands[1], program)
    case .contract:
      checkPlaces(operands)
      checkFloating(operands)
      require(
        operands[1].descriptor.vectors.count == operands[2].descriptor.vectors.count
          && operands[1].descriptor.elements.count == operands[2].descriptor.elements.count,
        "the sources differ in vectors or elements")
      require(
        operands[0].descriptor.count == operands[1].descriptor.vectors.count,
        "the destination needs an element for every pair of vectors")
      checkInputs(operands[1], program)
    case .gather, .scatter:
      let isGather = instruction.opcode == .gather
      checkPlaces(operands)
      checkTypes(Array(operands.prefix(2)))
      require(operands[2].buffer.element.isInteger, "the numbers are not integers")
      require(
        operands[0].descriptor.elements.count == operands[1].descriptor.elements.count,
        "the vectors differ in elements")
      require(
        operands[isGather ? 0 : 1].descriptor.vectors.count == operands[2].descriptor.count,
        "the \(isGather ? "destination" : "source") needs a vector for every number")
    case .sort:
      checkPlaces(operands)
      require(operands[0].buffer.element.isInteger, "the destination holds no integers")
      require(
        operands[0].descriptor.vectors.count == operands[1].descriptor.vectors.count,
        "source and destination differ in vectors")
      require(
        operands[0].descriptor.elements.count <= operands[1].descriptor.elements.count,
        "the destination takes more positions than the source has elements")
    }
  }

  private mutating func require(_ condition: Bool, _ message: String) {
    if !condition { messages.append(message) }
  }

  /// A slice of a GDPU takes only so many inputs to one result.
  private mutating func checkInputs(_ source: Access, _ program: Program) {
    guard case .gdpu = unit, let gdpu = program.chip.gdpu else { return }
    require(
      source.descriptor.elements.count <= gdpu.maximumInputs,
      "the vectors have more than the \(gdpu.maximumInputs) elements that a slice can take")
  }

  /// The host reaches its own memories only, a slice of a GDPU those of the host and its own.
  private mutating func checkPlaces(_ operands: [Access]) {
    guard case .gdpu(let chip, let slice) = unit else {
      return require(
        operands.allSatisfy { $0.buffer.space == .host }, "an operand is not in the host")
    }
    require(
      operands.allSatisfy {
        $0.buffer.space == .host || $0.buffer.space == .gdpu(chip: chip, slice: slice)
      }, "an operand is neither in the host nor in this slice")
  }

  private mutating func checkTypes(_ operands: [Access]) {
    require(
      operands.allSatisfy { $0.buffer.element == operands[0].buffer.element },
      "the element types differ")
  }

  /// Numbers are all floating-point numbers, which are rounded when they are stored, or all of the
  /// same integer type or truth values.
  private mutating func checkNumeric(_ operands: [Access]) {
    let elements = operands.map(\.buffer.element)
    require(
      elements.allSatisfy(\.isFloatingPoint)
        || !elements[0].isFloatingPoint && elements.allSatisfy { $0 == elements[0] },
      "the elements are neither all floating-point numbers nor all integers of one type")
  }

  private mutating func checkZip(_ operands: [Access]) {
    let function = ZipFunction(rawValue: instruction.function)
    if function?.isComparison == true {
      checkNumeric(Array(operands[1...]))
      require(operands[0].buffer.element == .bool, "the destination holds no truth values")
    } else {
      checkNumeric(operands)
    }
    if function?.isBitwise == true {
      require(!operands[0].buffer.element.isFloatingPoint, "the elements are not integers")
    }
  }

  private mutating func checkFloating(_ operands: [Access]) {
    require(
      operands.allSatisfy(\.buffer.element.isFloatingPoint),
      "the elements are not floating-point numbers")
  }

  private mutating func checkMVM(_ operands: [Access], tile: Tile, _ program: Program) {
    let (destination, source) = (operands[0], operands[1])
    require(
      unit == .crossbar(chip: tile.chip, core: tile.core), "the tile is not on this core")
    require(
      destination.buffer.space == .columns(chip: tile.chip, core: tile.core),
      "the destination is not the columns of this core")
    require(source.buffer.space == .host, "the source is not in the host")
    checkFloating([source])
    require(
      destination.descriptor.vectors.count == source.descriptor.vectors.count,
      "source and destination differ in vectors")
    guard program.blocks.indices.contains(tile.block.index) else { return }
    let block = program.blocks[tile.block.index]
    require(
      source.descriptor.elements.count == block.rows.count,
      "the vectors need an element for every row of the tile")
    require(
      destination.descriptor.elements.count == block.columns.count,
      "the vectors need an element for every column of the tile")
  }

  private mutating func checkAffine(_ accesses: [Access?], _ affine: Affine, of kind: Chip) {
    guard let destination = accesses[0], let source = accesses[1],
      case .ldpu(let chip, let core) = unit
    else { return }
    require(
      source.buffer.space == .columns(chip: chip, core: core),
      "the source is not the columns of this core")
    switch destination.buffer.space {
    case .host: break
    case .link(chip, core, _): break
    case .gdpu(chip, let slice):
      require(
        kind.gdpuSlices(fedBy: core).contains(slice),
        "the core is not linked to slice \(slice)")
    default:
      messages.append("the destination is neither in the host nor at a link of this core")
    }
    checkFloating([destination])
    var operands = [destination, source]
    if let partial = accesses[2] {
      operands.append(partial)
      checkFloating([partial])
      require(instruction.immediates[1] > 0, "the step of the partial sum is 0")
      if case .link(chip, _, core) = partial.buffer.space {
      } else {
        messages.append("the partial sum is not in a link to this core")
      }
    } else {
      require(
        instruction.immediates[1] == 0 && affine.partialSteps.isEmpty,
        "has a step of the partial sum, but no partial sum")
    }
    require(
      operands.allSatisfy { $0.descriptor.vectors.count == source.descriptor.vectors.count },
      "the operands differ in vectors")
    require(
      operands.allSatisfy { $0.descriptor.elements.count == affine.gain.count },
      "the vectors need an element for every column of the affine function")
  }
}
