import Basics

/// What was found wrong with a file: listed up to a limit, then counted.
struct FaultList {
  /// How many faults are listed.
  let limit: Int
  /// The file that they are about.
  let file: String
  private var listed = Diagnostics()
  /// Where what is said of a node is listed, so that it is listed once for all nodes of an operator.
  private var places: [Diagnostic: Int] = [:]
  /// How many faults were found.
  private(set) var count = 0

  /// Creates an empty list of faults of `file`.
  init(file: String, limit: Int) {
    self.file = file
    self.limit = limit
  }

  /// Whether a further fault is only counted.
  var isFull: Bool { count >= limit }

  /// Counts a fault that is not listed.
  mutating func addUnlisted() { count += 1 }

  /// Adds a fault.
  mutating func append(_ fault: Diagnostic) {
    if isFull || listed.append(fault, mergedBy: &places) { count += 1 }
  }

  /// Throws the faults, if there are any.
  func throwIfAny() throws {
    guard count > 0 else { return }
    var faults = listed
    if count > limit {
      faults.append(Diagnostic(.note, file: file, "\(count - limit) more faults are not listed"))
    }
    throw faults
  }
}
