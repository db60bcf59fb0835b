import Basics
import Checker
import IR
import Program
import Simulator

// Programs that tests make or change are checked where they are used.

extension Simulation {
  init(_ program: Program, fidelity: Fidelity) throws {
    try self.init(ValidProgram(program), fidelity: fidelity)
  }
}

extension Timing {
  init(of program: Program, host: Bool) throws {
    try self.init(of: ValidProgram(program), host: host, limits: .none)
  }
}

/// What is wrong with a program: what makes it no valid one, else what the checker says.
func check(
  _ program: Program, against graph: Graph, layouts: ProductLayouts = ProductLayouts()
) -> [Diagnostic] {
  do {
    return Checker.check(try ValidProgram(program), against: graph, layouts: layouts)
  } catch {
    return (error as? Diagnostics)?.items ?? [Diagnostic(.error, "\(error)")]
  }
}
