/// Places after the shape of a flow graph, by two coordinates of every node in which nodes that exchange bytes
/// are near.
///
/// Sums, products and square roots only, so that the bits are the same everywhere.
struct SpectralStart {
  /// Where the coordinates come from.
  enum Shape: CaseIterable {
    /// The two slowest modes of vibration, the eigenvectors of the graph's Laplacian of which no others but
    /// the constant one have smaller eigenvalues (Hall: An r-dimensional quadratic placement algorithm, 1970).
    case modes
    /// The plane in which distances are most like the numbers of flows between nodes (classical scaling;
    /// Torgerson: Multidimensional scaling, 1952), so that thick flows do not draw nodes together.
    case distances
  }

  private let graph: FlowGraph
  private let terrain: Terrain

  /// The most nodes for which coordinates of this shape are computed.
  static func largestGraph(_ shape: Shape) -> Int { shape == .modes ? 2048 : 512 }

  /// The places of the turn of the coordinates that costs least.
  static func places(of graph: FlowGraph, on terrain: Terrain, after shape: Shape) -> [Int] {
    let start = SpectralStart(graph: graph, terrain: terrain)
    return start.best(shape == .modes ? start.modes() : start.plane())
  }

  private func best(_ coordinates: [[Double]]) -> [Int] {
    let (a, b) = (coordinates[0], coordinates[1])
    var best: (cost: Int, places: [Int])?
    // Coordinates of equal weight mix, so that the grid may lie at any angle.
    let turns: [(cosine: Double, sine: Double)] = [
      (1, 0), (0.96, 0.28), (0.8, 0.6), (0.6, 0.8), (0.28, 0.96), (0, 1), (0.96, -0.28),
      (0.8, -0.6), (0.6, -0.8), (0.28, -0.96),
    ]
    for (cosine, sine) in turns {
      let x = zip(a, b).map { cosine * $0 + sine * $1 }
      let y = zip(a, b).map { cosine * $1 - sine * $0 }
      let places = spread(x, y)
      let cost = terrain.cost(of: graph, at: places)
      if cost < best?.cost ?? .max { best = (cost, places) }
    }
    return best?.places ?? []
  }

  /// The nodes in columns by `x`, in each column in the order of `y`.
  private func spread(_ x: [Double], _ y: [Double]) -> [Int] {
    var width = 1
    while width * width < graph.count { width += 1 }
    width = min(max(width, (graph.count + terrain.rows - 1) / terrain.rows), terrain.columns)
    let order = x.indices.sorted { (x[$0], $0) < (x[$1], $1) }
    var places = [Int](repeating: 0, count: graph.count)
    for column in 0..<width {
      let nodes = order[graph.count * column / width..<graph.count * (column + 1) / width]
        .sorted { (y[$0], $0) < (y[$1], $1) }
      for (row, node) in nodes.enumerated() { places[node] = row * terrain.columns + column }
    }
    return places
  }

  /// The slowest modes: the largest of cI − L.
  private func modes() -> [[Double]] {
    let weights = graph.flows.map { Double($0.bytes).squareRoot() }
    var degrees = [Double](repeating: 0, count: graph.count)
    for (flow, weight) in zip(graph.flows, weights) {
      degrees[flow.source] += weight
      degrees[flow.target] += weight
    }
    let shift = 2 * (degrees.max() ?? 1)
    return largestVectors(rounds: 600) { old in
      var new = zip(old, degrees).map { $0 * (shift - $1) }
      for (flow, weight) in zip(graph.flows, weights) {
        new[flow.source] += weight * old[flow.target]
        new[flow.target] += weight * old[flow.source]
      }
      return new
    }
  }

  /// The plane of classical scaling: the largest vectors of −½ times the squared distances, whose rows and
  /// columns have mean 0.
  private func plane() -> [[Double]] {
    let count = graph.count
    var matrix: [Double] = []
    for node in 0..<count {
      matrix += hops(from: node).map { -0.5 * Double($0 * $0) }
    }
    var means = [Double](repeating: 0, count: count)
    for node in 0..<count {
      for other in 0..<count { means[node] += matrix[node * count + other] / Double(count) }
    }
    let mean = means.reduce(0, +) / Double(count)
    for node in 0..<count {
      for other in 0..<count {
        matrix[node * count + other] += mean - means[node] - means[other]
      }
    }
    return largestVectors(rounds: 100) { old in
      matrix.withUnsafeBufferPointer { matrix in
        (0..<count).map { node in
          var sum = 0.0
          for other in 0..<count { sum += matrix[node * count + other] * old[other] }
          return sum
        }
      }
    }
  }

  /// The fewest flows from `node` to every other; twice the most of any where none lead there.
  private func hops(from node: Int) -> [Int] {
    var hops = [Int](repeating: -1, count: graph.count)
    hops[node] = 0
    var queue = [node]
    var next = 0
    while next < queue.count {
      let current = queue[next]
      next += 1
      for other in graph.neighbours(of: current) where hops[other.node] < 0 {
        hops[other.node] = hops[current] + 1
        queue.append(other.node)
      }
    }
    let far = 2 * (hops[queue[queue.count - 1]] + 1)
    return hops.map { $0 < 0 ? far : $0 }
  }

  /// The two largest eigenvectors of the symmetric matrix that `multiply` applies, beside the constant one.
  private func largestVectors(rounds: Int, _ multiply: ([Double]) -> [Double]) -> [[Double]] {
    let count = graph.count
    var random = RandomNumbers(seed: 1)
    var vectors = (0..<2).map { _ in
      (0..<count).map { _ in Double(random.next(below: 1 << 20)) / Double(1 << 20) - 0.5 }
    }
    for _ in 0..<rounds {
      for index in 0..<2 {
        var new = multiply(vectors[index])
        let mean = new.reduce(0, +) / Double(count)
        for node in new.indices { new[node] -= mean }
        if index == 1 {
          let overlap = zip(new, vectors[0]).reduce(0) { $0 + $1.0 * $1.1 }
          for node in new.indices { new[node] -= overlap * vectors[0][node] }
        }
        let length = new.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { vectors[index] = new.map { $0 / length } }
      }
    }
    return vectors
  }
}
