import Chip

/// The times and energies of a network on a fabric.
public struct FabricFigures: Sendable {
  /// The energy of an inference by what takes it, in nJ.
  public struct Energy: Encodable, Sendable {
    public var tiles = 0.0
    public var light = 0.0
    public var heavy = 0.0
    public var mesh = 0.0
    public var links = 0.0
    /// What the chips take while they wait, over one interval.
    public var idle = 0.0

    public var total: Double { tiles + light + heavy + mesh + links + idle }
  }

  /// The time between inferences in ns.
  public var interval: Int
  /// The time from the first vector that enters to the last that leaves, in ns.
  public var latency: Int
  public var energy = Energy()
  /// The power of all chips at rest, links included, in mW.
  public var idlePower: Double
  /// The MVMs of an inference.
  public var mvms = 0
  /// The transfers of an inference, and the activations in them.
  public var transfers = 0
  public var activations = 0
  /// The blocks whose wires a transfer takes, on average.
  public var wiresPerTransfer = 0.0
  /// The bytes of the fullest memory core.
  public var memoryBytes: Int

  /// The figures of a timetable and of the buffers that it needs.
  init(_ timetable: FabricTimetable, _ buffers: [FabricBuffer]) {
    let work = timetable.work
    let fabric = work.mesh.fabric
    interval = timetable.interval
    let outputs = work.stages.indices.filter {
      work.stages[$0].kind == .output && work.stages[$0].vectors > 0
    }
    latency =
      outputs.map { index in
        let vectors = work.stages[index].vectors
        return timetable.starts[index][0] + (vectors - 1) * timetable.period(of: vectors)
      }.max() ?? 0
    let chips = Double(work.mesh.chips)
    idlePower = chips * fabric.idlePower + (work.mesh.chips > 1 ? chips * fabric.link.power : 0)
    memoryBytes =
      Dictionary(grouping: buffers, by: \.block).values.map { $0.reduce(0) { $0 + $1.bytes } }
      .max() ?? 0
    for stage in work.stages {
      let spent = stage.energy * Double(stage.runs) / 1000
      switch stage.kind {
      case .mvm:
        energy.tiles += spent
        mvms += stage.vectors
      case .light, .accumulate: energy.light += spent
      case .attention: energy.heavy += spent
      case .input, .store, .output: break
      }
    }
    var wires = 0.0
    for transfer in timetable.transfers {
      let flow = work.flows[transfer.flow]
      // Turns share the vectors of a flow.
      let share =
        Double(flow.vectors) / Double(transfer.period / timetable.period(of: flow.vectors))
      let spent = share * Double(flow.elements) / 1000
      if work.mesh.isLink(transfer) {
        energy.links += spent * fabric.link.transferEnergy
      } else {
        energy.mesh += spent * fabric.transferEnergy
        wires += share * Double(transfer.resources.count)
        if transfer.turn == 0 {
          transfers += flow.vectors
          activations += flow.vectors * flow.elements
        }
      }
    }
    wiresPerTransfer = transfers > 0 ? wires / Double(transfers) : 0
    energy.idle = idlePower * Double(interval) / 1000
  }
}
