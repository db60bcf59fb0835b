/// How many chips a network may take.
public enum ChipCount: Hashable, Sendable {
  case fixed(Int)
  /// As many as one copy of every layer needs.
  case automatic

  /// Creates a count from `N` or `auto`; `nil` if it is neither.
  public init?(_ text: String) {
    if text == "auto" {
      self = .automatic
    } else if let count = Int(text), count > 0, count <= 1 << 20 {
      self = .fixed(count)
    } else {
      return nil
    }
  }
}

extension ChipCount: CustomStringConvertible {
  /// As it is given on the command line.
  public var description: String {
    switch self {
    case .fixed(let count): "\(count)"
    case .automatic: "auto"
    }
  }
}
