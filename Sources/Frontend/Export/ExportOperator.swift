import Basics
import IR

/// An operator as an ONNX file holds it.
struct ExportedOperator {
  /// The name of the operator.
  let name: String
  /// Its attributes.
  var attributes = OnnxAttributes()
  /// The first operator set that has it in this form.
  var opset = ExportedOperator.usualOpset
  /// What of it ONNX has no form for, if anything.
  var refusal: String?

  /// The operator set of models whose operators need no newer one.
  static let usualOpset = 21

  /// Finds the form of `op`, whose operands are of the types `elements`. ReLU behind products and biases of
  /// matrix products are nodes of their own.
  init(_ op: Op, elements: [ElementType?]) {
    name = op.onnxName
    let first = elements.first.flatMap { $0 }
    switch op {
    case .conv(let convolution):
      add(convolution.window)
      attributes.add("group", convolution.groups)
      if first?.isInteger ?? false { refusal = "products of integers" }
    case .gemm(let gemm):
      attributes.add("alpha", gemm.alpha)
      attributes.add("beta", gemm.beta)
      attributes.add("transA", gemm.transposeA)
      attributes.add("transB", gemm.transposeB)
    case .matMul, .clip, .select, .expand, .determinant, .range, .slice, .squeeze, .unsqueeze: break
    case .batchNormalization(let epsilon): attributes.add("epsilon", epsilon)
    case .unary(let function): add(function)
    case .binary(let function): add(function, first)
    case .softmax(let softmax): attributes.add("axis", softmax.axis)
    case .pool(let pool): add(pool)
    case .globalPool(let kind):
      if case .norm(let power) = kind { attributes.add("p", power) }
    case .quantize(let quantize): add(quantize)
    case .dequantize(let dequantize):
      attributes.add("axis", dequantize.axis)
      attributes.add("block_size", dequantize.blockSize)
      if elements.count > 1, elements[1] != dequantize.element {
        attributes.add("output_dtype", dequantize.element)
        need(23)
      }
    case .resize(let resize): add(resize)
    case .recurrent(let recurrent): add(recurrent)
    case .movement(let movement): add(movement)
    case .sampling(let sampling): add(sampling)
    case .einsum(let equation): attributes.add("equation", equation)
    case .control: refusal = "graphs inside of nodes"
    case .reduce, .extremum, .cumulative, .fourier, .triangle, .identityMatrix: addReduction(op)
    case .concat, .split, .pad, .reshape, .flatten, .transpose, .gather, .shape, .cast,
      .constantOfShape:
      addLayout(op)
    }
  }

  /// Takes note that the operator needs the operator set `version`.
  mutating func need(_ version: Int) { opset = max(opset, version) }

  /// Where windows lie.
  mutating func add(_ window: Window, withDilations: Bool = true) {
    attributes.add("kernel_shape", window.kernel)
    attributes.add("strides", window.strides)
    if withDilations { attributes.add("dilations", window.dilations) }
    switch window.padding {
    case .explicit(let begin, let end): attributes.add("pads", begin + end)
    case .sameUpper: attributes.add("auto_pad", "SAME_UPPER")
    case .sameLower: attributes.add("auto_pad", "SAME_LOWER")
    case .valid: attributes.add("auto_pad", "VALID")
    }
  }

  private mutating func add(_ pool: Pool) {
    add(pool.window)
    attributes.add("ceil_mode", pool.ceil)
    switch pool.kind {
    case .max: if pool.positions == .columns { attributes.add("storage_order", 1) }
    case .average: attributes.add("count_include_pad", pool.includesPadding)
    case .norm(let power): attributes.add("p", power)
    }
  }

  private mutating func add(_ function: UnaryFunction) {
    switch function {
    case .leakyRelu(let alpha), .elu(let alpha), .celu(let alpha), .thresholdedRelu(let alpha):
      attributes.add("alpha", alpha)
    case .swish(let alpha):
      attributes.add("alpha", alpha)
      need(24)
    case .hardSigmoid(let alpha, let beta):
      attributes.add("alpha", alpha)
      attributes.add("beta", beta)
    case .selu(let alpha, let gamma):
      attributes.add("alpha", alpha)
      attributes.add("gamma", gamma)
    case .shrink(let bias, let lambda):
      attributes.add("bias", bias)
      attributes.add("lambd", lambda)
    case .gelu(let tanh): attributes.add("approximate", tanh ? "tanh" : "none")
    case .isInfinite(let negative, let positive):
      attributes.add("detect_negative", negative)
      attributes.add("detect_positive", positive)
    default: break
    }
  }

  private mutating func add(_ function: BinaryFunction, _ element: ElementType?) {
    switch function {
    case .mod:
      if element?.isFloatingPoint ?? false { refusal = "floored remainders of fractions" }
    case .fmod: attributes.add("fmod", 1)
    case .shiftLeft, .shiftRight:
      attributes.add("direction", function == .shiftLeft ? "LEFT" : "RIGHT")
      if element?.isSignedInteger ?? false { refusal = "shifts of signed integers" }
    default: break
    }
  }

  private mutating func add(_ quantize: Quantize) {
    attributes.add("axis", quantize.axis)
    attributes.add("block_size", quantize.blockSize)
    attributes.add("saturate", quantize.saturates)
    attributes.add("output_dtype", quantize.element)
    if let precision = quantize.precision {
      attributes.add("precision", precision)
      need(23)
    }
  }

  private mutating func add(_ resize: Resize) {
    attributes.add("mode", resize.mode.rawValue)
    attributes.add("coordinate_transformation_mode", resize.coordinates.rawValue)
    attributes.add("nearest_mode", resize.rounding.rawValue)
    if let axes = resize.axes { attributes.add("axes", axes) }
    attributes.add("keep_aspect_ratio_policy", resize.aspect.rawValue)
    attributes.add("cubic_coeff_a", resize.cubicCoefficient)
    attributes.add("exclude_outside", resize.excludesOutside)
    attributes.add("antialias", resize.antialiases)
    attributes.add("extrapolation_value", resize.extrapolation)
  }
}
