import Passes

/// What the compiler is told beside the network and the chip.
public struct CompilerOptions: Hashable, Sendable {
  /// The number of chips in series; `nil` for as many as one copy of every layer needs.
  public var chips: Int? = 1
  /// What the user wants of the mapping.
  public var mapping = MappingOptions()
  /// What is done for the accuracy on a chip.
  public var accuracy = AccuracyOptions()
  /// Whether only the mapping is found, from shapes alone: no data, no weights, no program.
  public var plan = false
  /// The last pass that runs.
  public var lastPass = Pass.check
  /// Whether the verifier runs after every pass.
  public var verifyEach = verifiesUsually

  /// Creates the options that hold unless others are given.
  public init() {}

  /// What the options of the table say, but for the number of chips.
  var values: OptionValues {
    var values = OptionValues(accuracy: accuracy)
    values.mapping = mapping
    return values
  }

  #if DEBUG
    private static let verifiesUsually = true
  #else
    private static let verifiesUsually = false
  #endif

  /// The mapping, with the products that stay digital for accuracy.
  var wholeMapping: MappingOptions {
    var mapping = mapping
    mapping.digital += accuracy.digital
    return mapping
  }
}
