import Basics
import IR
import Testing

/// Parts of rows, and ranges of the input for each of them in a graph.
@Suite struct RowPartsTests {
  /// As the balanced splits of the IBM Analog Hardware Acceleration Kit: parts follow each other, the first ones are
  /// larger by the row that is over.
  @Test func areBalanced() {
    for rows in 1...40 {
      for count in 1...rows {
        let parts = RowParts(rows: rows, count: count)
        let sizes = (0..<count).map { parts[$0].count }
        let larger = sizes.prefix(rows % count)
        #expect(larger.allSatisfy { $0 == rows / count + 1 })
        #expect(sizes.dropFirst(larger.count).allSatisfy { $0 == rows / count })
        #expect((0..<count).flatMap { Array(parts[$0]) } == Array(0..<rows))
        #expect((0..<rows).allSatisfy { parts[parts.part(ofRow: $0)].contains($0) })
      }
    }
  }

  private func text(_ attributes: String, node: String = "matmul") -> String {
    """
    graph "net" {
      input %1 "x": f32[1, 4]
      constant %0 "w": f32[4, 2] = splat(1.0)
      %2 "y": f32[1, 2] = \(node) "dense" (%1, %0)\(attributes)
      output %2
    }

    """
  }

  @Test func comeBackFromText() throws {
    for (written, ranges) in [
      (" {input_range = [0.5, 2.0, 0.5]}", TrainedRanges(input: [0.5, 2, 0.5])),
      (
        " {input_range = [0.1, 0.1], output_range = 3.0}",
        TrainedRanges(input: [0.1, 0.1], output: 3)
      ),
      (" {input_range = 0.5}", TrainedRanges(input: [0.5])),
      ("", TrainedRanges()),
    ] {
      let graph = try Graph(text: text(written))
      #expect(graph.nodes[0].ranges == ranges)
      #expect(graph.text == text(written))
      #expect(graph.verify().isEmpty)
    }
    #expect(try Graph(text: text(" {input_range = [0.5]}")).text == text(" {input_range = 0.5}"))
    #expect(TrainedRanges(input: [1, 2]).differByRow && !TrainedRanges(input: [2, 2]).differByRow)
  }

  /// A recurrent layer has ranges of x and of its hidden state, none of results; other products have no state.
  @Test func recurrentLayersHaveAStateInstead() throws {
    func text(_ attributes: String) -> String {
      """
      graph "net" {
        input %0 "x": f32[2, 1, 3]
        constant %1 "w": f32[1, 4, 3] = splat(1.0)
        constant %2 "r": f32[1, 4, 4] = splat(1.0)
        %3 "y": f32[2, 1, 1, 4], %4 "h": f32[1, 1, 4] = rnn "rnn" (%0, %1, %2)\(attributes)
        output %3
      }

      """
    }
    let written = text(" {input_range = [0.5, 2.0, 0.5], state_range = 1.0}")
    var graph = try Graph(text: written)
    #expect(graph.nodes[0].ranges == TrainedRanges(input: [0.5, 2, 0.5], state: 1))
    #expect(graph.text == written && graph.verify().isEmpty)
    #expect(throws: Diagnostics.self) { try Graph(text: text(" {output_range = 1.0}")) }
    #expect(
      graph.misfit(ofInputRanges: 4, of: graph.nodes[0])?.message
        == "4 ranges of an input that makes 3 rows")
    graph.nodes[0].ranges = TrainedRanges(output: 1)
    #expect(
      graph.verify().map(\.message) == [
        "has ranges of training that its operator has no converters for"
      ])
    var product = try Graph(text: self.text(""))
    product.nodes[0].ranges.state = 1
    #expect(product.verify().count == 1)
  }

  @Test(arguments: [
    (
      "[1.0, wide]",
      "attribute input_range must be a number that fits f32, or a list of such numbers"
    ),
    ("[]", "attribute input_range must be a number that fits f32, or a list of such numbers"),
    (
      "[1.0, 1e60]",
      "attribute input_range must be a number that fits f32, or a list of such numbers"
    ),
  ])
  func textsThatAreNone(list: String, message: String) {
    #expect {
      try Graph(text: text(" {input_range = \(list)}"))
    } throws: {
      "\($0)".contains(message)
    }
  }

  @Test(
    arguments: [
      ([1, 2, 3, 4, 5], "has 5 ranges of an input that makes 4 rows"),
      ([1, -2], "has a range that is not a number above 0"),
      ([1, 0], "has a range that is not a number above 0"),
      ([.infinity, 1], "has a range that is not a number above 0"),
    ] as [([Float], String)])
  func soundGraphsHaveAsManyAsFit(ranges: [Float], message: String) throws {
    var graph = try Graph(text: text(""))
    graph.nodes[0].ranges.input = ranges
    #expect(graph.verify().map(\.message) == [message])
  }

  /// What a matrix has rows for depends on the operator: a grouped convolution has those of all groups, and one
  /// range for them.
  @Test func rowsAreThoseOfTheMatrix() throws {
    func misfit(_ node: String, weights: String, count: Int) throws -> String? {
      let graph = try Graph(
        text: """
          graph "net" {
            input %1 "x": f32[2, 4, 3]
            constant %0 "w": f32[\(weights)] = splat(1.0)
            \(node)
            output %2
          }

          """)
      return graph.misfit(ofInputRanges: count, of: graph.nodes[0])?.message
    }
    let conv = #"%2 "y": f32[2, 5, 2] = conv "c" (%1, %0) {kernel = [2]}"#
    #expect(try misfit(conv, weights: "5, 4, 2", count: 8) == nil)
    #expect(
      try misfit(conv, weights: "5, 4, 2", count: 9)
        == "9 ranges of an input that makes 8 rows")
    let grouped = #"%2 "y": f32[2, 4, 2] = conv "c" (%1, %0) {groups = 2, kernel = [2]}"#
    #expect(
      try misfit(grouped, weights: "4, 2, 2", count: 2)
        == "2 ranges of an input whose 2 groups share one")
    #expect(try misfit(grouped, weights: "4, 2, 2", count: 1) == nil)
    // On the left, a constant has the rows of the other operand.
    let left = #"%2 "y": f32[2, 6, 3] = matmul "m" (%0, %1)"#
    #expect(try misfit(left, weights: "6, 4", count: 4) == nil)
    #expect(
      try misfit(left, weights: "6, 4", count: 6) == "6 ranges of an input that makes 4 rows")
    let vector = #"%2 "y": f32[2, 4] = matmul "m" (%1, %0)"#
    #expect(try misfit(vector, weights: "3", count: 4) == "4 ranges of an input that makes 3 rows")
  }

  /// What is no node or no matrix has an unknown number of rows.
  @Test func unsoundNodesHaveUnknownRows() throws {
    let unknown = "2 ranges of an input that makes an unknown number of rows"
    var graph = try Graph(text: text(" {input_range = [1.0, 2.0]}"))
    let window = Window(
      kernel: [1], strides: [1], dilations: [1], padding: .explicit(begin: [0], end: [0]))
    let convolution = Op.conv(Convolution(window: window))
    for operands in [[], [nil, nil], [ValueID(9), ValueID(9)]] as [[ValueID?]] {
      for op in [Op.matMul(MatMul()), .gemm(Gemm()), convolution] {
        graph.nodes[0].operands = operands
        graph.nodes[0].op = op
        #expect(graph.misfit(ofInputRanges: 2, of: graph.nodes[0])?.message == unknown)
      }
    }
    var large = try Graph(
      text: """
        graph "net" {
          input %0 "x": f32[1, 4, 4]
          input %1 "w": f32[1, 1099511627776, 1099511627776]
          %2 "y": f32[1, 1, 4] = conv "c" (%0, %1) {kernel = [1]}
          output %2
        }

        """)
    large.nodes[0].ranges.input = [1, 2]
    #expect(large.verify().contains { $0.message == "has \(unknown)" })
  }
}
