import IR

/// How the noise of a product shrinks as the channels with the largest inputs leave its crossbars.
///
/// Two kinds of noise count: the rounding of the DAC, whose step the largest input of all decides, and the errors of
/// conductances, which are errors of the result in proportion to the input that meets them. Both are powers of the
/// result, summed up over its columns, in parts of its own power, with inputs that do not depend on each other.
struct Outliers {
  /// The channels, those with the largest inputs first.
  let channels: [Int]
  /// The multiply-accumulates of one channel.
  let cost: Int
  /// The noise that is left without the first channels, by how many.
  private let noise: [Double]
  /// How many channels have left.
  private(set) var count = 0

  /// The error of a conductance in parts of the largest of its column: between that of small and of large
  /// conductances on HERMES, 1 to 5 % of g-max (Le Gallo et al., 2023).
  private static let conductanceError = 0.03
  /// A channel leaves only if it has this many times the noise of an average one.
  private static let leastExcess = 4.0

  /// Creates the noise of `product`, which has the weights `elements`, with inputs as `statistics` show them and
  /// a DAC that reaches `codes`.
  init(_ product: Product, _ elements: [Float], _ statistics: ChannelStatistics, codes: Int) {
    let maxima = statistics.maxima
    let count = maxima.count
    let height = product.rows / count
    var squares = [Double](repeating: 0, count: count)
    var largest = [Float](repeating: 0, count: product.columns)
    for (index, weight) in elements.enumerated() {
      let place = product.place(ofElement: index)
      squares[place.row / height] += Double(weight) * Double(weight)
      largest[place.column] = max(largest[place.column], weight.magnitude)
    }
    let powers = statistics.squares.map { $0 / Double(max(statistics.elements, 1)) }
    let signal = zip(powers, squares).reduce(0) { $0 + $1.0 * $1.1 }
    let reach = largest.reduce(0) { $0 + Double($1) * Double($1) } * Double(height)
    channels = maxima.indices.sorted { (maxima[$1], $0) < (maxima[$0], $1) }
    cost = product.macs / max(count, 1)
    var (weights, inputs) = (squares.reduce(0, +), powers.reduce(0, +))
    noise = channels.map { channel in
      let step = Double(maxima[channel]) / Double(codes)
      let error = Self.conductanceError * Self.conductanceError
      let result = step * step / 12 * weights + error * reach * inputs
      weights -= squares[channel]
      inputs -= powers[channel]
      return signal > 0 && result.isFinite ? result / signal : 0
    }
  }

  /// How many more channels are best to leave together, of at most `limit`, and the noise that this takes away for
  /// each multiply-accumulate; `nil` if they are like the others.
  func next(upTo limit: Int) -> (channels: Int, gain: Double)? {
    // Half of the channels at least stay: they are no outliers.
    let last = min(count + limit, channels.count / 2)
    guard count < last, cost > 0 else { return nil }
    var best: (channels: Int, gain: Double)?
    for end in count + 1...last {
      let gain = (noise[count] - noise[end]) / Double(end - count)
      if gain > best?.gain ?? 0 { best = (end - count, gain) }
    }
    guard let best, best.gain > Self.leastExcess * noise[count] / Double(channels.count) else {
      return nil
    }
    return (best.channels, best.gain / Double(cost))
  }

  /// Takes `channels` more.
  mutating func leave(_ channels: Int) { count += channels }
}

extension [Outliers] {
  /// Lets channels leave as long as `budget` multiply-accumulates allow it, those first whose noise is largest for
  /// what they cost.
  mutating func leave(within budget: Int) {
    var rest = budget
    func next(_ outliers: Outliers) -> (channels: Int, gain: Double)? {
      outliers.next(upTo: rest / Swift.max(outliers.cost, 1))
    }
    var nexts = map(next)
    while let best = nexts.indices.max(by: { nexts[$0]?.gain ?? 0 < nexts[$1]?.gain ?? 0 }),
      let (channels, _) = nexts[best]
    {
      let cost = channels * self[best].cost
      // What was found for a larger rest may be too much by now.
      if cost <= rest {
        self[best].leave(channels)
        rest -= cost
      }
      nexts[best] = next(self[best])
    }
  }
}
