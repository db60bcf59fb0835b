import Basics
import Chip
import IR
import Passes
import Program

/// A network on its way through the compiler: the product of every stage that ran.
public struct Compilation: Sendable {
  /// The chip that the network is mapped onto.
  public let chip: Chip
  /// What the compiler is told.
  public var options: CompilerOptions
  /// Inputs as the network will meet them; some passes need them.
  public var typical: TypicalInputs?

  /// The network, as the last pass over it left it.
  public internal(set) var graph: Graph {
    // Passes put nodes between others, whose ids change with them.
    didSet {
      layouts = layouts.moved(from: oldValue, to: graph)
      single = nil
    }
  }
  /// How its products are laid out.
  public internal(set) var layouts: ProductLayouts
  /// What calibration met in the network.
  public internal(set) var calibration: Calibration?
  /// The blocks of the network's products.
  public internal(set) var partition: Partition?
  /// The scales of those blocks, and the ranges of their converters.
  public internal(set) var quantization: Quantization?
  /// The cores of the blocks.
  public internal(set) var placement: Placement?
  /// The order and the times of the work.
  public internal(set) var schedule: Schedule?
  /// The tile program.
  public internal(set) var program: Program?
  /// What faults of the chips cost the program; `nil` if none are known.
  public internal(set) var faultFigures: FaultFigures?
  /// The program once it is proved, as it is read back from its bytes.
  public internal(set) var proved: ValidProgram?
  /// The bytes of the proved program.
  public internal(set) var bytes: Bytes?

  /// What was known of the network before any pass ran.
  let given: StageDump
  /// The names of dimensions that the network left open.
  let names: DimensionNames
  /// The network with the first copy alone of every product that has several; `nil` if it is not known.
  var single: Graph?
  /// Whether the network has the form that the passes behind `legalize` take.
  var isLegal: Bool
  /// The dimensions of each output that have room for more than may be found; none before `legalize`.
  public internal(set) var paddedAxes: [[Int]] = []
  /// What the mapping was made for; `nil` as long as nobody has chosen.
  var mappingFound: MappingOptions?
  /// The names of the passes that have run, over the network that was given too.
  var passesRun: [String] = []
  /// How many passes of the table have had their turn.
  var passesDone = 0
  /// The name of the pass that runs, for messages.
  var passRunning = ""

  /// Starts from `stage`: a network, and what passes have found of it before.
  ///
  /// Where the stage has a partition, its chip takes the place of `chip`.
  public init(
    of stage: StageDump, for chip: Chip, options: CompilerOptions = CompilerOptions(),
    names: DimensionNames? = nil
  ) {
    given = stage
    self.chip = stage.partition?.chip ?? chip
    self.options = options
    self.names = names ?? DimensionNames(of: stage.graph, besides: stage.dimensionNames)
    passesRun = stage.passes
    single = stage.firstCopies
    graph = stage.graph
    layouts = stage.layouts
    calibration = stage.calibration
    partition = stage.partition
    quantization = stage.quantization
    placement = stage.placement
    schedule = stage.schedule
    isLegal = stage.isLegal
  }

  /// What the passes of the mapping are told.
  var chosenMapping: MappingOptions { mappingFound ?? options.wholeMapping }

  /// The network and what calibration met in it, or the stage that was given: what a program is proved against,
  /// and what shows a fault of the passes behind again.
  public var proofStage: StageDump {
    var stage = given.holdsMoreThanGraph ? given : StageDump(graph, layouts: layouts)
    stage.calibration = calibration
    stage.dimensionNames = names.lost(by: graph, paddedAxes: paddedAxes)
    return stage
  }

  /// Whether a pass that still has its turn reads typical inputs.
  public var needsTypicalInputs: Bool {
    passes(of: Pass.all).dropFirst(passesDone).contains { readsInputs($0) && runs($0) }
  }

  /// Whether a pass behind `pass` reads typical inputs, for the text of which they are then needed.
  public func needsTypicalInputs(after pass: Pass) -> Bool {
    Pass.all[Pass.upTo(pass).count...].contains { readsInputs($0) && runs($0) }
  }

  /// Whether `pass` reads typical inputs, with the options as they are.
  public func readsInputs(_ pass: Pass) -> Bool {
    pass.readsInputs || pass == .emit && options.accuracy.routine == .layers
  }

  /// The goal that the mapping is made for, which with others may be another than that of the options.
  public var objective: MappingOptions.Objective { chosenMapping.objective }

  /// The passes of `table` up to the last one that the options want.
  func passes(of table: [Pass]) -> ArraySlice<Pass> {
    table[...(table.firstIndex(of: options.lastPass) ?? table.count - 1)]
  }

  /// Whether `pass` runs when it has its turn: it is wanted, and its product is not there from the start.
  func runs(_ pass: Pass) -> Bool {
    pass.isWanted(options) && !given.holds(pass) && (chip.fabric == nil || pass.isForFabrics)
  }

  /// What `pass` gives, as it is now; `nil` if it is not there.
  public func product(of pass: Pass) -> Product? {
    switch pass.product {
    case .model, .network: .graph(graph, layouts)
    case .calibration: calibration.map { .calibration($0, graph) }
    case .partition, .replicas: partition.map { .partition($0) }
    case .quantization:
      quantization.flatMap { found in partition.map { .quantization(found, $0) } }
    case .placement: placement.map { .placement($0) }
    case .schedule: schedule.map { .schedule($0) }
    case .program: program.map { .program($0) }
    }
  }

  /// All that is known of the network now, for a text from which passes can go on to the same program.
  public var stage: StageDump {
    var stage = StageDump(
      graph, layouts: layouts, calibration: calibration, partition: partition,
      quantization: quantization, placement: placement, schedule: schedule)
    stage.passes = passesRun
    stage.dimensionNames = names.lost(by: graph, paddedAxes: paddedAxes)
    stage.firstCopies = single
    return stage
  }

  /// The text of what is known now: that of `stage`, or the assembly of the program.
  public var text: String { program?.assembly() ?? stage.text }

  /// The multiply-accumulates of the network's products with constant weights in one inference, by the name of the node;
  /// of copies the first alone counts.
  public var networkMACs: [String: Int] { (single ?? graph).productMACs }

  /// The MVMs between inferences if convolutions computed several positions from one vector; `nil` if they do,
  /// or none can.
  public func intervalIfWidened() -> Int? {
    guard !given.holdsMoreThanGraph, let partition, let usable = try? usableChip() else {
      return nil
    }
    let wide = layouts.widened(for: usable.crossbar, in: graph)
    guard wide != layouts else { return nil }
    let mapping = chosenMapping
    return try? graph.partitioned(
      for: chip, chips: partition.chips, layouts: wide, options: mapping
    ).replicated(mapping).intervalSlots
  }
}
