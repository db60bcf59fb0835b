import Chip
import IR
import Passes
import TestSupport
import Testing

/// What passes over a mesh, beside its bound.
struct TrafficTests {
  /// Activations go by way of the host: only sums pass between cores.
  @Test func onlySumsTravel() throws {
    let chip = try Chip.named("grid-3x3")
    let graph = LayerTable.chain([256, 256, 1024], vectors: 3)
    let none = try graph.partitioned(for: chip, chips: 1).placed().traffic
    #expect(none.byteHops == 0 && none.byteHopsBound == 0 && none.worstLink == 0)
    let tall = LayerTable.chain([1024, 256], vectors: 3)
    let sums = try tall.partitioned(for: chip, chips: 1).placed().traffic
    // Four row blocks: sums pass three links.
    #expect(sums.byteHops == 3 * 256 * 3 && sums.byteHopsBound == sums.byteHops)
  }

  /// No places cost less than the bound, as trying all of them shows.
  @Test func boundsHold() {
    var random = SplitMix64(seed: 21)
    let terrain = Terrain(rows: 2, columns: 4)
    var tighter = 0
    for _ in 0..<12 {
      let graph = FlowGraph(
        count: 7,
        flows: (0..<random.next(6, 16)).map { _ in
          .init(source: random.next(0, 6), target: random.next(0, 6), bytes: random.next(1, 50))
        })
      let best = Arrangement.best(of: graph, on: terrain)
      #expect(best.isOptimal)
      let bound = terrain.tightBound(of: graph, atMost: .max)
      #expect(bound <= best.cost)
      #expect(bound >= terrain.bound(of: graph))
      if bound > terrain.bound(of: graph) { tighter += 1 }
    }
    #expect(tighter > 0)
  }

  /// Eight leaves around each of seven nodes around one: not all can be near.
  @Test func boundsSeeThatTreesSpread() {
    var flows: [FlowGraph.Flow] = []
    for hub in 1...7 {
      flows.append(.init(source: hub, target: 0, bytes: 80))
      for leaf in 0..<8 {
        flows.append(.init(source: 8 * hub + leaf, target: hub, bytes: 10))
      }
    }
    let graph = FlowGraph(count: 64, flows: flows)
    let terrain = Terrain(rows: 8, columns: 8)
    let found = Arrangement.best(of: graph, on: terrain, steps: 100_000)
    let bound = terrain.tightBound(of: graph, atMost: found.cost)
    #expect(found.cost >= bound && bound > terrain.bound(of: graph) * 5 / 4)
  }

  /// Two nodes that share many neighbours cannot both be next to them: the bound of a graph of nothing else is
  /// near what the best places cost, which is more than either node needs alone.
  @Test(arguments: [(2, 4), (3, 3)])
  func boundsSeeSharedNeighbours(_ rows: Int, _ columns: Int) {
    var random = SplitMix64(seed: 8)
    let terrain = Terrain(rows: rows, columns: columns)
    for round in 0..<6 {
      // From the second on, hubs exchange bytes too, and not all flows are the same.
      var flows = (2..<7).flatMap { leaf in
        [0, 1].map { hub in
          FlowGraph.Flow(
            source: hub, target: leaf, bytes: round == 0 ? 20 : random.next(18, 22))
        }
      }
      if round > 0 { flows.append(.init(source: 0, target: 1, bytes: random.next(1, 60))) }
      let graph = FlowGraph(count: 7, flows: flows)
      let best = Arrangement.best(of: graph, on: terrain)
      #expect(best.isOptimal)
      let bound = terrain.tightBound(of: graph, atMost: .max)
      #expect(bound <= best.cost)
      #expect(Double(bound) >= 0.9 * Double(best.cost))
      #expect(Double(bound) > 1.1 * Double(terrain.bound(of: graph)))
    }
  }
}
