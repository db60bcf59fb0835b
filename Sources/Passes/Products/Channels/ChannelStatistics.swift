import Basics
import IR
import Reference

/// What the channels of a value reach while typical inferences run.
struct ChannelStatistics {
  /// The smallest and the largest finite element of each channel; infinite where there is none.
  private(set) var lowest: [Float]
  private(set) var highest: [Float]
  /// The sum of the elements of each channel.
  private(set) var sums: [Double]
  /// The sum of the squares of the finite elements of each channel.
  private(set) var squares: [Double]
  /// How many elements each channel had.
  private(set) var elements = 0

  /// The largest finite magnitude of each channel.
  var maxima: [Float] { zip(lowest, highest).map { $0 > $1 ? 0 : max(-$0, $1) } }

  fileprivate init(channels: Int) {
    lowest = [Float](repeating: .infinity, count: channels)
    highest = [Float](repeating: -.infinity, count: channels)
    sums = [Double](repeating: 0, count: channels)
    squares = sums
  }

  /// Looks at a tensor in which runs of `stretch` elements belong to one channel after the other.
  fileprivate mutating func observe(_ tensor: Tensor, stretch: Int) {
    let channels = sums.count
    elements += tensor.count / channels
    tensor.withElements(of: Float.self) { elements in
      for (position, start) in stride(from: 0, to: elements.count, by: stretch).enumerated() {
        let channel = position % channels
        var (total, square) = (0.0, 0.0)
        var (least, most) = (lowest[channel], highest[channel])
        for index in start..<start + stretch {
          let element = elements[index]
          total += Double(element)
          guard element.isFinite else { continue }
          square += Double(element) * Double(element)
          least = min(least, element)
          most = max(most, element)
        }
        sums[channel] += total
        squares[channel] += square
        lowest[channel] = least
        highest[channel] = most
      }
    }
  }
}

extension Graph {
  /// What the channels of each of `values` reach in `inferences`: `count` equal parts along `axis`.
  ///
  /// Throws `Diagnostics` where an input does not fit.
  func channelStatistics(
    of values: [(value: ValueID, axis: Int, count: Int)], in inferences: [[Tensor]]
  ) throws -> [ValueID: ChannelStatistics] {
    var axes: [ValueID: Int] = [:]
    var statistics: [ValueID: ChannelStatistics] = [:]
    for (value, axis, count) in values {
      axes[value] = axis
      statistics[value] = ChannelStatistics(channels: count)
    }
    let evaluator = try Evaluator(self)
    for inference in inferences {
      _ = try evaluator.evaluate(inference) { value, tensor in
        guard let axis = axes[value], var found = statistics.removeValue(forKey: value) else {
          return
        }
        let stretch = tensor.shape[axis...].reduce(1, *) / found.sums.count
        if stretch > 0 { found.observe(tensor, stretch: stretch) }
        statistics[value] = found
      }
    }
    return statistics
  }
}
