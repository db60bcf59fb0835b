/// Random numbers that are the same on any machine: SplitMix64 (Steele, Lea, Flood: Fast splittable
/// pseudorandom number generators, OOPSLA 2014).
struct RandomNumbers {
  private var state: UInt64

  /// Begins from `seed`.
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number from 0 to `limit` − 1.
  mutating func next(below limit: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// A number −ln u of a uniform u: how many times its temperature a worse step may cost in simulated
  /// annealing.
  mutating func nextExponential() -> Double {
    Self.exponentials[Int(truncatingIfNeeded: next() >> 53)]
  }

  /// −ln((i + ½) / 2048), from sums and products alone, so that it has the same bits everywhere.
  private static let exponentials: [Double] = (0..<2048).map { index in
    // −ln(x · 2⁻ᵏ) = k ln 2 − ln x with x in ½ … 1, and ln x = 2 artanh((x − 1) / (x + 1)).
    var x = (Double(index) + 0.5) / 2048
    var result = 0.0
    while x < 0.5 {
      x *= 2
      result += 0.693147180559945309
    }
    let ratio = (x - 1) / (x + 1)
    var power = ratio
    var sum = 0.0
    for term in 0..<20 {
      sum += power / Double(2 * term + 1)
      power *= ratio * ratio
    }
    return result - 2 * sum
  }
}
