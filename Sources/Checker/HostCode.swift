import Basics
import IR
import Program

/// The host's code of one node as a program of its own, so that it can be run.
///
/// It waits for nothing, and nothing else runs beside it.
public struct HostCode: Sendable {
  /// The node.
  public let node: Node
  /// The program; its inputs are the operands that the network computes or receives, its outputs the results
  /// that the code writes.
  public let program: Program
  /// Which operand each input is; of operands that are one value, the first.
  public let operands: [Int]
  /// Which result each output is.
  public let results: [Int]
  /// The elements that its instructions read, or write where they read none.
  public let steps: Int
}

/// The code of every node that `program` computes in its host alone, in the order of its code.
///
/// `graph` is the network that `program` is proved to be one of. Nodes whose code shares a memory between
/// operands and results, reads a constant under another shape, or jumps, are left out.
public func hostCode(of valid: ValidProgram, computing graph: Graph) -> [HostCode] {
  let (prover, program) = (Prover(program: valid, graph: graph), valid.program)
  let nodes = Dictionary(graph.nodes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  let onChips = Set(program.blocks.map(\.node))
  return program.symbols.compactMap { symbol in
    guard program.streams[symbol.stream].unit == .host, !onChips.contains(symbol.node),
      let node = nodes[symbol.node]
    else { return nil }
    let code = program.streams[symbol.stream].code[symbol.instructions]
    return prover.hostCode(of: node, Array(code))
  }
}

extension Prover {
  fileprivate func hostCode(of node: Node, _ code: [Instruction]) -> HostCode? {
    var slice = Program(network: node.name, compiler: "", chip: program.chip, chipCount: 1)
    var buffers: [BufferID: BufferID] = [:]
    var written: Set<BufferID> = []
    func copied(_ id: BufferID) -> BufferID {
      if let known = buffers[id] { return known }
      slice.buffers.append(program.buffers[id.index])
      buffers[id] = BufferID(slice.buffers.count - 1)
      return BufferID(slice.buffers.count - 1)
    }
    var stream: [Instruction] = []
    var steps = 0
    // How often code runs, loop by loop.
    var times = [1]
    for instruction in code where instruction.opcode != .wait {
      var copy = instruction
      var counts = [0]
      for (index, kind) in instruction.opcode.row.operands.enumerated()
      where instruction.operands[index] != Instruction.none {
        switch kind {
        case .destination, .source, .optionalSource:
          var descriptor = descriptor(instruction, index)
          counts.append(descriptor.count)
          if kind == .destination { written.insert(descriptor.buffer) }
          descriptor.buffer = copied(descriptor.buffer)
          (descriptor.counter, descriptor.amount) = (nil, 0)
          copy.operands[index] = UInt32(slice.descriptors.count)
          slice.descriptors.append(descriptor)
        case .count: times.append(times.last!.saturatingProduct(Int(instruction.operands[index])))
        case .tile, .affine, .target: return nil
        }
      }
      if instruction.opcode == .next && times.count > 1 { times.removeLast() }
      steps = steps.saturatingSum(counts.max()!.saturatingProduct(times.last!))
      stream.append(copy)
    }
    slice.streams = [Stream(unit: .host, code: stream + [Instruction(.end)])]
    var (operands, results): ([Int], [Int]) = ([], [])
    for (index, operand) in node.operands.enumerated() {
      guard let operand, graph[operand].constant == nil,
        node.operands.firstIndex(of: operand) == index
      else { continue }
      // A constant of another shape lies in the memory of the constant.
      guard let memory = memory(of: operand), !written.contains(memory),
        program.buffers[memory.index].constant == nil
      else { return nil }
      operands.append(index)
      slice.inputs.append(port(of: operand, in: copied(memory)))
    }
    for (index, result) in node.results.enumerated() {
      guard let memory = memory(of: result), written.contains(memory) else { continue }
      results.append(index)
      slice.outputs.append(port(of: result, in: copied(memory)))
    }
    guard Set(slice.inputs.map(\.buffer)).count == operands.count, !results.isEmpty else {
      return nil
    }
    return HostCode(
      node: node, program: slice, operands: operands, results: results, steps: steps)
  }

  private func port(of value: ValueID, in buffer: BufferID) -> Port {
    let type = graph[value].type
    let shape = type.fixedShape ?? []
    return Port(
      name: graph[value].name, element: type.element, shape: shape,
      dimensionNames: shape.map { _ in nil }, buffer: buffer, scale: 0)
  }
}
