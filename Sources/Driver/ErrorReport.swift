import Basics

/// Tells the user about `error`, which a command threw, and returns how the program ends.
///
/// Whatever is not `Diagnostics` is a fault of this program.
public func report(_ error: any Error, to console: Console = Console()) -> ExitStatus {
  guard let diagnostics = error as? Diagnostics else {
    console.explain("aimcc: internal error: \(error)")
    console.explain("  help: this is a fault of aimcc, not of your input; please report it")
    return .internalError
  }
  console.report(diagnostics.items)
  let errors = diagnostics.items.count { $0.severity == .error }
  if errors > 1 { console.report("\(errors) errors") }
  return .inputFault
}

/// What `body` gives; faults of nodes that it throws name `model`, the path of the file that has them.
func namingNodes<Result>(of model: String, _ body: () throws -> Result) throws -> Result {
  do { return try body() } catch var faults as Diagnostics {
    for index in faults.items.indices where faults.items[index].node != nil {
      faults.items[index].file = faults.items[index].file ?? model
    }
    throw faults
  }
}
