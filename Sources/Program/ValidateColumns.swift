import Basics

extension Validator {
  /// Checks that an `affine` knows what the columns that it takes count: they come from an `mvm`, of tiles of
  /// one g_max, and are all of a block that is calibrated. Everything else must be sound.
  mutating func validateColumns() {
    let writers = ColumnWriters(program)
    var isProbed = [Bool](repeating: false, count: program.blocks.count)
    for probe in program.probes { isProbed[probe.block.index] = true }
    for (streamNumber, stream) in program.streams.enumerated() {
      for (number, instruction) in stream.code.enumerated() where instruction.opcode == .affine {
        let columns = program.descriptors[Int(instruction.operands[1])]
        let blocks = writers.tiles(readThrough: columns).map { program.tiles[$0.index].block }
        let taken = program.affines[Int(instruction.operands[3])].gain.count
        if blocks.isEmpty {
          fault("reads columns that no mvm writes", stream: streamNumber, instruction: number)
        }
        if Set(blocks.map { program.blocks[$0.index].gMax }).count > 1 {
          fault("reads columns of different g_max", stream: streamNumber, instruction: number)
        }
        for block in blocks where isProbed[block.index] {
          let all = program.blocks[block.index].columns.count
          if all == taken { continue }
          fault(
            "takes \(taken) of the \(all) columns of block \(block.index), whose probe is about all of them",
            stream: streamNumber, instruction: number)
        }
      }
    }
  }
}
