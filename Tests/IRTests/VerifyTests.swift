import Basics
import IR
import Testing

/// What no text can say: the cases of FileTests cover the rest.
@Suite struct VerifyTests {
  private func messages(_ change: (inout Graph) -> Void) throws -> [String] {
    var graph = try Graph(
      text: """
        graph "x" {
          input %0 "x": f32[2, 3]
          constant %1 "w": f32[3] = dense[1, 2, 3]
          %2 "y": f32[2, 3] = add "sum" (%0, %1)
          %3 "z": f32[2, 3] = relu "relu" (%2)
          output %3
        }
        """)
    #expect(graph.verify().isEmpty)
    change(&graph)
    // A graph that is not sound can still be looked at.
    #expect(!graph.text.isEmpty)
    try? graph.inferTypes()
    return graph.verify().map { ($0.node.map { "\($0): " } ?? "") + $0.message }
  }

  private let nowhere = ValueID(99)

  @Test func idsAreInRange() throws {
    #expect(
      try messages { $0.inputs.append(nowhere) } == [
        "an input is %99, which is not a value of the graph"
      ])
    #expect(
      try messages { $0.outputs.append(nowhere) } == [
        "an output is %99, which is not a value of the graph"
      ])
    #expect(
      try messages { $0.nodes[0].operands[1] = nowhere } == [
        "sum: reads %99, which is not a value of the graph"
      ])
    #expect(
      try messages { $0.nodes[1].results = [nowhere] } == [
        "relu: defines %99, which is not a value of the graph", "output \"z\" is not defined",
      ])
    #expect(try messages { $0.nodes[1].results = [] }.first == "relu: has 1 result, not 0")
  }

  @Test func valuesAreDefinedOnce() throws {
    #expect(
      try messages { $0.nodes.append($0.nodes[1]) }.contains(
        "relu: defines \"z\", which is already defined"))
    #expect(
      try messages { $0.inputs.append(ValueID(2)) } == [
        "sum: defines \"y\", which is already defined"
      ])
    #expect(
      try messages { $0.inputs.append(ValueID(0)) } == ["value \"x\" is an input twice"])
    #expect(
      try messages { $0.inputs.append(ValueID(1)) } == [
        "value \"w\" is an input and a constant"
      ])
    #expect(
      try messages { $0.nodes[0].results = [ValueID(1)] }.contains(
        "sum: defines \"w\", which is already defined"))
    #expect(
      try messages { $0.nodes.removeFirst() } == [
        "relu: reads \"y\" before anything defines it"
      ])
    #expect(try messages { $0.inputs = [] }.first == "sum: reads \"x\" before anything defines it")
  }

  @Test func constantsHoldWhatTheirTypesSay() throws {
    let two = Tensor([1, 2] as [Float], shape: [2])
    #expect(
      try messages { $0[ValueID(1)].constant = .tensor(two) }.first
        == "constant \"w\" is f32[3], but holds f32[2]")
    #expect(
      try messages { $0[ValueID(1)].constant = .splat(two) }.first
        == "constant \"w\" is f32[3], but repeats f32[2]")
    #expect(
      try messages { $0[ValueID(1)].constant = .splat(Tensor(scalar: Int32(1))) }.first
        == "constant \"w\" is f32[3], but repeats i32[]")
    #expect(
      try messages { $0[ValueID(0)].type.shape = [.fixed(-2), .fixed(3)] }.first
        == "value \"x\" has a negative dimension: f32[-2, 3]")
  }

  @Test func unusedValuesDoNotMatter() throws {
    #expect(
      try messages { _ = $0.addValue(name: "x", type: ValueType(.f32, fixed: [-1])) }.isEmpty)
  }

  @Test func faultsNameNodeAndOperator() throws {
    var graph = Graph(name: "x")
    let input = graph.addValue(name: "x", type: ValueType(.bool, fixed: [2]))
    let result = graph.addValue(name: "y", type: ValueType(.bool, fixed: [2]))
    graph.inputs = [input]
    graph.outputs = [result]
    graph.nodes = [Node(name: "n", op: .unary(.tanh), operands: [input], results: [result])]
    let fault = try #require(graph.verify().first)
    #expect(fault.node == "n")
    #expect(fault.op == "Tanh")
    #expect(fault.supported == "f16, bf16, f32, f64")
  }
}
