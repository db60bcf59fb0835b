/// Which streams of a program have a turn: in rounds, in the order of the program, those that are awake.
struct Turns {
  /// A bit for each stream that is awake.
  private var awake: [UInt64]
  /// The first stream that may have the next turn of this round.
  private var place = 0
  /// The stream that fell asleep last on each counter, and behind each stream the one before; −1 for none.
  private var last: [Int]
  private var before: [Int]

  /// All streams sleep, on no counter.
  init(streams: Int, counters: Int) {
    awake = Array(repeating: 0, count: (streams + 63) / 64)
    last = Array(repeating: -1, count: counters)
    before = Array(repeating: -1, count: streams)
  }

  /// Gives a stream turns.
  mutating func wake(_ stream: Int) { awake[stream / 64] |= 1 << UInt64(stream % 64) }

  /// Gives a stream, which has just had a turn, no more of them until `counter` advances.
  mutating func sleep(_ stream: Int, on counter: Int) {
    before[stream] = last[counter]
    last[counter] = stream
  }

  /// Wakes all that sleep on `counter`.
  mutating func wakeAll(on counter: Int) {
    var stream = last[counter]
    last[counter] = -1
    while stream >= 0 {
      wake(stream)
      stream = before[stream]
    }
  }

  /// The stream with the next turn, which sleeps from then on; `nil` if all sleep.
  mutating func next() -> Int? {
    // The rest of this round, then one from the start.
    for first in [place, 0] {
      var word = first / 64
      var mask = ~UInt64(0) << UInt64(first % 64)
      while word < awake.count {
        let bits = awake[word] & mask
        if bits != 0 {
          let stream = word * 64 + bits.trailingZeroBitCount
          awake[word] &= ~(1 << UInt64(stream % 64))
          place = stream + 1
          return stream
        }
        word += 1
        mask = ~0
      }
    }
    return nil
  }
}
