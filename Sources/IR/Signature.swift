import Basics

/// How many operands and results an operator has, and which element types they may be of.
public struct Signature: Sendable {
  /// One operand.
  public struct Operand: Sendable {
    /// What it is, as messages and the specification name it.
    public let name: String
    /// Whether it may be left out.
    public let isOptional: Bool
    /// The element types that it may be of.
    public let elements: [ElementType]
    /// Whether it has the element type of the first operand.
    public let isLikeFirst: Bool
  }

  /// The operands in order.
  public let operands: [Operand]
  /// Whether the last operand may be repeated.
  public var isVariadic = false
  /// The number of results; `nil` for any number from 1 on.
  public var resultCount: Int? = 1
}

extension Signature.Operand {
  static func main(_ name: String, _ elements: [ElementType]) -> Self {
    Self(name: name, isOptional: false, elements: elements, isLikeFirst: true)
  }

  static func optionalMain(_ name: String, _ elements: [ElementType]) -> Self {
    Self(name: name, isOptional: true, elements: elements, isLikeFirst: true)
  }

  static func side(_ name: String, _ elements: [ElementType]) -> Self {
    Self(name: name, isOptional: false, elements: elements, isLikeFirst: false)
  }

  static func optionalSide(_ name: String, _ elements: [ElementType]) -> Self {
    Self(name: name, isOptional: true, elements: elements, isLikeFirst: false)
  }
}

extension [ElementType] {
  static let floats: Self = [.f16, .bf16, .f32, .f64]
  static let wide: Self = floats + [.i32, .i64, .u32, .u64]
  static let signed: Self = floats + [.i8, .i16, .i32, .i64]
  static let integers: Self = [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64]
  static let numbers: Self = floats + integers
  static let all: Self = ElementType.allCases
  static let indices: Self = [.i32, .i64]
  static let scales: Self = [.f16, .bf16, .f32, .i32, .f8e8m0]
  /// The types that QuantizeLinear gives.
  static let quantized: Self = [
    .i8, .u8, .i16, .u16, .i4, .u4, .i2, .u2, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f4e2m1,
  ]
}

extension Op {
  /// What the operator takes and gives; the element types are those of the ONNX operator, as far as
  /// there is an `ElementType` for them.
  public var signature: Signature {
    switch self {
    case .conv:
      Signature(operands: [
        .main("x", .floats + [.i32]), .main("weights", .floats + [.i32]),
        .optionalMain("bias", .floats + [.i32]),
      ])
    case .gemm:
      Signature(operands: [.main("a", .wide), .main("b", .wide), .optionalMain("c", .wide)])
    case .matMul:
      Signature(operands: [.main("a", .wide), .main("b", .wide), .optionalMain("bias", .wide)])
    case .batchNormalization:
      Signature(operands: [
        .main("x", .floats), .side("scale", .floats), .side("bias", .floats),
        .side("mean", .floats), .side("variance", .floats),
      ])
    case .unary(let function): Signature(operands: [.main("x", function.elements)])
    case .softmax, .globalPool: Signature(operands: [.main("x", .floats)])
    case .binary(.prelu): Signature(operands: [.main("x", .wide), .main("slope", .wide)])
    case .binary(.pow):
      Signature(operands: [.main("a", .floats + .indices), .side("b", .numbers)])
    case .binary(let function):
      Signature(operands: [.main("a", function.elements), .main("b", function.elements)])
    case .clip:
      Signature(operands: [
        .main("x", .numbers), .optionalMain("minimum", .numbers),
        .optionalMain("maximum", .numbers),
      ])
    case .pool(let pool):
      Signature(
        operands: [.main("x", pool.kind == .max ? .floats + [.i8, .u8] : .floats)],
        resultCount: pool.positions == nil ? 1 : 2)
    case .reduce(let reduce):
      Signature(operands: [.main("x", reduce.kind.elements), .optionalSide("axes", [.i64])])
    case .extremum: Signature(operands: [.main("x", .numbers)])
    case .cumulative: Signature(operands: [.main("x", .wide), .side("axis", .indices)])
    case .select:
      Signature(operands: [.main("condition", [.bool]), .side("x", .all), .side("y", .all)])
    case .expand: Signature(operands: [.main("x", .all), .side("shape", [.i64])])
    case .determinant: Signature(operands: [.main("x", .floats)])
    case .fourier:
      Signature(operands: [
        .main("x", .floats), .optionalSide("length", .indices), .optionalSide("axis", [.i64]),
      ])
    case .triangle: Signature(operands: [.main("x", .all), .optionalSide("offset", [.i64])])
    case .identityMatrix: Signature(operands: [.main("x", .numbers + [.bool])])
    case .range:
      Signature(
        operands: ["start", "limit", "step"].map { .main($0, .floats + [.i16] + .indices) })
    case .concat: Signature(operands: [.main("x", .all)], isVariadic: true)
    case .split:
      Signature(operands: [.main("x", .all), .optionalSide("sizes", [.i64])], resultCount: nil)
    case .slice:
      Signature(operands: [
        .main("x", .all), .side("starts", .indices), .side("ends", .indices),
        .optionalSide("axes", .indices), .optionalSide("steps", .indices),
      ])
    case .pad:
      Signature(operands: [
        .main("x", .all), .side("pads", [.i64]), .optionalMain("value", .all),
        .optionalSide("axes", .indices),
      ])
    case .reshape: Signature(operands: [.main("x", .all), .side("shape", [.i64])])
    case .flatten, .transpose, .shape, .cast: Signature(operands: [.main("x", .all)])
    case .quantize:
      Signature(operands: [
        .main("x", [.f16, .bf16, .f32, .i32]), .side("scale", .scales),
        .optionalSide("zero point", .quantized),
      ])
    case .dequantize:
      Signature(operands: [
        .main("x", .quantized + [.i32]), .side("scale", .scales),
        .optionalMain("zero point", .quantized + [.i32]),
      ])
    case .squeeze: Signature(operands: [.main("x", .all), .optionalSide("axes", [.i64])])
    case .unsqueeze: Signature(operands: [.main("x", .all), .side("axes", [.i64])])
    case .gather: Signature(operands: [.main("data", .all), .side("indices", .indices)])
    case .constantOfShape: Signature(operands: [.side("shape", [.i64])])
    case .resize:
      Signature(operands: [
        .main("x", .all), .optionalSide("region", .floats), .optionalSide("scales", [.f32]),
        .optionalSide("sizes", [.i64]),
      ])
    case .control(.conditional):
      Signature(
        operands: [.side("condition", [.bool]), .optionalSide("captured", .all)], isVariadic: true,
        resultCount: nil)
    case .control(.loop):
      Signature(
        operands: [
          .optionalSide("maximum", [.i64]), .optionalSide("condition", [.bool]),
          .optionalSide("value", .all),
        ], isVariadic: true, resultCount: nil)
    case .control(.scan):
      Signature(operands: [.side("value", .all)], isVariadic: true, resultCount: nil)
    case .recurrent(let recurrent):
      Signature(
        operands: [
          .main("x", .floats), .main("weights", .floats), .main("recurrence", .floats),
          .optionalMain("bias", .floats), .optionalSide("lengths", [.i32]),
          .optionalMain("initial h", .floats),
        ]
          + (recurrent.cell.stateCount == 1
            ? []
            : [.optionalMain("initial c", .floats), .optionalMain("peepholes", .floats)]),
        resultCount: 1 + recurrent.cell.stateCount)
    case .movement(let movement): movement.signature
    case .sampling(let sampling): sampling.signature
    case .einsum: Signature(operands: [.main("x", .numbers)], isVariadic: true)
    }
  }
}

extension UnaryFunction {
  /// The element types that it is a function of.
  fileprivate var elements: [ElementType] {
    switch self {
    case .identity: .all
    case .relu, .negate: .signed
    case .abs, .sign, .shrink: .numbers
    case .not: [.bool]
    case .bitwiseNot: .integers
    default: .floats
    }
  }
}

extension BinaryFunction {
  /// The element types that it is a function of.
  fileprivate var elements: [ElementType] {
    switch self {
    case .add, .sub, .mul, .div, .max, .min, .mod, .fmod, .less, .lessOrEqual, .greater,
      .greaterOrEqual, .prelu, .pow:
      .numbers
    case .bitwiseAnd, .bitwiseOr, .bitwiseXor, .shiftLeft, .shiftRight: .integers
    case .equal: .numbers + [.bool]
    case .and, .or, .xor: [.bool]
    }
  }
}

extension ReduceKind {
  /// The element types that it reduces.
  fileprivate var elements: [ElementType] {
    switch self {
    case .max, .min: .wide + [.i8, .u8, .bool]
    default: .wide
    }
  }
}
