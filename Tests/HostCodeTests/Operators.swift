import Basics
import IR

/// How cases of one operator are made.
struct Operator: Sendable {
  /// Its name in the text form.
  let name: String
  let draw: @Sendable (inout Draw) -> OperatorCase

  /// Every operator that there is host code for.
  static let all =
    elementwise + arrangements + movements + reductions + products + samplings + conversions

  /// Those that the host never computes, and why.
  static let others = [
    "batch_normalization": "fusion rewrites it",
    "shape": "folding computes it", "constant_of_shape": "folding computes it",
    "identity_matrix": "folding computes it",
    "determinant": "has no code", "range": "has no code", "unique": "has no code",
    "max_roi_pool": "has no code", "max_unpool": "has no code", "col_to_image": "has no code",
    "if": "folding takes a branch", "loop": "folding unrolls it", "scan": "folding unrolls it",
  ]

  init(_ name: String, _ draw: @Sendable @escaping (inout Draw) -> OperatorCase) {
    (self.name, self.draw) = (name, draw)
  }

  /// Case `number` of a sweep.
  func drawn(seed: UInt64, number: Int) -> OperatorCase {
    let digest = name.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    var draw = Draw(seed: digest &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
    return self.draw(&draw)
  }
}

extension Draw {
  /// An element type of the first operand of `op` that programs have.
  mutating func element(of op: Op, operand: Int = 0) -> ElementType {
    one(of: op.signature.operands[operand].elements.filter { $0 != .f64 })
  }

  /// An operand that is a constant as often as not.
  mutating func any(
    _ type: ElementType, _ shape: [Int], _ values: Values = .any
  ) -> OperatorCase.Operand {
    OperatorCase.Operand(tensor: tensor(type, shape, values), isConstant: below(3) == 0)
  }

  mutating func input(
    _ type: ElementType, _ shape: [Int], _ values: Values = .any
  ) -> OperatorCase.Operand {
    OperatorCase.Operand(tensor: tensor(type, shape, values))
  }

  func constant(_ tensor: Tensor) -> OperatorCase.Operand {
    OperatorCase.Operand(tensor: tensor, isConstant: true)
  }

  /// Axes as a constant; nothing for all of them.
  mutating func optionalAxes(_ rank: Int) -> OperatorCase.Operand? {
    flag() ? nil : constant(.list(axes(rank)))
  }
}

// MARK: Functions of elements

extension Operator {
  private static let elementwise: [Operator] =
    UnaryFunction.forms.map { form in
      Operator(Op.unary(form).mnemonic) { draw in
        let op = Op.unary(draw.parameters(of: form))
        let type = draw.element(of: op)
        let shape = draw.shape()
        return OperatorCase(op, [draw.input(type, shape)])
      }
    }
    + BinaryFunction.allCases.map { function in
      Operator(function.rawValue) { draw in
        let op = Op.binary(function)
        let type = draw.element(of: op)
        var other = function == .pow ? draw.element(of: op, operand: 1) : type
        // Whether an integer beyond 2⁵³ is odd is lost where it becomes a floating-point number.
        if type.isFloatingPoint && [.i64, .u64].contains(other) { other = .i32 }
        let shape = draw.shape()
        let isDivision = [.div, .mod, .fmod].contains(function) && type.isInteger
        let a = draw.input(type, function == .prelu ? shape : draw.part(of: shape))
        let b = draw.any(other, draw.part(of: shape), isDivision ? .nonzero : .any)
        return OperatorCase(op, [a, b])
      }
    } + [
      Operator("clip") { draw in
        let type = draw.element(of: .clip)
        let bounds = (0..<2).map { _ in draw.below(4) == 0 ? nil : draw.any(type, []) }
        return OperatorCase(.clip, [draw.input(type, draw.shape())] + bounds)
      },
      Operator("where") { draw in
        let type = draw.element(of: .select, operand: 1)
        let shape = draw.shape()
        return OperatorCase(
          .select,
          [
            draw.input(.bool, draw.part(of: shape)), draw.any(type, draw.part(of: shape)),
            draw.any(type, draw.part(of: shape)),
          ])
      },
    ]
}

extension Draw {
  fileprivate mutating func parameters(of form: UnaryFunction) -> UnaryFunction {
    switch form {
    case .leakyRelu: .leakyRelu(alpha: one(of: [0.01, 0.5, -1, 2, 0]))
    case .hardSigmoid:
      .hardSigmoid(alpha: one(of: [0.2, 1, -0.5]), beta: one(of: [0.5, 0, 3]))
    case .elu: .elu(alpha: one(of: [1, 0.5, 2, -1]))
    case .selu: .selu(alpha: one(of: [1.673_263_2, 1, 0.5]), gamma: one(of: [1.050_701, 1, 2]))
    case .celu: .celu(alpha: one(of: [1, 0.5, 2, 0.1]))
    case .thresholdedRelu: .thresholdedRelu(alpha: one(of: [1, 0, 0.5, -1]))
    case .shrink: .shrink(bias: one(of: [0, 0.5, 1, -1, 0.3]), lambda: one(of: [0.5, 0, 1, 2.5]))
    case .swish: .swish(alpha: one(of: [1, 0.5, 1.702, -1]))
    case .gelu: .gelu(tanh: flag())
    case .isInfinite: .isInfinite(negative: flag(), positive: flag())
    default: form
    }
  }
}

// MARK: Conversions

extension Operator {
  private static let conversions = [
    Operator("cast") { draw in
      let type = draw.element(of: .cast(to: .f32))
      let target = draw.one(of: ElementType.allCases.filter { $0 != .f64 })
      return OperatorCase(.cast(to: target), [draw.input(type, draw.shape())])
    },
    Operator("quantize") { draw in
      let element = draw.one(of: Op.quantize(Quantize(to: .u8)).signature.operands[2].elements)
      var quantize = Quantize(to: element)
      let type = draw.element(of: .quantize(quantize))
      let scale = draw.one(of: [type == .i32 ? .f32 : type, .f32])
      let shape = draw.shape(1...4)
      quantize.axis = draw.axis(shape.count)
      let place = quantize.axis < 0 ? quantize.axis + shape.count : quantize.axis
      let scales = draw.flag() ? [] : [shape[place]]
      var operands: [OperatorCase.Operand?] = [
        draw.input(type, shape),
        .init(tensor: draw.scales(scale, scales), isConstant: draw.flag()),
      ]
      if draw.flag() { operands.append(draw.any(element, scales)) }
      return OperatorCase(.quantize(quantize), operands)
    },
    Operator("dequantize") { draw in
      var dequantize = Dequantize(to: draw.one(of: [.f32, .f16, .bf16]))
      let type = draw.element(of: .dequantize(dequantize))
      let shape = draw.shape(1...4)
      dequantize.axis = draw.axis(shape.count)
      let place = dequantize.axis < 0 ? dequantize.axis + shape.count : dequantize.axis
      let scales = draw.flag() ? [] : [shape[place]]
      var operands: [OperatorCase.Operand?] = [
        draw.input(type, shape),
        .init(tensor: draw.scales(dequantize.element, scales), isConstant: draw.flag()),
      ]
      if draw.flag() { operands.append(draw.any(type, scales)) }
      return OperatorCase(.dequantize(dequantize), operands)
    },
  ]
}

extension Draw {
  /// Steps of integers.
  fileprivate mutating func scales(_ type: ElementType, _ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      type, (0..<count).map { _ in one(of: [1, 0.5, 0.1, 0.007, 2, 1e-4, 3.3, 256]) }, shape)
  }
}
