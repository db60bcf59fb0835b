import Chip
import Passes

/// How copies and the host's share are divided among the products of a network: always so that what is paid takes
/// away as much noise as it can.
///
/// The noise of a product is the power that its errors alone add to the output. It adds up over products, and n
/// copies of the columns and m of the rows divide it by n·m, since their errors have nothing to do with each other.
/// The choices of every product that no mixture of two others beats are ordered by what a step costs for the noise
/// that it takes away, and so are the steps of all products: each front holds the best divisions of what they
/// cost (Sinha and Zoltners, Operations Research 27, 503 (1979)).
struct CopyAllocation {
  /// One way to compute a product.
  struct Choice: Hashable {
    /// The copies of its columns and rows; `nil` for the host.
    var copies: GivenCopies?
    var noise: Double
    var cost: Double
    /// The crossbars that it takes.
    var crossbars: Int
  }

  /// What is done with all products.
  struct Point {
    /// The choice for each product, in their order.
    fileprivate(set) var choices: [Choice]
    /// The products left to the host, and their part of all multiply-accumulates at most.
    var digital: [String]
    var share: Double

    var noise: Double { choices.reduce(0) { $0 + $1.noise } }
    var cost: Double { choices.reduce(0) { $0 + $1.cost } }
    var crossbars: Int { choices.reduce(0) { $0 + $1.crossbars } }
    /// The layers with more than one copy.
    var copies: [GivenCopies] {
      choices.compactMap(\.copies).filter { $0.columns * $0.rows > 1 }
    }
  }

  /// The divisions that are worth trying, from the noisiest to the quietest; each costs more than the one before.
  private(set) var points: [Point]

  /// The numbers of copies that are looked at.
  private static let counts = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 28, 32]
  /// The most crossbars that copies of a product take, in parts of those that it takes without.
  private static let mostCrossbars = 4

  /// Divides copies among `layers` of `partition`, whose errors have the powers `noises` at the output, by name.
  /// `hosts` are the products that the host may take, alternatives to each other.
  init(
    _ partition: Partition, noises: [String: Double], hosts: [(nodes: [String], share: Double)],
    for objective: MappingOptions.Objective
  ) {
    let names = partition.layers.map { partition.graph[$0.node].name }
    let costs = CopyCosts(partition.chip, objective)
    let hulls = zip(partition.layers, names).map { layer, name in
      Self.hull(
        Self.choices(
          layer, name, noise: noises[name] ?? 0, costs, canCopy: partition.canCopy(layer)))
    }
    var found: [Point] = []
    for (nodes, share) in hosts {
      var items = hulls
      for (index, name) in names.enumerated() where nodes.contains(name) {
        let cost = costs.onHost(partition.layers[index])
        items[index] = [Choice(copies: nil, noise: 0, cost: cost, crossbars: 0)]
      }
      found += Self.front(
        items, Point(choices: items.map { $0[0] }, digital: nodes, share: share),
        within: partition.available)
    }
    points = Self.withoutWorse(found)
  }

  /// The number of the first point whose noise is at most `noise`; that of the last if none is.
  func first(below noise: Double) -> Int {
    points.firstIndex { $0.noise <= noise } ?? points.count - 1
  }

  private static func choices(
    _ layer: Layer, _ name: String, noise: Double, _ costs: CopyCosts, canCopy: Bool
  ) -> [Choice] {
    let fewest = costs.crossbars(layer, columns: 1, rows: 1)
    return (canCopy ? counts : [1]).flatMap { columns in
      (canCopy ? counts : [1]).compactMap { rows -> Choice? in
        let crossbars = costs.crossbars(layer, columns: columns, rows: rows)
        guard crossbars <= mostCrossbars * fewest else { return nil }
        return Choice(
          copies: GivenCopies(layer: name, columns: columns, rows: rows),
          noise: noise / Double(columns * rows),
          cost: costs.onCrossbars(layer, columns: columns, rows: rows), crossbars: crossbars)
      }
    }
  }

  /// Those of `choices` that no mixture of two others beats, the cheapest first.
  private static func hull(_ choices: [Choice]) -> [Choice] {
    var hull: [Choice] = []
    for next in choices.sorted(by: { ($0.cost, $0.noise) < ($1.cost, $1.noise) }) {
      guard next.noise < hull.last?.noise ?? .infinity else { continue }
      while hull.count > 1 {
        let (before, last) = (hull[hull.count - 2], hull[hull.count - 1])
        if gain(before, last) > gain(last, next) { break }
        hull.removeLast()
      }
      hull.append(next)
    }
    return hull.isEmpty ? Array(choices.prefix(1)) : hull
  }

  /// The noise that a step takes away for what it costs.
  private static func gain(_ from: Choice, _ to: Choice) -> Double {
    (from.noise - to.noise) / max(to.cost - from.cost, .leastNormalMagnitude)
  }

  /// All points on the way from `first`, the cheapest choices, to the last, the best steps first.
  private static func front(_ items: [[Choice]], _ first: Point, within crossbars: Int) -> [Point] {
    var steps: [(gain: Double, item: Int, choice: Int)] = []
    for (item, hull) in items.enumerated() {
      for choice in hull.indices.dropFirst() {
        steps.append((gain(hull[choice - 1], hull[choice]), item, choice))
      }
    }
    // Along a hull gains fall, so that the steps of a product stay in their order.
    steps.sort { ($1.gain, $0.item, $0.choice) < ($0.gain, $1.item, $1.choice) }
    var point = first
    var points = [point]
    for step in steps {
      point.choices[step.item] = items[step.item][step.choice]
      if point.crossbars > crossbars { break }
      points.append(point)
    }
    return points
  }

  /// Those of `points` that none beats in both noise and cost, the noisiest first.
  private static func withoutWorse(_ points: [Point]) -> [Point] {
    var best: [Point] = []
    for point in points.sorted(by: { ($0.cost, $0.noise) < ($1.cost, $1.noise) })
    where point.noise < best.last?.noise ?? .infinity {
      best.append(point)
    }
    return best
  }
}
