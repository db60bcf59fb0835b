import Passes

/// What the options of `CompileOption.table` say.
public struct OptionValues: Hashable, Sendable {
  /// How many chips there are.
  public var chips = ChipCount.fixed(1)
  /// What the user wants of the mapping.
  public var mapping = MappingOptions()
  /// What is done for the accuracy on a chip.
  public var accuracy: AccuracyOptions
  /// The part of FP32's accuracy that a chip shall keep, for which the search does more; `nil` for what
  /// `accuracy` says.
  public var accuracyTarget: Double?

  /// Creates what no option says, but for `accuracy`.
  public init(accuracy: AccuracyOptions = AccuracyOptions()) { self.accuracy = accuracy }

  /// The options of the command line that say the same, as words for a shell.
  public var words: [String] { CompileOption.table.flatMap { $0.words(in: self) } }
}
