import Basics

extension AttributeReader {
  /// The operator that `mnemonic` names, with the attributes that were added; `nil` if there is
  /// none.
  mutating func op(_ mnemonic: String) -> Op? {
    if let function = BinaryFunction(rawValue: mnemonic) { return .binary(function) }
    switch mnemonic {
    case "conv":
      return .conv(
        Convolution(
          window: window(), groups: integer("groups", default: 1), relu: flag("relu")))
    case "gemm":
      return .gemm(
        Gemm(
          alpha: float("alpha", default: 1), beta: float("beta", default: 1),
          transposeA: flag("transpose_a"), transposeB: flag("transpose_b"), relu: flag("relu")))
    case "matmul": return .matMul(MatMul(relu: flag("relu")))
    case "batch_normalization":
      return .batchNormalization(epsilon: float("epsilon", default: 1e-5))
    case "clip": return .clip
    case "max_pool": return .pool(pool(.max))
    case "average_pool": return .pool(pool(.average))
    case "lp_pool": return .pool(pool(.norm(power: integer("power", default: 2))))
    case "global_lp_pool": return .globalPool(.norm(power: integer("power", default: 2)))
    case "einsum": return .einsum(equation: text("equation"))
    case "global_max_pool": return .globalPool(.max)
    case "global_average_pool": return .globalPool(.average)
    case "resize":
      var resize = Resize(
        mode: word("mode", default: .nearest, lacking: .nearest),
        coordinates: word("coordinates", default: .halfPixel, lacking: .halfPixel),
        rounding: word("rounding", default: .preferFloor, lacking: .preferFloor),
        axes: optionalIntegers("axes"),
        aspect: word("aspect", default: .stretch, lacking: .stretch))
      resize.cubicCoefficient = float("cubic_coefficient", default: -0.75)
      resize.excludesOutside = flag("exclude_outside")
      resize.antialiases = flag("antialias")
      resize.extrapolation = float("extrapolation", default: 0)
      return .resize(resize)
    case "lstm": return .recurrent(recurrent(.lstm(couplesForget: flag("couples_forget"))))
    case "gru":
      return .recurrent(recurrent(.gru(linearBeforeReset: flag("linear_before_reset"))))
    case "rnn": return .recurrent(recurrent(.rnn))
    case "quantize":
      return .quantize(
        Quantize(
          to: element("to", default: nil), axis: integer("axis", default: 1),
          blockSize: integer("block_size", default: 0),
          saturates: flag("saturates", default: true),
          precision: optionalElement("precision")))
    case "dequantize":
      return .dequantize(
        Dequantize(
          to: element("to", default: nil), axis: integer("axis", default: 1),
          blockSize: integer("block_size", default: 0)))
    case "if": return .control(.conditional(then: regions[0], otherwise: regions[1]))
    case "loop":
      return .control(
        .loop(Loop(body: regions[0], carriedCount: integer("carried", default: 0))))
    case "scan":
      return .control(
        .scan(
          Scan(
            body: regions[0], stateCount: integer("states", default: 0),
            scanned: scanAxes("scanned"), collected: scanAxes("collected"))))
    default:
      return unary(mnemonic).map(Op.unary) ?? reduction(mnemonic) ?? movement(mnemonic)
        ?? elementMovement(mnemonic).map(Op.movement) ?? sampling(mnemonic).map(Op.sampling)
    }
  }

  private mutating func unary(_ mnemonic: String) -> UnaryFunction? {
    let form = UnaryFunction.named[mnemonic]
    return switch form {
    case .leakyRelu(let alpha)?: .leakyRelu(alpha: float("alpha", default: alpha))
    case .elu(let alpha)?: .elu(alpha: float("alpha", default: alpha))
    case .celu(let alpha)?: .celu(alpha: float("alpha", default: alpha))
    case .thresholdedRelu(let alpha)?: .thresholdedRelu(alpha: float("alpha", default: alpha))
    case .swish(let alpha)?: .swish(alpha: float("alpha", default: alpha))
    case .hardSigmoid(let alpha, let beta)?:
      .hardSigmoid(alpha: float("alpha", default: alpha), beta: float("beta", default: beta))
    case .selu(let alpha, let gamma)?:
      .selu(alpha: float("alpha", default: alpha), gamma: float("gamma", default: gamma))
    case .shrink(let bias, let lambda)?:
      .shrink(bias: float("bias", default: bias), lambda: float("lambda", default: lambda))
    case .gelu(let tanh)?: .gelu(tanh: flag("tanh", default: tanh))
    case .isInfinite(let negative, let positive)?:
      .isInfinite(
        negative: flag("negative", default: negative),
        positive: flag("positive", default: positive))
    default: form
    }
  }

  /// Operators along one or more axes, and those that choose or make elements.
  private mutating func reduction(_ mnemonic: String) -> Op? {
    if let kind = Softmax.Kind(rawValue: mnemonic) {
      return .softmax(
        Softmax(kind, axis: integer("axis", default: -1), flattens: flag("flattens")))
    }
    if let kind = ReduceKind.allCases.first(where: { "reduce_\($0.rawValue)" == mnemonic }) {
      return .reduce(
        Reduce(
          kind: kind, keepsDimensions: flag("keeps_dimensions", default: true),
          emptyIsIdentity: flag("empty_is_identity")))
    }
    if let kind = Extremum.Kind.allCases.first(where: { "arg_\($0.rawValue)" == mnemonic }) {
      return .extremum(
        Extremum(
          kind: kind, axis: integer("axis", default: 0),
          keepsDimension: flag("keeps_dimension", default: true), takesLast: flag("takes_last")))
    }
    if let kind = Cumulative.Kind.allCases.first(where: { "cumulative_\($0.rawValue)" == mnemonic })
    {
      return .cumulative(
        Cumulative(kind: kind, exclusive: flag("exclusive"), reverse: flag("reverse")))
    }
    switch mnemonic {
    case "where": return .select
    case "expand": return .expand
    case "determinant": return .determinant
    case "fourier":
      return .fourier(Fourier(isInverse: flag("inverse"), isOneSided: flag("one_sided")))
    case "triangle": return .triangle(upper: flag("upper", default: true))
    case "identity_matrix":
      return .identityMatrix(
        element: optionalElement("to"), offset: integer("offset", default: 0))
    case "range": return .range
    default: return nil
    }
  }

  /// Operators that move elements and compute nothing of them.
  private mutating func movement(_ mnemonic: String) -> Op? {
    switch mnemonic {
    case "concat": return .concat(axis: integer("axis", default: nil))
    case "split": return .split(axis: integer("axis", default: 0))
    case "slice": return .slice
    case "pad": return .pad(word("mode", default: .constant, lacking: .constant))
    case "reshape": return .reshape(allowZero: flag("allow_zero"))
    case "flatten": return .flatten(axis: integer("axis", default: 1))
    case "transpose": return .transpose(permutation: integers("permutation"))
    case "squeeze": return .squeeze
    case "unsqueeze": return .unsqueeze
    case "gather": return .gather(axis: integer("axis", default: 0))
    case "shape":
      return .shape(start: integer("start", default: 0), end: optionalInteger("end"))
    case "cast":
      return .cast(
        to: element("to", default: nil), saturates: flag("saturates", default: true),
        rounding: word("rounding", default: .up, lacking: .up))
    case "constant_of_shape":
      let value = scalar("value")
      return .constantOfShape(element: value.type, bits: value.bits)
    default: return nil
    }
  }

  private mutating func scanAxes(_ name: String) -> [Scan.Axis] {
    let axes = integers("\(name)_axes", default: [])
    let flags = integers(
      "\(name)_reversed", count: axes.count, default: [Int](repeating: 0, count: axes.count))
    return zip(axes, flags).map { Scan.Axis($0, isReversed: $1 == 1) }
  }

  private mutating func recurrent(_ cell: Recurrent.Cell) -> Recurrent {
    let functions = words("activations", default: cell.usualActivations.map(\.function))
    let alphas = optionalFloats("alphas", count: functions.count)
    let betas = optionalFloats("betas", count: functions.count)
    let activations = functions.indices.map {
      Recurrent.Activation(functions[$0], alpha: alphas?[$0], beta: betas?[$0])
    }
    return Recurrent(
      cell: cell, reverse: flag("reverse"), activations: activations, clip: optionalFloat("clip"))
  }

  private mutating func pool(_ kind: PoolKind) -> Pool {
    Pool(
      kind: kind, window: window(), ceil: flag("ceil"), includesPadding: flag("includes_padding"),
      positions: value("positions", "rows or columns", default: .some(nil), lacking: nil) {
        if case .plain(let text) = $0 {
          ElementOrder(rawValue: text).map(Optional.some)
        } else {
          nil
        }
      })
  }
}
