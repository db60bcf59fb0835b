import Program

extension Prover {
  /// Checks that symbols name nodes of the network, and those of crossbars and local units the node whose
  /// block is multiplied.
  mutating func checkSymbols() {
    let operators = Dictionary(
      graph.nodes.map { ($0.name, $0.op.onnxName) }, uniquingKeysWith: { first, _ in first })
    // The block whose columns a memory gets.
    var blocks: [BufferID: BlockID] = [:]
    for stream in program.streams {
      for instruction in stream.code where instruction.opcode == .mvm {
        blocks[descriptor(instruction, 0).buffer] =
          program.tiles[Int(instruction.operands[2])].block
      }
    }
    for symbol in program.symbols {
      let start = Place(stream: symbol.stream, instruction: symbol.instructions.lowerBound)
      if operators[symbol.node] != symbol.op {
        report(
          at: start,
          "is ascribed to \(symbol.op) \"\(symbol.node)\", which the network does not have")
        continue
      }
      for number in symbol.instructions {
        let instruction = program.streams[symbol.stream].code[number]
        let memory =
          switch instruction.opcode {
          case .mvm: descriptor(instruction, 0).buffer
          case .affine: descriptor(instruction, 1).buffer
          default: BufferID?.none
          }
        guard let block = memory.flatMap({ blocks[$0] }),
          program.blocks[block.index].node != symbol.node
        else { continue }
        report(
          layer: layerOfBlock[block.index], block: block,
          at: Place(stream: symbol.stream, instruction: number),
          "is ascribed to \"\(symbol.node)\"")
      }
    }
  }
}
