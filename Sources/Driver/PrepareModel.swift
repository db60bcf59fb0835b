import Basics
import Chip
import Compiler
import IR
import Passes
import Program

/// A model that is ready to be compiled: read, sized and legal, with the inputs that its ranges come from. What
/// compilations with different options have in common is done once.
struct PreparedModel {
  /// The model; its inputs that decide shapes are constants.
  let model: Model
  /// The network with a size for every dimension, as it was read.
  let graph: Graph
  /// What the user wants.
  var options: CompileOptions
  /// The data that its typical inputs come from, if any pass needs some.
  let typical: TypicalData?
  /// The times of the passes that have run.
  let times: [PassTime]

  private let start: Compilation

  /// The names of the inputs of the model that are constants of the network.
  var constantInputs: [String] { model.defaultNames + model.decisiveNames }

  /// Reads the model at `path` and runs the passes up to `legalize`, or up to the last that `options` want.
  ///
  /// `data` may give the sizes of open dimensions, `chip` takes the place of that of the options. Throws
  /// `Diagnostics` with every fault of the model, the chip or the data.
  init(
    _ path: String, data: DataSource? = nil, chip target: Chip? = nil, options: CompileOptions,
    console: Console
  ) throws {
    let began = ContinuousClock.now
    let model = try Model(path: path, options: options)
    try self.init(model, data: data, chip: target, options: options, began: began, console: console)
  }

  /// Runs the passes over `model`, as `init(_:data:chip:options:console:)` does; the work began when it was read.
  init(
    _ given: Model, data: DataSource? = nil, chip target: Chip? = nil, options: CompileOptions,
    began: ContinuousClock.Instant = .now, console: Console
  ) throws {
    var options = options
    var log = PassLog(options, console)
    let path = given.path
    let (model, sized) = try given.sized(options, data, console)
    log.importTime = .now - began
    (self.model, graph) = (model, sized)
    let stage = model.stage(sized: sized)
    let chip =
      try stage.partition?.chip ?? target ?? Chip.load(options.chip, settings: options.settings)
    if let path = options.faultMap {
      options.mapping.faults = try readFaultMap(path, on: chip)
    }
    if let path = options.tileMap {
      options.mapping.tileMap = try TileMapFile.read(path, on: chip)
    }
    self.options = options
    var compilation = Compilation(
      of: stage, for: chip, options: options.compiler,
      names: DimensionNames(of: model.graph, besides: stage.dimensionNames))
    if model.stage != nil { try compilation.requireEffects(of: options.values, file: path) }
    let last = compilation.options.lastPass
    if !Pass.all.prefix(while: { $0 != .legalize }).contains(last) {
      compilation.options.lastPass = .legalize
    }
    try log.run(&compilation, model: path)
    compilation.options.lastPass = last
    console.report(compilation.notesOfPadding(file: path))
    typical =
      compilation.needsTypicalInputs || options.accuracyTarget != nil
      ? try TypicalData(options, model: path, graph: compilation.graph) : nil
    console.report(typical?.notes ?? [])
    compilation.typical = typical?.inputs
    start = compilation
    times = log.times
  }

  /// The dimensions of each output of the network's programs.
  var outputShapes: [[Int]] {
    start.graph.outputs.map { start.graph[$0].type.fixedShape ?? [] }
  }

  /// Compiles with the options as they are now; the program goes to `output`, if that is given.
  ///
  /// Throws `Diagnostics` from the pass that cannot go on.
  func compiled(writtenTo output: OutputFile? = nil, console: Console) throws -> CompiledModel {
    var compilation = start
    compilation.options = options.compiler
    var log = PassLog(options, console, after: times)
    defer { if options.timing { console.report(Page(timingTable(log.times))) } }
    let unwritten = try log.run(&compilation, writtenTo: output, model: model.path)
    if options.verifyEach && !CompileOptions().verifyEach {
      console.report([
        Diagnostic(
          .note, file: model.path,
          "verified the product of each of \(log.times.count) passes")
      ])
    }
    return CompiledModel(
      prepared: self, compilation: compilation, times: log.times, unwritten: unwritten)
  }

  /// Compiles with `accuracy` in place of that of the options, without a word.
  ///
  /// Throws `Diagnostics` from the pass that cannot go on.
  func attempted(_ accuracy: AccuracyOptions) throws -> CompiledModel {
    var attempt = self
    attempt.options.accuracy = accuracy
    attempt.options.accuracyTarget = nil
    attempt.options.timing = false
    attempt.options.printAfter = []
    attempt.options.dumpFolder = nil
    attempt.options.stopAfter = .check
    return try attempt.compiled(console: Console(quiet: true))
  }

  /// The products of the network cut into blocks, with nothing done for the accuracy, without weights and data.
  func cut() throws -> Partition {
    var compilation = start
    compilation.options = options.compiler
    compilation.options.accuracy = AccuracyOptions()
    compilation.options.plan = true
    compilation.options.lastPass = .partition
    try namingNodes(of: model.path) { try compilation.run() }
    guard let partition = compilation.partition else {
      preconditionFailure("pass partition gives a partition")
    }
    return partition
  }

  /// Typical inputs that no range comes from, or all if there are no others.
  ///
  /// Throws `Diagnostics` if they have to be read, as for a text with a calibration, and cannot be.
  func others() throws -> DataSet {
    try (typical ?? TypicalData(options, model: model.path, graph: graph)).others(for: graph)
  }

  /// The model with the options that keep the accuracy that is wanted, where the options want any.
  ///
  /// Throws `Diagnostics` if it cannot be compiled.
  func withChosenAccuracy(console: Console) throws -> PreparedModel {
    guard let target = options.accuracyTarget else { return self }
    var chosen = self
    chosen.options.accuracyTarget = nil
    chosen.options.accuracy = try chooseAccuracy(chosen, target: target, console: console)
    return chosen
  }
}

extension Compilation {
  /// Says of each output that has room for more than may be found.
  fileprivate func notesOfPadding(file: String) -> [Diagnostic] {
    zip(graph.outputs, paddedAxes).compactMap { output, axes in
      guard let shape = graph[output].type.fixedShape, let axis = axes.first else { return nil }
      return Diagnostic(
        .note, file: file,
        "output \"\(graph[output].name)\" has room for the most that may be found, \(shape[axis]): "
          + "where less is, the rest holds -1")
    }
  }
}

/// A model, compiled.
struct CompiledModel {
  /// The model, and what it was compiled with.
  let prepared: PreparedModel
  /// The products of all stages.
  let compilation: Compilation
  /// The times of the passes.
  let times: [PassTime]
  /// Why the program could not be written to its file; `nil` if it was, or was not to be.
  let unwritten: Diagnostics?

  /// Reads, sizes and compiles the model at `path`, after a search for the accuracy where `options` want one.
  ///
  /// `data` may give the sizes of open dimensions, `chip` takes the place of that of the options; the program goes to
  /// `output`, if that is given. Throws `Diagnostics` with every fault of the input.
  init(
    _ path: String, data: DataSource? = nil, chip: Chip? = nil, options: CompileOptions,
    output: OutputFile? = nil, console: Console
  ) throws {
    self = try PreparedModel(path, data: data, chip: chip, options: options, console: console)
      .withChosenAccuracy(console: console)
      .compiled(writtenTo: output, console: console)
  }

  /// Compiles `model`, as `init(_:data:chip:options:output:console:)` does one of a file.
  init(
    _ model: Model, data: DataSource? = nil, options: CompileOptions, console: Console
  ) throws {
    self = try PreparedModel(model, data: data, options: options, console: console)
      .withChosenAccuracy(console: console)
      .compiled(console: console)
  }

  /// Takes what compiling `prepared` gave.
  init(
    prepared: PreparedModel, compilation: Compilation, times: [PassTime], unwritten: Diagnostics?
  ) {
    self.prepared = prepared
    self.compilation = compilation
    self.times = times
    self.unwritten = unwritten
  }

  /// The program and its bytes; there are some unless the options stop before.
  var program: (program: ValidProgram, bytes: Bytes) {
    guard let program = compilation.proved, let bytes = compilation.bytes else {
      preconditionFailure("a compilation that is not stopped gives a program")
    }
    return (program, bytes)
  }
}
