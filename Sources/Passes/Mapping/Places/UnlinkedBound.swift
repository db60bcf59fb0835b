import Chip

extension Partition {
  /// The fewest vectors of partial sums that no link carries, wherever blocks lie.
  ///
  /// A stack that is longer than a chip goes on in another. And where every block has a core of its own, a core
  /// passes sums on to one other at most and takes them from one, so that the links in use are a matching of
  /// sources and targets: of all the sums from block to block, no more than the largest matching has links, and the
  /// others are at best those of the fewest vectors.
  var unlinkedPartialSumsBound: Int {
    let cores = chip.cores.count
    var sums: [Int] = []
    var beyond = 0
    for layer in layers {
      for stack in layer.stacks {
        beyond += ((stack.rows.count + cores - 1) / cores - 1) * layer.vectors
        for replica in 0..<layer.replicas where stack.rows.count > 1 {
          let vectors = layer.vectors(of: replica).count
          sums += Array(repeating: vectors, count: stack.rows.count - 1)
        }
      }
    }
    // Sums of several stacks in the same crossbars may share links.
    guard packing == nil, !sums.isEmpty, case .listed(let list) = chip.links.topology else {
      return beyond
    }
    let linked = chips * list.largestMatching(cores: cores)
    return max(beyond, sums.sorted().prefix(max(0, sums.count - linked)).reduce(0, +))
  }
}

extension LinkList {
  /// The most links for partial sums of which no two have the same source or the same target, by augmenting paths
  /// (Berge 1957).
  fileprivate func largestMatching(cores: Int) -> Int {
    var sources = [Int](repeating: -1, count: cores)
    var isSeen: [Bool] = []
    func finds(_ source: Int) -> Bool {
      for target in partialSumTargets(of: CoreID(source)) where !isSeen[target.index] {
        isSeen[target.index] = true
        if sources[target.index] < 0 || finds(sources[target.index]) {
          sources[target.index] = source
          return true
        }
      }
      return false
    }
    return (0..<cores).reduce(0) { count, source in
      isSeen = Array(repeating: false, count: cores)
      return count + (finds(source) ? 1 : 0)
    }
  }
}
