import Basics
import Program
import Simulator

/// What a program takes of a chip in an inference, by its clock.
struct ProgramCosts: Codable, Hashable, Sendable {
  /// The crossbars that hold weights, replicas included.
  var crossbars: Int
  /// The time of an inference in ns, and its energy in nJ, both with the host; `nil` where they depend on the data.
  var latencyNs: Double?
  var energyNj: Double?
  /// The same without the host.
  var chipLatencyNs: Double?
  var chipEnergyNj: Double?

  /// What `program` takes, which is planned within its limits.
  ///
  /// Throws `Diagnostics` if its clock cannot be run.
  init(of program: ValidProgram) throws {
    crossbars = Set(program.tiles.map { Place(chip: $0.chip, core: $0.core.index) }).count
    guard !program.hasBranches else { return }
    let whole = try Timing(of: program, host: true, limits: .none)
    let chip = try Timing(of: program, host: false, limits: .none)
    (latencyNs, energyNj) = (whole.latency, whole.energy.total)
    (chipLatencyNs, chipEnergyNj) = (chip.latency, chip.energy.total)
  }

  private struct Place: Hashable {
    var chip: Int
    var core: Int
  }
}
