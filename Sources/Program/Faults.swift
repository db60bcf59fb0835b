import Basics

/// Collects what is wrong with a program, as far as a person still reads on.
struct Faults {
  /// The most faults that are listed; the rest is counted.
  static let limit = 100

  private let file: String?
  private var items: [Diagnostic] = []
  private(set) var count = 0

  init(file: String?) { self.file = file }

  /// Adds a fault of a section, or one of the whole program if `section` is `nil`.
  mutating func add(_ section: String?, _ message: @autoclosure () -> String) {
    add(at: section.map { .section($0) }, message())
  }

  /// Adds a fault at a place of the file, of the code of a node if its symbol is given.
  mutating func add(
    at location: Diagnostic.Location?, of symbol: Symbol? = nil,
    _ message: @autoclosure () -> String, supported: String? = nil, help: String? = nil
  ) {
    count += 1
    if count <= Self.limit {
      items.append(
        Diagnostic(
          file: file, at: location, node: symbol?.node, op: symbol?.op, message(),
          supported: supported, help: help))
    }
  }

  /// Adds the faults that another part of the compiler has found.
  mutating func add(_ others: Diagnostics) {
    for item in others.items where item.severity == .error {
      count += 1
      if count <= Self.limit { items.append(item) }
    }
  }

  /// Everything found.
  var diagnostics: Diagnostics {
    guard count > Self.limit else { return Diagnostics(items) }
    let rest = Diagnostic(file: file, "\(count - Self.limit) more faults are not listed")
    return Diagnostics(items + [rest])
  }

  /// Throws everything found, if there is anything.
  func throwIfAny() throws { if count > 0 { throw diagnostics } }
}
