import Basics
import Chip
import Device
import Program

/// What corrects drift between calibrations: Specs/numerics.md, "Between calibrations".
public enum DriftFollowing: String, CaseIterable, Hashable, Sendable {
  /// Nothing.
  case none
  /// What the device model expects of every column since the calibration.
  case clock
  /// The same, and a factor for each tile, measured with its probe.
  case gain
}

extension ProgrammedChip {
  /// What `calibration`, made `start` s after programming, becomes at `time`, as `rule` says.
  ///
  /// `number` tells measurements on one chip apart, whose read noise is drawn anew. Affine functions without a
  /// probe do not change. Throws `Diagnostics` with every figure that is too large for the precision of a unit.
  public func following(
    _ calibration: Calibration, from start: Double, to time: Double, by rule: DriftFollowing,
    number: Int = 0
  ) throws -> Calibration {
    guard rule != .none, time != start, fidelity.effects.contains(.drift),
      let devices = fidelity.activeDevices
    else { return calibration }
    let model = devices.model(with: fidelity.effects)
    let exact = Fidelity(effects: fidelity.effects.intersection(.quantized))
    let expected = try [start, time].map {
      try measured(expectations(of: model, at: $0), exact, Epoch(.inference))
    }
    var result = calibration
    var found: [[Int: Measurement]] = []
    if rule == .gain {
      for (place, time) in [start, time].enumerated() {
        let epoch = Epoch(
          .driftCompensation, index: UInt16(truncatingIfNeeded: 2 * number + place))
        found.append(try measured(read(at: time, epoch), fidelity, epoch))
        result.multiplications += found[place].values.reduce(0) { $0 + $1.vectors }
      }
    }
    for local in plan.locals {
      let tile = local.operation.tile
      guard let before = expected[0][tile], let after = expected[1][tile] else { continue }
      var changes = after.changes(to: before)
      if rule == .gain, let before = found[0][tile], let after = found[1][tile] {
        let factor = before.size / after.corrected(by: changes).size
        if factor.isFinite && factor > 0 { changes = changes.map { $0.scaled(by: factor) } }
      }
      result.patch.affines[local.affine.index].follow(changes)
    }
    return result
  }

  /// The conductances that all targets are expected to have at `time`.
  private func expectations(of model: DeviceModel, at time: Double) -> [ProgrammedBlock] {
    mappedInParallel(plan.crossbars.count, cost: .max) { index in
      let crossbar = plan.crossbars[index]
      // Curves are smooth: between 256 stretches of the range they are straight.
      let last = 256
      let gMax = Double(crossbar.gMax)
      let curve = (0...last).map {
        Float(model.expectedConductance(of: gMax * Double($0) / Double(last), at: time) / gMax)
      }
      let values = ProgrammedBlock.decoded(crossbar.targets, curve.map { $0 - curve[0] })
      return ProgrammedBlock(
        targets: values, columns: crossbar.columns, polarities: plan.hasPolarities)
    }
  }

  /// What the probe of every tile that has one shows with `crossbars`.
  private func measured(
    _ crossbars: [ProgrammedBlock], _ fidelity: Fidelity, _ epoch: Epoch
  ) throws -> [Int: Measurement] {
    let machine = Machine(
      Simulation(
        plan, fidelity: fidelity, epoch: epoch, crossbars: crossbars,
        affines: try plan.loaded(program.affines)), capacity: 1)
    let probes = program.probesOfBlocks
    var measured: [Int: Measurement] = [:]
    for (tile, crossbar) in plan.crossbarOfTile.enumerated() {
      guard let probe = probes[program.tiles[tile].block.index] else { continue }
      measured[tile] = machine.measure(probe.codes, crossbar: crossbar, tile: tile)
    }
    return measured
  }
}
