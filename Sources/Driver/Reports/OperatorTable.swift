import Compiler
import Basics
import Frontend
import IR
import Passes

/// An operator that models may use.
struct OperatorEntry: Encodable {
  /// Where an operator is computed in a compiled network.
  enum Place: String, Encodable {
    /// On crossbars where its weights are constant, else in host code.
    case analog
    /// In host code.
    case host
    /// Before the program runs: it leaves a constant, or nothing.
    case compiler
    /// Nowhere: only `aimcc run` evaluates it, unless it does not depend on the inputs.
    case reference
  }

  /// The name that ONNX gives it.
  var name: String
  /// The first operator set version with it that is supported, and the last.
  var since: Int
  var through: Int
  /// The element types of its first operand.
  var types: [String]
  var place: Place
  /// What a model must keep to beyond the ONNX specification.
  var restrictions: String

  /// Every operator, by name.
  static let all: [OperatorEntry] = supportedOperators.map { supported in
    let op = forms.first { $0.onnxName == supported.name }
    let types = op?.signature.operands.first?.elements ?? ElementType.allCases
    return OperatorEntry(
      name: supported.name, since: supported.since, through: supportedOpsets.upperBound,
      types: types.map(\.rawValue), place: op?.place ?? imported(supported.name).place,
      restrictions: op?.restrictions ?? imported(supported.name).restrictions)
  }

  /// Every form of `Op` once, so that what is said of each comes from the graph's own types.
  private static let forms: [Op] = {
    let window = Window(
      kernel: [1], strides: [1], dilations: [1], padding: .explicit(begin: [0], end: [0]))
    let others: [Op] = [
      .conv(Convolution(window: window)), .gemm(Gemm()), .matMul(MatMul()),
      .batchNormalization(epsilon: 0), .clip, .concat(axis: 0),
      .split(axis: 0), .slice, .pad(.constant), .reshape(allowZero: false), .flatten(axis: 0),
      .transpose(permutation: []), .squeeze, .unsqueeze, .gather(axis: 0),
      .shape(start: 0, end: nil), .cast(to: .f32), .quantize(Quantize(to: .u8)),
      .dequantize(Dequantize(to: .f32)), .constantOfShape(element: .f32, bits: 0),
      .resize(Resize(mode: .nearest)),
    ]
    let cells: [Recurrent.Cell] = [
      .lstm(couplesForget: false), .gru(linearBeforeReset: false), .rnn,
    ]
    let kinds: [PoolKind] = [.max, .average, .norm(power: 2)]
    let pools = kinds.flatMap { kind -> [Op] in
      [.pool(Pool(kind: kind, window: window)), .globalPool(kind)]
    }
    return others + Op.reductionForms + cells.map { .recurrent(Recurrent(cell: $0)) } + pools
      + UnaryFunction.forms.map(Op.unary)
      + BinaryFunction.allCases.map(Op.binary) + Movement.forms.map(Op.movement)
      + Sampling.forms.map(Op.sampling) + [.einsum(equation: "")]
  }()

  /// What the importer makes of an operator that has no form of its own.
  private static func imported(_ name: String) -> (place: Place, restrictions: String) {
    switch name {
    case "Constant": (.compiler, "string values are refused")
    case "If": (.compiler, "to compile, a condition that is known")
    case "Loop":
      (.compiler, "to compile, at most \(Folder.iterationLimit) iterations, their number known")
    case "Scan":
      (.compiler, "opset 9 and later; to compile, at most \(Folder.iterationLimit) elements")
    case "LayerNormalization", "RMSNormalization", "GroupNormalization":
      (.host, "stash_type 1; becomes elementary operators")
    case "InstanceNormalization", "MeanVarianceNormalization", "LRN", "LpNormalization",
      "RotaryEmbedding", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss":
      (.host, "becomes elementary operators")
    case "SimplifiedLayerNormalization":
      (.host, "as ONNX Runtime writes it; stash_type 1; becomes elementary operators")
    case "Attention": (.host, "number and sizes of heads are known; becomes elementary operators")
    case "STFT": (.reference, "")
    case "HannWindow", "HammingWindow", "BlackmanWindow": (.reference, "")
    case "ConvTranspose": (.analog, "weights of known shape; 1 to 3 spatial dimensions")
    case "Dropout": (.compiler, "inference only: the identity")
    case "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul":
      (.analog, "becomes a product of integers")
    case "SplitToSequence", "ConcatFromSequence": (.host, "number and sizes of parts are known")
    case "SequenceConstruct", "SequenceEmpty", "SequenceAt", "SequenceInsert", "SequenceErase",
      "SequenceLength":
      (.compiler, "positions are known; no input, output or part of a loop")
    case "Sum", "Mean": (.host, "becomes additions of two")
    case "Size": (.compiler, "to compile, a shape that is known")
    default: (.host, "")
    }
  }
}

extension Op {
  /// Where it is computed.
  fileprivate var place: OperatorEntry.Place {
    guard hasHostCode || isAboutWindows else { return .reference }
    return switch self {
    case .conv, .gemm, .matMul, .recurrent, .einsum: .analog
    case .batchNormalization, .shape, .constantOfShape, .identityMatrix, .unary(.identity),
      .control:
      .compiler
    case .unary, .binary, .clip, .softmax, .pool, .globalPool, .reduce, .extremum, .cumulative,
      .select, .expand, .determinant, .fourier, .triangle, .range, .concat, .split,
      .slice,
      .pad, .reshape, .flatten, .transpose, .squeeze, .unsqueeze, .gather, .cast, .quantize,
      .dequantize, .resize, .movement, .sampling:
      .host
    }
  }

  /// What a model must keep to.
  fileprivate var restrictions: String {
    switch self {
    case .conv: "1 to 3 spatial dimensions"
    case .batchNormalization: "inference form"
    case .slice: "to compile, constant starts, axes, steps"
    case .pad: "to compile, constant pads and axes"
    case .reduce(let reduce):
      [.l2, .logSum, .logSumExp].contains(reduce.kind)
        ? "to compile, constant axes and floating-point numbers" : "to compile, constant axes"
    case .binary(.pow): "to compile, integers to whole powers"
    case .unary(.shrink): "to compile, a bias of 0 for integers of more than 16 bits"
    case .cumulative: "to compile, a constant axis"
    case .triangle: "to compile, a constant offset"
    case .resize:
      "to compile, constant region, scales and sizes; integers of more than 16 bits by nearest"
    case .shape, .constantOfShape, .identityMatrix: "to compile, a shape that is known"
    case .recurrent: "to compile, constant weights"
    case .sampling(.fromColumns): "to compile, a constant block"
    case .movement(.tile): "to compile, constant repeats"
    case .fourier: "to compile, a constant length and axis"
    case .movement(.oneHot): "to compile, a constant depth"
    case .movement(.reverseSequence): "to compile, constant lengths"
    case .movement(.compress): "to compile, a constant condition"
    case .movement(.centerCropPad): "to compile, constant sizes"
    case .movement(.nonZero): "to compile, what is found reaches the outputs part by part"
    case .sampling(.suppression):
      "to compile, a constant count, and what is found reaches the outputs part by part"
    default: ""
    }
  }
}

/// The page Specs/operators.md.
func operatorPage() -> String {
  var text = """
    # Operators

    The operators of the ONNX operator sets \(supportedOpsets.lowerBound) to \
    \(supportedOpsets.upperBound) that models may use. `aimcc operators --markdown` writes this page.

    `aimcc run` evaluates all of them in all the element types listed. `aimcc compile` computes those marked *analog* on
    crossbars where their weights are constant, and the others in host code. It refuses elements of type f64. The code of
    *compiler* operators does not remain in the program. `aimcc compile` refuses *reference* operators unless they are
    independent of the inputs. Element types are those of the first operand. What NonMaxSuppression and NonZero find is
    padded in a program ([cli.md](cli.md#data)).

    The importer turns operators of other domains into those of the table; their products with constant weights go on
    crossbars too:

    | domain | who writes it | versions | operators |
    |---|---|---|---|
    \(domainRows)

    Operators of `ai.onnx.ml` take integer labels and categories, and compute in single precision. Operators of
    `com.microsoft` give the results of ONNX Runtime on a CPU, with QLinearSoftmax saturated. Of the attention operators only
    GroupQueryAttention has rotary embedding; it takes no integer cache, and its past must be full where its present is
    used. MatMulNBits takes 2, 4 or 8 bits in ONNX's order. Quant, BipolarQuant and Trunc give the results of the package
    qonnx; their numbers of bits are constants.

    | operator | operator sets | element types | where | restrictions |
    |---|---|---|---|---|

    """
  for entry in OperatorEntry.all {
    text += "| \(entry.name) | \(entry.since)-\(entry.through) | \(entry.typesText) | "
    text += "\(entry.place.rawValue) | \(entry.restrictions) |\n"
  }
  return text
}

/// The operators of other domains, a row each domain.
private var domainRows: String {
  let writers = [
    "ai.onnx.ml": "scikit-learn's networks and linear models",
    "com.microsoft": "the quantizer and the optimizer of ONNX Runtime",
    "qonnx.custom_op.general": "QONNX", "finn.custom_op.general": "FINN",
    "onnx.brevitas": "Brevitas",
  ]
  return OperatorDomain.all.map { domain in
    let (first, last) = (domain.versions.lowerBound, domain.versions.upperBound)
    return "| `\(domain.name)` | \(writers[domain.name] ?? "") | "
      + "\(first == last ? "\(first)" : "\(first)-\(last)") | "
      + "\(domain.operators.joined(separator: ", ")) |"
  }.joined(separator: "\n")
}

extension OperatorEntry {
  /// The element types, all of them in a word.
  var typesText: String {
    types.count == ElementType.allCases.count ? "all" : types.joined(separator: " ")
  }
}
