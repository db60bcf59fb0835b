import Basics

/// Inputs as the network will meet them, from which ranges of converters are found.
public struct TypicalInputs: Sendable {
  /// Where they come from, as reports say it.
  public var origin: String
  /// A tensor for each input of the network, for each inference.
  public var inferences: [[Tensor]]

  /// The most inferences that are taken of data; of more, so many evenly spread ones.
  public static let limit = 256

  /// Creates typical inputs.
  public init(_ inferences: [[Tensor]], origin: String) {
    self.inferences = inferences
    self.origin = origin
  }
}
