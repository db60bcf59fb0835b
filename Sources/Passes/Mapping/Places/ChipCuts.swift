import IR

extension Partition {
  /// The chip of every crossbar.
  ///
  /// Crossbars keep their order, which is that of the layers. A chip ends behind a whole stack, as long as there are
  /// crossbars to spare, so that links can add up the stack; of all such ends, those are taken at which the fewest
  /// bytes of activations are on their way.
  func chipsOfCrossbars(_ crossbars: [VirtualCrossbar]) -> [Int] {
    guard chips > 1 else { return Array(repeating: 0, count: crossbars.count) }
    let size = coresPerChip
    // Where a chip may end: the number of crossbars before it.
    var ends = [0]
    if packing == nil {
      for (index, crossbar) in crossbars.enumerated().dropFirst() {
        let block = crossbar.blocks[0]
        let isLong = layers[block.layer].stacks[block.stack].rows.count > size
        if block.row == 0 || isLong { ends.append(index) }
      }
      ends.append(crossbars.count)
    }
    if packing != nil || !isPossible(ends, size: size) { ends = Array(0...crossbars.count) }
    let cuts = cheapestCuts(ends, size: size, bytes: bytesOnTheirWay(crossbars))
    var chips: [Int] = []
    for (chip, end) in cuts.enumerated() {
      chips += Array(repeating: chip, count: end - chips.count)
    }
    return chips
  }

  /// The bytes of activations that pass from one chip to another.
  public var bytesBetweenChips: Int {
    let crossbars = virtualCrossbars
    let chips = chipsOfCrossbars(crossbars)
    guard self.chips > 1 else { return 0 }
    let bytes = bytesOnTheirWay(crossbars)
    return zip(chips, chips.dropFirst()).enumerated().reduce(0) { sum, pair in
      sum + (pair.element.0 == pair.element.1 ? 0 : bytes[pair.offset + 1])
    }
  }

  /// Whether the chips suffice where each holds as much as it can.
  private func isPossible(_ ends: [Int], size: Int) -> Bool {
    var (start, count, previous) = (0, 1, 0)
    for end in ends.dropFirst() {
      if end - start > size {
        start = previous
        count += 1
        if end - start > size { return false }
      }
      previous = end
    }
    return count <= chips
  }

  /// The most pairs of ends that are compared.
  private static let longestSearch = 20_000_000

  /// The ends of the chips in use: of all sequences whose chips suffice, the one with the fewest bytes.
  private func cheapestCuts(_ ends: [Int], size: Int, bytes: [Int]) -> [Int] {
    let last = ends.count - 1
    // The furthest end that k chips reach, and the first from which the other chips reach the last.
    var furthest = [0]
    while furthest.last! < last && furthest.count <= chips {
      var next = furthest.last!
      while next < last && ends[next + 1] - ends[furthest.last!] <= size { next += 1 }
      if next == furthest.last! { break }
      furthest.append(next)
    }
    var nearest = [last]
    while nearest.last! > 0 {
      var next = nearest.last!
      while next > 0 && ends[nearest.last!] - ends[next - 1] <= size { next -= 1 }
      nearest.append(next)
    }
    let count = chips
    func range(_ k: Int) -> ClosedRange<Int> {
      let low = count - k < nearest.count ? nearest[count - k] : 0
      let high = k < furthest.count ? furthest[k] : last
      return min(low, high)...high
    }
    let work = (1...count).reduce(0) { $0 + range($1).count * min(range($1 - 1).count, size) }
    guard work <= Self.longestSearch else { return furthest.dropFirst().map { ends[$0] } }
    var cost: [Int: Int] = [0: 0]
    var previous: [[Int: Int]] = []
    for k in 1...count {
      var next: [Int: Int] = [:]
      var from: [Int: Int] = [:]
      let before = range(k - 1)
      for end in range(k) {
        // A chip may stay empty, which costs nothing.
        for start in before.reversed() where start <= end {
          if ends[end] - ends[start] > size { break }
          guard let base = cost[start] else { continue }
          let total = base + (end == start || end == last ? 0 : bytes[ends[end]])
          if total < next[end] ?? .max {
            next[end] = total
            from[end] = start
          }
        }
      }
      cost = next
      previous.append(from)
    }
    guard cost[last] != nil else { return furthest.dropFirst().map { ends[$0] } }
    var cuts = [last]
    for from in previous.reversed() {
      guard let start = from[cuts.last!] else { break }
      if start != cuts.last! { cuts.append(start) }
    }
    return cuts.reversed().map { ends[$0] }.filter { $0 > 0 }
  }

  /// The bytes of the activations that are computed before crossbar i or given, and read by it or one behind
  /// it, by i.
  private func bytesOnTheirWay(_ crossbars: [VirtualCrossbar]) -> [Int] {
    // The last layer before each node, and the last one that reads each value, through host code.
    var layerOfNode = [Int](repeating: -1, count: graph.nodes.count)
    for (index, layer) in layers.enumerated() { layerOfNode[layer.node.index] = index }
    var first = [Int](repeating: crossbars.count, count: layers.count)
    var last = [Int](repeating: 0, count: layers.count)
    for (index, crossbar) in crossbars.enumerated() {
      for block in crossbar.blocks {
        first[block.layer] = min(first[block.layer], index)
        last[block.layer] = max(last[block.layer], index)
      }
    }
    var change = [Int](repeating: 0, count: crossbars.count + 2)
    var readers = [Int](repeating: -1, count: graph.values.count)
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      let layer = layerOfNode[index]
      let reader = layer >= 0 ? last[layer] : node.results.map { readers[$0.index] }.max() ?? -1
      for case let operand? in node.operands where graph[operand].constant == nil {
        readers[operand.index] = max(readers[operand.index], reader)
      }
    }
    for (index, layer) in layers.enumerated() {
      for result in graph[layer.node].results {
        let reader = readers[result.index]
        guard reader > first[index], let count = graph[result].type.count else { continue }
        change[first[index] + 1] += count * chip.resultBytes
        change[reader + 1] -= count * chip.resultBytes
      }
    }
    var sum = 0
    return change.map { value in
      sum += value
      return sum
    }
  }
}
