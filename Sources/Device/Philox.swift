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
