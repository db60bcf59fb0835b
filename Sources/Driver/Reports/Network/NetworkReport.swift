import Basics
import Chip
import Compiler
import Program
import Simulator

/// All that the page of a program shows (`aimcc report`), as the scripts of the page read it.
struct NetworkReport: Encodable {
  var network: String
  var compiler: String
  var chips: Int
  var chip: ChipPart
  var figures: [Figure]
  /// What limits the network, and what may be done about it; empty where times depend on data.
  var bottleneck: String
  var advice: [String]
  /// What the reader has to know of how the page was made, such as what is left out.
  var notes: [String]
  var layers: [LayerRow]
  var hostNodes: [HostRow]
  var blocks: [Block]
  var tiles: [TilePlace]
  var cores: [CoreRow]
  var slices: [SliceRow]
  /// The cells of a side of a square that one element of an image stands for.
  var imageStep: Int
  var timeline: Timeline?
  var energy: EnergyPart?
  var evaluations: [EvaluationFile]

  /// The part of a layer's matrix that a crossbar holds.
  struct Block: Encodable {
    var layer: Int
    var firstRow: Int
    var rows: Int
    var firstColumn: Int
    var columns: Int
    /// The conductance of ±1, in µS.
    var gMax: Float
    var image: CellImage
  }

  /// A block on a crossbar.
  struct TilePlace: Encodable {
    var chip: Int
    var core: Int
    var block: Int
    var row: Int
    var column: Int
  }

  /// Gathers what there is to show of `program`, with the evaluations of its network.
  ///
  /// Throws `Diagnostics` if units wait for each other for ever, or if an inference takes more than `limits` allow.
  init(_ program: ValidProgram, evaluations: [EvaluationFile], limits: Limits) throws {
    network = program.network
    compiler = program.compiler
    chips = program.chipCount
    chip = ChipPart(program.chip)
    self.evaluations = evaluations
    notes = []
    var clock: ClockResult?
    if program.hasBranches {
      notes.append(
        "Its times depend on data: there is no timeline, and no figure of time or energy.")
    } else {
      clock = try ClockResult(program, limits: limits)
    }
    let names = LayerNames(program.program)
    let images = CellImages(program.program)
    imageStep = images.step
    if images.step > 1 {
      notes.append(
        "Images of crossbars show the largest conductance of each \(images.step)×\(images.step) cells."
      )
    }
    blocks = zip(program.blocks, images.images).map { block, image in
      Block(
        layer: names.index[block.node] ?? 0, firstRow: block.rows.lowerBound,
        rows: block.rows.count, firstColumn: block.columns.lowerBound,
        columns: block.columns.count, gMax: block.gMax, image: image)
    }
    if !program.lines.isEmpty {
      notes.append(
        "Lines of \(program.lines.count) cores have an order of their own, around faults; floorplans show them "
          + "in the order of the tiles.")
    }
    tiles = program.tiles.map { tile in
      TilePlace(
        chip: tile.chip, core: tile.core.index, block: tile.block.index, row: tile.firstRow,
        column: tile.firstColumn)
    }
    cores = CoreRow.all(of: program.program, clock)
    slices = SliceRow.all(of: program.program, clock)
    layers = LayerRow.all(
      of: program.program, names, weights: images.weights, cores: cores, clock)
    hostNodes = HostRow.all(of: program.program, clock)
    figures = Figure.all(of: program, cores: cores, clock)
    (bottleneck, advice) = ("", [])
    if let clock {
      let limit = Bottleneck(program, clock)
      (bottleneck, advice) = (limit.text, limit.advice)
      let shown = Timeline(clock.trace, latency: clock.times.latencyNs)
      if shown.mergedNs > 0 {
        notes.append(
          "The timeline joins work less than \(significant(shown.mergedNs)) ns apart; shading shows how "
            + "much of it is pauses.")
      }
      timeline = shown
      energy = EnergyPart(clock, layers: layers, host: hostNodes)
    }
  }
}

/// What the clock tells of a program.
struct ClockResult {
  /// With the host, and of the chips alone.
  var whole: Timing
  var chips: Timing
  var trace: Trace
  var times: TimeReport

  /// Runs the clock of `program`.
  ///
  /// Throws `Diagnostics` if units wait for each other for ever, or if an inference takes more than `limits` allow.
  init(_ program: ValidProgram, limits: Limits) throws {
    (whole, trace) = try Timing.traced(program, limits: limits)
    let interval: Double
    (chips, interval) = try Timing.chips(of: program, parts: 0, limits: .none)
    times = TimeReport(program, whole: whole, chips: chips, interval: interval)
  }
}

/// The nodes with weights on crossbars, in the order of the program, and the operators of all nodes.
struct LayerNames {
  var nodes: [String] = []
  var index: [String: Int] = [:]
  var operators: [String: String] = [:]

  init(_ program: Program) {
    for block in program.blocks where index[block.node] == nil {
      index[block.node] = nodes.count
      nodes.append(block.node)
    }
    for symbol in program.symbols where operators[symbol.node] == nil {
      operators[symbol.node] = symbol.op
    }
  }
}
