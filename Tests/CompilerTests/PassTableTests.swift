import Basics
import Chip
import Compiler
import Driver
import Foundation
import IR
import Passes
import TestSupport
import Testing

/// The table of passes is the only place that lists them.
@Suite struct PassTableTests {
  private static let network = """
    graph "net" {
      input %0 "x": f32[1, 8]
      constant %1 "w": f32[8, 4] = random(seed: 1)
      %2 "y": f32[1, 4] = matmul "dense" (%0, %1)
      output %2
    }

    """

  private func graph() throws -> Graph {
    try StageDump(text: Self.network) { try Chip.named($0) }.graph
  }

  /// Compiles the network and returns the names of the passes that ran.
  private func passes(
    from stage: StageDump, options: CompilerOptions = CompilerOptions(), table: [Pass] = Pass.all
  ) throws -> (names: [String], compilation: Compilation) {
    var names: [String] = []
    var observer = CompilerObserver()
    observer.ran = { pass, _, _ in names.append(pass.name) }
    var compilation = Compilation(of: stage, for: try Chip.named("tiny"), options: options)
    compilation.typical = try TypicalInputs(synthetic: stage.graph)
    try compilation.run(passes: table, observer: observer)
    return (names, compilation)
  }

  @Test func fiveLinesCompile() throws {
    let graph = try graph()
    let chip = try Chip.named("tiny")
    let typical = try TypicalInputs(synthetic: graph)
    let compilation = try Compiler.compile(graph, for: chip, typical: typical)
    #expect(compilation.bytes?.count ?? 0 > 1000)
    #expect(compilation.program?.network == "net")
  }

  @Test func anUnsoundNetworkIsRefused() throws {
    var graph = try graph()
    graph[graph.inputs[0]].name = "x\0"
    let chip = try Chip.named("tiny")
    let faults = #expect(throws: Diagnostics.self) {
      try Compiler.compile(graph, for: chip, typical: try TypicalInputs(synthetic: graph))
    }
    #expect(faults?.description.contains("has a name that holds a NUL character") == true)
  }

  @Test func unsoundNamesOfDimensionsAreRefused() throws {
    let graph = try graph()
    var open = graph
    open[open.inputs[0]].type.shape = [.symbol("n\0"), .fixed(4)]
    let chip = try Chip.named("tiny")
    let faults = #expect(throws: Diagnostics.self) {
      try Compiler.compile(
        graph, for: chip, typical: try TypicalInputs(synthetic: graph),
        names: DimensionNames(of: open))
    }
    #expect(faults?.description.contains("holds a NUL character") == true)
  }

  /// A pass that does nothing is one row, and is found wherever passes are listed.
  @Test func aRowIsFoundEverywhere() throws {
    let idle = Pass("idle", "does nothing", gives: .network, run: { _, _ in })
    let place = try #require(Pass.all.firstIndex(of: .legalize))
    var table = Pass.all
    table.insert(idle, at: place)
    #expect(passTable(table).contains("idle         Graph         does nothing\n"))
    #expect(Pass.markdown(table).contains("| `idle` | Graph | does nothing |\n"))
    #expect(Emission.all(of: table).map(\.name).contains("idle"))
    let (names, compilation) = try passes(from: StageDump(graph()), table: table)
    #expect(names[3...5] == ["concatenate", "idle", "legalize"])
    #expect(compilation.bytes != nil)
    var stopped = CompilerOptions()
    stopped.lastPass = idle
    #expect(
      try passes(from: StageDump(graph()), options: stopped, table: table).names.last == "idle")
  }

  @Test func namesAreUnlike() {
    #expect(Set(Pass.all.map(\.name)).count == Pass.all.count)
    #expect(Set(Emission.all().map(\.name)).count == Emission.all().count)
  }

  /// Passes run only where they are wanted, and their products are not there yet.
  @Test func onlyWhatIsWantedRuns() throws {
    let usual = ["graph", "fold", "fuse", "concatenate", "legalize"]
    let mapping = ["calibrate", "partition", "replicate", "quantize", "place", "schedule"]
    let (names, compilation) = try passes(from: StageDump(graph()))
    #expect(names == usual + mapping + ["emit", "check"])

    var plan = CompilerOptions()
    plan.plan = true
    #expect(
      try passes(from: StageDump(graph()), options: plan).names
        == usual + ["partition", "replicate", "place"])

    var all = CompilerOptions()
    (all.accuracy.smooths, all.accuracy.centers, all.accuracy.copies) = (true, true, 1)
    all.accuracy.outliers = 0.01
    #expect(
      try passes(from: StageDump(graph()), options: all).names
        == usual + ["smooth", "separate", "center", "copy"] + mapping + ["emit", "check"])

    let schedule = try #require(compilation.schedule)
    #expect(
      try passes(from: StageDump(schedule)).names == ["graph", "calibrate", "emit", "check"])
    let calibration = try #require(compilation.calibration)
    #expect(
      try passes(from: StageDump(calibration, of: compilation.graph)).names
        == ["graph"] + mapping.dropFirst() + ["emit", "check"])
  }

  @Test func aNetworkNeedsAChip() throws {
    var options = CompilerOptions()
    (options.chips, options.plan) = (0, true)
    let faults = #expect(throws: Diagnostics.self) {
      try passes(from: StageDump(graph()), options: options)
    }
    #expect(faults?.description.contains("a program cannot use 0 chips") == true)
  }

  @Test func laterPassesGoOnFromEarlierOnes() throws {
    var options = CompilerOptions()
    options.lastPass = .legalize
    var (_, compilation) = try passes(from: StageDump(graph()), options: options)
    #expect(compilation.partition == nil)
    #expect(!compilation.needsTypicalInputs)
    compilation.options.lastPass = .check
    #expect(compilation.needsTypicalInputs)
    try compilation.run()
    let whole = try passes(from: StageDump(graph())).compilation
    #expect(compilation.bytes == whole.bytes)
  }

  @Test func whatIsLackingIsNamed() throws {
    var compilation = Compilation(of: StageDump(try graph()), for: try Chip.named("tiny"))
    let place = try #require(Pass(named: "place"))
    let faults = #expect(throws: Diagnostics.self) { try compilation.run(place) }
    #expect(faults?.description.contains("pass place needs a partition, and there is none") == true)
  }

  /// What only passes know the number of dimensions of has no names of dimensions.
  @Test func portsOfUnknownRankHaveNoNames() throws {
    let graph = try graph()
    var open = graph
    open[open.inputs[0]].type = ValueType(.f32, [.symbol("N"), .fixed(8)])
    open[open.outputs[0]].type = ValueType(.f32, nil)
    let compilation = try Compiler.compile(
      graph, for: Chip.named("tiny"), typical: TypicalInputs(synthetic: graph),
      names: DimensionNames(of: open))
    #expect(compilation.program?.inputs[0].dimensionNames == ["N", nil])
    #expect(compilation.program?.outputs[0].dimensionNames == [nil, nil])
  }

  /// Documents hold the table as it is.
  @Test func documentsAgree() throws {
    #expect(try SpecificationPage("cli.md").text.contains(Pass.markdown()))
  }
}
