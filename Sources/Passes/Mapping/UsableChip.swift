import Basics
import Chip

extension Chip {
  /// The cores of each chip that can be used with `faults`: of chips that differ, of that with the fewest.
  func livingCores(_ faults: FaultMap?) -> Int { cores.count - (faults?.mostDeadCores ?? 0) }

  /// The chip with crossbars as large as those lines that every living core has.
  func withoutDeadLines(_ faults: FaultMap?) -> Chip {
    guard let faults else { return self }
    var chip = self
    chip.crossbar.rows -= faults.mostDeadRows
    chip.crossbar.columns -= faults.mostDeadColumns
    return chip
  }

  /// The chip with crossbars as large as those lines that every living core has, to which products are fitted.
  ///
  /// Throws `Diagnostics` if no core, or no line of some living core, can be used.
  public func usable(with faults: FaultMap?) throws -> Chip {
    let usable = withoutDeadLines(faults)
    guard livingCores(faults) > 0, usable.crossbar.rows > 0, usable.crossbar.columns > 0 else {
      throw Diagnostics(
        Diagnostic(
          .error, "the faults leave no core of \(name) with word lines and bit lines that work",
          help: "a core most of whose lines are dead can be given as `dead: true`"))
    }
    return usable
  }
}
