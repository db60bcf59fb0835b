import Basics
import Chip
import Device
import Program

/// A program that is put onto a simulated chip step by step, as a controller does; at the end the chip is the one that
/// `ProgrammedChip` makes at once.
///
/// Each core with blocks is a step, in the order of chips and cores. Where blocks hold the errors of others, their cores
/// follow once more, since these errors are known only when the others are programmed.
public struct StepwiseProgramming: Sendable {
  /// A step.
  public struct Step: Hashable, Sendable {
    /// The chip, and the core on it.
    public var chip: Int
    public var core: CoreID
    /// Whether the blocks get what the errors of others ask for.
    public var correctsErrors: Bool
    /// The crossbars of the plan.
    fileprivate var crossbars: [Int]
  }

  /// What reading the cells of a step gives.
  public struct Report: Hashable, Sendable {
    /// Sides of conductance pairs, and those whose read is within the margin of their target.
    public var cells = 0
    public var converged = 0
    /// What programming took; nothing where cells are not programmed pulse by pulse.
    public var costs = ProgrammingCosts()
    /// The CRC-32C of the targets as f32, in units of the largest conductance of their block.
    public var checksum: UInt32 = 0
  }

  /// The effects that are simulated.
  public let fidelity: Fidelity
  /// The program.
  public var program: Program { plan.program }
  /// The steps, in their order.
  public let steps: [Step]
  /// How many of them are done.
  public private(set) var done = 0
  private let plan: Plan
  private let work: CellProgramming?
  private var cells: [ProgrammedCells?]
  /// The targets of crossbars that hold the errors of others.
  private var corrected: [Int: [Float]] = [:]
  /// Those of them that are programmed.
  private var held: [Int: [Float]] = [:]

  /// Prepares to program `program`.
  ///
  /// Throws `Diagnostics` if it takes more than `limits` allow.
  public init(_ program: ValidProgram, fidelity: Fidelity, limits: Limits = .none) throws {
    let fidelity = fidelity.possible(on: program.chip)
    var planner = Planner(program, fidelity: fidelity, limits: limits)
    let plan = try planner.plan()
    self.plan = plan
    self.fidelity = fidelity
    let work = CellProgramming(plan, fidelity)
    self.work = work
    cells = Array(repeating: nil, count: plan.crossbars.count)
    let blocks = plan.program.blocks
    let correcting =
      work == nil
      ? []
      : plan.crossbars.indices.filter {
        blocks[plan.crossbars[$0].tile.block.index].residual != nil
      }
    steps =
      Self.steps(Array(plan.crossbars.indices), of: plan, correctsErrors: false)
      + Self.steps(correcting, of: plan, correctsErrors: true)
  }

  /// The steps that program some crossbars.
  private static func steps(
    _ crossbars: [Int], of plan: Plan, correctsErrors: Bool
  ) -> [Step] {
    let tiles = plan.crossbars.map(\.tile)
    let ordered = crossbars.sorted {
      (tiles[$0].chip, tiles[$0].core, $0) < (tiles[$1].chip, tiles[$1].core, $1)
    }
    var steps: [Step] = []
    for index in ordered {
      let (chip, core) = (tiles[index].chip, tiles[index].core)
      if let last = steps.last, (last.chip, last.core) == (chip, core) {
        steps[steps.count - 1].crossbars.append(index)
      } else {
        steps.append(
          Step(chip: chip, core: core, correctsErrors: correctsErrors, crossbars: [index]))
      }
    }
    return steps
  }

  /// Does the next step. Its report tells of programming, pulse by pulse where the device does that, else of a read.
  public mutating func advance() -> Report {
    precondition(done < steps.count)
    let step = steps[done]
    if let work {
      if step.correctsErrors && corrected.isEmpty {
        for residual in work.residuals(of: cells.map { $0! }) {
          corrected[residual.crossbar] = residual.targets
        }
      }
      let programmed = mappedInParallel(step.crossbars.count, cost: .max) {
        work.cells(
          step.crossbars[$0],
          targets: step.correctsErrors ? corrected[step.crossbars[$0]] : nil)
      }
      for (index, programmed) in zip(step.crossbars, programmed) {
        cells[index] = programmed
        if step.correctsErrors { held[index] = corrected[index] }
      }
    }
    done += 1
    guard let work, let pulses = work.pulses else { return report(of: done - 1) }
    var report = description(of: step)
    let blocks = step.crossbars.map {
      (cells: cells[$0]!, targets: targets(of: $0), gMax: Double(plan.crossbars[$0].gMax))
    }
    report.costs = ProgrammedCells.costs(of: blocks, on: program.chip, pulses)
    report.converged = blocks.reduce(0) { sum, block in
      [block.cells.positive, block.cells.negative].reduce(sum) {
        $0 + $1.converged.count { $0 }
      }
    }
    return report
  }

  /// What crossbar `index` is to hold, in units of its largest conductance.
  private func targets(of index: Int) -> [Float] {
    held[index] ?? (work?.crossbars[index] ?? plan.crossbars[index]).targets
  }

  /// Reads the cells of step `number`, which is done.
  public func report(of number: Int) -> Report {
    precondition(number < done)
    var report = description(of: steps[number])
    let chip = program.chip
    let margin = PulseProgramming.Scheme().margin * chip.crossbar.gMax / chip.adc.countsPerGMax
    for index in steps[number].crossbars {
      let targets = targets(of: index)
      guard let work, let cells = cells[index] else {
        report.converged += 2 * targets.count
        continue
      }
      let (positive, negative) = cells.conductances(at: 0, work.noise)
      let gMax = Double(plan.crossbars[index].gMax)
      for place in targets.indices {
        let target = Double(targets[place]) * gMax
        for (read, wanted) in [
          (positive[place], max(target, 0)), (negative[place], max(-target, 0)),
        ]
        where (Double(read) - wanted).magnitude <= margin {
          report.converged += 1
        }
      }
    }
    return report
  }

  /// The number of cells of `step` and the checksum of their targets, for which nothing is read.
  private func description(of step: Step) -> Report {
    var report = Report()
    var checksum = CRC32C()
    for index in step.crossbars {
      let targets = targets(of: index)
      targets.withUnsafeBytes { checksum.add($0) }
      report.cells += 2 * targets.count
    }
    report.checksum = checksum.value
    return report
  }

  /// The chip, once all steps are done.
  public var chip: ProgrammedChip {
    precondition(done == steps.count)
    return ProgrammedChip(plan, fidelity, cells: work == nil ? nil : cells)
  }
}
