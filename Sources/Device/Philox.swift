/// The generator Philox4x32-10: four random words of 32 bits for every counter and key, and no state.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public enum Philox {
  /// Four words.
  public typealias Words = (UInt32, UInt32, UInt32, UInt32)

  /// The words of `counter` under `key`.
  @inlinable @inline(__always)
  public static func words(_ counter: Words, key: (UInt32, UInt32)) -> Words {
    var (a, b, c, d) = counter
    var (low, high) = key
    for _ in 0..<10 {
      let first = UInt64(a) &* 0xD251_1F53
      let second = UInt64(c) &* 0xCD9E_8D57
      a = UInt32(truncatingIfNeeded: second >> 32) ^ b ^ low
      b = UInt32(truncatingIfNeeded: second)
      c = UInt32(truncatingIfNeeded: first >> 32) ^ d ^ high
      d = UInt32(truncatingIfNeeded: first)
      low &+= 0x9E37_79B9
      high &+= 0xBB67_AE85
    }
    return (a, b, c, d)
  }
}

extension Philox {
  /// Two normal deviates, independent and with variance 1, at most 8.6 in magnitude.
  ///
  /// The method is that of Box and Muller: a radius √(−2 ln u), and an angle that is uniform in each of
  /// four quadrants.
  @inline(__always)
  static func normals(_ words: Words) -> (Double, Double) {
    let (a, b, c, d) = words
    // 52 bits, in the middle of their interval: neither 0 nor 1.
    let fraction = UInt64(b) << 20 | UInt64(a) >> 12
    let uniform = Double(bitPattern: 0x3FF0_0000_0000_0000 | fraction) - (1 - 0x1p-53)
    let radius = (-2 * Elementary.log(uniform)).squareRoot()
    let angle = Double(bitPattern: 0x3FF0_0000_0000_0000 | UInt64(d) << 20 | UInt64(c) >> 12)
    let (cosine, sine) = Elementary.cosineAndSine((angle - 1.5) * (Double.pi / 2))
    // The sine has both signs; the bits that the angle does not use choose the quadrant.
    let sign = Double(bitPattern: cosine.bitPattern ^ UInt64(c & 1) << 63)
    let isSwapped = c & 2 != 0
    return (radius * (isSwapped ? sine : sign), radius * (isSwapped ? sign : sine))
  }
}
