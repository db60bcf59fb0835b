import Chip

extension Partition {
  /// Gives the layers as many replicas as serve the objective, and shares crossbars where that pays.
  ///
  /// For throughput, the smallest interval in MVM slots that the crossbars allow is found by bisection,
  /// exact for MVMs of equal time, and within it the smallest in time, of which an LDPU's pass over many
  /// columns may be the larger part. With shared crossbars, the interval is what first-fit
  /// packing reaches; it is taken if it is smaller by a twentieth or more, since blocks that
  /// share lines cannot run at once. For latency, replicas go to where they save most time a crossbar. For
  /// energy and area, every layer has one.
  ///
  /// A layer has at most one replica a vector; a recurrent one, whose steps follow each other, has
  /// one.
  public func replicated(_ options: MappingOptions = MappingOptions()) -> Partition {
    guard !layers.isEmpty, options.tileMap == nil else { return self }
    if packing != nil && options.objective != .throughput { return self }
    switch options.objective {
    case .energy, .area: return self
    case .latency: return fastest()
    case .throughput:
      guard packing == nil else { return sharedThroughput(below: .max) ?? self }
      let separate = steadiest()
      guard options.packing == .automatic,
        let shared = sharedThroughput(below: separate.intervalSlots * 19 / 20),
        // An LDPU's pass over the columns of a block may be longer than an MVM.
        shared.chipInterval < separate.chipInterval
      else { return separate }
      return shared
    }
  }

  /// The fewest MVM slots between inferences that any number of replicas reaches, with one block a crossbar;
  /// those of one replica where not even that fits.
  public var intervalOptimum: Int {
    let high = layers.map(\.vectors).max() ?? 1
    let low = layers.lazy.filter(\.isRecurrent).map(\.vectors).max() ?? 1
    return (max(low, 1)...max(high, 1)).leastElement { interval in
      layers.reduce(0) { $0 + $1.blocks * $1.replicas(for: interval) } <= available
    } ?? high
  }

  /// The interval if replicas could be fractions: all MVMs spread evenly over all crossbars, the blocks
  /// filling them without a gap where they share some.
  public var intervalFluid: Double {
    guard !layers.isEmpty else { return 0 }
    guard packing == nil else {
      let size = usableChip.crossbar.rows * usableChip.crossbar.columns
      let cells = layers.reduce(0.0) { $0 + Double($1.cells) * Double($1.vectors) }
      return cells / Double(size) / Double(available)
    }
    return layers.reduce(0.0) { $0 + Double($1.blocks) * Double($1.vectors) } / Double(available)
  }

  /// The interval of this partition, in MVM slots: the MVMs of the busiest crossbar.
  public var intervalSlots: Int {
    guard let packing else { return layers.map(\.slots).max() ?? 0 }
    return packing.crossbars.map { blocks in
      blocks.reduce(0) { $0 + layers[$1.layer].vectors(of: $1.replica).count }
    }.max() ?? 0
  }

  /// The MVMs of an inference that sharing adds on the busiest crossbar: blocks that share word or bit lines cannot
  /// run at once, so each waits for the others. Next to the same blocks of the same replicas in a crossbar each.
  public var sharingSlots: Int { intervalSlots - (layers.map(\.slots).max() ?? 0) }

  /// The time between inferences that crossbars and LDPUs allow, in ns.
  public var chipInterval: Double {
    guard let packing else { return layers.map { $0.time(on: chip) }.max() ?? 0 }
    return packing.crossbars.map { blocks in
      blocks.reduce(0.0) { time, block in
        let layer = layers[block.layer]
        return time + Double(layer.vectors(of: block.replica).count)
          * chip.vectorTime(columns: layer.stacks[block.stack].columns.count)
      }
    }.max() ?? 0
  }

  // MARK: Throughput

  /// Replicas for the smallest interval with one block a crossbar.
  private func steadiest() -> Partition {
    var partition = self
    let interval = intervalOptimum
    for index in layers.indices {
      partition.layers[index].replicas = layers[index].replicas(for: interval)
    }
    guard partition.crossbars <= available else { return self }
    let leastSlots = partition.layers
    func replicas(_ layer: Layer, within time: Double) -> Int? {
      let slots = Int((time / layer.vectorTime(on: chip)).rounded(.down))
      guard slots >= (layer.isRecurrent ? layer.vectors : 1) else { return nil }
      return max(layer.replicas, layer.replicas(for: slots))
    }
    // The times that come into question are those of some layer with some number of slots.
    var low = 0.0
    var high = leastSlots.map { $0.time(on: chip) }.max() ?? 0
    for _ in 0..<48 where low < high {
      let middle = (low + high) / 2
      var needed = 0
      for layer in leastSlots {
        guard let count = replicas(layer, within: middle), needed <= available else {
          needed = .max
          break
        }
        needed += layer.blocks * count
      }
      if needed <= available { high = middle } else { low = middle }
    }
    for index in layers.indices {
      partition.layers[index].replicas =
        replicas(leastSlots[index], within: high) ?? leastSlots[index].replicas
    }
    return partition
  }

  /// The most blocks of all replicas for which sharing is tried, so that the search stays short.
  private static let largestSearch = 3000

  /// Replicas for the smallest interval that is found where blocks share crossbars, if it is at most
  /// `bound`.
  private func sharedThroughput(below bound: Int) -> Partition? {
    let most = layers.map(\.vectors).max() ?? 1
    // Nothing is gained where the blocks fill their crossbars.
    let area = usableChip.crossbar.rows * usableChip.crossbar.columns
    let fluid =
      layers.reduce(0.0) { $0 + Double($1.cells) * Double($1.vectors) } / Double(area * available)
    let high = min(bound, layers.reduce(0) { $0 + $1.vectors })
    let low = max(1, Int(fluid.rounded(.up)))
    guard low <= high, blocks <= Self.largestSearch else { return nil }
    var best: Partition?
    func isPossible(_ interval: Int) -> Bool {
      for cut in [self, cutAtEdges()] {
        var candidate = cut
        candidate.packing = nil
        var count = 0
        for index in layers.indices {
          candidate.layers[index].replicas = layers[index].replicas(for: min(interval, most))
          count += candidate.layers[index].blocks * candidate.layers[index].replicas
        }
        guard count <= max(Self.largestSearch, available) else { continue }
        candidate.packing = candidate.packed(limit: interval)
        guard candidate.crossbars <= available else { continue }
        if candidate.intervalSlots < best?.intervalSlots ?? .max { best = candidate }
        return true
      }
      return false
    }
    _ = (low...high).leastElement(isPossible)
    return best
  }

  // MARK: Latency

  /// Replicas for the smallest sum of the layers' times: as if they followed each other.
  ///
  /// Each step goes to the corner of a layer's curve of time over crossbars that saves most a crossbar, which
  /// is the optimum but for the last step that does not fit.
  private func fastest() -> Partition {
    var partition = self
    var left = available - crossbars
    var queue = Heap<Step>()
    func step(_ index: Int) -> Step? {
      let layer = partition.layers[index]
      var best: Step?
      var replicas = layer.replicas
      var tried = 0
      // The corners of ⌈m/r⌉ lie within a few of its steps.
      while !layer.isRecurrent && replicas < layer.vectors && tried < 8 {
        let slots = (layer.vectors + replicas - 1) / replicas
        replicas = layer.replicas(for: slots - 1)
        tried += 1
        let crossbars = layer.blocks * (replicas - layer.replicas)
        guard crossbars <= left else { break }
        let saved = Double(layer.slots - (layer.vectors + replicas - 1) / replicas)
        let rate = saved * layer.vectorTime(on: chip) / Double(crossbars)
        if rate > best?.rate ?? 0 { best = Step(rate: rate, layer: index, replicas: replicas) }
      }
      return best
    }
    for index in layers.indices { if let step = step(index) { queue.insert(step) } }
    while let next = queue.removeFirst() {
      let added = next.replicas - partition.layers[next.layer].replicas
      if layers[next.layer].blocks * added <= left {
        left -= layers[next.layer].blocks * added
        partition.layers[next.layer].replicas = next.replicas
      }
      if let step = step(next.layer) { queue.insert(step) }
    }
    return partition
  }

  /// More replicas of a layer.
  private struct Step: Comparable {
    /// The time that it saves a crossbar.
    var rate: Double
    var layer: Int
    var replicas: Int

    static func < (a: Step, b: Step) -> Bool { (b.rate, a.layer) < (a.rate, b.layer) }
  }
}

extension Layer {
  /// The fewest replicas with which none has more than `slots` vectors, as far as replicas help.
  func replicas(for slots: Int) -> Int { isRecurrent ? 1 : (vectors + slots - 1) / slots }

  /// The time that a vector takes on its widest crossbar where many follow each other, in ns.
  func vectorTime(on chip: Chip) -> Double {
    chip.vectorTime(columns: stacks.map(\.columns.count).max() ?? 0)
  }

  /// The time of the busiest replica, in ns.
  func time(on chip: Chip) -> Double { Double(slots) * vectorTime(on: chip) }
}

extension ClosedRange<Int> {
  /// The first element from which on `isPossible` holds, found by bisection; `nil` if it does not hold
  /// at the end.
  func leastElement(_ isPossible: (Int) -> Bool) -> Int? {
    guard isPossible(upperBound) else { return nil }
    var (low, high) = (lowerBound, upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isPossible(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
