import Basics
import Checker
import IR
import TestSupport
import Program
import Testing

/// Programs that the compiler emits are proved; programs that were changed are not.
@Suite struct CheckTests {
  @Test(arguments: ModelFolder.madeNames) func emittedProgramsAreProved(name: String) throws {
    guard let compiled = try CompiledCase(name) else {
      // What the compiler refuses has no program.
      #expect(["if", "loop"].contains(name))
      return
    }
    #expect(check(compiled.program, against: compiled) == [])
  }

  @Test(
    arguments: [
      "conv-2d", "conv-grouped-tall", "conv-tall-and-wide", "gemm-tall-and-wide",
      "gru", "lstm", "lstm-wide", "matmul-constant-left", "network-mlp", "network-mobile",
      "network-residual",
    ], ["flat-64", "hermes-odp"])
  func otherChips(name: String, chip: String) throws {
    let compiled = try #require(try CompiledCase(name, Treatment(chip: chip)))
    #expect(check(compiled.program, against: compiled) == [])
  }

  @Test func threeDimensionsAreProved() throws {
    var graph = Graph(name: "volume")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [2, 6, 3, 4, 5]))
    let weights = graph.addValue(
      name: "w", type: ValueType(.f32, fixed: [4, 6, 2, 3, 1]), constant: .random(seed: 1))
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [2, 4, 2, 2, 5]))
    graph.inputs = [x]
    graph.outputs = [y]
    let window = Window(
      kernel: [2, 3, 1], strides: [1, 2, 1], dilations: [2, 1, 1],
      padding: .explicit(begin: [1, 1, 0], end: [0, 0, 0]))
    graph.nodes = [
      Node(
        name: "conv", op: .conv(Convolution(window: window)), operands: [x, weights],
        results: [y])
    ]
    let input = Tensor((0..<720).map { Float($0 % 7) - 3 }, shape: [2, 6, 3, 4, 5])
    let compiled = try #require(try CompiledCase(graph, inputs: [input]))
    #expect(!compiled.program.blocks.isEmpty)
    #expect(check(compiled.program, against: compiled) == [])
  }

  /// In a step of a layer that is cut between chips, the host adds up what some stacks bring to it, and
  /// others write beside it; a GRU's second product waits for gates that need the sums of the first.
  @Test(arguments: [false, true]) func stepsThatTheHostAddsUpAreProved(linear: Bool) throws {
    let (steps, depth, hidden) = (3, 4, 17)
    var graph = Graph(name: "gru")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [steps, 1, depth]))
    let operands =
      [x]
      + [depth, hidden].map { rows in
        graph.addValue(
          name: "w\(rows)", type: ValueType(.f32, fixed: [1, 3 * hidden, rows]),
          constant: .random(seed: UInt64(rows)))
      }
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [steps, 1, 1, hidden]))
    let last = graph.addValue(name: "last", type: ValueType(.f32, fixed: [1, 1, hidden]))
    graph.inputs = [x]
    graph.outputs = [y]
    graph.nodes = [
      Node(
        name: "gru", op: .recurrent(Recurrent(cell: .gru(linearBeforeReset: linear))),
        operands: operands, results: [y, last])
    ]
    let input = Tensor(
      (0..<steps * depth).map { Float($0 % 5) - 2 }, shape: [steps, 1, depth])
    let compiled = try #require(
      try CompiledCase(graph, inputs: [input], Treatment(chip: "tiny", packing: .always)))
    #expect(compiled.program.buffers.contains { $0.name.contains("partial") })
    #expect(check(compiled.program, against: compiled) == [])
  }

  /// Blocks of recurrent layers, in one loop or in one after the other, share crossbars.
  @Test(arguments: ["gru", "lstm", "lstm-wide", "rnn"])
  func recurrentLayersShareCrossbars(name: String) throws {
    let compiled = try #require(
      try CompiledCase(name, Treatment(packing: .always, objective: .area)))
    #expect(compiled.program.tiles.contains { $0.firstRow + $0.firstColumn > 0 })
    #expect(check(compiled.program, against: compiled) == [])
  }

  /// Whatever is asked of the compiler, all that it emits is proved, and one change of it is not.
  @Test(arguments: 0..<60 as Range<UInt64>) func randomNetworksAreProved(seed: UInt64) throws {
    let network = try RandomNetwork(seed: seed)
    guard
      let compiled = try CompiledCase(network.graph, inputs: network.inputs, network.treatment)
    else {
      // The crossbars of the small chip hold no group of some convolutions.
      #expect(network.treatment.chip == "tiny")
      return
    }
    #expect(check(compiled.program, against: compiled) == [], "\(network.treatment)")
    guard !compiled.program.blocks.isEmpty else { return }
    for mutation in [Mutation.weight, .gain, .droppedProduct, .shiftedBase, .resultStep] {
      var program = compiled.program
      var random = SplitMix64(seed: seed)
      guard mutation.apply(to: &program, &random) else { continue }
      let faults = check(program, against: compiled)
      #expect(!faults.isEmpty, "\(mutation) of \(network.treatment)")
    }
  }

  /// The cases whose programs are changed: with links and partial sums in the host, groups, replicas,
  /// slices of the GDPU, shared crossbars, copies, conductances that expect drift, and wide windows.
  static let changed: [(name: String, treatment: Treatment)] = [
    ("conv-2d", Treatment(widens: true, hasProbes: true)),
    ("conv-grouped-tall", Treatment()),
    ("conv-tall-and-wide", Treatment()),
    ("gemm-tall-and-wide", Treatment(predistorts: true)),
    ("gru", Treatment()),
    ("lstm", Treatment(hasProbes: true)),
    ("lstm-wide", Treatment()),
    ("network-residual", Treatment()),
    ("network-residual", Treatment(copies: 2, predistorts: true, hasProbes: true)),
    ("network-mobile", Treatment(chip: "flat-64", packing: .always)),
  ]

  /// Those cases, each compiled once.
  private static let compiledForChanges = Result {
    try changed.map { ($0.name, try #require(try CompiledCase($0.name, $0.treatment))) }
  }

  /// Loops that would take for ever are not followed.
  @Test func endlessLoopsAreFound() throws {
    let compiled = try #require(try CompiledCase("lstm", Treatment()))
    var program = compiled.program
    var loop = Instruction(.loop)
    loop.operands[0] = .max
    let end = program.streams[0].code.count - 1
    program.streams[0].code.insert(contentsOf: [loop, Instruction(.next)], at: end)
    let faults = check(program, against: compiled)
    #expect(faults.contains { $0.message.contains("times, and no node has more than") })
  }

  /// Each change is reported as what it is.
  @Test(arguments: Mutation.allCases) func changesAreFound(mutation: Mutation) throws {
    var changes = 0
    for (name, compiled) in try Self.compiledForChanges.get() {
      for seed in 0..<8 as Range<UInt64> {
        var program = compiled.program
        var random = SplitMix64(seed: seed)
        guard mutation.apply(to: &program, &random) else { continue }
        changes += 1
        let faults = check(program, against: compiled)
        let isNamed = faults.contains { fault in
          mutation.reports.contains { fault.description.contains($0) }
        }
        #expect(
          isNamed, "\(name), seed \(seed): \(faults.prefix(3).map(\.description))")
      }
    }
    #expect(changes > 0)
  }

  /// What goes wrong only where streams take steps together.
  @Test(arguments: StepMutation.allCases) func changesOfStepsAreFound(mutation: StepMutation) throws
  {
    // In a GRU with a second product, the wait for its state also holds up the first one.
    for name in mutation == .unpaced ? ["lstm", "rnn"] : ["gru", "lstm", "rnn"] {
      let compiled = try #require(try CompiledCase(name))
      var program = compiled.program
      #expect(mutation.apply(to: &program), "\(name)")
      #expect(!check(program, against: compiled).isEmpty, "\(name)")
    }
  }

  /// A slice of the GDPU has room for the cell states of 64 units, and sums reach it over links only.
  @Test func slicesAreCheckedForRoomAndLinks() throws {
    let compiled = try #require(try CompiledCase("lstm"))
    var program = compiled.program
    let cell = try #require(
      program.buffers.firstIndex { $0.name.hasSuffix("·cell") && $0.space != .host })
    program.buffers[cell].count = 65
    program.buffers[cell].capacity = 65
    #expect(
      check(program, against: compiled).contains { $0.message.contains("keeps 65 numbers") })

    program = compiled.program
    let sums = try #require(
      program.buffers.firstIndex { $0.name.hasSuffix("·arrived0") && $0.space != .host })
    guard case .gdpu(let chip, let slice) = program.buffers[sums].space else {
      Issue.record("\(program.buffers[sums].name) is in no slice")
      return
    }
    program.buffers[sums].space = .gdpu(chip: chip, slice: (slice + 1) % 8)
    #expect(
      check(program, against: compiled).contains { $0.message.contains("not linked") })
  }

  @Test func columnsForErrorsAreThoseOfTheNode() throws {
    let compiled = try #require(
      try CompiledCase("network-residual", Treatment(copies: 1, residual: true)))
    #expect(check(compiled.program, against: compiled).isEmpty)
    let numbers = compiled.program.blocks.indices.filter {
      compiled.program.blocks[$0].residual != nil
    }
    #expect(!numbers.isEmpty)
    for number in numbers {
      let block = compiled.program.blocks[number]
      let residual = try #require(block.residual)
      // The errors of several copies add up, each of them small.
      let copies = Float(residual.firstColumn / residual.width).squareRoot()
      let (own, others) = (
        zip(block.columns, block.columnScale).filter { $0.0 >= residual.firstColumn }.map(\.1),
        zip(block.columns, block.columnScale).filter { $0.0 < residual.firstColumn }.map(\.1)
      )
      #expect(own.max() ?? 0 < 0.5 * copies * (others.max() ?? .infinity))
      var program = compiled.program
      program.blocks[number].residual = nil
      #expect(check(program, against: compiled).contains { $0.node == block.node })
      program.blocks[number].residual = block.residual
      program.blocks[number].conductances = block.conductances.changed(
        at: block.conductances.count / 4 - 1)
      #expect(!check(program, against: compiled).isEmpty)
    }
  }

  @Test func weightsAreCutWhereTheBlockSaysSo() throws {
    let treatment = Treatment(weightRange: .leastSquares, hasProbes: true)
    let compiled = try #require(try CompiledCase("network-residual", treatment))
    #expect(check(compiled.program, against: compiled).isEmpty)
    let number = try #require(compiled.program.blocks.firstIndex { $0.isCut })
    var program = compiled.program
    program.blocks[number].isCut = false
    #expect(
      check(program, against: compiled).contains { $0.message.contains("stands for") })
    // Only the ends of the range stand for more than themselves, and only for their own sign.
    program = compiled.program
    program.blocks[number].columnScale = program.blocks[number].columnScale.map { -$0 }
    #expect(
      check(program, against: compiled).contains { $0.message.contains("stands for") })
    program = compiled.program
    program.probes[number].mean[0] += 1
    #expect(
      check(program, against: compiled).contains { $0.message.contains("its probe") })
  }

  @Test func faultsNameNodeBlockAndInstruction() throws {
    let compiled = try #require(try CompiledCase("network-residual"))
    var program = compiled.program
    program.affines[0].gain[0] *= 2
    let faults = check(program, against: compiled)
    #expect(faults.count == 1)
    let fault = try #require(faults.first)
    #expect(fault.node == program.blocks[program.tiles[0].block.index].node)
    #expect(fault.message.hasPrefix("ldpu "))
    #expect(fault.message.contains("instruction "))
    #expect(fault.message.contains("block "))
  }
}
