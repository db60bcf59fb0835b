import Basics
import Chip
import IR
import Passes
import TestSupport
import Testing

/// Counts that others have published, and optima that are known.
struct MappingTests {
  private func chip(_ name: String, size: Int = 256) throws -> Chip {
    try Chip.named(name, settings: ["crossbar.rows=\(size)", "crossbar.columns=\(size)"])
  }

  /// The matrices of a network, the side of a crossbar, and the crossbars that each takes.
  typealias Count = (shapes: [[Int]], size: Int, expected: [Int])

  static let counts: [Count] = [
    // ResNet-9 of HERMES: 40 cores.
    (
      [
        [27, 56], [504, 112], [1008, 112], [1008, 112], [1008, 224], [2016, 224], [2016, 224],
        [2016, 224], [224, 10],
      ], 256, [1, 2, 4, 4, 4, 8, 8, 8, 1]
    ),
    // The LSTMs of HERMES on PTB, 26 cores, and on captions, 64.
    ([[50, 2016], [504, 2016], [504, 50]], 256, [8, 16, 2]),
    ([[504, 2016], [504, 2016], [504, 4096]], 256, [16, 16, 32]),
    // A layer of BERT-base and of BERT-large at 512, of Llama-3.1-8B at 1024.
    ([[768, 2304], [768, 768], [768, 3072], [3072, 768]], 512, [10, 4, 12, 12]),
    ([[1024, 3072], [1024, 1024], [1024, 4096], [4096, 1024]], 512, [12, 4, 16, 16]),
    ([[4096, 6144], [4096, 4096], [4096, 28672], [14336, 4096]], 1024, [24, 16, 112, 56]),
  ]

  /// Le Gallo et al. 2023 (HERMES), Burr et al. 2023 and 2025, AnalogNAS: crossbars of one copy.
  @Test(arguments: counts)
  func publishedCounts(_ count: Count) throws {
    let table = LayerTable(rows: count.shapes.map { ($0[0], $0[1], 1) })
    let partition = try table.graph.partitioned(for: chip("flat-256", size: count.size), chips: nil)
    #expect(partition.layers.map(\.blocks) == count.expected)
    #expect(partition.verify().isEmpty)
  }

  @Test func resNet32TakesFortyThree() throws {
    let table = LayerTable.resNet32
    #expect(table.rows.reduce(0) { $0 + $1.rows * $1.columns } == 464_432)
    let partition = try table.graph.partitioned(for: chip("flat-64", size: 512), chips: 1)
    #expect(partition.blocks == 43)
  }

  /// Garofalo et al. 2022 pack them into 34; without sharing they take 86, by area 33.
  @Test func mobileNetV2SharesCrossbars() throws {
    let graph = LayerTable.mobileNetV2.graph
    let separate = try graph.partitioned(for: Chip.named("flat-86"), chips: 1)
    #expect(separate.crossbars == 86 && separate.packing == nil && separate.areaBound == 33)
    for chip in ["flat-34", "flat-64"] {
      let shared = try graph.partitioned(for: Chip.named(chip), chips: 1)
      #expect(shared.crossbars <= 34)
      #expect(shared.verify().isEmpty)
      #expect(try shared.placed().verify().isEmpty)
    }
    var options = MappingOptions()
    options.packing = .never
    #expect(throws: Diagnostics.self) {
      try graph.partitioned(for: Chip.named("flat-64"), chips: 1, options: options)
    }
  }

  @Test(arguments: [(256, 322, 586), (224, 256, 784), (224, 512, 196)])
  func resNet18ReachesTheOptimum(_ pixels: Int, crossbars: Int, slots: Int) throws {
    let table = LayerTable.resNet18(pixels: pixels)
    #expect(table.blocks(256) == 201)
    let partition = try table.graph.partitioned(for: Chip.named("flat-\(crossbars)"), chips: 1)
      .replicated()
    #expect(partition.intervalSlots == slots && partition.intervalOptimum == slots)
    #expect(partition.crossbars <= crossbars)
    #expect(partition.intervalFluid <= Double(slots))
  }

  /// On random tables the interval is the least that any number of replicas reaches.
  @Test func randomTablesReachTheOptimum() throws {
    var random = SplitMix64(seed: 7)
    var options = MappingOptions()
    options.packing = .never
    for _ in 0..<1000 {
      let table = LayerTable(
        rows: (0..<random.next(1, 6)).map { _ in
          (random.next(1, 700), random.next(1, 700), random.next(1, 400))
        })
      let crossbars = table.blocks(256) + random.next(0, 80)
      let partition = try table.graph.partitioned(
        for: Chip.named("flat-64", settings: ["cores.rows=1", "cores.columns=\(crossbars)"]),
        chips: 1, options: options
      ).replicated(options)
      #expect(partition.intervalSlots == table.bruteInterval(256, crossbars: crossbars))
      #expect(partition.crossbars <= crossbars)
    }
  }

  /// The objectives keep what they promise, beside each other.
  @Test func objectivesDiffer() throws {
    let table = LayerTable.resNet18(pixels: 224)
    let chip = try Chip.named("flat-512")
    func mapped(_ objective: MappingOptions.Objective) throws -> Partition {
      var options = MappingOptions()
      options.objective = objective
      return try table.graph.partitioned(for: chip, chips: 1, options: options).replicated(options)
    }
    func latency(_ partition: Partition) -> Int {
      partition.layers.reduce(0) { $0 + $1.slots }
    }
    let (throughput, fast, area) = (
      try mapped(.throughput), try mapped(.latency), try mapped(.area)
    )
    #expect(latency(fast) < latency(throughput))
    #expect(throughput.intervalSlots < fast.intervalSlots)
    #expect(fast.crossbars <= 512)
    #expect(area.crossbars < 201 && area.crossbars >= area.areaBound)
    #expect(try mapped(.energy).layers.allSatisfy { $0.replicas == 1 })
  }

  /// Nothing saves time for any crossbar that is left, on tables small enough to try every number of replicas.
  @Test func latencyIsNearItsOptimum() throws {
    var options = MappingOptions()
    options.objective = .latency
    var random = SplitMix64(seed: 3)
    for _ in 0..<100 {
      let table = LayerTable(
        rows: (0..<3).map { _ in (random.next(1, 500), random.next(1, 60), random.next(1, 60)) })
      let crossbars = table.blocks(256) + random.next(0, 12)
      let partition = try table.graph.partitioned(
        for: Chip.named("flat-\(crossbars)"), chips: 1, options: options
      ).replicated(options)
      let blocks = partition.layers.map(\.blocks)
      var best = Int.max
      for a in 1...16 {
        for b in 1...16 {
          for c in 1...16 where a * blocks[0] + b * blocks[1] + c * blocks[2] <= crossbars {
            let replicas = [a, b, c]
            let time = zip(table.rows, replicas).reduce(0) { $0 + ($1.0.vectors + $1.1 - 1) / $1.1 }
            best = min(best, time)
          }
        }
      }
      let time = partition.layers.reduce(0) { $0 + $1.slots }
      #expect(Double(time) <= 1.1 * Double(best) && time >= best)
    }
  }

  @Test func sharingIsTakenWhereItPays() throws {
    // Two layers of 100 × 100 that run rarely, and one that is the bottleneck.
    let table = LayerTable(rows: [(100, 100, 1), (100, 100, 1), (200, 200, 100)])
    let graph = table.graph
    let partition = try graph.partitioned(for: Chip.named("flat-4"), chips: 1).replicated()
    #expect(partition.intervalOptimum == 50)
    #expect(partition.intervalSlots == 34)
    #expect(partition.verify().isEmpty)
    var options = MappingOptions()
    options.packing = .never
    let separate = try graph.partitioned(for: Chip.named("flat-4"), chips: 1, options: options)
      .replicated(options)
    #expect(separate.intervalSlots == 50 && separate.packing == nil)
    // A text of it is read back.
    let text = try partition.placed().text
    #expect(text.contains("  crossbar {\n") && text.contains(" at ["))
    #expect(try StageDump(text: text) { try Chip.named($0) }.text == text)
  }

  /// Blocks in one crossbar wait for each other: the rarer layer's MVMs are what sharing costs.
  @Test func sharingAddsToTheInterval() throws {
    let graph = LayerTable(rows: [(100, 100, 30), (100, 100, 20)]).graph
    let shared = try graph.partitioned(for: Chip.named("flat-1"), chips: 1).replicated()
    #expect(shared.packing?.crossbars.map(\.count) == [2])
    #expect(shared.intervalSlots == 50 && shared.sharingSlots == 20)
    var options = MappingOptions()
    options.packing = .never
    let separate = try graph.partitioned(for: Chip.named("flat-2"), chips: 1, options: options)
      .replicated(options)
    #expect(separate.intervalSlots == 30 && separate.sharingSlots == 0)
  }

  @Test func usersSayWhatIsDigital() throws {
    let graph = LayerTable(rows: [(300, 10, 4), (10, 10, 4)]).graph
    var options = MappingOptions()
    options.digital = ["layer0"]
    options.pins = [.init(layer: "layer1", core: 3)]
    let partition = try graph.partitioned(for: Chip.named("hermes"), chips: 1, options: options)
    #expect(
      partition.layers.count == 1 && partition.digital.map(\.reason) == ["chosen to stay digital"])
    let placement = try partition.replicated(options).placed(options)
    #expect(placement.stacks[0][0][0].segments[0].cores == [CoreID(3)])
    #expect(placement.verify().isEmpty)
    options.digital = ["layer7"]
    options.analog = ["layer8"]
    #expect {
      try graph.partitioned(for: Chip.named("hermes"), chips: 1, options: options)
    } throws: {
      "\($0)".contains("--digital \"layer7\"") && "\($0)".contains("--analog \"layer8\"")
    }
    options = MappingOptions()
    options.pins = [.init(layer: "layer0", core: 64)]
    #expect { try partition.placed(options) } throws: { "\($0)".contains("the host computes it") }
  }

  @Test func shortfallHasTheFlagsToCopy() throws {
    let table = LayerTable(rows: [(2560, 2560, 1), (100, 100, 1000)])
    let error = try #require(
      { () -> String? in
        do {
          _ = try table.graph.partitioned(for: Chip.named("flat-64"), chips: 1)
          return nil
        } catch { return "\(error)" }
      }())
    #expect(error.contains("takes 101 crossbars"))
    #expect(error.contains("crossbars, a block each      101         64       37"))
    #expect(error.contains("--chips 2") && error.contains("--digital layer0"))
    for (chips, digital) in [(2, [String]()), (1, ["layer0"])] {
      var options = MappingOptions()
      options.digital = digital
      let partition = try table.graph.partitioned(
        for: Chip.named("flat-64"), chips: chips, options: options)
      #expect(partition.verify().isEmpty)
    }
  }
}
