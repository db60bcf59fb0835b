/// Places after the shape of a flow graph: its two slowest modes of vibration, the eigenvectors of its Laplacian
/// of which no others but the constant one have smaller eigenvalues, are coordinates in which nodes that exchange
/// bytes are near (Hall: An r-dimensional quadratic placement algorithm, 1970).
///
/// Sums, products and square roots only, so that the bits are the same everywhere.
struct SpectralStart {
  /// The most nodes for which the modes are computed.
  static let largestGraph = 2048

  private let graph: FlowGraph
  private let terrain: Terrain

  /// The places of the turn of the coordinates that costs least.
  static func places(of graph: FlowGraph, on terrain: Terrain) -> [Int] {
    SpectralStart(graph: graph, terrain: terrain).best()
  }

  private func best() -> [Int] {
    let (a, b) = modes()
    var best: (cost: Int, places: [Int])?
    // Modes of equal frequency mix, so that the grid may lie at any angle.
    let turns: [(cosine: Double, sine: Double)] = [
      (1, 0), (0.96, 0.28), (0.8, 0.6), (0.6, 0.8), (0.28, 0.96), (0, 1), (0.96, -0.28),
      (0.8, -0.6),
      (0.6, -0.8), (0.28, -0.96),
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

  /// Both modes, by subspace iteration on cI − L.
  private func modes() -> ([Double], [Double]) {
    let count = graph.count
    var random = RandomNumbers(seed: 1)
    var vectors = (0..<2).map { _ in
      (0..<count).map { _ in Double(random.next(below: 1 << 20)) / Double(1 << 20) - 0.5 }
    }
    let weights = graph.flows.map { Double($0.bytes).squareRoot() }
    var degrees = [Double](repeating: 0, count: count)
    for (flow, weight) in zip(graph.flows, weights) {
      degrees[flow.source] += weight
      degrees[flow.target] += weight
    }
    let shift = 2 * (degrees.max() ?? 1)
    for _ in 0..<600 {
      for index in 0..<2 {
        let old = vectors[index]
        var new = zip(old, degrees).map { $0 * (shift - $1) }
        for (flow, weight) in zip(graph.flows, weights) {
          new[flow.source] += weight * old[flow.target]
          new[flow.target] += weight * old[flow.source]
        }
        let mean = new.reduce(0, +) / Double(count)
        for node in new.indices { new[node] -= mean }
        if index == 1 {
          let overlap = zip(new, vectors[0]).reduce(0) { $0 + $1.0 * $1.1 }
          for node in new.indices { new[node] -= overlap * vectors[0][node] }
        }
        let length = new.reduce(0) { $0 + $1 * $1 }.squareRoot()
        vectors[index] = length > 0 ? new.map { $0 / length } : old
      }
    }
    return (vectors[0], vectors[1])
  }
}
