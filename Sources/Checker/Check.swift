import Basics
import IR
import Program

/// Proves that `program` computes what the products of `graph` that it holds on crossbars compute,
/// and returns every fault found, up to a limit; none is a proof.
///
/// `graph` is the legalized network that the program was emitted from, and `layouts` are those of its products.
/// Specs/checker.md says what is proved and what is not. Nothing here is shared with the passes. A table about the
/// elements that a walk of the program reaches takes up to `memory` bytes; what would take more is a fault.
public func check(
  _ program: ValidProgram, against graph: Graph, layouts: ProductLayouts, memory: Int = .max
) -> [Diagnostic] {
  var prover = Prover(program: program, graph: graph, layouts: layouts, memory: memory)
  prover.prove()
  return prover.faults
}

/// A proof under way.
struct Prover {
  /// The most faults that are listed.
  static let limit = 100

  let program: Program
  let graph: Graph
  private let layouts: ProductLayouts
  /// The most bytes of a table about a walk of the program.
  let memory: Int
  private(set) var faults: [Diagnostic] = []

  /// The products that blocks name, in the order of their first blocks.
  var layers: [Layer] = []
  /// The layer of each block, an index of `layers`; `nil` where the node is none that it can be of.
  var layerOfBlock: [Int?] = []
  /// What has been summed up, by memory of the host or of a GDPU slice.
  var sums: [BufferID: [Rectangle: PartialSum]] = [:]

  /// The loop around each instruction of each stream.
  var loops: [[StepLoop?]] = []

  /// The first memory of the host of each name.
  private var memories: [String: BufferID] = [:]
  private let producers: [NodeID?]

  init(
    program valid: ValidProgram, graph: Graph, layouts: ProductLayouts = ProductLayouts(),
    memory: Int = .max
  ) {
    let program = valid.program
    self.program = program
    self.graph = graph
    self.layouts = layouts
    self.memory = memory
    producers = graph.producers()
    for (index, buffer) in program.buffers.enumerated()
    where buffer.space == .host && memories[buffer.name] == nil {
      memories[buffer.name] = BufferID(index)
    }
  }

  mutating func prove() {
    guard findLoops() else { return }
    checkPorts()
    checkPortScales()
    checkMemories()
    checkWaits()
    checkProgress()
    checkElementOrder()
    checkCapacities()
    checkSliceRoom()
    findLayers()
    for index in layers.indices { checkWeights(of: index) }
    checkProbes()
    checkSymbols()
    followChains()
    for index in layers.indices { checkConverters(of: index) }
    followDigitalCode()
    for index in layers.indices { checkResult(of: index) }
  }

  /// Notes a fault; `place` and `block` begin its message, and the node of `layer` is named.
  mutating func report(
    layer: Int? = nil, node: Node? = nil, block: BlockID? = nil, at place: Place? = nil,
    _ message: String
  ) {
    guard faults.count < Self.limit else { return }
    let node = node ?? layer.map { layers[$0].node }
    var text = ""
    if let place {
      text = "\(program.streams[place.stream].unit), instruction \(place.instruction): "
    }
    if let block { text += "block \(block.index): " }
    faults.append(Diagnostic(node: node?.name, op: node?.op.onnxName, text + message))
  }

  /// The memory that holds a value: that of its name, or that of the value of which it is another
  /// shape.
  func memory(of value: ValueID) -> BufferID? {
    var value = value
    while true {
      if let buffer = memories[graph[value].name] { return buffer }
      guard let producer = producers[value.index], graph[producer].op.isOtherShape,
        let operand = graph[producer].operands[0]
      else { return nil }
      value = operand
    }
  }

  /// The descriptor that operand `index` of an instruction names, which is there.
  func descriptor(_ instruction: Instruction, _ index: Int) -> Descriptor {
    program.descriptors[Int(instruction.operands[index])]
  }

  private mutating func checkPorts() {
    for (direction, ports, values) in [
      ("input", program.inputs, graph.inputs), ("output", program.outputs, graph.outputs),
    ] {
      if ports.count != values.count {
        report("the program has \(ports.count) \(direction)s, the network \(values.count)")
      }
      for (port, id) in zip(ports, values) {
        let value = graph[id]
        if port.name != value.name || port.element != value.type.element
          || port.shape != value.type.fixedShape || port.buffer != memory(of: id)
        {
          report("\(direction) \"\(port.name)\" is not \"\(value.name)\" of the network")
        }
      }
    }
  }

  /// Finds the nodes that blocks name, and the products that neither blocks nor the host compute.
  private mutating func findLayers() {
    let nodes = Dictionary(
      graph.nodes.enumerated().map { ($1.name, NodeID($0)) },
      uniquingKeysWith: { first, _ in first })
    var known: [String: Int?] = [:]
    for (index, block) in program.blocks.enumerated() {
      if known[block.node] == nil {
        known[block.node] = .some(nil)
        if let id = nodes[block.node] {
          let node = graph[id]
          do throws(MatrixFault) {
            let matrix = try ProductMatrix(of: node, in: graph, layout: layouts[id])
            layers.append(Layer(node: node, matrix: matrix))
            known[block.node] = layers.count - 1
          } catch {
            report(node: node, block: BlockID(index), error.message)
          }
        } else {
          report(block: BlockID(index), "there is no node \"\(block.node)\"")
        }
      }
      let layer = known[block.node] ?? nil
      layerOfBlock.append(layer)
      if let layer { layers[layer].blocks.append(BlockID(index)) }
    }
    for index in layers.indices {
      layers[index].result = memory(of: layers[index].node.results[0])
    }
    checkOtherProducts(known)
  }

  private mutating func checkOtherProducts(_ known: [String: Int?]) {
    let onHost = Set(
      program.symbols.filter { program.streams[$0.stream].unit == .host }.map(\.node))
    for node in graph.nodes where known[node.name] == nil && !onHost.contains(node.name) {
      switch node.op {
      case .conv, .gemm, .matMul, .recurrent:
        if graph[node.results[0]].type.count ?? 0 > 0 {
          report(node: node, "neither blocks nor the host compute it")
        }
      default: break
      }
    }
  }
}

/// A product on crossbars.
struct Layer {
  var node: Node
  var matrix: ProductMatrix
  /// The blocks that name it.
  var blocks: [BlockID] = []
  /// The memory of its result.
  var result: BufferID?
  /// The steps of its converters: of inputs, of the hidden state, and of whole sums.
  var steps: (input: [ConverterStep], state: [ConverterStep], result: [ConverterStep]) = (
    [], [], []
  )
}

/// An instruction of a program.
struct Place: Hashable {
  var stream: Int
  var instruction: Int
}

extension Op {
  /// Whether the result is the first operand under another shape, so that both are one memory.
  fileprivate var isOtherShape: Bool {
    switch self {
    case .reshape, .flatten, .squeeze, .unsqueeze: true
    default: false
    }
  }
}
