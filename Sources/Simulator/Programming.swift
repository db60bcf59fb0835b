import Basics
import Chip
import Device
import Program

/// A program on one simulated chip, whose devices age.
public struct ProgrammedChip: Sendable {
  /// The effects that are simulated; the time of the devices is ignored.
  public let fidelity: Fidelity
  /// The program.
  public var program: Program { plan.program }
  let plan: Plan
  /// The cells of each crossbar; `nil` for conductances that are what they stand for.
  private(set) var cells: [ProgrammedCells?]?

  /// Programs the conductances of `program` into simulated crossbars.
  ///
  /// Throws `Diagnostics` if it takes more than `limits` allow.
  public init(_ program: ValidProgram, fidelity: Fidelity, limits: Limits = .none) throws {
    let fidelity = fidelity.possible(on: program.chip)
    var planner = Planner(program, fidelity: fidelity, limits: limits)
    self.init(try planner.plan(), fidelity)
  }

  /// The same program on chip number `seed` of all chips.
  public func programmed(seed: UInt64) -> ProgrammedChip {
    var fidelity = fidelity
    fidelity.devices?.seed = seed
    return ProgrammedChip(plan, fidelity)
  }

  /// The same chip, where only the products `nodes` have devices: all other conductances are exact.
  public func limited(to nodes: Set<String>) -> ProgrammedChip {
    var chip = self
    chip.cells = cells.map { cells in
      zip(plan.crossbars, cells).map { crossbar, cells in
        nodes.contains(program.blocks[crossbar.tile.block.index].node) ? cells : nil
      }
    }
    return chip
  }

  private init(_ plan: Plan, _ fidelity: Fidelity) {
    let work = CellProgramming(plan, fidelity)
    self.init(plan, fidelity, cells: work?.all())
  }

  init(_ plan: Plan, _ fidelity: Fidelity, cells: [ProgrammedCells?]?) {
    self.plan = plan
    self.fidelity = fidelity
    self.cells = cells
  }

  /// The chip as it runs inferences `time` s after programming, with the affine functions of
  /// `patch`.
  ///
  /// Throws `Diagnostics` with every figure that is too large for the precision of a unit.
  public func simulation(at time: Double, patch: CalibrationPatch? = nil) throws -> Simulation {
    var fidelity = fidelity
    fidelity.devices?.time = time
    return Simulation(
      plan, fidelity: fidelity, epoch: Epoch(.inference),
      crossbars: read(at: time, Epoch(.inference)),
      affines: try plan.loaded(patch?.affines ?? plan.program.affines))
  }

  /// What the crossbars hold when they are read at `time` in an epoch.
  func read(at time: Double, _ epoch: Epoch) -> [ProgrammedBlock] {
    let polarities = plan.hasPolarities
    let noise: ReadNoise = fidelity.effects.contains(.readNoise) ? .fresh(epoch) : .absent
    return mappedInParallel(plan.crossbars.count, cost: .max) { index in
      let crossbar = plan.crossbars[index]
      guard let cells = cells?[index] else {
        return ProgrammedBlock(
          targets: ProgrammedBlock.decoded(crossbar.targets, crossbar.decoding),
          columns: crossbar.columns, polarities: polarities)
      }
      return ProgrammedBlock(
        cells, gMax: crossbar.gMax, at: time, noise, polarities: polarities)
    }
  }
}

/// How the conductances of a plan get into cells.
struct CellProgramming: Sendable {
  let plan: Plan
  /// What each crossbar is to hold; for chips that do not drift, without the expectation that they do.
  let crossbars: [PlannedCrossbar]
  private let model: DeviceModel
  private let seed: UInt64
  private let faults: CellFaults
  /// What of the chips does not work, and the devices on each side that are programmed.
  private let map: FaultMap?
  private let devicesPerPolarity: Int
  /// How cells are programmed pulse by pulse; `nil` for errors as the model says.
  let pulses: PulseProgramming?
  /// How cells are corrected by the errors of MVMs then; `nil` if they are not.
  let gradient: GradientProgramming?
  /// What a read that verifies adds.
  let noise: ReadNoise

  /// Creates the work of a plan; `nil` where conductances are exactly their targets.
  init?(_ plan: Plan, _ fidelity: Fidelity) {
    guard let devices = fidelity.activeDevices else { return nil }
    self.plan = plan
    model = devices.model(with: fidelity.effects)
    seed = devices.seed
    map = fidelity.effects.contains(.cellFaults) ? devices.faults : nil
    devicesPerPolarity =
      devices.model.devicesPerPolarity ?? plan.program.chip.crossbar.devicesPerPolarity
    pulses =
      devices.programsByPulses && fidelity.effects.contains(.programming)
      ? PulseProgramming(devices.model, on: plan.program.chip) : nil
    gradient =
      devices.programsByGradient
      ? pulses.map { GradientProgramming($0, on: plan.program.chip) } : nil
    faults =
      fidelity.effects.contains(.cellFaults) ? CellFaults(plan.program.chip.circuit) : .none
    noise = fidelity.effects.contains(.readNoise) ? .fresh(Epoch(.verification)) : .absent
    // Where nothing drifts, no target is to expect that it does.
    crossbars =
      fidelity.effects.contains(.drift)
      ? plan.crossbars : plan.crossbars.map { $0.withoutDecoding }
  }

  /// Programs `targets`, or its own, into crossbar `index`.
  func cells(_ index: Int, targets: [Float]? = nil) -> ProgrammedCells {
    var crossbar = crossbars[index]
    if let targets { crossbar.targets = targets }
    let limits =
      map?.limits(of: crossbar, on: plan.program.chip, devices: devicesPerPolarity) ?? []
    return ProgrammedCells(
      crossbar, of: plan.program.chip, model: model, seed: seed, faults: faults, limits: limits,
      pulses: pulses, gradient: gradient)
  }

  /// What crossbars with columns for the errors of others hold beside their own targets, once `cells` are read.
  func residuals(of cells: [ProgrammedCells]) -> [(crossbar: Int, targets: [Float])] {
    plan.residuals(of: cells, crossbars, noise)
  }

  /// Programs all crossbars.
  func all() -> [ProgrammedCells] {
    var all = mappedInParallel(crossbars.count, cost: .max) { cells($0) }
    let residuals = residuals(of: all)
    let corrected = mappedInParallel(residuals.count, cost: .max) {
      cells(residuals[$0].crossbar, targets: residuals[$0].targets)
    }
    for (residual, corrected) in zip(residuals, corrected) { all[residual.crossbar] = corrected }
    return all
  }
}

extension ProgrammedCells {
  /// Programs what `crossbar` is to hold, as chip `seed` of all chips takes it.
  init(
    _ crossbar: PlannedCrossbar, of chip: Chip, model: DeviceModel, seed: UInt64,
    faults: CellFaults, limits: [CellLimit], pulses: PulseProgramming?,
    gradient: GradientProgramming?
  ) {
    let tile = crossbar.tile
    self.init(
      crossbar.targets, columns: crossbar.columns, gMax: Double(crossbar.gMax), model: model,
      randomness: CellRandomness(
        chip: tile.chip, core: tile.core, firstRow: tile.firstRow, firstColumn: tile.firstColumn,
        coreColumns: chip.crossbar.columns, seed: seed, lines: crossbar.lines), faults: faults,
      limits: limits, pulses: pulses, gradient: gradient)
  }
}

extension PlannedCrossbar {
  /// The same with targets that are what they stand for.
  fileprivate var withoutDecoding: PlannedCrossbar {
    var crossbar = self
    crossbar.targets = ProgrammedBlock.decoded(targets, decoding)
    crossbar.decoding = []
    return crossbar
  }
}

extension Plan {
  /// What the LDPUs load of `affines`, a figure for each `affine` instruction.
  ///
  /// Throws `Diagnostics` with every figure that is too large for the precision of the unit.
  func loaded(_ affines: [Affine]) throws -> [LoadedAffine] {
    var faults = Diagnostics()
    let precision = rounds ? program.chip.ldpu.precision : nil
    var loaded: [LoadedAffine] = []
    for local in locals {
      do throws(RunFault) {
        loaded.append(
          try LoadedAffine(
            affines[local.affine.index], for: local.operation, precision: precision))
      } catch {
        faults.append(
          program.diagnostic(error.message, stream: local.stream, instruction: local.instruction))
      }
    }
    try faults.throwIfErrors()
    return loaded
  }
}
