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
  private var probeOfBlock: [Int?]

  init(_ chip: ProgrammedChip, epoch: Epoch, time: Double, routine: Probe.Routine?) {
    self.chip = chip
    self.epoch = epoch
    self.routine = routine
    crossbars = chip.read(at: time, epoch)
    calibration = .init(
      patch: CalibrationPatch(affines: chip.program.affines), multiplications: 0)
    probeOfBlock = Array(repeating: nil, count: chip.program.blocks.count)
    for (index, probe) in chip.program.probes.enumerated() {
      probeOfBlock[probe.block.index] = index
    }
  }

  /// The chip as it is corrected so far.
  func simulation() throws -> Simulation {
    Simulation(
      chip.plan, fidelity: chip.fidelity, epoch: epoch, crossbars: crossbars,
      affines: try chip.plan.loaded(calibration.patch.affines))
  }

  /// The probe of the block of a tile.
  func probe(of tile: Int) -> Probe? {
    probeOfBlock[chip.program.tiles[tile].block.index].map { chip.program.probes[$0] }
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
      calibration.patch.affines[local.affine.index] = measurement.corrected(
        plan.program.affines[local.affine.index], by: probe, wanted)
    }
  }
}

/// What came out of a tile, column by column, in input codes times g.
private struct Measurement {
  var vectors: Int
  var mean: [Double]
  var spread: [Double]

  /// How many times the factor of all columns that of one may be. Devices do not drift so far apart: a
  /// column that shows less than that shows noise, which would be all that its results are.
  private static let mostOfGlobal = 8.0

  /// `affine` as it has to be for what was measured to become what `probe` expects.
  func corrected(_ affine: Affine, by probe: Probe, _ routine: Probe.Routine) -> Affine {
    var affine = affine
    func size(_ mean: Double, _ spread: Double) -> Double {
      (mean * mean + spread * spread).squareRoot()
    }
    var (expected, found) = (0.0, 0.0)
    for column in mean.indices {
      let wanted = size(Double(probe.mean[column]), Double(probe.spread[column]))
      // What shows in columns that should show nothing is no measure of the others.
      if wanted == 0 { continue }
      expected += wanted
      found += size(mean[column], spread[column])
    }
    let global = found > 0 && expected > 0 ? expected / found : 1
    let most = Self.mostOfGlobal * global
    for column in mean.indices {
      let gain = Double(affine.gain[column])
      let (target, width) = (Double(probe.mean[column]), Double(probe.spread[column]))
      var factor = global
      var addend = 0.0
      switch routine {
      case .none: factor = 1
      case .global: break
      case .column:
        let (wanted, have) = (size(target, width), size(mean[column], spread[column]))
        if wanted > 0 && have > 0 { factor = min(wanted / have, most) }
      case .refit, .layers:
        if width > 0 && spread[column] > 0 { factor = min(width / spread[column], most) }
        addend = target - factor * mean[column]
      }
      affine.gain[column] = Float(gain * factor)
      affine.offset[column] = Float(Double(affine.offset[column]) + gain * addend)
    }
    return affine
  }
}

extension Machine {
  /// Multiplies vectors of `codes`, as those of a probe, with a crossbar.
  fileprivate func measure(_ codes: Bytes, crossbar: Int, tile: Int) -> Measurement {
    let (rows, columns) = (crossbars[crossbar].rows, crossbars[crossbar].columns)
    let count = codes.count / (2 * rows)
    var sums = [Double](repeating: 0, count: columns)
    var squares = sums
    let perCount = plan.hasPolarities ? 1 / Double(plan.crossbars[crossbar].countsPerCode) : 1
    codes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: count, by: Panel.width) {
        let used = min(Panel.width, count - start)
        for row in 0..<rows {
          let line = panel.inputs + row * Panel.step
          for i in 0..<Panel.width {
            let offset = 2 * ((start + i) * rows + row)
            line[i] =
              i < used
              ? Float(
                Int16(
                  littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
              : 0
          }
        }
        multiply(crossbar, used: used, tile, firstVector: start)
        for column in 0..<columns {
          let line = panel.results + column * Panel.step
          for i in 0..<used {
            let value =
              Double(plan.hasPolarities ? line[i] - line[columns * Panel.step + i] : line[i])
              * perCount
            sums[column] += value
            squares[column] += value * value
          }
        }
      }
    }
    let total = Double(max(count, 1))
    return Measurement(
      vectors: count, mean: sums.map { $0 / total },
      spread: zip(sums, squares).map {
        max($1 / total - ($0 / total) * ($0 / total), 0).squareRoot()
      })
  }
}
