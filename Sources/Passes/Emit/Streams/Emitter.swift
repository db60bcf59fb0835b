import Basics
import Chip
import IR
import Program

/// A tile program while it is being written.
struct Emitter {
  let graph: Graph
  var program: Program
  /// What went wrong with nodes that cannot be written as host code.
  var faults = Diagnostics()
  /// The host's stream.
  var hostCode: [Instruction] = []
  /// The instructions of all other units, in the order in which they were written.
  var unitCode: [(unit: Unit, instruction: Instruction, node: Node)] = []
  /// The node whose code is being written, for faults and symbols.
  var node: Node

  /// The steps that are being written, if code is in a loop.
  var steps: StepLoop?

  private var memories: [BufferID?]
  /// The name of the node that was refused last for a walk that no program can hold.
  private var refused: String?
  /// The names of the graph's values.
  private let valueNames: Set<String>
  private var writes: [Writes] = []
  private var descriptorIDs: [Descriptor: DescriptorID] = [:]

  /// How the writers of a buffer tell its readers.
  private struct Writes {
    var counter: CounterID?
    var total = 0
  }

  init(graph: Graph, program: Program) {
    self.graph = graph
    self.program = program
    memories = Array(repeating: nil, count: graph.values.count)
    valueNames = TakenNames(in: graph).values
    node = Node(name: graph.name, op: .unary(.identity), operands: [], results: [])
  }

  // MARK: Memories

  /// The memory of a value, which is made when first asked for.
  mutating func memory(of value: ValueID) -> BufferID {
    if let buffer = memories[value.index] { return buffer }
    let type = graph[value].type
    let buffer = add(
      Buffer(
        name: graph[value].name, space: .host, element: type.element, count: type.count ?? 0,
        capacity: type.count ?? 0, constant: graph.tensor(of: value)?.bytes))
    memories[value.index] = buffer
    return buffer
  }

  /// Lets a value lie in a memory, or in one of its own that is made when first asked for.
  mutating func setMemory(of value: ValueID, to buffer: BufferID?) {
    memories[value.index] = buffer
  }

  /// Lets `result` lie in the memory of `operand`, of which it is another shape.
  mutating func share(_ operand: ValueID, with result: ValueID) {
    memories[result.index] = memory(of: operand)
  }

  /// Adds a memory that is not of a value of the graph: it has the name of none.
  mutating func addBuffer(
    name: String, space: Buffer.Space, element: ElementType, count: Int, constant: Bytes? = nil
  ) -> BufferID {
    var ownName = name
    var number = 2
    while valueNames.contains(ownName) {
      ownName = "\(name)_\(number)"
      number += 1
    }
    return add(
      Buffer(
        name: ownName, space: space, element: element, count: count, capacity: count,
        constant: constant))
  }

  private mutating func add(_ buffer: Buffer) -> BufferID {
    program.buffers.append(buffer)
    writes.append(Writes())
    return BufferID(program.buffers.count - 1)
  }

  /// Adds a memory of the host for what the code of a node keeps between its instructions.
  mutating func scratch(_ suffix: String, element: ElementType, shape: [Int]) -> View {
    let buffer = addBuffer(
      name: "\(graph[node.results[0]].name)·\(suffix)", space: .host, element: element,
      count: shape.reduce(1, *))
    return View(buffer, shape: shape)
  }

  /// Adds a constant that the code of a node needs beside those of the network.
  mutating func constant<T: Scalar>(_ suffix: String, _ elements: [T], shape: [Int]) -> View {
    constant(suffix, Tensor(elements, shape: shape))
  }

  /// Adds a constant that the code of a node needs beside those of the network.
  mutating func constant(_ suffix: String, _ tensor: Tensor) -> View {
    let buffer = addBuffer(
      name: "\(graph[node.results[0]].name)·\(suffix)", space: .host, element: tensor.type,
      count: tensor.count, constant: tensor.bytes)
    return View(buffer, shape: tensor.shape)
  }

  /// The whole of a value, whose dimensions are known.
  mutating func view(_ value: ValueID) -> View {
    View(memory(of: value), shape: graph[value].type.fixedShape ?? [])
  }

  // MARK: Descriptors

  /// A descriptor that reads, after everything written so far; in a loop, after everything that the
  /// step has written so far. What was written before the loop has to be waited for before it.
  mutating func source(_ descriptor: Descriptor) -> DescriptorID {
    var descriptor = descriptor
    let index = descriptor.buffer.index
    if let steps {
      descriptor.amount = steps.awaited(descriptor.buffer)
      descriptor.counter = descriptor.amount == 0 ? nil : counter(of: index)
    } else {
      descriptor.counter = writes[index].counter
      descriptor.amount = writes[index].total
    }
    return id(of: descriptor)
  }

  /// A descriptor that writes, and tells the readers so.
  mutating func destination(_ descriptor: Descriptor) -> DescriptorID {
    var descriptor = descriptor
    descriptor.counter = counter(of: descriptor.buffer.index)
    descriptor.amount = descriptor.vectors.count
    writes[descriptor.buffer.index].total += descriptor.amount * (steps?.count ?? 1)
    steps?.written[descriptor.buffer, default: 0] += descriptor.amount
    return id(of: descriptor)
  }

  /// A descriptor through which the host writes.
  ///
  /// In a loop, only what carries over to the next step is told: the host reads the rest itself, and
  /// what other units add to a counter with each step has to be told from it.
  mutating func hostDestination(_ descriptor: Descriptor) -> DescriptorID {
    guard let steps, steps.carried[descriptor.buffer] == nil else { return destination(descriptor) }
    return id(of: descriptor)
  }

  /// A descriptor through which the host or a GDPU slice writes; the host waits for what a slice writes
  /// there with each step.
  mutating func digitalDestination(_ descriptor: Descriptor, of unit: Unit) -> UInt32 {
    unit != .host && steps?.returned.contains(descriptor.buffer) == true
      ? destination(descriptor).rawValue : hostDestination(descriptor).rawValue
  }

  /// The counter of a buffer, which is made when first asked for.
  private mutating func counter(of index: Int) -> CounterID {
    if let counter = writes[index].counter { return counter }
    let counter = CounterID(program.counterCount)
    writes[index].counter = counter
    program.counterCount += 1
    return counter
  }

  private mutating func id(of descriptor: Descriptor) -> DescriptorID {
    var descriptor = descriptor
    // A loop of one step never moves: its stride, which may be larger than a descriptor holds, would only
    // tell equal walks apart.
    for index in descriptor.loops.indices where descriptor.loops[index].count == 1 {
      descriptor.loops[index].step = 0
    }
    if let known = descriptorIDs[descriptor] { return known }
    if let fault = descriptor.fault { refuse(fault) }
    let id = DescriptorID(program.descriptors.count)
    program.descriptors.append(descriptor)
    descriptorIDs[descriptor] = id
    return id
  }

  // MARK: Host code

  /// Adds a host instruction that writes `destination` from `sources`, each walked whole.
  mutating func host(
    _ opcode: Opcode, function: UInt8 = 0, to destination: View, from sources: [View],
    immediates: [Float] = []
  ) {
    host(
      opcode, function: function, to: (destination, destination.loops.count),
      from: sources.map { ($0, $0.loops.count) }, immediates: immediates)
  }

  /// Adds an instruction of a GDPU slice that writes `destination` from `sources`, each walked whole.
  mutating func digital(
    _ unit: Unit, _ opcode: Opcode, function: UInt8 = 0, to destination: View,
    from sources: [View], immediates: [Float] = []
  ) {
    digital(
      unit, opcode, function: function, to: (destination, destination.loops.count),
      from: sources.map { ($0, $0.loops.count) }, immediates: immediates)
  }

  /// Adds a host instruction; with each view goes the number of its dimensions that make a vector.
  mutating func host(
    _ opcode: Opcode, function: UInt8 = 0, to destination: (View, Int),
    from sources: [(View, Int)], immediates: [Float] = []
  ) {
    digital(
      .host, opcode, function: function, to: destination, from: sources, immediates: immediates)
  }

  private mutating func digital(
    _ unit: Unit, _ opcode: Opcode, function: UInt8, to destination: (View, Int),
    from sources: [(View, Int)], immediates: [Float]
  ) {
    guard !destination.0.isEmpty else { return }
    guard !sources.contains(where: { $0.0.isEmpty }) else {
      // Only a reduction of nothing, or a sum of products of nothing, gives something.
      let function = ReduceFunction(rawValue: opcode == .reduce ? function : 0) ?? .sum
      let element = program.buffers[destination.0.buffer.index].element
      return digital(
        unit, .fill, to: destination.0, from: [], immediates: [function.ofNothing(element)])
    }
    var operands: [UInt32] = []
    for (view, inner) in sources {
      guard let descriptor = view.descriptor(inner: inner) else { return refuseRank() }
      operands.append(source(descriptor).rawValue)
    }
    guard let descriptor = destination.0.descriptor(inner: destination.1) else {
      return refuseRank()
    }
    operands.insert(digitalDestination(descriptor, of: unit), at: 0)
    append(
      unit, Instruction(opcode, function: function, operands: operands, immediates: immediates))
  }

  private mutating func refuseRank() {
    faults.append(
      Diagnostic(
        node: node.name, op: node.op.onnxName,
        "its walk through memory takes more than \(Descriptor.maximumRank) loops",
        supported: "up to \(Descriptor.maximumRank) dimensions after joining neighbours"))
  }

  /// Notes that the node takes a walk through memory that no program can hold, of all its walks the first.
  private mutating func refuse(_ fault: String) {
    guard refused != node.name else { return }
    refused = node.name
    faults.append(
      Diagnostic(
        node: node.name, op: node.op.onnxName, "its walk through memory \(fault)",
        supported: "loops of fewer than 2^28 steps, each of less than 2^28 places, strides below "
          + "2^31, and 2^32 vectors of as many elements",
        help: "make the operator smaller, or split it when exporting the model"))
  }
}

extension ReduceFunction {
  /// What it gives of no elements; of integers, the nearest that there is.
  fileprivate func ofNothing(_ element: ElementType) -> Float {
    switch self {
    case .sum: 0
    case .product: 1
    case .max: element == .bool ? 0 : -.infinity
    case .min: element == .bool ? 1 : .infinity
    }
  }
}
