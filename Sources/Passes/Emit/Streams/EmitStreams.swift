import Basics
import IR
import Program

extension Emitter {
  /// Adds an instruction to the stream of a unit, with its symbol.
  mutating func append(_ unit: Unit, _ instruction: Instruction) {
    if unit == .host { return hostCode.append(instruction) }
    unitCode.append((unit, instruction, node))
  }

  /// Ends the host's stream with a wait for every output, so that its end is the program's end.
  mutating func waitForOutputs() {
    for output in graph.outputs where graph[output].constant == nil {
      let view = view(output)
      guard !view.isEmpty, let descriptor = view.descriptor(inner: 0) else { continue }
      let source = source(descriptor)
      if program.descriptors[source.index].counter != nil {
        hostCode.append(Instruction(.wait, operands: [source.rawValue]))
      }
    }
  }

  /// Closes all streams and puts them in the order of their units.
  mutating func finish(hostSymbols: [(range: Range<Int>, node: Node)]) {
    for (range, node) in hostSymbols {
      program.symbols.append(
        Symbol(stream: 0, instructions: range, node: node.name, op: node.op.onnxName))
    }
    program.streams = [Stream(unit: .host, code: hostCode + [Instruction(.end)])]
    // A stable order: instructions of one unit stay in the order in which they were written.
    let ordered = unitCode.enumerated().sorted {
      ($0.element.unit, $0.offset) < ($1.element.unit, $1.offset)
    }.map(\.element)
    var position = 0
    while position < ordered.count {
      let unit = ordered[position].unit
      let end = ordered[position...].firstIndex { $0.unit != unit } ?? ordered.count
      let stream = program.streams.count
      program.streams.append(
        Stream(unit: unit, code: ordered[position..<end].map(\.instruction) + [Instruction(.end)]))
      for index in position..<end {
        let node = ordered[index].node
        program.symbols.append(
          Symbol(
            stream: stream, instructions: index - position..<index - position + 1, node: node.name,
            op: node.op.onnxName))
      }
      position = end
    }
  }

  /// Adds the inputs and outputs of the program.
  mutating func addPorts(
    inputDimensionNames: [[String?]], outputDimensionNames: [[String?]], samples: [[Tensor]]
  ) {
    // The step of the first converter that reads each memory.
    var steps: [BufferID: Float] = [:]
    for (_, instruction, _) in unitCode where instruction.opcode == .mvm {
      let memory = program.descriptors[Int(instruction.operands[1])].buffer
      if steps[memory] == nil { steps[memory] = instruction.immediates[0] }
    }
    func port(_ value: ValueID, _ names: [String?]) -> Port {
      let memory = memory(of: value)
      return Port(
        name: graph[value].name, element: graph[value].type.element, shape: shape(value),
        dimensionNames: names, buffer: memory, scale: steps[memory] ?? 0)
    }
    program.inputs = zip(graph.inputs, inputDimensionNames).map(port)
    for index in program.inputs.indices where !samples.isEmpty {
      let port = program.inputs[index]
      let bytes = samples.flatMap { $0[index].bytes.withUnsafeBytes { Array($0) } }
      program.inputs[index].samples = addBuffer(
        name: "\(port.name)·samples", space: .host, element: port.element,
        count: bytes.count / port.element.byteCount, constant: Bytes(copying: bytes))
    }
    program.outputs = zip(graph.outputs, outputDimensionNames).map(port)
  }
}
