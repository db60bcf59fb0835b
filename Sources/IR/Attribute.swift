import Basics

/// A parameter of an operator as the text form writes it: `name = value`.
public struct Attribute: Hashable, Sendable {
  /// The value of a parameter.
  public enum Value: Hashable, Sendable {
    /// `true` or `false`.
    case flag(Bool)
    /// A whole number.
    case integer(Int)
    /// A list of whole numbers, as `[3, 3]`.
    case integers([Int])
    /// A number in single precision.
    case float(Float)
    /// A list of numbers in single precision, as `[0.5, 1.0]`.
    case floats([Float])
    /// A name out of a closed set, as `same_upper`.
    case word(String)
    /// Any text, in quotes.
    case text(String)
    /// A list of names out of a closed set, as `[sigmoid, tanh]`.
    case words([String])
    /// What is added before and after each dimension, as `explicit([1, 1], [0, 0])`.
    case padding(begin: [Int], end: [Int])
    /// One element of a type, as `f32(0.5)`.
    case scalar(ElementType, bits: UInt64)
  }

  /// The name.
  public var name: String
  /// The value.
  public var value: Value

  /// Creates an attribute.
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

extension Op {
  /// The parameters that are not at their defaults (Specs/ir.md), sorted by name.
  public var attributes: [Attribute] {
    var list = AttributeList()
    switch self {
    case .conv(let convolution):
      list.add(convolution.window)
      list.add("groups", .integer(convolution.groups), unless: .integer(1))
      list.add("relu", convolution.relu)
    case .gemm(let gemm):
      list.add("alpha", .float(gemm.alpha), unless: .float(1))
      list.add("beta", .float(gemm.beta), unless: .float(1))
      list.add("relu", gemm.relu)
      list.add("transpose_a", gemm.transposeA)
      list.add("transpose_b", gemm.transposeB)
    case .matMul(let product): list.add("relu", product.relu)
    case .batchNormalization(let epsilon):
      list.add("epsilon", .float(epsilon), unless: .float(1e-5))
    case .unary(let function): list.add(function)
    case .globalPool(let kind): list.add(kind)
    case .binary, .clip, .slice, .squeeze, .unsqueeze, .select, .expand, .determinant,
      .range:
      break
    case .fourier(let fourier):
      list.add("inverse", fourier.isInverse)
      list.add("one_sided", fourier.isOneSided)
    case .softmax(let softmax):
      list.add("axis", .integer(softmax.axis), unless: .integer(-1))
      list.add("flattens", softmax.flattens)
    case .pool(let pool):
      list.add("ceil", pool.ceil)
      list.add("includes_padding", pool.includesPadding)
      list.add(pool.kind)
      if let order = pool.positions { list.add("positions", .word(order.rawValue)) }
      list.add(pool.window)
    case .reduce(let reduce):
      list.add("empty_is_identity", reduce.emptyIsIdentity)
      list.add("keeps_dimensions", .flag(reduce.keepsDimensions), unless: .flag(true))
    case .extremum(let extremum):
      list.add("axis", .integer(extremum.axis), unless: .integer(0))
      list.add("keeps_dimension", .flag(extremum.keepsDimension), unless: .flag(true))
      list.add("takes_last", extremum.takesLast)
    case .cumulative(let cumulative):
      list.add("exclusive", cumulative.exclusive)
      list.add("reverse", cumulative.reverse)
    case .triangle(let upper): list.add("upper", .flag(upper), unless: .flag(true))
    case .identityMatrix(let element, let offset):
      list.add("offset", .integer(offset), unless: .integer(0))
      if let element { list.add("to", .word(element.rawValue)) }
    case .concat(let axis): list.add("axis", .integer(axis))
    case .split(let axis): list.add("axis", .integer(axis), unless: .integer(0))
    case .pad(let mode): list.add("mode", .word(mode.rawValue), unless: .word("constant"))
    case .reshape(let allowZero): list.add("allow_zero", allowZero)
    case .flatten(let axis): list.add("axis", .integer(axis), unless: .integer(1))
    case .transpose(let permutation): list.add("permutation", .integers(permutation))
    case .gather(let axis): list.add("axis", .integer(axis), unless: .integer(0))
    case .shape(let start, let end):
      if let end { list.add("end", .integer(end)) }
      list.add("start", .integer(start), unless: .integer(0))
    case .cast(let element, let saturates, let rounding):
      list.add("to", .word(element.rawValue))
      list.add("saturates", .flag(saturates), unless: .flag(true))
      list.add("rounding", .word(rounding.rawValue), unless: .word("up"))
    case .quantize(let quantize):
      list.add("to", .word(quantize.element.rawValue))
      list.add("axis", .integer(quantize.axis), unless: .integer(1))
      list.add("block_size", .integer(quantize.blockSize), unless: .integer(0))
      list.add("saturates", .flag(quantize.saturates), unless: .flag(true))
      if let precision = quantize.precision { list.add("precision", .word(precision.rawValue)) }
    case .dequantize(let dequantize):
      list.add("to", .word(dequantize.element.rawValue))
      list.add("axis", .integer(dequantize.axis), unless: .integer(1))
      list.add("block_size", .integer(dequantize.blockSize), unless: .integer(0))
    case .constantOfShape(let element, let bits):
      list.add("value", .scalar(element, bits: bits), unless: .scalar(.f32, bits: 0))
    case .resize(let resize): list.add(resize)
    case .recurrent(let recurrent): list.add(recurrent)
    case .movement(let movement): movement.add(to: &list)
    case .control(.conditional): break
    case .control(.loop(let loop)):
      list.add("carried", .integer(loop.carriedCount), unless: .integer(0))
    case .control(.scan(let scan)):
      list.add("states", .integer(scan.stateCount), unless: .integer(0))
      list.add("scanned", scan.scanned)
      list.add("collected", scan.collected)
    case .sampling(let sampling): sampling.add(to: &list)
    case .einsum(let equation): list.add("equation", .text(equation))
    }
    return list.items.sorted { $0.name < $1.name }
  }
}

/// Collects attributes that are not at their defaults.
struct AttributeList {
  var items: [Attribute] = []

  mutating func add(_ name: String, _ value: Attribute.Value, unless: Attribute.Value? = nil) {
    if value != unless { items.append(Attribute(name, value)) }
  }

  mutating func add(_ name: String, _ flag: Bool) { add(name, .flag(flag), unless: .flag(false)) }

  mutating func add(_ window: Window) {
    let ones = [Int](repeating: 1, count: window.kernel.count)
    let zeros = [Int](repeating: 0, count: window.kernel.count)
    add("kernel", .integers(window.kernel))
    add("strides", .integers(window.strides), unless: .integers(ones))
    add("dilations", .integers(window.dilations), unless: .integers(ones))
    switch window.padding {
    case .explicit(let begin, let end):
      add(
        "padding", .padding(begin: begin, end: end), unless: .padding(begin: zeros, end: zeros))
    case .sameUpper: add("padding", .word("same_upper"))
    case .sameLower: add("padding", .word("same_lower"))
    case .valid: add("padding", .word("valid"))
    }
  }

  /// Adds the dimensions of `axes`, and which of them are reversed where one is.
  mutating func add(_ name: String, _ axes: [Scan.Axis]) {
    add("\(name)_axes", .integers(axes.map(\.axis)), unless: .integers([]))
    let reversed = axes.map { $0.isReversed ? 1 : 0 }
    add(
      "\(name)_reversed", .integers(reversed),
      unless: .integers([Int](repeating: 0, count: axes.count)))
  }

  mutating func add(_ recurrent: Recurrent) {
    let activations = recurrent.activations
    add(
      "activations", .words(activations.map(\.function.rawValue)),
      unless: .words(recurrent.cell.usualActivations.map(\.function.rawValue)))
    let usual = activations.map { Recurrent.Activation($0.function) }
    add("alphas", .floats(activations.map(\.alpha)), unless: .floats(usual.map(\.alpha)))
    add("betas", .floats(activations.map(\.beta)), unless: .floats(usual.map(\.beta)))
    if let clip = recurrent.clip { add("clip", .float(clip)) }
    add("reverse", recurrent.reverse)
    switch recurrent.cell {
    case .lstm(let couplesForget): add("couples_forget", couplesForget)
    case .gru(let linearBeforeReset): add("linear_before_reset", linearBeforeReset)
    case .rnn: break
    }
  }

  mutating func add(_ function: UnaryFunction) {
    let form = UnaryFunction.named[function.names.mnemonic]
    switch (function, form) {
    case (.leakyRelu(let alpha), .leakyRelu(let standard)?),
      (.elu(let alpha), .elu(let standard)?), (.celu(let alpha), .celu(let standard)?),
      (.thresholdedRelu(let alpha), .thresholdedRelu(let standard)?),
      (.swish(let alpha), .swish(let standard)?):
      add("alpha", .float(alpha), unless: .float(standard))
    case (.hardSigmoid(let alpha, let beta), .hardSigmoid(let alphaForm, let betaForm)?):
      add("alpha", .float(alpha), unless: .float(alphaForm))
      add("beta", .float(beta), unless: .float(betaForm))
    case (.selu(let alpha, let gamma), .selu(let alphaForm, let gammaForm)?):
      add("alpha", .float(alpha), unless: .float(alphaForm))
      add("gamma", .float(gamma), unless: .float(gammaForm))
    case (.shrink(let bias, let lambda), .shrink(let biasForm, let lambdaForm)?):
      add("bias", .float(bias), unless: .float(biasForm))
      add("lambda", .float(lambda), unless: .float(lambdaForm))
    case (.gelu(let tanh), _): add("tanh", tanh)
    case (.isInfinite(let negative, let positive), _):
      add("negative", .flag(negative), unless: .flag(true))
      add("positive", .flag(positive), unless: .flag(true))
    default: break
    }
  }

  mutating func add(_ kind: PoolKind) {
    if case .norm(let power) = kind { add("power", .integer(power), unless: .integer(2)) }
  }

  mutating func add(_ resize: Resize) {
    add("antialias", resize.antialiases)
    add("cubic_coefficient", .float(resize.cubicCoefficient), unless: .float(-0.75))
    add("exclude_outside", resize.excludesOutside)
    add("extrapolation", .float(resize.extrapolation), unless: .float(0))
    add("mode", .word(resize.mode.rawValue), unless: .word(Resize.Mode.nearest.rawValue))
    add(
      "coordinates", .word(resize.coordinates.rawValue),
      unless: .word(Resize.Coordinates.halfPixel.rawValue))
    add(
      "rounding", .word(resize.rounding.rawValue),
      unless: .word(Resize.Rounding.preferFloor.rawValue))
    add("aspect", .word(resize.aspect.rawValue), unless: .word(Resize.Aspect.stretch.rawValue))
    if let axes = resize.axes { add("axes", .integers(axes)) }
  }
}
