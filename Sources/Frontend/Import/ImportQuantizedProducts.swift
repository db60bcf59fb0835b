import Basics
import IR

/// The products of quantized numbers: sums of integers, which are exact, and for the QLinear forms a
/// factor in f32 and a rounding at the end, as their definition has it.
extension OperatorImport {
  /// MatMulInteger, ConvInteger, QLinearMatMul and QLinearConv.
  static let quantizedProducts = [
    OperatorImport("MatMulInteger", since: 10) { node in
      node.expectOperands(2...4)
      node.expectOneResult()
      var steps = ImportedSteps()
      let a = steps.integers(of: &node, 0, zeroPoint: 2, .rows)
      let b = steps.integers(of: &node, 1, zeroPoint: 3, .columns)
      let product = steps.add(.matMul(MatMul()), [a, b, .none], name: "")
      return .steps(steps, results: [product])
    },
    OperatorImport("ConvInteger", since: 10) { node in
      node.expectOperands(2...4)
      node.expectOneResult()
      let convolution = node.convolution(weights: 1)
      var steps = ImportedSteps()
      let x = steps.integers(of: &node, 0, zeroPoint: 2, .one)
      let weights = steps.integers(of: &node, 1, zeroPoint: 3, .filters)
      let product = steps.add(.conv(convolution), [x, weights], name: "")
      return .steps(steps, results: [product])
    },
    OperatorImport("QLinearMatMul", since: 10) { node in
      node.expectOperands(8...8)
      node.expectOneResult()
      var steps = ImportedSteps()
      let a = steps.integers(of: &node, 0, zeroPoint: 2, .rows)
      let b = steps.integers(of: &node, 3, zeroPoint: 5, .columns)
      let product = steps.add(.matMul(MatMul()), [a, b, .none], name: "product")
      let scales = [
        steps.scale(of: &node, 1, .rows), steps.scale(of: &node, 4, .columns),
        steps.scale(of: &node, 6, .rows),
      ]
      return steps.requantized(product, scales: scales, zeroPoint: 7, of: node)
    },
    OperatorImport("QLinearConv", since: 10) { node in
      node.expectOperands(8...9)
      node.expectOneResult()
      let convolution = node.convolution(weights: 3)
      var steps = ImportedSteps()
      let x = steps.integers(of: &node, 0, zeroPoint: 2, .one)
      let weights = steps.integers(of: &node, 3, zeroPoint: 5, .filters)
      let product = steps.add(.conv(convolution), [x, weights, .given(8)], name: "product")
      let scales = [
        steps.scale(of: &node, 1, .one), steps.scale(of: &node, 4, .channels),
        steps.scale(of: &node, 6, .one),
      ]
      return steps.requantized(product, scales: scales, zeroPoint: 7, of: node)
    },
  ]
}

/// What a vector of scales or zero points is about.
enum ScaleAxis {
  /// A single one for the whole tensor.
  case one
  /// The last dimension but one.
  case rows
  /// The last dimension.
  case columns
  /// The first dimension.
  case filters
  /// The second dimension.
  case channels

  /// How many dimensions of size 1 stand behind the vector in a tensor of `rank` dimensions.
  func trail(rank: Int) -> Int {
    switch self {
    case .one, .columns: 0
    case .rows: 1
    case .filters: max(rank - 1, 0)
    case .channels: max(rank - 2, 0)
    }
  }
}

extension ImportedSteps {
  /// Operand `index`, or the transposed matrix, as i32, less the zero point that another operand is.
  mutating func integers(
    of node: inout NodeImport, _ index: Int, zeroPoint: Int, _ axis: ScaleAxis,
    isTransposed: Bool = false
  ) -> ImportedOperand {
    let name = "\(index)"
    let stored = isTransposed ? transpose(.given(index), [1, 0]) : .given(index)
    let integers = add(.cast(to: .i32), [stored], name: name + ".cast")
    guard node.operands[zeroPoint] != nil else { return integers }
    let cast = add(.cast(to: .i32), [.given(zeroPoint)], name: name + ".zero")
    let zero = spread(cast, of: &node, zeroPoint, axis, rank: node.rank(of: index))
    return add(.binary(.sub), [integers, zero], name: name + ".shift")
  }

  /// Operand `index`, a scale, in f32 and broadcast to a result of the rank of operand 0.
  mutating func scale(
    of node: inout NodeImport, _ index: Int, _ axis: ScaleAxis
  ) -> ImportedOperand {
    let scale = add(.cast(to: .f32), [.given(index)], name: "\(index).scale")
    return spread(scale, of: &node, index, axis, rank: node.rank(of: 0))
  }

  /// A vector with dimensions of size 1 behind it, so that it broadcasts along its axis.
  private mutating func spread(
    _ vector: ImportedOperand, of node: inout NodeImport, _ index: Int, _ axis: ScaleAxis,
    rank: Int
  ) -> ImportedOperand {
    guard node.rank(of: index) == 1 else { return vector }
    if case .fixed(1)? = node.operands[index]?.type.shape?.first {
      return add(
        .reshape(allowZero: false),
        [vector, .made("\(index).none", Tensor([Int64](), shape: [0]))],
        name: "\(index).reshape")
    }
    let trail = axis.trail(rank: rank)
    guard trail > 0 else { return vector }
    let axes = Tensor((1...trail).map { Int64($0) }, shape: [trail])
    return add(.unsqueeze, [vector, .made("\(index).axes", axes)], name: "\(index).unsqueeze")
  }

  /// The sums of a product times scale · scale / scale, rounded and shifted by the zero point.
  mutating func requantized(
    _ product: ImportedOperand, scales: [ImportedOperand], zeroPoint: Int, of node: NodeImport
  ) -> ImportedNode {
    let sums = add(.cast(to: .f32), [product], name: "sums")
    let scale = add(.binary(.mul), [scales[0], scales[1]], name: "scale")
    let factor = add(.binary(.div), [scale, scales[2]], name: "factor")
    let scaled = add(.binary(.mul), [sums, factor], name: "scaled")
    let element = node.operands[zeroPoint]?.type.element
    return rounded(scaled, to: element ?? .u8, zeroPoint: .given(zeroPoint))
  }
}

extension NodeImport {
  /// The number of dimensions of an operand; 0, and a fault, if it is not known.
  fileprivate mutating func rank(of index: Int) -> Int {
    guard let operand = operands[index] else { return 0 }
    if operand.type.shape == nil {
      operandFault("the number of dimensions of operand \(index) is not known")
    }
    return operand.type.shape?.count ?? 0
  }
}
