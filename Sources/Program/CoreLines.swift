import Basics
import Chip

/// Which word line and bit line of a core each line that tiles name is: Specs/program.md, ".aimc.lines".
///
/// Tiles lie in ranges of lines. On a core with an order of its own these are other lines, so that faulty ones
/// can be left out, and so that faulty cells hold weights to which they matter least.
public struct CoreLines: Hashable, Sendable {
  /// The chip.
  public var chip: Int
  /// The core of that chip.
  public var core: CoreID
  /// The word line that each word line of tiles is: a permutation of all word lines.
  public var rows: [Int]
  /// The bit line that each bit line of tiles is: a permutation of all bit lines.
  public var columns: [Int]

  /// Creates the lines of a core.
  public init(chip: Int, core: CoreID, rows: [Int], columns: [Int]) {
    self.chip = chip
    self.core = core
    self.rows = rows
    self.columns = columns
  }
}

extension Program {
  /// The lines of a core; `nil` where each line is itself.
  public func lines(ofChip chip: Int, core: CoreID) -> CoreLines? {
    // In ascending order of cores.
    var (low, high) = (0, lines.count)
    while low < high {
      let middle = (low + high) / 2
      let found = lines[middle]
      if (found.chip, found.core) == (chip, core) { return found }
      if (found.chip, found.core) < (chip, core) { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}

extension Validator {
  /// Checks that lines are permutations, of cores in ascending order.
  mutating func validateLines() {
    let crossbar = program.chip.crossbar
    var last: (chip: Int, core: CoreID)?
    for lines in program.lines {
      let name = "core \(lines.chip).\(lines.core.index)"
      func fault(_ message: String) { faults.add(SectionName.lines, "\(name) \(message)") }
      guard hasCore(lines.chip, lines.core) else {
        fault("has lines, but does not exist")
        continue
      }
      if let last, last >= (lines.chip, lines.core) { fault("is out of order: cores ascend") }
      last = (lines.chip, lines.core)
      for (order, count, kind) in [
        (lines.rows, crossbar.rows, "word"), (lines.columns, crossbar.columns, "bit"),
      ] {
        var isThere = [Bool](repeating: false, count: count)
        for line in order where isThere.indices.contains(line) { isThere[line] = true }
        if order.count != count || isThere.contains(false) {
          fault("does not have each of its \(count) \(kind) lines once")
        }
      }
    }
  }
}

extension CoreLines {
  /// Lines as u32, as a listing spells them.
  func bytes(_ order: [Int]) -> Bytes {
    Bytes(copying: order.map { UInt32(truncatingIfNeeded: $0).littleEndian })
  }
}
