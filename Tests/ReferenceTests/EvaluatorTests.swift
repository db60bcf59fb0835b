import Basics
import IR
import Reference
import Testing

@Suite struct EvaluatorTests {
  /// relu(x·w) + x·w, for any number of rows.
  private func graph() -> Graph {
    var graph = Graph(name: "test")
    let type = ValueType(.f32, [.symbol("N"), .fixed(2)])
    let x = graph.addValue(name: "x", type: type)
    let w = graph.addConstant(name: "w", f32([1, 0, 0, -1], [2, 2]))
    let product = graph.addValue(name: "product", type: type)
    let positive = graph.addValue(name: "positive", type: type)
    let sum = graph.addValue(name: "sum", type: type)
    graph.inputs = [x]
    graph.outputs = [sum]
    graph.nodes = [
      Node(name: "a", op: .matMul(MatMul()), operands: [x, w], results: [product]),
      Node(name: "b", op: .unary(.relu), operands: [product], results: [positive]),
      Node(name: "c", op: .binary(.add), operands: [positive, product], results: [sum]),
    ]
    return graph
  }

  @Test func symbolicBatch() throws {
    let graph = graph()
    for rows in [1, 3, 0] {
      let x = f32((0..<rows * 2).map { Float($0) }, [rows, 2])
      let y = try evaluate(graph, inputs: [x])
      #expect(y.count == 1)
      #expect(y[0].shape == [rows, 2])
      #expect(y[0].floats == Array([0, -1, 4, -3, 8, -5][..<(2 * rows)]))
    }
  }

  @Test func observesInputsAndResultsInOrder() throws {
    let graph = graph()
    var seen: [String] = []
    _ = try evaluate(graph, inputs: [f32([1, 2], [1, 2])]) { id, tensor in
      seen.append("\(graph[id].name) \(tensor.floats)")
    }
    #expect(
      seen == ["x [1.0, 2.0]", "product [1.0, -2.0]", "positive [1.0, 0.0]", "sum [2.0, -2.0]"])
  }

  @Test func outputsMayBeInputsOrConstantsOrUsed() throws {
    var graph = graph()
    graph.outputs = [ValueID(0), ValueID(1), ValueID(2), ValueID(2)]
    let x = f32([1, 2], [1, 2])
    let y = try evaluate(graph, inputs: [x])
    #expect(y[0] == x)
    #expect(y[1].shape == [2, 2])
    #expect(y[2].floats == [1, -2] && y[2] == y[3])
  }

  @Test func constantsAreMaterialized() throws {
    var graph = graph()
    graph[ValueID(1)].constant = .splat(Tensor(scalar: Float(0.5)))
    #expect(try evaluate(graph, inputs: [f32([1, 2], [1, 2])])[0].floats == [3, 3])
    graph[ValueID(1)].constant = .random(seed: 7)
    let first = try evaluate(graph, inputs: [f32([1, 2], [1, 2])])
    #expect(try evaluate(graph, inputs: [f32([1, 2], [1, 2])]) == first)
    graph[ValueID(1)].constant = .reference(crc32c: 1)
    #expect { try Evaluator(graph) } throws: { "\($0)".contains("constant \"w\"") }
  }

  @Test func inputsAreChecked() throws {
    var graph = graph()
    let other = graph.addValue(
      name: "other", type: ValueType(.i64, [.symbol("N")]))
    graph.inputs.append(other)
    let evaluator = try Evaluator(graph)
    #expect { try evaluator.evaluate([]) } throws: { "\($0)".contains("0 inputs") }
    #expect { try evaluator.evaluate([f32([1, 2], [1, 2]), i64(1, 2)]) } throws: {
      "\($0)".contains("input \"other\" has shape 2, not N=1")
    }
    #expect { try evaluator.evaluate([f32(1), f32(1)]) } throws: { error in
      (error as? Diagnostics)?.items.count == 2
    }
  }

  @Test func faultsNameTheNode() throws {
    var graph = graph()
    graph.nodes[1].op = .transpose(permutation: [0])
    #expect { try evaluate(graph, inputs: [f32([1, 2], [1, 2])]) } throws: {
      "\($0)".contains("node \"b\" (Transpose)")
    }
    graph.nodes.remove(at: 0)
    #expect { try evaluate(graph, inputs: [f32([1, 2], [1, 2])]) } throws: {
      "\($0)".contains("\"product\" is used before it is computed")
    }
  }
}
