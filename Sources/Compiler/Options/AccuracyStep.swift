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

  /// What `group` has, in the order in which it is tried; `asked` is what the user asked for.
  public static func steps(
    of group: Trial.Group, beside asked: AccuracyOptions = AccuracyOptions()
  ) -> [AccuracyStep] {
    CompileOption.table.flatMap(\.trials).filter { $0.groups.contains(group) }
      .sorted { $0.rank < $1.rank }
      .map { trial in AccuracyStep(name: trial.name) { trial.change(&$0, asked) } }
  }
}

/// Where the search for accuracy and the ladder try an option, and with which value.
public struct Trial: Sendable {
  /// What is tried together. The ladder climbs all but `withCopies`, in their order; the search divides copies
  /// among layers in place of the last three.
  public enum Group: Int, Sendable, CaseIterable {
    /// What costs no crossbar and next to no time.
    case free
    /// What gains where there are several copies, and costs no more.
    case withCopies
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
