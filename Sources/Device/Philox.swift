import CDevice

/// The generator Philox4x32-10: four random words of 32 bits for every counter and key, and no state.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public enum Philox {
  /// Four words.
  public typealias Words = (UInt32, UInt32, UInt32, UInt32)

  /// The words of `counter` under `key`.
  public static func words(_ counter: Words, key: (UInt32, UInt32)) -> Words {
    let words = philox_words(
      CDevice.philox_words(a: counter.0, b: counter.1, c: counter.2, d: counter.3), key.0, key.1)
    return (words.a, words.b, words.c, words.d)
  }
}
