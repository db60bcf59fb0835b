/// The fewest hops that a grid allows from one or two hubs to a number of other nodes, wherever all
/// of them are.
struct HubHops {
  /// From each place to the others, ascending.
  let fromEach: [[Double]]
  /// The least sum of the hops from any place to k others, by k.
  let fromOne: [Double]
  /// The same for two places: of the hops from both to k others and, as often as the index says, from
  /// one to the other; by k.
  ///
  /// Two nodes with many neighbours in common need more than each alone: no two places have more than
  /// two others that are next to both.
  let fromTwo: [[Double]]

  /// How often the hops between two hubs may count.
  static let weights = 0...2

  init(_ terrain: Terrain) {
    let count = terrain.count
    let hops = (0..<count).map { place in
      (0..<count).map { terrain.cost(from: place, to: $0) }
    }
    fromEach = hops.enumerated().map { place, row in
      row.enumerated().filter { $0.offset != place }.map { Double($0.element) }.sorted()
    }
    var one = [Double](repeating: .infinity, count: count)
    one[0] = 0
    for row in fromEach {
      var sum = 0.0
      for (index, distance) in row.enumerated() {
        sum += distance
        one[index + 1] = min(one[index + 1], sum)
      }
    }
    fromOne = one
    var two = Self.weights.map { _ in [Int](repeating: .max, count: max(count - 1, 1)) }
    let longest = 2 * (terrain.rows + terrain.columns)
    for a in 0..<count {
      for b in 0..<a {
        // Sorted by counting: the sums are small.
        var places = [Int](repeating: 0, count: longest)
        for other in 0..<count where other != a && other != b {
          places[hops[a][other] + hops[b][other]] += 1
        }
        var (others, sum) = (0, 0)
        for (distance, places) in places.enumerated() {
          for _ in 0..<places {
            others += 1
            sum += distance
            for weight in Self.weights {
              two[weight][others] = min(two[weight][others], sum + weight * hops[a][b])
            }
          }
        }
      }
    }
    fromTwo = two.map { $0.map { $0 == .max ? .infinity : Double($0) } }
  }
}
