import Basics
import Chip
import Program

/// One way to make a program wrong.
enum Mutation: String, CaseIterable {
  case weight, columnScale, swappedBlocks, swappedTiles, droppedProduct, droppedStage, shiftedRange
  case shiftedBase, gain, offset, inputScale, partialStep, reroutedLink, movedLink, doubledStage
  case redirectedResult, relu, earlyRead, foreignNode, smallMemory

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
    case .smallMemory:
      let columns = program.buffers.indices.filter {
        program.buffers[$0].space != .host && program.buffers[$0].capacity > 1
      }
      guard let index = columns.randomElement(using: &random) else { return false }
      program.buffers[index].capacity -= 1
      return true
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

/// A generator of numbers that depend on its seed only (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

extension Buffer {
  fileprivate var link: (chip: Int, source: CoreID, target: CoreID)? {
    if case .link(let chip, let source, let target) = space { (chip, source, target) } else { nil }
  }
}

extension ConductanceBlock {
  /// Whether a column has a conductance that is not 0.
  fileprivate func isUsed(column: Int) -> Bool {
    conductances.withUnsafeBytes { raw in
      let values = raw.bindMemory(to: Float.self)
      return rows.indices.contains { values[($0 - rows.lowerBound) * columns.count + column] != 0 }
    }
  }
}

extension Bytes {
  /// The same f32 values, but number `index` is another one within −1 and 1.
  func changed(at index: Int) -> Bytes {
    Bytes(count: count) { new in
      withUnsafeBytes { new.copyMemory(from: $0) }
      let values = new.bindMemory(to: Float.self)
      values[index] += values[index] > 0 ? -0.01 : 0.01
    }
  }
}
