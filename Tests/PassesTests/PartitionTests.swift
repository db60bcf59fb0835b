import Basics
import Chip
import IR
import Passes
import Testing

struct PartitionTests {
  /// A network of one dense layer.
  private func dense(rows: Int, columns: Int, vectors: Int = 1) -> Graph {
    var graph = Graph(name: "dense")
    let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: [vectors, rows]))
    let w = graph.addValue(
      name: "w", type: ValueType(.f32, fixed: [rows, columns]), constant: .random(seed: 1))
    let y = graph.addValue(name: "y", type: ValueType(.f32, fixed: [vectors, columns]))
    graph.inputs = [x]
    graph.outputs = [y]
    graph.nodes = [Node(name: "dense", op: .matMul(MatMul()), operands: [x, w], results: [y])]
    return graph
  }

  @Test func splitsAsTheAuthorsOfHermesDo() throws {
    // Le Gallo et al. 2023: the 2016×224 matrix of an LSTM lies on 8 cores of 252×224.
    let partition = try dense(rows: 2016, columns: 224)
      .partitioned(for: Chip.named("hermes"), chips: 1)
    #expect(partition.blocks == 8)
    #expect(partition.layers[0].stacks[0].rows.allSatisfy { $0.count == 252 })
    #expect(partition.verify().isEmpty)
  }

  @Test func saysWhatItWouldTake() throws {
    let graph = dense(rows: 4096, columns: 4096)
    #expect {
      try graph.partitioned(for: Chip.named("hermes"), chips: 1)
    } throws: { error in
      "\(error)".contains("takes 256 crossbars") && "\(error)".contains("--chips 4")
    }
    let partition = try graph.partitioned(for: Chip.named("hermes"), chips: nil)
    #expect(partition.chips == 4)
    #expect(try partition.placed().verify().isEmpty)
  }

  @Test(arguments: [1, 2, 3, 60, 64, 784])
  func replicatesToTheOptimum(_ vectors: Int) throws {
    let partition = try dense(rows: 300, columns: 10, vectors: vectors)
      .partitioned(for: Chip.named("hermes"), chips: 1).replicated()
    #expect(partition.layers[0].replicas <= 32)
    #expect(partition.intervalSlots == (vectors + 31) / 32)
    #expect(partition.crossbars <= partition.available)
    #expect(Double(partition.intervalSlots) >= partition.intervalFluid)
  }

  @Test(arguments: Models.refused) func refusesWhatHasNoCode(_ name: String) throws {
    #expect(throws: Diagnostics.self) { try Models.legalGraph(name) }
  }

  @Test(arguments: Models.legal)
  func placesEveryNetwork(_ name: String) throws {
    let graph = try Models.legalGraph(name)
    let chip = try Chip.named("hermes")
    let partition = try graph.partitioned(for: chip, chips: nil).replicated()
    let placement = try partition.placed()
    #expect(partition.verify().isEmpty)
    #expect(placement.verify().isEmpty)
    #expect(placement.unlinkedPartialSums == 0)
    let dump = try StageDump(text: placement.text) { _ in chip }
    #expect(dump.text == placement.text)
  }
}
