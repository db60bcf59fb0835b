import IR
import Testing

/// Layouts are values beside a graph.
@Suite struct ProductLayoutTests {
  private let wide = ProductLayout(positions: [1, 2])
  private let kept = ProductLayout(residualColumns: 4)

  @Test func plainOnesAreNotKept() {
    var layouts = ProductLayouts()
    #expect(layouts.isEmpty && layouts[NodeID(7)] == .plain)
    layouts[NodeID(7)] = wide
    #expect(!layouts.isEmpty && layouts[NodeID(7)] == wide)
    layouts[NodeID(7)].positions = []
    #expect(layouts == ProductLayouts())
  }

  @Test func theyComeInTheOrderOfTheNodes() {
    var layouts = ProductLayouts()
    for node in [9, 2, 31, 4] { layouts[NodeID(node)].residualColumns = node }
    #expect(layouts.inOrder.map(\.node.index) == [2, 4, 9, 31])
    #expect(layouts.inOrder.map(\.layout.residualColumns) == [2, 4, 9, 31])
  }

  @Test func othersTakeTheirPlaces() {
    var (layouts, others) = (ProductLayouts(), ProductLayouts())
    layouts[NodeID(1)] = wide
    layouts[NodeID(2)] = wide
    others[NodeID(2)] = kept
    layouts.merge(others)
    #expect(layouts[NodeID(1)] == wide && layouts[NodeID(2)] == kept)
  }

  /// They stay with nodes of their names, wherever a pass puts these; those of nodes that are gone are too.
  @Test func theyFollowTheNodes() {
    func graph(_ names: [String]) -> Graph {
      var graph = Graph(name: "net")
      graph.nodes = names.map { Node(name: $0, op: .matMul(MatMul()), operands: [], results: []) }
      return graph
    }
    var layouts = ProductLayouts()
    for (node, layout) in [wide, kept, wide].enumerated() { layouts[NodeID(node)] = layout }
    let moved = layouts.moved(from: graph(["a", "b", "c"]), to: graph(["new", "b", "other", "a"]))
    #expect(moved.inOrder.map(\.node.index) == [1, 3])
    #expect(moved[NodeID(1)] == kept && moved[NodeID(3)] == wide)
  }
}
