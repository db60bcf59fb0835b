import Basics
import Chip
import IR

extension Partition {
  /// The network as stages on the blocks of a fabric, blocks of weights on tiles in the order of the layers.
  ///
  /// `turns` light cores of each chip take the vectors of every stream in turn. Values in memory go to cores that have
  /// room for `bytesToHold`, as a timetable for the same stages has found it.
  func fabricWork(turns: Int, bytesToHold: [Int] = []) throws -> FabricWork {
    guard let fabric = chip.fabric else { preconditionFailure("the chip is a fabric") }
    var collector = WorkCollector(
      self, FabricMesh(fabric, chips: chips, turns: turns), bytesToHold: bytesToHold)
    collector.collect()
    try collector.faults.throwIfErrors()
    return collector.work
  }
}

/// Goes through a network and finds the stages and what they send each other.
struct WorkCollector {
  let partition: Partition
  var graph: Graph { partition.graph }
  var chip: Chip { partition.chip }
  var work: FabricWork
  var faults = Diagnostics()
  /// The stream of every value that a stage sends.
  var streams: [ValueID: FabricStream] = [:]
  /// The tile of every block of weights.
  let tiles: [PackedBlock: FabricBlock]
  /// The flows of slices that go to others vector by vector.
  var deliveries: [StageID: [FabricStream.Slice: Int]] = [:]
  /// The memory core of a value on a chip.
  var stores: [StoreKey: StageID] = [:]
  /// How many vectors each memory core takes, and how much accumulating light cores do, by which the next is chosen.
  var loads: [FabricBlock: Int] = [:]

  /// The bytes that each memory core holds.
  var held: [FabricBlock: Int] = [:]
  /// What stages in memory have to hold, in their order, as far as that is known; and how many there are.
  let bytesToHold: [Int]
  var storeCount = 0

  struct StoreKey: Hashable {
    var value: ValueID
    var chip: Int
    var isWhole: Bool
  }

  init(_ partition: Partition, _ mesh: FabricMesh, bytesToHold: [Int]) {
    self.partition = partition
    self.bytesToHold = bytesToHold
    work = FabricWork(mesh: mesh)
    tiles = partition.fabricTiles(of: mesh)
  }

  var fabric: Fabric { work.mesh.fabric }

  mutating func collect() {
    let attentions = graph.attentions()
    let inAttention = Set(attentions.flatMap(\.nodes))
    let contexts = Dictionary(uniqueKeysWithValues: attentions.map { ($0.nodes.last!, $0) })
    let light = graph.lightWork(except: inAttention)
    let lightOf = Dictionary(
      uniqueKeysWithValues: light.enumerated().flatMap { index, work in
        work.nodes.map { ($0, index) }
      })
    let layers = Dictionary(
      uniqueKeysWithValues: partition.layers.indices.map { (partition.layers[$0].node, $0) })
    for input in graph.inputs { addInput(input) }
    for (index, node) in graph.nodes.enumerated() {
      let id = NodeID(index)
      if let layer = layers[id] {
        addProduct(layer, node)
      } else if let attention = contexts[id] {
        addAttention(attention, node)
      } else if inAttention.contains(id) {
        continue
      } else if let number = lightOf[id] {
        if light[number].nodes.first == id { addLight(light[number]) }
      } else {
        addOther(node)
      }
    }
    for output in graph.outputs { addOutput(output) }
  }

  // MARK: Ends of the network

  private mutating func addInput(_ value: ValueID) {
    guard let shape = graph[value].type.fixedShape else { return }
    let axis = graph.vectorAxis(ofInput: value)
    let width = axis.map { shape[$0] } ?? 1
    // Of an image, as many places of a row enter at once as the wires carry.
    var bundle = 1
    if axis == 1, shape.count > 2, let row = shape.last {
      bundle = (1...max(row, 1)).last { row.isMultiple(of: $0) && $0 * width <= fabric.wires } ?? 1
    }
    let vectors = shape.reduce(1, *) / max(width * bundle, 1)
    let stage = work.add(
      FabricStage(
        kind: .input, name: graph[value].name,
        blocks: [work.mesh.port(of: 0, isForward: false)],
        vectors: vectors, time: 0, energy: 0))
    streams[value] = FabricStream(
      vectors: vectors, parts: [.init(stage: stage, elements: width * bundle)], axis: axis,
      bundle: bundle, depth: 0)
  }

  private mutating func addOutput(_ value: ValueID) {
    guard let stream = streams[value] else { return }
    let chip = work[stream.parts[0].stage].blocks[0].chip
    let stage = work.add(
      FabricStage(
        kind: .output, name: graph[value].name,
        blocks: [work.mesh.port(of: chip, isForward: true)],
        vectors: stream.vectors, time: 0, energy: 0))
    for part in stream.parts {
      work.connect(
        FabricFlow(
          source: part.stage, targets: [stage], elements: part.elements, vectors: stream.vectors,
          need: work.needOfReaders(of: part.stage)))
    }
  }

  mutating func refuse(_ node: Node, _ what: String) {
    faults.append(
      Diagnostic(
        .error, node: node.name, op: node.op.onnxName, "\(what) on chip \(chip.name)",
        supported: "products with constant weights on tiles, softmax attention on heavy cores; "
          + "element-wise functions, softmax and normalisation of vectors, pooling, sums over places and movement "
          + "of elements on light and memory cores",
        help: "compile for a chip with a host, such as hermes"))
  }
}

extension Double {
  /// The time in whole ns.
  var ticks: Int { Int(rounded(.up)) }
}

extension Graph {
  /// The axis of an input along which its vectors lie: channels of images, else the last.
  fileprivate func vectorAxis(ofInput value: ValueID) -> Int? {
    guard let rank = type(of: value)?.count, rank > 0 else { return nil }
    guard rank > 2 else { return rank - 1 }
    var seen: Set<ValueID> = []
    var next = [value]
    while let value = next.popLast() {
      guard seen.insert(value).inserted else { continue }
      for node in nodes where node.operands.contains(value) {
        switch node.op {
        case .conv, .pool, .globalPool: return 1
        case .unary, .binary, .clip, .cast, .quantize, .dequantize, .pad, .resize:
          next += node.results
        default: continue
        }
      }
    }
    return rank - 1
  }

  private func type(of value: ValueID) -> [Int]? { self[value].type.fixedShape }
}
