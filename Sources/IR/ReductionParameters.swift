/// The parameters of Softmax, LogSoftmax and Hardmax.
public struct Softmax: Hashable, Sendable {
  /// What is computed.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// eˣ divided by its sum.
    case softmax
    /// The logarithm of that.
    case logSoftmax = "log_softmax"
    /// 1 for the first greatest element, and 0 for all others.
    case hardmax
  }

  /// What is computed.
  public var kind: Kind
  /// The axis; negative ones count from the end.
  public var axis: Int
  /// Whether all dimensions from `axis` on are one, as operator sets before 13 say.
  public var flattens: Bool

  /// Creates the parameters.
  public init(_ kind: Kind = .softmax, axis: Int, flattens: Bool = false) {
    self.kind = kind
    self.axis = axis
    self.flattens = flattens
  }
}

/// What a reduction computes.
public enum ReduceKind: String, Hashable, Sendable, CaseIterable {
  case sum, mean, max, min
  case product = "prod"
  /// The sum of magnitudes.
  case l1
  /// The square root of the sum of squares.
  case l2
  case sumSquare = "sum_square"
  case logSum = "log_sum"
  case logSumExp = "log_sum_exp"
}

/// The parameters of a reduction.
public struct Reduce: Hashable, Sendable {
  /// What is computed.
  public var kind: ReduceKind
  /// Whether a reduced dimension stays, with size 1.
  public var keepsDimensions: Bool
  /// Whether no axes mean that each element is reduced on its own, rather than all of them together.
  public var emptyIsIdentity: Bool

  /// Creates the parameters.
  public init(kind: ReduceKind, keepsDimensions: Bool = true, emptyIsIdentity: Bool = false) {
    self.kind = kind
    self.keepsDimensions = keepsDimensions
    self.emptyIsIdentity = emptyIsIdentity
  }
}

/// The parameters of ArgMax and ArgMin.
public struct Extremum: Hashable, Sendable {
  /// Which element is looked for.
  public enum Kind: String, Hashable, Sendable, CaseIterable { case max, min }

  /// Which element is looked for.
  public var kind: Kind
  /// The axis; negative ones count from the end.
  public var axis: Int
  /// Whether the reduced dimension stays, with size 1.
  public var keepsDimension: Bool
  /// Whether the last of several equal elements counts, rather than the first.
  public var takesLast: Bool

  /// Creates the parameters.
  public init(kind: Kind, axis: Int, keepsDimension: Bool = true, takesLast: Bool = false) {
    self.kind = kind
    self.axis = axis
    self.keepsDimension = keepsDimension
    self.takesLast = takesLast
  }
}

/// The parameters of CumSum and CumProd.
public struct Cumulative: Hashable, Sendable {
  /// What is computed.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case sum
    case product = "prod"
  }

  /// What is computed.
  public var kind: Kind
  /// Whether an element itself is left out.
  public var exclusive: Bool
  /// Whether the elements after one are taken instead of those before.
  public var reverse: Bool

  /// Creates the parameters.
  public init(kind: Kind, exclusive: Bool = false, reverse: Bool = false) {
    self.kind = kind
    self.exclusive = exclusive
    self.reverse = reverse
  }
}

/// The parameters of a discrete Fourier transform.
public struct Fourier: Hashable, Sendable {
  /// Whether it goes from the spectrum back, divided by the length.
  public var isInverse: Bool
  /// Whether of the spectrum only its first half is there, the other half being its mirror; the
  /// result of an inverse transform is real then.
  public var isOneSided: Bool

  /// Creates the parameters.
  public init(isInverse: Bool = false, isOneSided: Bool = false) {
    self.isInverse = isInverse
    self.isOneSided = isOneSided
  }
}

extension Op {
  /// Each operator along axes, and each that chooses or makes elements, once.
  public static let reductionForms: [Op] =
    Softmax.Kind.allCases.map { .softmax(Softmax($0, axis: 0)) }
    + ReduceKind.allCases.map { .reduce(Reduce(kind: $0)) }
    + Extremum.Kind.allCases.map { .extremum(Extremum(kind: $0, axis: 0)) }
    + Cumulative.Kind.allCases.map { .cumulative(Cumulative(kind: $0)) }
    + [
      .select, .expand, .determinant, .fourier(Fourier()), .triangle(upper: true),
      .identityMatrix(element: nil, offset: 0), .range,
    ]
}
