import Basics
import Device
import Program

extension ProgrammedChip {
  /// What a calibration found, and what it took.
  public struct Calibration: Sendable {
    /// The affine functions as they are to be.
    public var patch: CalibrationPatch
    /// The vectors that crossbars multiplied.
    public var multiplications: Int

    /// Creates a calibration.
    public init(patch: CalibrationPatch, multiplications: Int) {
      self.patch = patch
      self.multiplications = multiplications
    }
  }

  /// Multiplies the vectors of the program's probes on the chip, `time` s after programming, and
  /// corrects the affine functions of each tile by the results: Specs/numerics.md, "Calibration".
  ///
  /// `number` tells calibrations of one chip apart, whose read noise is drawn anew. `routine` is
  /// used instead of what the program says. Affine functions without a probe do not change. Throws
  /// `Diagnostics` if layers are to be calibrated one after the other, but the program has no
  /// samples.
  public func calibrated(
    at time: Double, number: Int = 0, routine: Probe.Routine? = nil
  ) throws -> Calibration {
    let epoch = Epoch(.refit, index: UInt16(truncatingIfNeeded: number))
    var run = CalibrationRun(self, epoch: epoch, time: time, routine: routine)
    if (routine ?? program.probes.first?.routine) == .layers {
      try run.correctLayerByLayer()
    } else {
      try run.correct(Array(program.tiles.indices))
    }
    return run.calibration
  }
}

/// A calibration that is going on.
struct CalibrationRun {
  let chip: ProgrammedChip
  let epoch: Epoch
  let routine: Probe.Routine?
  /// What the crossbars hold in the epoch.
  let crossbars: [ProgrammedBlock]
  private(set) var calibration: ProgrammedChip.Calibration
  /// The probe of each block.
  private let probes: [Probe?]

  init(_ chip: ProgrammedChip, epoch: Epoch, time: Double, routine: Probe.Routine?) {
    self.chip = chip
    self.epoch = epoch
    self.routine = routine
    crossbars = chip.read(at: time, epoch)
    calibration = .init(
      patch: CalibrationPatch(affines: chip.program.affines), multiplications: 0)
    probes = chip.program.probesOfBlocks
  }

  /// The chip as it is corrected so far.
  func simulation() throws -> Simulation {
    Simulation(
      chip.plan, fidelity: chip.fidelity, epoch: epoch, crossbars: crossbars,
      affines: try chip.plan.loaded(calibration.patch.affines))
  }

  /// The probe of the block of a tile.
  func probe(of tile: Int) -> Probe? {
    probes[chip.program.tiles[tile].block.index]
  }

  /// Counts vectors that crossbars have multiplied.
  mutating func count(_ multiplications: Int) { calibration.multiplications += multiplications }

  /// Corrects the affine functions of `tiles` by what comes out of their probes; where `codes` has some
  /// for a tile, these are used instead.
  mutating func correct(_ tiles: [Int], codes: [Int: Bytes] = [:]) throws {
    let plan = chip.plan
    let machine = Machine(try simulation(), capacity: 1)
    let wantedTiles = Set(tiles)
    var measured: [Int: Measurement] = [:]
    for local in plan.locals where wantedTiles.contains(local.operation.tile) {
      let tile = local.operation.tile
      guard let probe = probe(of: tile) else { continue }
      let wanted = routine ?? probe.routine
      if wanted == .none { continue }
      let measurement: Measurement
      if let known = measured[tile] {
        measurement = known
      } else {
        measurement = machine.measure(
          codes[tile] ?? probe.codes, crossbar: plan.crossbarOfTile[tile], tile: tile)
        measured[tile] = measurement
        count(measurement.vectors)
      }
      var affine = plan.program.affines[local.affine.index]
      affine.follow(measurement.changes(to: probe, wanted))
      calibration.patch.affines[local.affine.index] = affine
    }
  }
}

extension Program {
  /// The probe of each block; `nil` where it has none.
  var probesOfBlocks: [Probe?] {
    var result = [Probe?](repeating: nil, count: blocks.count)
    for probe in probes { result[probe.block.index] = probe }
    return result
  }
}
