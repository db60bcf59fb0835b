/// The figure that says how good chips are, where there is room for one.
enum Quantity: CaseIterable {
  case accuracy, agreement, cosine, rankCorrelation

  /// What it is called, in percent.
  var title: String {
    switch self {
    case .accuracy: "top-1 accuracy, %"
    case .agreement: "agreement with FP32, %"
    case .cosine: "cosine to FP32, %"
    case .rankCorrelation: "rank correlation, %"
    }
  }

  /// The heading of a column of it.
  var heading: String { self == .accuracy ? "top-1, %" : title }

  /// The first one that all of `rows` have; the agreement if there is none.
  init(of rows: [any Measured]) {
    self =
      Self.allCases.first { quantity in rows.allSatisfy { $0.value(of: quantity) != nil } }
      ?? .agreement
  }
}

/// What has figures of how good chips are, each `nil` where it means nothing.
protocol Measured {
  var accuracy: Double? { get }
  var agreement: Double? { get }
  var cosine: Double? { get }
  var rankCorrelation: Double? { get }
}

extension Measured {
  func value(of quantity: Quantity) -> Double? {
    switch quantity {
    case .accuracy: accuracy
    case .agreement: agreement
    case .cosine: cosine
    case .rankCorrelation: rankCorrelation
    }
  }

  /// The first figure that there is, from 0 to 1.
  var share: Double? {
    Quantity.allCases.lazy.compactMap { value(of: $0) }.first.map { max($0, 0) }
  }
}
