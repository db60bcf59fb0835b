/// Something that the search for accuracy and the ladder add to what was done before.
public struct AccuracyStep: Sendable {
  /// What it is, as tables name it.
  public var name: String
  private let change: @Sendable (inout AccuracyOptions) -> Void

  /// Creates a step.
  public init(name: String, change: @escaping @Sendable (inout AccuracyOptions) -> Void) {
    (self.name, self.change) = (name, change)
  }

  /// `options` after this step; `nil` if nothing is left to do.
  public func applied(to options: AccuracyOptions) -> AccuracyOptions? {
    var changed = options
    change(&changed)
    return changed == options ? nil : changed
  }

  /// What costs no crossbar and next to no time, in the order in which it is tried.
  public static let free = steps(of: .free, beside: AccuracyOptions())

  /// What costs crossbars, traffic or time, the cheapest first, in groups of which each is tried before
  /// anything is left to the host; `asked` is what the user asked for.
  public static func others(beside asked: AccuracyOptions) -> [[AccuracyStep]] {
    Trial.Group.allCases.dropFirst().map { steps(of: $0, beside: asked) }
  }

  private static func steps(of group: Trial.Group, beside asked: AccuracyOptions) -> [AccuracyStep]
  {
    CompileOption.table.flatMap(\.trials).filter { $0.groups.contains(group) }
      .sorted { $0.rank < $1.rank }
      .map { trial in AccuracyStep(name: trial.name) { trial.change(&$0, asked) } }
  }
}

/// Where the search for accuracy tries an option, and with which value.
public struct Trial: Sendable {
  /// The groups of the search in their order; after each, products are left to the host.
  public enum Group: Int, Sendable, CaseIterable {
    /// What costs no crossbar and next to no time.
    case free
    /// What takes a chip the time of many inferences, but once.
    case calibration
    /// What fills the free cells of crossbars that are taken anyway.
    case freeCells
    /// What takes twice the crossbars.
    case twice
    /// What takes four times the crossbars.
    case fourTimes
  }

  /// The groups that try it.
  public let groups: [Group]
  /// Its place in these groups, the lowest first.
  public let rank: Int
  /// What it is, as tables name it.
  public let name: String
  /// Changes the options, beside what the user asked for.
  let change: @Sendable (inout AccuracyOptions, _ asked: AccuracyOptions) -> Void

  init(
    _ groups: [Group], _ rank: Int, _ name: String,
    change: @escaping @Sendable (inout AccuracyOptions, AccuracyOptions) -> Void
  ) {
    self.groups = groups
    self.rank = rank
    self.name = name
    self.change = change
  }
}
