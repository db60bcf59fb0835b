import IR

extension WindowNeeds {
  /// The needs of a reader that takes one vector after the other.
  static func each(_ vectors: Int) -> WindowNeeds {
    WindowNeeds(last: Array(0..<vectors), lastUse: Array(0..<vectors))
  }

  /// The same where `count` vectors come as one.
  func bundled(by count: Int) -> WindowNeeds {
    guard count > 1 else { return self }
    let bundles = (lastUse.count + count - 1) / count
    return WindowNeeds(
      last: last.map { $0 / count },
      lastUse: (0..<bundles).map { bundle in
        lastUse[bundle * count..<min((bundle + 1) * count, lastUse.count)].max() ?? -1
      })
  }

  /// The needs of windows that lie as in a convolution: positions of the result in row-major order, each of which reads
  /// positions of the input from `stride · position − begin` on.
  init(input: [Int], output: [Int], window: Window, begin: [Int]) {
    var last: [Int] = []
    let inputs = input.reduce(1, *)
    let count = output.reduce(1, *)
    last.reserveCapacity(count)
    var lastUse = [Int](repeating: -1, count: inputs)
    var position = [Int](repeating: 0, count: output.count)
    for index in 0..<count {
      var (first, final) = (0, 0)
      var isEmpty = false
      for axis in output.indices {
        let start = position[axis] * window.strides[axis] - begin[axis]
        let reach = (window.kernel[axis] - 1) * window.dilations[axis]
        let (low, high) = (max(start, 0), min(start + reach, input[axis] - 1))
        isEmpty = isEmpty || low > high
        first = first * input[axis] + low
        final = final * input[axis] + high
      }
      last.append(isEmpty ? 0 : final)
      if !isEmpty { Self.mark(index, first, final, input, &lastUse) }
      var axis = output.count - 1
      while axis >= 0 {
        position[axis] += 1
        if position[axis] < output[axis] { break }
        position[axis] = 0
        axis -= 1
      }
    }
    self.last = last
    self.lastUse = lastUse
  }

  /// Notes that a window reads the vectors of a box; windows come in order, so that the last one stays.
  private static func mark(
    _ window: Int, _ first: Int, _ final: Int, _ input: [Int], _ lastUse: inout [Int]
  ) {
    // Between the corners of a box lie vectors of other boxes: to hold these a little longer does no harm.
    let row = input.last ?? 1
    var begin = first
    while begin <= final {
      let width = final % row - first % row
      for vector in begin...min(begin + max(width, 0), final) { lastUse[vector] = window }
      begin += row
    }
  }
}
