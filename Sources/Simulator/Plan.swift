import Basics
import Chip
import Device
import Program

/// A program made ready to run: laid out in memory, its descriptors compiled to walks.
final class Plan: Sendable {
  let program: Program
  /// Where its streams go.
  let flow: StreamFlow
  /// How much of the machine it may take.
  let limits: Limits
  /// The steps of an inference; without jumps exactly, with them about.
  let steps: Int
  /// What departs from arithmetic in f32.
  let effects: Effects
  /// One for each buffer.
  let memories: [Memory]
  /// The elements of one lane in the arena of floating memories, and in that of the others.
  let floatCount: Int
  let integerCount: Int
  let constants: Constants
  /// What every crossbar is to hold; `Multiplication.crossbar` is an index.
  let crossbars: [PlannedCrossbar]
  /// The index into `crossbars` of each tile.
  let crossbarOfTile: [Int]
  /// The `affine` instructions; `LocalOperation.number` is an index.
  let locals: [PlannedAffine]
  let streams: [PlannedStream]
  /// Whether code depends on data, so that every inference runs on its own.
  let hasBranches: Bool

  init(
    flow: StreamFlow, limits: Limits, steps: Int, effects: Effects, memories: [Memory],
    floatCount: Int, integerCount: Int, constants: Constants, crossbars: [PlannedCrossbar],
    crossbarOfTile: [Int], locals: [PlannedAffine], streams: [PlannedStream]
  ) {
    self.flow = flow
    program = flow.program
    self.limits = limits
    self.steps = steps
    self.effects = effects
    self.memories = memories
    self.floatCount = floatCount
    self.integerCount = integerCount
    self.constants = constants
    self.crossbars = crossbars
    self.crossbarOfTile = crossbarOfTile
    self.locals = locals
    self.streams = streams
    hasBranches = program.streams.contains { $0.code.contains { $0.opcode == .branch } }
  }

  /// Whether the converters see the currents of each polarity.
  var hasPolarities: Bool { effects.hasPolarities }
  /// Whether units round to their precision, and LDPUs to codes.
  var rounds: Bool { effects.contains(.unitPrecision) }

  /// The memory of one lane, in bytes.
  var bytesPerLane: Int { 4 * floatCount + 8 * integerCount }
}

extension Effects {
  /// Whether the converters see the currents of each polarity.
  var hasPolarities: Bool { contains(.outputConverters) || !isDisjoint(with: .ofCircuits) }
}

/// What a crossbar is to hold at the place of a tile.
struct PlannedCrossbar: Sendable {
  let tile: Tile
  /// The lines of its core; `nil` where they follow each other.
  let lines: BlockLines?
  /// The counts of g = 1 for each step of the input.
  let countsPerCode: Float
  let rows: Int
  let columns: Int
  /// The conductances to be programmed, row by row, in units of `gMax`.
  var targets: [Float]
  /// What they stand for, as in `ConductanceBlock`.
  var decoding: [Float]
  let gMax: Float
}

/// An `affine` with what its unit loads.
struct PlannedAffine: Sendable {
  let operation: LocalOperation
  let affine: AffineID
  /// Where it is, for faults.
  let stream: Int
  let instruction: Int
}

/// The code of a unit, ready to run.
struct PlannedStream: Sendable {
  let code: [PlannedInstruction]
  /// Whether its unit rounds to f16 what it does to elements.
  let isHalf: Bool
}

/// An instruction, ready to run.
struct PlannedInstruction: Sendable {
  let operation: Operation
  /// The steps of each execution.
  let steps: Int
}

/// What an instruction does, with its operands resolved.
enum Operation: Sendable {
  /// Nothing: where the stream goes is up to the interpreter.
  case control
  /// A wait for the elements of a walk, none of which is read.
  case wait(Walk)
  /// A branch that is taken where an element is zero, or where it is not.
  case branch(whenZero: Bool, Walk)
  case mvm(Multiplication)
  case affine(LocalOperation)
  case copy(Walk, from: Walk)
  case fill(Walk, Float)
  case cast(Walk, from: Walk)
  case map(MapFunction, x: Float, y: Float, Walk, from: Walk)
  case zip(ZipFunction, Walk, Walk, Walk)
  case reduce(ReduceFunction, Walk, from: Walk)
  case contract(Walk, Walk, Walk)
  case gather(Walk, data: Walk, index: Walk)
  case select(Walk, condition: Walk, Walk, Walk)
  case scatter(ScatterFunction, Walk, from: Walk, index: Walk)
  case sort(SortFunction, Walk, from: Walk)
}

/// An `mvm`, ready to run.
struct Multiplication: Sendable {
  let target: Walk
  let source: Walk
  let tile: Int
  let crossbar: Int
  /// The step of the input converters.
  let scale: Float
}

/// An `affine`, ready to run.
struct LocalOperation: Sendable {
  let target: Walk
  let columns: Walk
  let partial: Walk?
  /// The tile whose columns it reads.
  let tile: Int
  /// The number of the `affine`, by which its figures are found.
  let number: Int
  /// The counts of g = 1 for each step of the input; 1 where currents do not become counts.
  let countsPerCode: Float
  /// The step of the result.
  let scale: Float
  /// The step of the partial sum.
  let partialScale: Float
  let reluBefore: Bool
  let reluAfter: Bool
}

extension Program {
  /// The lines of a tile on its core; `nil` where they follow each other from its first ones on.
  public func blockLines(of tile: Tile) -> BlockLines? {
    guard let lines = lines(ofChip: tile.chip, core: tile.core) else { return nil }
    let block = blocks[tile.block.index]
    return BlockLines(
      rows: Array(lines.rows[tile.firstRow..<tile.firstRow + block.rows.count]),
      columns: Array(lines.columns[tile.firstColumn..<tile.firstColumn + block.columns.count]))
  }
}
