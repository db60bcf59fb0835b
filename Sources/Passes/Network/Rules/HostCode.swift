import IR

extension Op {
  /// Whether there is code for it on the chip or its host; what there is none for is evaluated by the
  /// reference only.
  public var hasHostCode: Bool {
    switch self {
    case .determinant, .range, .movement(.unique): false
    case .pool(let pool): pool.positions == nil
    case .sampling(.regionMaximum), .sampling(.unpool), .sampling(.fromColumns): false
    default: true
    }
  }
}
