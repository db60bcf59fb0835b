/// Which `mvm` writes what an `affine` reads.
///
/// The program must be valid but for what follows from this.
public struct ColumnWriters {
  /// What an `mvm` writes into a memory of columns.
  private struct Writer {
    let tile: TileID
    let elements: Range<Int>
  }

  private let program: Program
  /// The writers of each memory, in the order of the code.
  private var writers: [BufferID: [Writer]] = [:]

  /// Looks for every `mvm` of `program`.
  public init(_ program: Program) {
    self.program = program
    for instruction in program.streams.lazy.flatMap(\.code) where instruction.opcode == .mvm {
      let descriptor = program.descriptors[Int(instruction.operands[0])]
      writers[descriptor.buffer, default: []].append(
        Writer(tile: TileID(Int(instruction.operands[2])), elements: elements(of: descriptor)))
    }
  }

  /// The tiles whose columns a walk may read, in the order of the code that multiplies with them.
  public func tiles(readThrough descriptor: Descriptor) -> [TileID] {
    var elements = elements(of: descriptor)
    // What reads nothing reads columns of a tile all the same.
    if elements.isEmpty { elements = 0..<program.buffers[descriptor.buffer.index].count }
    return writers[descriptor.buffer, default: []]
      .filter { $0.elements.overlaps(elements) }.map(\.tile)
  }

  /// The elements between which all lie that a walk reaches; all of the memory if it moves from time to time.
  private func elements(of descriptor: Descriptor) -> Range<Int> {
    guard descriptor.advance == 0 else {
      return 0..<program.buffers[descriptor.buffer.index].count
    }
    let reach = descriptor.reach
    if reach.isEmpty { return 0..<0 }
    return descriptor.base + reach.lowerBound..<descriptor.base + reach.upperBound
  }
}
