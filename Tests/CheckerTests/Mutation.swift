import Basics
import Chip
import Program
import TestSupport

/// One way to make a program wrong.
enum Mutation: String, CaseIterable {
  case weight, columnScale, swappedBlocks, swappedTiles, droppedProduct, droppedStage, shiftedRange
  case shiftedBase, gain, offset, inputScale, partialStep, reroutedLink, movedLink, doubledStage
  case redirectedResult, relu, earlyRead, foreignNode, smallMemory
  case addedProduct, foreignCore, foreignSlice, swappedInstructions, smallHostMemory, shiftedResult
  case portStep, resultStep, decoding, probe, symbol, memoryType, tileOverlap, tileOutside
  case scaledBlock, negatedColumn, missingTile, columnPartialStep

  /// What a report may say of it, one of these.
  var reports: [String] {
    switch self {
    case .weight, .scaledBlock: ["stands for"]
    case .columnScale: ["stands for", "the gain of column"]
    case .negatedColumn: ["stands for", "the gain of column"]
    case .swappedBlocks:
      [
        "columns", "rows", "stands for", "is ascribed to", "means or spreads", "bytes of vectors",
        "the vectors need", "mean or spread",
      ]
    case .swappedTiles:
      [
        "columns", "rows", "is ascribed to", "the gain of column", "does not lie inside", "overlap",
        "the vectors need",
      ]
    case .droppedProduct:
      ["no mvm uses tile", "reads columns that no mvm", "never advanced", "in its result"]
    case .droppedStage: ["no affine reads", "never advanced", "reads a link that nothing writes"]
    case .shiftedRange:
      ["does not read rows", "are not written", "are written twice", "added to other columns"]
    case .shiftedBase: ["does not read rows", "reaches elements"]
    case .gain: ["the gain of column"]
    case .offset: ["its offsets are not the bias", "the bias is added"]
    case .inputScale: ["has a step of the input", "has a step of the state", "the gain of column"]
    case .partialStep: ["reads partial sums in steps"]
    case .columnPartialStep: ["reads partial sums in other steps"]
    case .reroutedLink, .foreignCore:
      [
        "which does not exist", "the chip does not have", "is not at a link", "nor at a link",
        "link",
      ]
    case .movedLink: ["does not read the link", "reaches elements"]
    case .doubledStage: ["another affine has read", "over others", "waits for"]
    case .redirectedResult:
      [
        "nor at a link of this core", "over others", "reach neither", "is added to", "columns",
        "waits for", "not linked", "counts differ", "never advanced", "the vectors need",
      ]
    case .relu: ["negative", "before the sum is complete"]
    case .earlyRead: ["waits for"]
    case .foreignNode: ["there is no node"]
    case .smallMemory, .smallHostMemory: ["at a time"]
    case .addedProduct:
      ["writes over the columns of another mvm", "no affine reads", "waits for", "does not run"]
    case .foreignSlice: ["not linked", "nor in this slice", "nor at a link", "the host"]
    case .swappedInstructions:
      [
        "waits for", "the sum is complete", "may write over", "reads what", "counter",
        "hidden state", "is added",
      ]
    case .shiftedResult:
      [
        "does not write columns", "reaches elements", "does not read the link", "waits for",
        "are not written", "in its result", "writes into buffer",
      ]
    case .portStep: ["which no converter has that reads it"]
    case .resultStep: ["has a step of the result"]
    case .decoding: ["stands for", "has a decoding"]
    case .probe: ["the mean or spread of its probe"]
    case .symbol: ["is ascribed to"]
    case .memoryType: ["of type", "element"]
    case .tileOverlap: ["overlap", "does not lie inside"]
    case .tileOutside: ["does not lie inside"]
    case .missingTile: ["is on no core", "there is no tile", "are not added", "never advanced"]
    }
  }

  /// Changes `program` at a place chosen by `random`; `false` if it has no such place.
  func apply(to program: inout Program, _ random: inout SplitMix64) -> Bool {
    switch self {
    case .weight:
      return change(&program.blocks, &random) { block, random in
        block.conductances = block.conductances.changed(
          at: Int.random(in: 0..<block.conductances.count / 4, using: &random))
      }
    case .columnScale:
      return change(&program.blocks, &random) { block, random in
        let used = (0..<block.columns.count).filter { block.isUsed(column: $0) }
        guard let column = used.randomElement(using: &random) else { return false }
        block.columnScale[column] *= 1.0001
        return true
      }
    case .swappedBlocks:
      guard program.blocks.count > 1 else { return false }
      let a = Int.random(in: 1..<program.blocks.count, using: &random)
      guard program.blocks[a].conductances != program.blocks[a - 1].conductances else {
        return false
      }
      program.blocks.swapAt(a, a - 1)
      return true
    case .swappedTiles:
      guard program.tiles.count > 1 else { return false }
      let a = Int.random(in: 1..<program.tiles.count, using: &random)
      let (block, other) = (program.tiles[a].block, program.tiles[a - 1].block)
      guard block != other else { return false }
      program.tiles[a].block = other
      program.tiles[a - 1].block = block
      return true
    case .droppedProduct: return drop(.mvm, &program, &random)
    case .droppedStage: return drop(.affine, &program, &random)
    case .shiftedRange:
      return changeDescriptor(of: .mvm, 1, &program, &random) { walk in
        let total = walk.loops.dropLast(walk.innerLoops).reduce(1) { $0 * $1.count }
        let shift = walk.vectors.upperBound < total ? 1 : walk.vectors.lowerBound > 0 ? -1 : 0
        walk.vectors = walk.vectors.lowerBound + shift..<walk.vectors.upperBound + shift
        return shift != 0
      }
    case .shiftedBase:
      return changeDescriptor(of: .mvm, 1, &program, &random) { walk in
        walk.base += 1
        return true
      }
    case .gain:
      return change(&program.affines, &random) { affine, random in
        affine.gain[Int.random(in: 0..<affine.gain.count, using: &random)] *= 1.0001
      }
    case .offset:
      return change(&program.affines, &random) { affine, random in
        affine.offset[Int.random(in: 0..<affine.offset.count, using: &random)] += 0.5
      }
    case .inputScale:
      return changeInstruction(.mvm, &program, &random) { $0.immediates[0] *= 1.0001 }
    case .partialStep:
      return changeInstruction(
        .affine, &program, &random, where: { $0.operands[2] != Instruction.none }
      ) { $0.immediates[1] *= 1.0001 }
    case .columnPartialStep:
      let numbers = program.streams.flatMap(\.code).filter {
        $0.opcode == .affine && $0.operands[2] != Instruction.none
      }.map { Int($0.operands[3]) }
      guard let number = numbers.randomElement(using: &random) else { return false }
      let columns = program.affines[number].gain.count
      if program.affines[number].partialSteps.isEmpty {
        program.affines[number].partialSteps = [Float](repeating: 1, count: columns)
      }
      program.affines[number].partialSteps[Int.random(in: 0..<columns, using: &random)] *= 2
      return true
    case .reroutedLink:
      let links = program.buffers.indices.filter { program.buffers[$0].link != nil }
      guard let index = links.randomElement(using: &random),
        let (chip, source, target) = program.buffers[index].link
      else { return false }
      program.buffers[index].space = .link(chip: chip, source: target, target: source)
      return true
    case .movedLink:
      return changeDescriptor(
        of: .affine, 2, &program, &random, where: { $0.operands[2] != Instruction.none }
      ) { walk in
        walk.base += 1
        return true
      }
    case .doubledStage:
      guard let (stream, number) = place(of: .affine, program, &random) else { return false }
      let instruction = program.streams[stream].code[number]
      program.streams[stream].code.insert(instruction, at: number)
      program.symbols.removeAll { $0.stream == stream }
      return true
    case .redirectedResult:
      guard let (stream, number) = place(of: .affine, program, &random),
        let (other, another) = place(of: .affine, program, &random)
      else { return false }
      let target = program.streams[other].code[another].operands[0]
      guard target != program.streams[stream].code[number].operands[0] else { return false }
      program.streams[stream].code[number].operands[0] = target
      return true
    case .relu:
      return changeInstruction(.affine, &program, &random) {
        $0.flags.formSymmetricDifference(.reluAfter)
      }
    case .earlyRead:
      return changeDescriptor(of: .affine, 1, &program, &random) { walk in
        guard walk.amount > 1 else { return false }
        walk.amount -= 1
        return true
      }
    case .foreignNode:
      return change(&program.blocks, &random) { block, _ in block.node += "?" }
    default: return applyOther(to: &program, &random)
    }
  }

  private func applyOther(to program: inout Program, _ random: inout SplitMix64) -> Bool {
    switch self {
    case .addedProduct:
      guard let (stream, number) = place(of: .mvm, program, &random) else { return false }
      let instruction = program.streams[stream].code[number]
      program.streams[stream].code.insert(instruction, at: number)
      program.symbols.removeAll { $0.stream == stream }
      return true
    case .foreignCore:
      // To a core that is not linked, or to itself where all are.
      let links = program.buffers.indices.filter { program.buffers[$0].link != nil }
      guard let index = links.randomElement(using: &random),
        let (chip, source, _) = program.buffers[index].link
      else { return false }
      let targets = program.chip.partialSumTargets(of: source)
      let foreign = (0..<program.chip.cores.count).map { CoreID($0) }.filter {
        !targets.contains($0)
      }
      guard let target = foreign.randomElement(using: &random) else { return false }
      program.buffers[index].space = .link(chip: chip, source: source, target: target)
      return true
    case .foreignSlice:
      let arriving = program.buffers.indices.filter {
        if case .gdpu = program.buffers[$0].space { true } else { false }
      }
      guard let index = arriving.randomElement(using: &random),
        case .gdpu(let chip, let slice) = program.buffers[index].space
      else { return false }
      program.buffers[index].space = .gdpu(chip: chip, slice: (slice + 1) % 8)
      return true
    case .swappedInstructions:
      // A local unit that passes on what it has not got: a sum before its part.
      let streams = program.streams.indices.filter {
        program.streams[$0].unit == .host && program.streams[$0].code.count > 2
      }
      guard let stream = streams.randomElement(using: &random) else { return false }
      let numbers = (1..<program.streams[stream].code.count - 1).filter {
        program.dependsOnTheOneBefore(stream, $0)
      }
      guard let number = numbers.randomElement(using: &random) else { return false }
      program.streams[stream].code.swapAt(number - 1, number)
      program.symbols.removeAll { $0.stream == stream }
      return true
    case .smallHostMemory:
      let memories = program.buffers.indices.filter {
        program.buffers[$0].space == .host && program.buffers[$0].capacity > 1
          && program.buffers[$0].constant == nil && program.isWrittenWhole(BufferID($0))
      }
      guard let index = memories.randomElement(using: &random) else { return false }
      program.buffers[index].capacity -= 1
      return true
    case .shiftedResult:
      return changeDescriptor(of: .affine, 0, &program, &random) { walk in
        walk.base += walk.base > 0 ? -1 : 1
        return true
      }
    case .portStep:
      guard !program.inputs.isEmpty else { return false }
      let isLeftOut = Bool.random(using: &random)
      return change(&program.inputs, &random) { port, _ in
        port.scale = isLeftOut && port.scale > 0 ? 0 : port.scale * 1.01 + 1
      }
    case .resultStep:
      // One of several that give the result of a layer whole; all of them are a choice.
      let descriptors = program.descriptors
      let ends = program.streams.flatMap(\.code).filter { $0.opcode == .affine }
      func rivals(_ instruction: Instruction) -> Int {
        let buffer = descriptors[Int(instruction.operands[0])].buffer
        return ends.count {
          descriptors[Int($0.operands[0])].buffer == buffer
            && $0.immediates[0] == instruction.immediates[0]
        }
      }
      let buffers = program.buffers
      return changeInstruction(
        .affine, &program, &random,
        where: {
          let buffer = buffers[descriptors[Int($0.operands[0])].buffer.index]
          return buffer.space == .host && !buffer.name.contains("·") && rivals($0) > 1
        }
      ) { $0.immediates[0] *= 1.01 }
    case .decoding:
      return change(&program.blocks, &random) { block, _ in
        guard block.decoding.count > 4, block.hasConductance(below: 1 / Float(block.decoding.count))
        else { return false }
        block.decoding[1] *= 0.5
        return true
      }
    case .probe:
      return change(&program.probes, &random) { probe, random in
        probe.mean[Int.random(in: 0..<probe.mean.count, using: &random)] += 100
        return true
      }
    case .symbol:
      let symbols = program.symbols.indices.filter {
        let symbol = program.symbols[$0]
        return symbol.instructions.contains {
          [.mvm, .affine].contains(program.streams[symbol.stream].code[$0].opcode)
        }
      }
      guard let index = symbols.randomElement(using: &random) else { return false }
      let others = program.symbols.filter { $0.node != program.symbols[index].node }
      if let other = others.randomElement(using: &random) {
        program.symbols[index].node = other.node
        program.symbols[index].op = other.op
      } else {
        program.symbols[index].op += "?"
      }
      return true
    case .memoryType:
      let memories = program.descriptors.indices.filter {
        program.buffers[program.descriptors[$0].buffer.index].space == .host
      }.map { program.descriptors[$0].buffer.index }
      guard let index = memories.randomElement(using: &random),
        program.buffers[index].element == .f32, program.buffers[index].constant == nil,
        !program.buffers[index].name.contains("·")
      else { return false }
      program.buffers[index].element = .f16
      return true
    case .tileOverlap:
      guard program.tiles.count > 1 else { return false }
      let tile = Int.random(in: 1..<program.tiles.count, using: &random)
      let other = program.tiles[tile - 1]
      (program.tiles[tile].chip, program.tiles[tile].core) = (other.chip, other.core)
      (program.tiles[tile].firstRow, program.tiles[tile].firstColumn) = (
        other.firstRow, other.firstColumn
      )
      return true
    case .tileOutside:
      let rows = program.chip.crossbar.rows
      return change(&program.tiles, &random) { tile, _ in tile.firstRow = rows }
    case .scaledBlock:
      return change(&program.blocks, &random) { block, random in
        let used = (0..<block.columns.count).filter { block.isUsed(column: $0) }
        guard !used.isEmpty else { return false }
        block.conductances = block.conductances.scaled(by: 0.999)
        return true
      }
    case .negatedColumn:
      return change(&program.blocks, &random) { block, random in
        let used = (0..<block.columns.count).filter { block.isUsed(column: $0) }
        guard let column = used.randomElement(using: &random) else { return false }
        block.columnScale[column] *= -1
        return true
      }
    case .missingTile:
      guard !program.tiles.isEmpty else { return false }
      program.tiles.removeLast()
      return true
    case .smallMemory:
      let columns = program.buffers.indices.filter {
        program.buffers[$0].space != .host && program.buffers[$0].capacity > 1
      }
      guard let index = columns.randomElement(using: &random) else { return false }
      program.buffers[index].capacity -= 1
      return true
    default: preconditionFailure("\(self) is applied above")
    }
  }

  private func change<T>(
    _ items: inout [T], _ random: inout SplitMix64, _ body: (inout T, inout SplitMix64) -> Bool
  ) -> Bool {
    guard let index = items.indices.randomElement(using: &random) else { return false }
    return body(&items[index], &random)
  }

  private func change<T>(
    _ items: inout [T], _ random: inout SplitMix64, _ body: (inout T, inout SplitMix64) -> Void
  ) -> Bool {
    guard let index = items.indices.randomElement(using: &random) else { return false }
    body(&items[index], &random)
    return true
  }

  private func place(
    of opcode: Opcode, _ program: Program, _ random: inout SplitMix64,
    where isWanted: (Instruction) -> Bool = { _ in true }
  ) -> (stream: Int, number: Int)? {
    program.streams.indices.flatMap { stream in
      program.streams[stream].code.indices.compactMap { number in
        let instruction = program.streams[stream].code[number]
        return instruction.opcode == opcode && isWanted(instruction) ? (stream, number) : nil
      }
    }.randomElement(using: &random)
  }

  private func drop(_ opcode: Opcode, _ program: inout Program, _ random: inout SplitMix64) -> Bool
  {
    guard let (stream, number) = place(of: opcode, program, &random) else { return false }
    program.streams[stream].code.remove(at: number)
    program.symbols.removeAll { $0.stream == stream }
    return true
  }

  private func changeInstruction(
    _ opcode: Opcode, _ program: inout Program, _ random: inout SplitMix64,
    where isWanted: (Instruction) -> Bool = { _ in true }, _ body: (inout Instruction) -> Void
  ) -> Bool {
    guard let (stream, number) = place(of: opcode, program, &random, where: isWanted) else {
      return false
    }
    body(&program.streams[stream].code[number])
    return true
  }

  /// Gives one instruction a changed copy of the descriptor that its operand names.
  private func changeDescriptor(
    of opcode: Opcode, _ operand: Int, _ program: inout Program, _ random: inout SplitMix64,
    where isWanted: (Instruction) -> Bool = { _ in true }, _ body: (inout Descriptor) -> Bool
  ) -> Bool {
    guard let (stream, number) = place(of: opcode, program, &random, where: isWanted) else {
      return false
    }
    var walk = program.descriptors[Int(program.streams[stream].code[number].operands[operand])]
    guard body(&walk) else { return false }
    program.descriptors.append(walk)
    program.streams[stream].code[number].operands[operand] = UInt32(program.descriptors.count - 1)
    return true
  }
}

extension Buffer {
  fileprivate var link: (chip: Int, source: CoreID, target: CoreID)? {
    if case .link(let chip, let source, let target) = space { (chip, source, target) } else { nil }
  }
}

extension Program {
  /// Whether an instruction reads, not in a loop, what the one before it is the only one to write.
  fileprivate func dependsOnTheOneBefore(_ stream: Int, _ number: Int) -> Bool {
    let (first, second) = (streams[stream].code[number - 1], streams[stream].code[number])
    guard first.opcode.row.operands.first == .destination,
      !streams[stream].code.contains(where: { $0.opcode == .loop })
    else { return false }
    let written = descriptors[Int(first.operands[0])].buffer
    return zip(second.operands, second.opcode.row.operands).contains { operand, kind in
      kind == .source && descriptors[Int(operand)].buffer == written
        && descriptors[Int(operand)].counter != nil
    }
  }

  /// Whether as many elements are written to a memory as it has.
  fileprivate func isWrittenWhole(_ buffer: BufferID) -> Bool {
    var count = 0
    for instruction in streams.flatMap(\.code)
    where instruction.opcode.row.operands.first == .destination {
      let walk = descriptors[Int(instruction.operands[0])]
      if walk.buffer == buffer { count += walk.count }
    }
    return count >= buffers[buffer.index].count
  }
}

extension ConductanceBlock {
  /// Whether a conductance that is not 0 is smaller than `limit`.
  fileprivate func hasConductance(below limit: Float) -> Bool {
    conductances.withUnsafeBytes { raw in
      raw.bindMemory(to: Float.self).contains { $0 != 0 && $0.magnitude < limit }
    }
  }

  /// Whether a column has a conductance that is not 0.
  fileprivate func isUsed(column: Int) -> Bool {
    conductances.withUnsafeBytes { raw in
      let values = raw.bindMemory(to: Float.self)
      return rows.indices.contains { values[($0 - rows.lowerBound) * columns.count + column] != 0 }
    }
  }
}

extension Bytes {
  /// f32 values, each times `factor`.
  fileprivate func scaled(by factor: Float) -> Bytes {
    Bytes(count: count) { new in
      withUnsafeBytes { new.copyMemory(from: $0) }
      let values = new.bindMemory(to: Float.self)
      for index in values.indices { values[index] *= factor }
    }
  }

  /// The same f32 values, but number `index` is another one within −1 and 1.
  func changed(at index: Int) -> Bytes {
    Bytes(count: count) { new in
      withUnsafeBytes { new.copyMemory(from: $0) }
      let values = new.bindMemory(to: Float.self)
      values[index] += values[index] > 0 ? -0.01 : 0.01
    }
  }
}
