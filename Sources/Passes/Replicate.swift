extension Partition {
  /// Gives every layer as many replicas as make the busiest crossbar's share smallest.
  ///
  /// The smallest interval, in MVM slots, that the available crossbars allow is found by bisection,
  /// which is exact for MVMs of equal time; then each layer gets the fewest replicas that keep it.
  /// A layer has at most one replica a vector.
  public func replicated() -> Partition {
    var partition = self
    let interval = intervalOptimum
    for index in layers.indices {
      let vectors = layers[index].vectors
      partition.layers[index].replicas = (vectors + interval - 1) / interval
    }
    return partition
  }

  /// The fewest MVM slots between inferences that any number of replicas reaches.
  public var intervalOptimum: Int {
    var low = 1
    var high = layers.map(\.vectors).max() ?? 1
    while low < high {
      let middle = (low + high) / 2
      let needed = layers.reduce(0) { $0 + $1.blocks * (($1.vectors + middle - 1) / middle) }
      if needed <= available { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The interval if replicas could be fractions: all MVMs spread evenly over all crossbars.
  public var intervalFluid: Double {
    Double(layers.reduce(0) { $0 + $1.blocks * $1.vectors }) / Double(available)
  }

  /// The interval of this partition, in MVM slots.
  public var intervalSlots: Int { layers.map(\.slots).max() ?? 0 }
}
