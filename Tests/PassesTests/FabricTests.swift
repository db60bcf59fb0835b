import Basics
import Chip
import IR
import Passes
import TestSupport
import Testing

/// Plans of networks on a mesh of tiles and digital cores.
@Suite struct FabricTests {
  private func plan(_ graph: Graph, settings: [String] = []) throws -> FabricPlan {
    try graph.partitioned(for: Chip.named("fabric", settings: settings), chips: nil).planned()
  }

  /// Holds a plan to itself, and to a run that looks at every vector.
  private func expectSound(_ plan: FabricPlan, _ name: String) {
    let timetable = plan.timetable
    #expect(timetable.faults().isEmpty, "\(name)")
    let run = FabricRun(timetable)
    #expect(run.faults.isEmpty, "\(name)")
    // What has no outputs but constants never ends.
    if plan.work.stages.contains(where: { $0.kind == .output && $0.vectors > 0 }) {
      let steps = zip(run.ends.dropFirst(), run.ends).map { $0 - $1 }
      #expect(steps.allSatisfy { $0 == timetable.interval }, "\(name)")
    }
    #expect(run.ends.first.map { $0 <= plan.figures.latency } ?? true, "\(name)")
    let bound = plan.bounds.first?.time ?? 0
    #expect(Double(timetable.interval) >= bound * 0.999, "\(name)")
  }

  /// Every test network is planned, or refused with the names of what no block computes.
  @Test(arguments: Models.legal) func modelsAreSoundOrRefused(name: String) throws {
    let graph = try Models.legalGraph(name)
    do {
      expectSound(try plan(graph), name)
    } catch let faults as Diagnostics {
      #expect(
        faults.items.allSatisfy { $0.node != nil || $0.message.contains("crossbars") }, "\(name)")
      #expect(faults.hasErrors)
    }
  }

  @Test(
    .enabled(if: !ModelFolder.real.isEmpty),
    arguments: [
      "resnet8-cifar10", "mnist8", "micro-kws", "mobilenetv1-vww", "autoencoder-ad",
    ]) func networksOfOthersComeNearTheirBounds(name: String) throws
  {
    let folder = try #require(ModelFolder.real.first { $0.name == name })
    let graph = try folder.graph().folded().fused().legalized()
    let plan = try plan(graph)
    expectSound(plan, name)
    let bound = try #require(plan.bounds.first)
    // One vector an inference leaves the wires no choice.
    let most = name == "autoencoder-ad" ? 1.6 : 1.25
    #expect(Double(plan.figures.interval) <= most * bound.time)
  }

  /// Chips in series: vectors pass links, forwards and, where branches meet, over several of them.
  @Test func severalChipsAreSound() throws {
    let settings = ["cores.rows=1", "cores.columns=4", "mesh.layout=PTLT/HMTM/TLMP"]
    for seed in 0..<12 {
      var network = RandomNetwork(seed: UInt64(1000 + seed))
      let graph = try network.graph().folded().fused().legalized()
      let plan = try plan(graph, settings: settings)
      expectSound(plan, "seed \(seed)")
    }
    let encoder = try Models.legalGraph("transformer-layer")
    expectSound(try plan(encoder, settings: settings), "transformer-layer")
  }

  @Test(arguments: 0..<40) func generatedNetworksAreSound(seed: Int) throws {
    var network = RandomNetwork(seed: UInt64(seed))
    let graph = try network.graph().folded().fused().legalized()
    expectSound(try plan(graph), "seed \(seed)")
  }

  // MARK: Faults

  private func encoder() throws -> FabricTimetable {
    try plan(Models.legalGraph("network-residual")).timetable
  }

  @Test func wiresTakenTwiceAreFound() throws {
    var timetable = try encoder()
    let first = try #require(timetable.transfers.first)
    var copy = first
    copy.start += first.period
    timetable.transfers.append(copy)
    #expect(timetable.faults().contains { $0.contains("taken twice") })
    #expect(!FabricRun(timetable).faults.isEmpty)
  }

  @Test func transfersBeforeTheirVectorsAreFound() throws {
    let sound = try encoder()
    for index in sound.transfers.indices {
      var timetable = sound
      // Later or sooner by a whole period, nothing is taken twice.
      timetable.transfers[index].start -= 4 * sound.interval
      #expect(timetable.faults().contains { $0.contains("before it is there") })
    }
  }

  @Test func workBeforeItsVectorsIsFound() throws {
    let sound = try encoder()
    for index in sound.work.stages.indices where !sound.work.stages[index].inputs.isEmpty {
      var timetable = sound
      for turn in timetable.starts[index].indices {
        timetable.starts[index][turn] -= 4 * sound.interval
      }
      #expect(!timetable.faults().isEmpty)
    }
  }

  @Test func vectorsOnTheirWayToOthersAreFound() throws {
    let sound = try encoder()
    for index in sound.transfers.indices {
      var timetable = sound
      timetable.transfers[index].receivers = [FabricBlock(chip: 0, place: 0)]
      #expect(!timetable.faults().isEmpty)
      timetable = sound
      timetable.transfers[index].resources.removeLast()
      #expect(!timetable.faults().isEmpty)
      timetable = sound
      timetable.transfers.remove(at: index)
      #expect(!timetable.faults().isEmpty)
    }
  }

  @Test func memoryThatIsTooSmallIsFound() throws {
    let sound = try encoder()
    let most = sound.buffers().map(\.bytes).max() ?? 0
    #expect(most > 8)
    #expect(throws: Diagnostics.self) {
      try plan(Models.legalGraph("network-residual"), settings: ["memory-core.bytes=8"])
    }
  }

  /// What a memory core holds of all vectors of a value is what comes, also where parts of other numbers of vectors do.
  @Test func memoryHoldsWhatComes() throws {
    var joined = 0
    for name in Models.legal {
      guard let plan = try? plan(Models.legalGraph(name)) else { continue }
      for buffer in plan.buffers {
        let stage = plan.work[buffer.stage]
        let flows = stage.inputs.map { plan.work.flows[$0] }
        let comes = flows.reduce(0) { $0 + $1.elements * $1.vectors }
        let held = buffer.elements * stage.vectors
        #expect(held >= comes && held - comes < max(stage.vectors, 1), "\(name), \(stage.name)")
        if flows.contains(where: { $0.vectors < stage.vectors }) { joined += 1 }
      }
    }
    #expect(joined > 0)
  }

  // MARK: Parts

  @Test func peaksAreThoseOfEveryTime() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<200 {
      let interval = random.next(1, 12)
      let spans = (0..<random.next(0, 5)).map { _ in
        let start = random.next(0, 30)
        return start..<start + random.next(0, 40)
      }
      let counts = (200..<200 + interval).map { time in
        spans.reduce(0) { sum, span in
          sum + (-200...200).count { span.contains(time + $0 * interval) }
        }
      }
      #expect(FabricTimetable.peak(of: spans, every: interval) == counts.max())
    }
  }

  @Test func attentionHasItsPublishedTimes() throws {
    let heavy = try #require(try Chip.named("fabric").fabric).heavy
    // Büchel et al. 2025, Extended Data Table 2, in ns and pJ: tokens, elements, time, energy.
    for (tokens, elements, time, energy) in [
      (64, 256, 4_295, 23_376), (64, 1024, 66_695, 93_484), (128, 512, 66_567, 186_972),
      (128, 768, 149_127, 280_446), (512, 512, 1_058_823, 0), (512, 1024, 4_210_695, 0),
    ] {
      #expect(heavy.time(tokens: tokens, elements: elements) == Double(time))
      if energy > 0 {
        #expect(abs(heavy.energy(tokens: tokens, elements: elements) / Double(energy) - 1) < 2e-3)
      }
    }
  }

  @Test func lightCoresHaveTheirPublishedTimes() throws {
    let core = try #require(try Chip.named("fabric").fabric).light
    let sizes = [256, 512, 768, 1024]
    #expect(sizes.map { core.addTime($0) } == [12, 20, 28, 36])
    #expect(sizes.map { core.functionTime($0) } == [22, 38, 54, 70])
    #expect(sizes.map { core.normalizeTime($0) } == [50, 50, 100, 100])
    #expect(sizes.map { core.rectifyTime($0) } == [1, 1, 1, 1])
    for (law, published) in [
      (core.addEnergy, [9.43, 18.86, 28.29, 37.72]),
      (core.functionEnergy, [9.63, 19.25, 28.88, 38.51]),
      (core.normalizeEnergy, [20.96, 20.96, 41.92, 41.92]),
    ] {
      for (size, energy) in zip(sizes, published) { #expect(abs(law(size) - energy) < 0.04) }
    }
  }
}

/// Networks of images with branches, or of tokens, of random shapes.
private struct RandomNetwork {
  private var random: SplitMix64
  private var network = Graph(name: "random")
  private var count = 0

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func graph() throws -> Graph {
    let isOfImages = random.next(0, 3) > 0
    let shape =
      isOfImages
      ? [1, random.next(1, 40), random.next(3, 14), random.next(3, 14)]
      : [1, random.next(1, 20), random.next(1, 900)]
    let input = network.addValue(name: "x", type: ValueType(.f32, fixed: shape))
    network.inputs = [input]
    var value = input
    for _ in 0..<random.next(1, 5) { value = isOfImages ? layer(value) : dense(value) }
    if isOfImages && random.next(0, 1) == 0 {
      value = add(.globalPool(.average), [value])
      value = add(.flatten(axis: 1), [value])
      value = dense(value)
    }
    network.outputs = [value]
    try network.inferTypes()
    return network
  }

  private mutating func add(_ op: Op, _ operands: [ValueID?]) -> ValueID {
    count += 1
    let result = network.addValue(name: "v\(count)", type: ValueType(.f32, nil))
    network.nodes.append(
      Node(name: "n\(count)", op: op, operands: operands, results: [result]))
    try? network.inferTypes()
    return result
  }

  private mutating func weights(_ shape: [Int]) -> ValueID {
    count += 1
    return network.addConstant(
      name: "w\(count)", Tensor(random.floats(shape.reduce(1, *)), shape: shape))
  }

  private func shape(_ value: ValueID) -> [Int] { network[value].type.fixedShape ?? [] }

  /// A convolution, a pooling, or a branch whose ends are added.
  private mutating func layer(_ value: ValueID) -> ValueID {
    let shape = shape(value)
    switch random.next(0, 5) {
    case 0 where shape[2] > 3 && shape[3] > 3:
      let window = Window(
        kernel: [2, 2], strides: [2, 2], dilations: [1, 1], padding: .valid)
      return add(.pool(Pool(kind: .max, window: window)), [value])
    case 1:
      let branch = convolution(value, shape[1], kernel: 3)
      return add(.unary(.relu), [add(.binary(.add), [value, branch])])
    default:
      let result = convolution(value, random.next(1, 70), kernel: random.next(0, 1) == 0 ? 1 : 3)
      return random.next(0, 1) == 0 ? result : add(.unary(.sigmoid), [result])
    }
  }

  private mutating func convolution(_ value: ValueID, _ columns: Int, kernel: Int) -> ValueID {
    let pad = kernel / 2
    let window = Window(
      kernel: [kernel, kernel], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: [pad, pad], end: [pad, pad]))
    return add(
      .conv(Convolution(window: window)),
      [value, weights([columns, shape(value)[1], kernel, kernel])])
  }

  private mutating func dense(_ value: ValueID) -> ValueID {
    let rows = shape(value).last ?? 1
    let result = add(.matMul(MatMul()), [value, weights([rows, random.next(1, 900)])])
    return random.next(0, 1) == 0 ? result : add(.unary(.tanh), [result])
  }
}
