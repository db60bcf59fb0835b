/// The generator SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same numbers on any machine, so that a test
/// that fails fails again.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number within 0 ..< `bound`.
  public mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A number from `low` to `high`.
  public mutating func next(_ low: Int, _ high: Int) -> Int { low + next(below: high - low + 1) }

  /// Numbers from −1 to 1.
  public mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(next() >> 40) / Float(1 << 23) - 1 }
  }
}
