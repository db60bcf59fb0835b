import Basics

/// What a node computes.
///
/// The forms are those of the newest ONNX operator set: what older sets write as attributes
/// (axes, pads, sizes, bounds) arrives here as an operand, mostly a constant one. Each case says its
/// operands in order; those in brackets may be left out. All have one result unless
/// the signature says more.
/// Semantics are those of the ONNX operator named in Specs/ir.md.
public enum Op: Hashable, Sendable {
  /// x, weights, [bias] → y. x is batch × channels × spatial (1 to 3 dimensions).
  case conv(Convolution)
  /// a, b, [c] → alpha·a'·b' + beta·c, where a' and b' may be transposed.
  case gemm(Gemm)
  /// a, b, [bias] → matrix product with broadcast batch dimensions, as numpy.matmul, plus a bias of
  /// the last dimension, which fusion only adds.
  case matMul(MatMul)
  /// x, scale, bias, mean, variance → y, in inference form.
  case batchNormalization(epsilon: Float)
  /// x → y, elementwise.
  case unary(UnaryFunction)
  /// a, b → y, elementwise with multidirectional broadcast.
  case binary(BinaryFunction)
  /// x, [minimum], [maximum] → y; bounds are scalars.
  case clip
  /// x → y over one axis or, in the form of operator sets before 13, over all axes from it on.
  case softmax(Softmax)
  /// x → y, windows over the spatial dimensions.
  case pool(Pool)
  /// x → y, all spatial dimensions reduced to 1.
  case globalPool(PoolKind)
  /// x, [axes] → y.
  case reduce(Reduce)
  /// x → the index of the greatest or least element along an axis, as i64.
  case extremum(Extremum)
  /// x, axis → y; each element with all before it.
  case cumulative(Cumulative)
  /// condition, x, y → the elements of x where the condition is true, and of y elsewhere; all three
  /// are broadcast to each other.
  case select
  /// x, shape → x broadcast with a tensor of that shape.
  case expand
  /// Square matrices → their determinants.
  case determinant
  /// x, [length], [axis] → the discrete Fourier transform along an axis; the last dimension of x is
  /// the real part, or the real and the imaginary part, and so is that of the result.
  case fourier(Fourier)
  /// x, [offset] → matrices with 0 below, or above, the diagonal that lies `offset` to the right.
  case triangle(upper: Bool)
  /// Matrix → one of its shape with 1 on the diagonal that lies `offset` to the right; of its element
  /// type if `element` is left out.
  case identityMatrix(element: ElementType?, offset: Int)
  /// start, limit, step → start, start + step, … before limit.
  case range
  /// x₀, x₁, … → y.
  case concat(axis: Int)
  /// x, [sizes] → y₀, y₁, …; equal parts (the last may be smaller) where sizes are left out.
  case split(axis: Int)
  /// x, starts, ends, [axes], [steps] → y.
  case slice
  /// x, pads, [value], [axes] → y; pads are all begins, then all ends.
  case pad(PadMode)
  /// x, shape → y.
  case reshape(allowZero: Bool)
  /// x → matrix; dimensions before `axis` make its rows.
  case flatten(axis: Int)
  /// x → y; dimension i of y is dimension `permutation[i]` of x.
  case transpose(permutation: [Int])
  /// x, [axes] → y.
  case squeeze
  /// x, axes → y.
  case unsqueeze
  /// data, indices → y.
  case gather(axis: Int)
  /// x → its dimensions `start ..< end` as i64.
  case shape(start: Int, end: Int?)
  /// x → y of another element type; the other parameters are those of short floating-point types.
  case cast(
    to: ElementType, saturates: Bool = true, rounding: FloatFormat.PowerRounding = .up)
  /// x, scale, [zero point] → y, integers or short floating-point numbers.
  case quantize(Quantize)
  /// x, scale, [zero point] → y = (x − zero point) · scale.
  case dequantize(Dequantize)
  /// shape → y filled with `value`, given as the bit pattern of one element of type `element`.
  case constantOfShape(element: ElementType, bits: UInt64)
  /// x, [region], [scales], [sizes] → y.
  case resize(Resize)
  /// x, weights, recurrence, [bias], [lengths], [initial h], and in an LSTM [initial c],
  /// [peepholes] → y, last h and, in an LSTM, last c.
  case recurrent(Recurrent)
  /// Takes, places, orders or repeats elements; see `Movement`.
  case movement(Movement)
  /// A branch, loop or scan over graphs of its own; see `ControlFlow` for operands and results.
  case control(ControlFlow)
  /// Samples images, or is about regions of them; see `Sampling`.
  case sampling(Sampling)
  /// x₀, x₁, … → sums of products, as the equation says; see `Einsum`.
  case einsum(equation: String)
}

/// The parameters of a convolution.
public struct Convolution: Hashable, Sendable {
  /// Where windows lie.
  public var window: Window
  /// The number of groups into which channels are divided.
  public var groups: Int
  /// Whether negative results become 0; set by fusion only.
  public var relu: Bool

  /// Creates the parameters.
  public init(window: Window, groups: Int = 1, relu: Bool = false) {
    self.window = window
    self.groups = groups
    self.relu = relu
  }
}

/// Where the windows of a convolution or of a pooling lie; one entry a spatial dimension.
public struct Window: Hashable, Sendable {
  /// How the padding is found.
  public enum Padding: Hashable, Sendable {
    /// Elements added before and after each dimension.
    case explicit(begin: [Int], end: [Int])
    /// As many as make the output ⌈input / stride⌉, the odd one at the end.
    case sameUpper
    /// As many as make the output ⌈input / stride⌉, the odd one at the beginning.
    case sameLower
    /// None.
    case valid
  }

  /// The size of the kernel.
  public var kernel: [Int]
  /// The distance between neighbouring windows.
  public var strides: [Int]
  /// The distance between neighbouring elements of a window.
  public var dilations: [Int]
  /// The padding.
  public var padding: Padding

  /// Creates a description of windows.
  public init(kernel: [Int], strides: [Int], dilations: [Int], padding: Padding) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.padding = padding
  }
}

/// The parameters of a general matrix product.
public struct Gemm: Hashable, Sendable {
  /// The factor of the product.
  public var alpha: Float
  /// The factor of the addend.
  public var beta: Float
  /// Whether a is transposed.
  public var transposeA: Bool
  /// Whether b is transposed.
  public var transposeB: Bool
  /// Whether negative results become 0; set by fusion only.
  public var relu: Bool

  /// Creates the parameters.
  public init(
    alpha: Float = 1, beta: Float = 1, transposeA: Bool = false, transposeB: Bool = false,
    relu: Bool = false
  ) {
    self.alpha = alpha
    self.beta = beta
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.relu = relu
  }
}

/// The parameters of a matrix product.
public struct MatMul: Hashable, Sendable {
  /// Whether negative results become 0; set by fusion only.
  public var relu: Bool

  /// Creates the parameters.
  public init(relu: Bool = false) { self.relu = relu }
}

/// What a pooling computes of a window.
public enum PoolKind: Hashable, Sendable {
  case max, average
  /// (Σ|x|ᵖ)^(1/p), where p is `power`.
  case norm(power: Int)
}

/// The order in which the elements of one image are counted.
public enum ElementOrder: String, Hashable, Sendable, CaseIterable {
  case rows, columns
}

/// The parameters of a pooling.
public struct Pool: Hashable, Sendable {
  /// What is computed of a window.
  public var kind: PoolKind
  /// Where windows lie.
  public var window: Window
  /// Whether a last window that only partly fits counts.
  public var ceil: Bool
  /// Whether an average counts padding as elements.
  public var includesPadding: Bool
  /// Of a maximum, whether its position in x is a second result, and how positions are counted in
  /// an image; images are counted in row-major order.
  public var positions: ElementOrder?

  /// Creates the parameters.
  public init(
    kind: PoolKind, window: Window, ceil: Bool = false, includesPadding: Bool = false,
    positions: ElementOrder? = nil
  ) {
    self.kind = kind
    self.window = window
    self.ceil = ceil
    self.includesPadding = includesPadding
    self.positions = positions
  }
}

/// What padding holds.
public enum PadMode: String, Hashable, Sendable, CaseIterable {
  case constant, reflect, edge, wrap
}

/// The parameters of a resize.
public struct Resize: Hashable, Sendable {
  /// How an element between others is found.
  public enum Mode: String, Hashable, Sendable, CaseIterable { case nearest, linear, cubic }

  /// How a coordinate of the output becomes one of the input.
  public enum Coordinates: String, Hashable, Sendable, CaseIterable {
    case halfPixel = "half_pixel"
    case halfPixelSymmetric = "half_pixel_symmetric"
    case pytorchHalfPixel = "pytorch_half_pixel"
    case alignCorners = "align_corners"
    case asymmetric
    case tensorFlowHalfPixel = "tf_half_pixel_for_nn"
    case cropAndResize = "tf_crop_and_resize"
  }

  /// How a coordinate is rounded to the nearest element.
  public enum Rounding: String, Hashable, Sendable, CaseIterable {
    case preferFloor = "round_prefer_floor"
    case preferCeil = "round_prefer_ceil"
    case floor, ceil
  }

  /// How an aspect ratio is treated where sizes are given.
  public enum Aspect: String, Hashable, Sendable, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  /// The mode.
  public var mode: Mode
  /// The transformation of coordinates.
  public var coordinates: Coordinates
  /// The rounding of mode `nearest`.
  public var rounding: Rounding
  /// The axes that scales or sizes are about; `nil` for all.
  public var axes: [Int]?
  /// The aspect policy.
  public var aspect: Aspect
  /// The coefficient a of mode `cubic`.
  public var cubicCoefficient: Float = -0.75
  /// Whether elements outside have no weight, rather than being those at the border.
  public var excludesOutside = false
  /// Whether a smaller result is made of all elements that it covers.
  public var antialiases = false
  /// What `cropAndResize` gives outside.
  public var extrapolation: Float = 0

  /// Creates the parameters; those that are no arguments are the usual ones.
  public init(
    mode: Mode, coordinates: Coordinates = .halfPixel, rounding: Rounding = .preferFloor,
    axes: [Int]? = nil, aspect: Aspect = .stretch
  ) {
    self.mode = mode
    self.coordinates = coordinates
    self.rounding = rounding
    self.axes = axes
    self.aspect = aspect
  }
}
