extension UnaryFunction {
  /// The name in the text form, and the ONNX operator that it stands for.
  var names: (mnemonic: String, onnx: String) {
    switch self {
    case .identity: ("identity", "Identity")
    case .relu: ("relu", "Relu")
    case .sigmoid: ("sigmoid", "Sigmoid")
    case .tanh: ("tanh", "Tanh")
    case .hardSwish: ("hard_swish", "HardSwish")
    case .abs: ("abs", "Abs")
    case .negate: ("negate", "Neg")
    case .sign: ("sign", "Sign")
    case .reciprocal: ("reciprocal", "Reciprocal")
    case .sqrt: ("sqrt", "Sqrt")
    case .exp: ("exp", "Exp")
    case .log: ("log", "Log")
    case .floor: ("floor", "Floor")
    case .ceil: ("ceil", "Ceil")
    case .round: ("round", "Round")
    case .erf: ("erf", "Erf")
    case .sin: ("sin", "Sin")
    case .cos: ("cos", "Cos")
    case .tan: ("tan", "Tan")
    case .asin: ("asin", "Asin")
    case .acos: ("acos", "Acos")
    case .atan: ("atan", "Atan")
    case .sinh: ("sinh", "Sinh")
    case .cosh: ("cosh", "Cosh")
    case .asinh: ("asinh", "Asinh")
    case .acosh: ("acosh", "Acosh")
    case .atanh: ("atanh", "Atanh")
    case .softplus: ("softplus", "Softplus")
    case .softsign: ("softsign", "Softsign")
    case .mish: ("mish", "Mish")
    case .not: ("not", "Not")
    case .bitwiseNot: ("bitwise_not", "BitwiseNot")
    case .isNaN: ("is_nan", "IsNaN")
    case .isInfinite: ("is_infinite", "IsInf")
    case .leakyRelu: ("leaky_relu", "LeakyRelu")
    case .hardSigmoid: ("hard_sigmoid", "HardSigmoid")
    case .elu: ("elu", "Elu")
    case .selu: ("selu", "Selu")
    case .celu: ("celu", "Celu")
    case .thresholdedRelu: ("thresholded_relu", "ThresholdedRelu")
    case .shrink: ("shrink", "Shrink")
    case .swish: ("swish", "Swish")
    case .gelu: ("gelu", "Gelu")
    }
  }

  /// The functions, with the parameters of `forms`, by their names in the text form.
  static let named: [String: UnaryFunction] = Dictionary(
    uniqueKeysWithValues: forms.map { ($0.names.mnemonic, $0) })
}

extension BinaryFunction {
  /// The ONNX operator that it stands for.
  var onnxName: String {
    switch self {
    case .add: "Add"
    case .sub: "Sub"
    case .mul: "Mul"
    case .div: "Div"
    case .max: "Max"
    case .min: "Min"
    case .prelu: "PRelu"
    case .pow: "Pow"
    case .mod, .fmod: "Mod"
    case .equal: "Equal"
    case .less: "Less"
    case .lessOrEqual: "LessOrEqual"
    case .greater: "Greater"
    case .greaterOrEqual: "GreaterOrEqual"
    case .and: "And"
    case .or: "Or"
    case .xor: "Xor"
    case .bitwiseAnd: "BitwiseAnd"
    case .bitwiseOr: "BitwiseOr"
    case .bitwiseXor: "BitwiseXor"
    case .shiftLeft, .shiftRight: "BitShift"
    }
  }
}
