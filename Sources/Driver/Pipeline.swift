import Basics
import Chip
import IR
import Passes
import Program

/// The way from a model to a program, and what each pass gave.
struct Pipeline {
  private(set) var options: CompileOptions
  let console: Console
  /// The time that each pass took, in order.
  private(set) var times: [(pass: Pass, time: Duration)] = []

  private(set) var graph: Graph?
  /// The names of the inputs of the model that are constants of the network.
  private(set) var constantInputs: [String] = []
  private(set) var fused: Graph?
  private(set) var calibration: Calibration?
  private(set) var partition: Partition?
  /// The MVMs between inferences where convolutions computed several positions from one vector; `nil` if
  /// they do, or none can.
  private(set) var widenedInterval: Int?
  private(set) var placement: Placement?
  private(set) var schedule: Schedule?
  /// The program as it is read back from its bytes: what a file would hold, nothing else.
  private(set) var program: Program?
  /// The bytes of the program.
  private(set) var programBytes: Bytes?
  /// Why the program could not be written to its file; `nil` if it was, or was not to be.
  private(set) var unwritten: Diagnostics?
  /// The product of the last pass that ran.
  private(set) var product: Product?

  /// Creates a pipeline that runs as `options` say and reports to `console`.
  init(options: CompileOptions, console: Console) {
    self.options = options
    self.console = console
  }

  /// Runs the passes on the model at `path`, in this order, up to the last that the options want.
  ///
  /// Where the file is the text of a later stage, passes whose products it holds are left out.
  /// `data` may give the sizes of open dimensions, `chip` takes the place of that of the options. The
  /// program goes to `output`, if that is given; `unwritten` tells if it cannot. Throws `Diagnostics` from
  /// the pass that cannot go on.
  mutating func run(
    _ path: String, data: DataSource? = nil, chip target: Chip? = nil, output: OutputFile? = nil
  ) throws {
    try runPasses(path, data: data, chip: target, output: output)
    if options.verifyEach && !CompileOptions().verifyEach {
      console.report([
        Diagnostic(.note, file: path, "each of \(times.count) passes kept the rules of its product")
      ])
    }
  }

  private mutating func runPasses(
    _ path: String, data: DataSource?, chip target: Chip?, output: OutputFile?
  ) throws {
    if let target = options.accuracyTarget {
      options.accuracyTarget = nil
      options.accuracy = try chooseAccuracy(
        path, target: target, options: options, console: console)
    }
    let (options, console) = (options, console)
    do {
      let (model, graph) = try pass(.graph, { .graph($0.sized) }) {
        try Model(path: path, options: options).sized(options, data, console)
      }
      self.graph = graph
      constantInputs = model.defaultNames + model.decisiveNames
      let given = model.stage.flatMap { $0.holdsMoreThanGraph ? $0 : nil }
      let chip =
        try given?.partition?.chip ?? target
        ?? Chip.load(options.chip, settings: options.settings)
      var legal = graph
      if given == nil {
        legal = try pass(.fold, Product.graph) { try legal.folded() }
        legal = try pass(.fuse, Product.graph) { legal.fused() }
        legal = try pass(.concatenate, Product.graph) { try legal.concatenated(for: chip) }
        legal = try pass(.legalize, Product.graph) { try legal.legalized() }
      }
      let accuracy = options.accuracy
      var mapping = options.mapping
      mapping.digital += accuracy.digital
      let digital = Set(mapping.digital)
      let typical =
        try given?.calibration == nil && !options.plan
        ? legal.typicalData(options, model, console) : nil
      var single: Graph?
      if let typical, given == nil {
        legal = try pass(.smooth, Product.graph) {
          accuracy.smooths ? try legal.smoothed(by: typical.inferences) : legal
        }
        legal = try pass(.center, Product.graph) {
          accuracy.centers
            ? try legal.centered(by: typical.inferences, except: digital) : legal
        }
        let crossbar = chip.crossbar
        // Shifted kernels of a wide window have inputs of their own.
        if !mapping.widens {
          single = legal.copied(as: accuracy, for: crossbar, except: digital, onlyFirst: true)
        }
        legal = try pass(.copy, Product.graph) {
          legal.copied(as: accuracy, for: crossbar, except: digital)
        }
      }
      if given == nil {
        legal = try pass(.widen, Product.graph) {
          mapping.widens ? legal.widened(for: chip.crossbar) : legal
        }
      }
      self.fused = legal
      // A text of a later stage has no such pass.
      if options.stopAfter == .widen { throw LastPassDone() }
      if !options.plan {
        calibration =
          try given?.calibration
          ?? pass(.calibrate, { .calibration($0, legal) }) {
            guard let typical else { preconditionFailure("data are read where they are needed") }
            return try legal.calibrated(
              with: typical.inferences, origin: typical.origin, single: single,
              resultCodes: chip.ldpu.maximumCode)
          }
      }
      let (found, network) = (calibration, legal)
      var partition =
        try given?.partition
        ?? pass(.partition, Product.partition) {
          mapping = try BestMapping(
            graph: legal, chip: chip, chips: options.chips.value, options: mapping,
            ranges: found.map { ($0, try accuracy.quantization(on: chip)) },
            emit: {
              try $0.emitted(
                for: model, probes: nil, errors: accuracy.errors(of: network, on: chip))
            }
          ).chosen()
          return try legal.partitioned(
            for: chip, chips: options.chips.value, options: mapping)
        }
      if given?.placement == nil && given?.quantization == nil {
        partition = try pass(.replicate, Product.partition) {
          partition.replicated(mapping)
        }
        if given == nil, let wide = legal.ifWidened(for: chip.crossbar) {
          widenedInterval = try? wide.partitioned(
            for: chip, chips: partition.chips, options: mapping
          )
          .replicated(mapping).intervalSlots
        }
      }
      self.partition = partition
      var quantization = given?.quantization
      if let calibration, quantization == nil {
        quantization = try pass(.quantize, { .quantization($0, partition) }) {
          try partition.quantized(by: calibration, options: accuracy.quantization(on: chip))
        }
      }
      let placement =
        try given?.placement
        ?? pass(.place, Product.placement) { try partition.placed(mapping) }
      self.placement = placement
      guard let quantization else { return }
      let schedule =
        try given?.schedule
        ?? pass(.schedule, Product.schedule) { placement.scheduled(with: quantization) }
      self.schedule = schedule
      var samples: LayerSamples?
      if accuracy.routine == .layers {
        guard let typical else {
          throw Diagnostics(
            Diagnostic(
              .error, file: path, "calibration layer by layer needs typical inputs",
              help: "compile from the model, or from a graph without a calibration"))
        }
        samples = try LayerSamples(legal, inferences: typical.inferences, single: single)
      }
      let probes =
        accuracy.routine == .none
        ? nil : calibration.map { Probes($0, routine: accuracy.routine, layers: samples) }
      let program = try pass(.emit, Product.program) {
        try schedule.emitted(
          for: model, probes: probes, errors: accuracy.errors(of: legal, on: chip))
      }
      var stage = given ?? StageDump(legal)
      stage.calibration = calibration
      let proved = try pass(.check, { .program($0.program) }) {
        try program.proved(
          writtenTo: output, orElse: Reproducer(stage: stage, model: path, options: options))
      }
      (self.program, programBytes, unwritten) = proved
    } catch is LastPassDone {
      return
    }
  }

  /// Runs one pass with all that goes with it: its time, the verifier, and what is to be printed.
  private mutating func pass<T>(_ pass: Pass, _ wrap: (T) -> Product, _ body: () throws -> T) throws
    -> T
  {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    times.append((pass, clock.now - start))
    let product = wrap(result)
    if options.verifyEach { try product.verify(after: pass) }
    if options.printAfter.contains(pass) {
      console.report("// after \(pass.rawValue)\n\(product.text)")
    }
    self.product = product
    // A program is always checked.
    if pass == options.stopAfter && pass != .emit { throw LastPassDone() }
    return result
  }
}

extension Model {
  /// The model, and its graph with a size for every dimension.
  fileprivate func sized(_ options: CompileOptions, _ data: DataSource?, _ console: Console) throws
    -> (model: Model, sized: Graph)
  {
    if !options.plan { try requireConstants() }
    var notes: [Diagnostic] = []
    func source() throws -> DataSource? {
      try data ?? TypicalData.source(options.calibrate, model: path)
    }
    func sources() throws -> [DataSource] {
      let typical = try options.plan ? nil : TypicalData.source(options.calibrate, model: path)
      return [data, typical].compactMap { $0 }
    }
    let sized = try graph.withSizes(
      given: options.sizes, sources: sources, file: path, notes: &notes
    ).withDecisiveInputs(from: source, file: path, notes: &notes)
    if !defaultNames.isEmpty, let source = try source() { try requireDefaults(in: source) }
    console.report(warnings + notes)
    var model = self
    model.decisiveNames = graph.inputs.filter { !sized.inputs.contains($0) }.map { graph[$0].name }
    model.graph.inputs = sized.inputs
    return (model, sized)
  }
}

extension Graph {
  /// The graph with the copies that `accuracy` wants.
  fileprivate func copied(
    as accuracy: AccuracyOptions, for crossbar: Crossbar, except digital: Set<String>,
    onlyFirst: Bool = false
  ) -> Graph {
    let stacked =
      accuracy.copiesRows
      ? copiedInRows(for: crossbar, except: digital, onlyFirst: onlyFirst) : self
    guard accuracy.copies > 0 else { return stacked }
    return stacked.copied(
      for: crossbar, factor: accuracy.copies, residual: accuracy.residual, except: digital,
      onlyFirst: onlyFirst)
  }

  fileprivate func typicalData(_ options: CompileOptions, _ model: Model, _ console: Console)
    throws -> TypicalData
  {
    let typical = try TypicalData(options, model: model.path, graph: self)
    // Up to the pass `widen`, only means and magnitudes of channels come from data.
    let isUsed =
      options.stopAfter != .widen || options.accuracy.smooths || options.accuracy.centers
    if isUsed { console.report(typical.notes) }
    return typical
  }
}

extension Schedule {
  fileprivate func emitted(
    for model: Model, probes: Probes?, errors: ProgrammingErrors?
  ) throws -> Program {
    let graph = placement.partition.graph
    func names(_ ids: [ValueID], sized: [ValueID]) -> [[String?]] {
      zip(ids, sized).map { id, sized in
        guard let shape = model.graph[id].type.shape else {
          return (graph[sized].type.shape ?? []).map { _ in nil }
        }
        return shape.map { if case .symbol(let name) = $0 { name } else { nil } }
      }
    }
    return try emitted(
      compiler: "aimcc \(version)",
      inputDimensionNames: names(model.graph.inputs, sized: graph.inputs),
      outputDimensionNames: names(model.graph.outputs, sized: graph.outputs), probes: probes,
      errors: errors)
  }
}

extension ChipCount {
  /// The number, or `nil` for as many as needed.
  var value: Int? { if case .fixed(let count) = self { count } else { nil } }
}

/// Ends a pipeline after the last pass that is wanted.
private struct LastPassDone: Error {}
