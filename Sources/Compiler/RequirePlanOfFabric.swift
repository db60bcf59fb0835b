import Basics
import Chip
import Passes

extension Compilation {
  /// Throws `Diagnostics` where more than a plan is wanted of a network on a fabric, or where options have no effect on
  /// its plan.
  func requirePlanOfFabric(_ table: [Pass]) throws {
    let wanted = passes(of: table)
    if !options.plan, let partition = table.firstIndex(of: .partition),
      wanted.count > partition + 1
    {
      throw Diagnostics(
        Diagnostic(
          .error,
          "tile programs for chip \(chip.name), a mesh of tiles and digital cores, are not written yet",
          supported: "compile --plan, which places, routes and schedules a network on it",
          help: "for a program, choose another --chip, such as hermes"))
    }
    guard wanted.contains(.partition) else { return }
    var usage = OptionUsage("", given: [], values: options.values)
    usage.passes = wanted.filter(\.isForFabrics)
    usage.isPlan = options.plan
    var faults = CompileOption.table.filter { $0.isSaid(in: options.values) }.compactMap { option in
      usage.reason(readers: option.readers, starting: option.starts).map { fault(option.flag, $0) }
    }
    let mapping = options.wholeMapping
    if mapping.objective == .latency || mapping.objective == .energy {
      faults.append(
        fault("--optimize \(mapping.objective.rawValue)", "it has one copy of every layer"))
    }
    if mapping.faults != nil {
      faults.append(fault("--fault-map", "its tiles count as sound"))
    }
    if mapping.tileMap != nil {
      faults.append(fault("--tile-map", "its tiles are taken in the order of the layers"))
    }
    try Diagnostics(faults).throwIfErrors()
  }

  private func fault(_ option: String, _ reason: String) -> Diagnostic {
    Diagnostic(
      .error, "\(option) has no effect on plans for chip \(chip.name): \(reason)",
      help: "leave it out")
  }
}
