import Basics
import IR
import Reference
import Testing

/// Programs with known results, whatever the reference says.
@Suite struct KnownCaseTests {
  /// What a program of one node makes of operands.
  private func outputs(
    _ op: Op, _ x: Tensor, _ constants: Tensor..., results: Int = 1
  ) throws -> [Tensor] {
    let drawn = OperatorCase(
      op, [.init(tensor: x)] + constants.map { .init(tensor: $0, isConstant: true) },
      results: results)
    var graph = drawn.graph
    try graph.inferTypes()
    return try graph.compiled(inputs: [x], isDigital: true).outputs(of: [x])
  }

  private func vector<T: Scalar>(_ elements: [T]) -> Tensor {
    Tensor(elements, shape: [elements.count])
  }

  @Test func magnitudesOfUnsignedIntegersAreTheyThemselves() throws {
    let bytes: [UInt8] = [0, 1, 78, 127, 128, 200, 255]
    #expect(try outputs(.unary(.abs), vector(bytes)) == [vector(bytes)])
    for x in [vector([UInt16.max, 5]), vector([UInt32.max, 5]), vector([UInt64.max, 5])] {
      #expect(try outputs(.unary(.abs), x) == [x])
    }
    #expect(
      try outputs(.unary(.abs), vector([Int8.min, -7, 7])) == [vector([Int8.min, 7, 7])])
  }

  @Test func sumsOfMagnitudesOfUnsignedIntegers() throws {
    let op = Op.reduce(Reduce(kind: .l1))
    let x = Tensor([1, 2, 3, 40, 50, 60] as [UInt64], shape: [2, 3])
    #expect(try outputs(op, x, .list([1])) == [Tensor([6, 150] as [UInt64], shape: [2, 1])])
    let y = Tensor([1, 2, 3, 40, 50, 60] as [UInt32], shape: [2, 3])
    #expect(try outputs(op, y, .list([1])) == [Tensor([6, 150] as [UInt32], shape: [2, 1])])
  }

  /// Double precision has not all bits of such exponents.
  @Test func hugeOddExponentsKeepTheSign() throws {
    let exponents = vector(
      [-3_726_976_853_498_513_427, 9_007_199_254_740_993, .min, .max] as [Int64])
    for (x, expected) in [
      (vector([-1, -1, -1, -1] as [Int32]), vector([-1, -1, 1, -1] as [Int32])),
      (vector([-1, -1, -1, -1] as [Int64]), vector([-1, -1, 1, -1] as [Int64])),
      (vector([-1, -1, -1, -1] as [Float]), vector([-1, -1, 1, -1] as [Float])),
      (
        vector([7, -7, 7, 0] as [Int64]), vector([0, -2_089_670_227_099_910_151, 0, 0] as [Int64])
      ),
    ] {
      var graph = OperatorCase(
        .binary(.pow), [.init(tensor: x), .init(tensor: exponents, isConstant: true)]
      ).graph
      try graph.inferTypes()
      #expect(try outputs(.binary(.pow), x, exponents) == [expected])
      #expect(try Evaluator(graph).evaluate([x]) == [expected])
    }
  }

  /// ln(1 + eˣ), eˣ − 1 below 0, and x / (1 + |x|), by Python's log1p and expm1.
  @Test(
    arguments: [
      (
        Recurrent.Activation.Function.softplus,
        [(-30, 9.357623e-14), (-10, 4.539890e-5), (0, 0.6931472), (10, 10.0000454)]
      ),
      (.elu, [(-1e-6, -9.999995e-7), (-1e-4, -9.9995e-5), (-20, -1), (3, 3)]),
      (.softsign, [(-1e-6, -9.99999e-7), (3, 0.75), (1e30, 1)]),
    ] as [(Recurrent.Activation.Function, [(Float, Float)])])
  func functionsOfCellsLoseNothing(
    function: Recurrent.Activation.Function, values: [(x: Float, y: Float)]
  ) throws {
    let found = try outputs(
      .recurrent(Recurrent(cell: .rnn, activations: [Recurrent.Activation(function)])),
      Tensor(values.map(\.x), shape: [1, values.count, 1]),
      Tensor([1] as [Float], shape: [1, 1, 1]), Tensor([0] as [Float], shape: [1, 1, 1]),
      results: 2)
    for (y, value) in zip(found[0].elements(of: Float.self), values) {
      #expect((y - value.y).magnitude <= 4e-7 * value.y.magnitude, "\(function)(\(value.x)): \(y)")
    }
  }

  /// What is cut off is cut off before the rest is continued.
  @Test(arguments: [
    (PadMode.wrap, [-1, 2], [2, 3, 4, 5, 2, 3]), (.wrap, [2, -2], [2, 3, 1, 2, 3]),
    (.reflect, [-2, 2], [3, 4, 5, 4, 3]), (.reflect, [1, -2], [2, 1, 2, 3]),
    (.edge, [-1, 2], [2, 3, 4, 5, 5, 5]), (.edge, [2, -3], [1, 1, 1, 2]),
    (.constant, [-1, 2], [2, 3, 4, 5, 0, 0]),
  ]) func paddingCutsFirst(mode: PadMode, pads: [Int], expected: [Float]) throws {
    let x = vector([1, 2, 3, 4, 5] as [Float])
    #expect(try outputs(.pad(mode), x, .list(pads)) == [vector(expected)])
  }

  /// Values of Python's mpmath, to the ends of the ranges of the functions.
  @Test(
    arguments: [
      (
        UnaryFunction.asinh,
        [
          (30, 4.094622), (2, 1.4436355), (-1e4, -9.903488), (1e30, 69.7707),
          (-1e30, -69.7707), (1e19, 44.442265), (3.4e38, 89.415_16), (1e-5, 1e-5), (-1e-30, -1e-30),
        ]
      ),
      (
        .acosh,
        [(1, 0), (2, 1.316958), (1e30, 69.7707), (3.4e38, 89.415_16), (1.000_001, 0.001_381_067_8)]
      ),
      (.atanh, [(0, 0), (1e-5, 1e-5), (0.5, 0.549_306_1), (-0.9999, -4.951_636), (1, .infinity)]),
      (.sinh, [(89, 2.2448064e38), (-89, -2.2448064e38), (5, 74.20321), (1e-4, 1e-4)]),
      (.cosh, [(89, 2.2448064e38), (-89, 2.2448064e38), (5, 74.20995), (1e-4, 1)]),
      (.acos, [(1, 0), (0.9999, 0.014_143_427), (-1, 3.141_592_7), (0, 1.570_796_4)]),
      (.softplus, [(-30, 9.357_623e-14), (-80, 1.804_851e-35), (0, 0.693_147_2), (90, 90)]),
      (.elu(alpha: 1), [(-1e-6, -0.999_999_5e-6), (-200, -1), (3, 3)]),
      (.softsign, [(3e38, 1), (-3e38, -1), (1, 0.5)]),
      (.mish, [(-.infinity, 0), (-30, -2.807_287e-12), (1, 0.865_098_4)]),
    ] as [(UnaryFunction, [(Double, Double)])])
  func functionsReachTheirEnds(function: UnaryFunction, points: [(Double, Double)]) throws {
    let results = try outputs(.unary(function), vector(points.map { Float($0.0) }))[0]
    for ((x, wanted), result) in zip(points, results.elements(of: Float.self)) {
      let isClose = (Double(result) - wanted).magnitude <= 1e-5 * wanted.magnitude
      #expect(Double(result) == wanted || isClose, "\(function)(\(x)) is \(result)")
    }
    #expect(
      try outputs(.unary(.acosh), vector([Float(-1e4), 0.5, -1e19]))[0].elements(of: Float.self)
        .allSatisfy(\.isNaN))
    // As of the formula, x / (1 + |x|).
    #expect(
      try outputs(.unary(.softsign), vector([Float.infinity, -.infinity]))[0]
        .elements(of: Float.self).allSatisfy(\.isNaN))
  }

  /// Where NaN counts as the largest and the least number, it has a place.
  @Test func positionsOfNaN() throws {
    let x = Tensor([1, .nan, 3, .nan] as [Float], shape: [4])
    for kind in Extremum.Kind.allCases {
      for (takesLast, place) in [(false, Int64(1)), (true, 3)] {
        let op = Op.extremum(Extremum(kind: kind, axis: 0, takesLast: takesLast))
        #expect(try outputs(op, x) == [vector([place])])
      }
    }
  }

  @Test func whatTheHostCannotComputeIsRefused() throws {
    func isRefused(_ op: Op, _ x: Tensor, _ constants: Tensor...) throws {
      let drawn = OperatorCase(
        op, [.init(tensor: x)] + constants.map { .init(tensor: $0, isConstant: true) })
      guard case .refused = try drawn.run() else {
        Issue.record("\(op) is not refused")
        return
      }
    }
    try isRefused(.reduce(Reduce(kind: .l2)), vector([Int32(3), 4]))
    try isRefused(.unary(.shrink(bias: 1, lambda: 1)), vector([Int64(3), 4]))
    try isRefused(.binary(.pow), vector([Int32(3), 4]), vector([Float(0.5)]))
  }

  /// Functions of what a layer gives, which may work in place, leave its own sums alone: of a product and of
  /// a convolution of one position, whose rows need one crossbar or several.
  @Test(arguments: [18, 700], [false, true])
  func functionsBehindLayersAreProved(rows: Int, isConvolution: Bool) throws {
    for form in UnaryFunction.forms
    where form != .identity && Op.unary(form).signature.operands[0].elements.contains(.f32) {
      var graph = Graph(name: "net")
      let shape = isConvolution ? [1, rows, 1, 1] : [1, rows]
      let weights = isConvolution ? [10, rows, 1, 1] : [rows, 10]
      let x = graph.addValue(name: "x", type: ValueType(.f32, fixed: shape))
      let w = graph.addValue(
        name: "w", type: ValueType(.f32, fixed: weights), constant: .random(seed: 1))
      let b = graph.addValue(
        name: "b", type: ValueType(.f32, fixed: [10]), constant: .random(seed: 2))
      let sum = graph.addValue(name: "sum", type: ValueType(.f32, nil))
      let y = graph.addValue(name: "y", type: ValueType(.f32, nil))
      let window = Window(
        kernel: [1, 1], strides: [1, 1], dilations: [1, 1],
        padding: .explicit(begin: [0, 0], end: [0, 0]))
      graph.nodes = [
        Node(
          name: "layer", op: isConvolution ? .conv(Convolution(window: window)) : .gemm(Gemm()),
          operands: [x, w, b], results: [sum]),
        Node(name: "function", op: .unary(form), operands: [sum], results: [y]),
      ]
      (graph.inputs, graph.outputs) = ([x], [y])
      try graph.inferTypes()
      var draw = Draw(seed: UInt64(rows))
      let input = draw.tensor(.f32, shape, .ordinary)
      let program = try graph.compiled(inputs: [input], isDigital: false)
      #expect(!program.blocks.isEmpty)
      #expect(program.program.outputs.map(\.name) == ["y"])
    }
  }
}
