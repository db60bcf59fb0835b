/// What is accepted where outputs are compared.
struct ComparisonLimits {
  /// The largest relative error, and up to `different` the largest part of integers and truth values
  /// that differ.
  var relativeError: Double
  /// The largest number of steps by which an output differs that the model quantizes; `nil` where the
  /// norm counts for it.
  var steps: Int?
  /// What an element counts in the norm at least.
  var least = 1e-6
  /// The part of samples with the same class that is enough, whatever the relative error is.
  var agreement: Double?
  /// Whether all inferences are taken together, rather than each on its own.
  var countsTogether = false

  /// By how much the accuracy of a device may be below that of the reference.
  static let accuracyLoss = 0.05
  /// The part of integers and truth values that may differ at most, on any device.
  static let different = 0.1
  /// The relative error that is 10 dB below the output.
  static let noisy = 0.316

  /// The limits of the reference against expected outputs of another implementation.
  ///
  /// Functions such as the logistic function are computed by others with an error that is small
  /// beside 1, not beside the result, so that elements count as 10⁻³ at least.
  static let reference = ComparisonLimits(relativeError: 1e-4, steps: 2, least: 1e-3)

  /// The limits of `device` against the reference, or against expected outputs.
  init(_ device: DeviceName, expected: Bool, cutsWeights: Bool) {
    switch device {
    case .ideal: self.init(relativeError: 1e-4, steps: expected ? 2 : 1)
    case .quantized: self.init(relativeError: 0.1)
    case .model, .own: self.init(relativeError: Self.noisy, agreement: 0.9, countsTogether: true)
    }
    if expected { least = 1e-3 }
    if cutsWeights { (relativeError, steps) = (max(relativeError, Self.noisy), nil) }
  }

  private init(
    relativeError: Double, steps: Int? = nil, least: Double = 1e-6, agreement: Double? = nil,
    countsTogether: Bool = false
  ) {
    self.relativeError = relativeError
    self.steps = steps
    self.least = least
    self.agreement = agreement
    self.countsTogether = countsTogether
  }
}
