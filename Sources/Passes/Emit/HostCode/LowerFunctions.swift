import IR
import Program

extension Emitter {
  /// A function of floating-point numbers.
  mutating func lower(_ function: UnaryFunction, of x: View, to y: View) {
    switch function {
    case .sigmoid: apply(.sigmoid, x, to: y)
    case .tanh: apply(.tanh, x, to: y)
    case .abs: apply(.abs, x, to: y)
    case .sign: apply(.sign, x, to: y)
    case .sqrt: apply(.sqrt, x, to: y)
    case .exp: apply(.exp, x, to: y)
    case .log: apply(.log, x, to: y)
    case .floor: apply(.floor, x, to: y)
    case .ceil: apply(.ceil, x, to: y)
    case .round: apply(.round, x, to: y)
    case .erf: apply(.erf, x, to: y)
    case .sin: apply(.sin, x, to: y)
    case .cos: apply(.cos, x, to: y)
    case .atan: apply(.atan, x, to: y)
    case .leakyRelu(let alpha): apply(.leaky, x, to: y, alpha)
    case .hardSigmoid(let alpha, let beta): hardSigmoid(x, to: y, alpha, beta)
    case .reciprocal: reciprocal(x, to: y)
    case .tan: tangent(x, to: y)
    case .asin: arcsine(x, to: y)
    case .acos: arccosine(x, to: y)
    case .sinh:
      let tangent = temporary("tanh", x)
      apply(.tanh, x, to: tangent)
      hyperbolicCosine(x, to: y)
      combine(.mul, tangent, y, to: y)
    case .cosh: hyperbolicCosine(x, to: y)
    case .asinh: areaSine(x, to: y)
    case .acosh: areaCosine(x, to: y)
    case .atanh: areaTangent(x, to: y)
    case .softplus: softplus(x, to: y)
    case .softsign:
      let divisor = temporary("divisor", x)
      apply(.abs, x, to: divisor)
      apply(.affine, divisor, to: divisor, 1, 1)
      combine(.div, x, divisor, to: y)
    case .mish:
      // −∞ · 0 would be NaN.
      let finite = temporary("finite", x)
      apply(.clip, x, to: finite, -.greatestFiniteMagnitude, .infinity)
      gated(finite, to: y) { emitter, gate in
        emitter.softplus(finite, to: gate)
        emitter.apply(.tanh, gate, to: gate)
      }
    case .hardSwish: gated(x, to: y) { $0.hardSigmoid(x, to: $1, 1 / 6, 0.5) }
    case .swish(let alpha):
      gated(x, to: y) { emitter, gate in
        emitter.apply(.affine, x, to: gate, alpha, 0)
        emitter.apply(.sigmoid, gate, to: gate)
      }
    case .gelu(tanh: false):
      gated(x, to: y) { emitter, gate in
        emitter.apply(.affine, x, to: gate, Float(0.5.squareRoot()), 0)
        emitter.apply(.erf, gate, to: gate)
        emitter.apply(.affine, gate, to: gate, 0.5, 0.5)
      }
    case .gelu(tanh: true): gated(x, to: y) { $0.approximateNormal(x, to: $1) }
    case .elu(let alpha): exponentialUnit(x, to: y, scale: 1, alpha: alpha, divisor: 1)
    case .selu(let alpha, let gamma):
      exponentialUnit(x, to: y, scale: gamma, alpha: gamma * alpha, divisor: 1)
    case .celu(let alpha): exponentialUnit(x, to: y, scale: 1, alpha: alpha, divisor: alpha)
    case .thresholdedRelu(let alpha):
      let zero = constant("zero", [Float(0)], shape: [])
      choose(x, above: alpha, x, else: zero, to: y)
    case .shrink(let bias, let lambda): shrink(x, to: y, bias, lambda)
    case .identity, .relu, .negate, .not, .bitwiseNot, .isNaN, .isInfinite:
      preconditionFailure("\(function) is lowered for every type")
    }
  }

  /// A memory for something of each element of `x`.
  private mutating func temporary(_ name: String, _ x: View) -> View {
    scratch(name, element: .f32, shape: x.shape)
  }

  /// x · gate, where `compute` writes the gate.
  private mutating func gated(
    _ x: View, to y: View, _ compute: (inout Emitter, View) -> Void
  ) {
    let gate = temporary("gate", x)
    compute(&self, gate)
    combine(.mul, x, gate, to: y)
  }

  private mutating func hardSigmoid(_ x: View, to y: View, _ alpha: Float, _ beta: Float) {
    apply(.affine, x, to: y, alpha, beta)
    apply(.clip, y, to: y, 0, 1)
  }

  private mutating func reciprocal(_ x: View, to y: View) {
    combine(.div, constant("one", [Float(1)], shape: []), x, to: y)
  }

  private mutating func tangent(_ x: View, to y: View) {
    let cosine = temporary("cos", x)
    apply(.cos, x, to: cosine)
    apply(.sin, x, to: y)
    combine(.div, y, cosine, to: y)
  }

  /// atan(x / √((1 − x)·(1 + x)))
  private mutating func arcsine(_ x: View, to y: View) {
    let root = temporary("root", x)
    let sum = temporary("sum", x)
    apply(.affine, x, to: root, -1, 1)
    apply(.affine, x, to: sum, 1, 1)
    combine(.mul, root, sum, to: root)
    apply(.sqrt, root, to: root)
    combine(.div, x, root, to: y)
    apply(.atan, y, to: y)
  }

  /// 2 · atan(√((1 − x) / (1 + x))), which loses nothing near 1, as π/2 − asin x would.
  private mutating func arccosine(_ x: View, to y: View) {
    let sum = temporary("sum", x)
    apply(.affine, x, to: sum, 1, 1)
    apply(.affine, x, to: y, -1, 1)
    combine(.div, y, sum, to: y)
    apply(.sqrt, y, to: y)
    apply(.atan, y, to: y)
    apply(.affine, y, to: y, 2, 0)
  }

  /// (eˣ + e⁻ˣ) / 2, from the root of the greater power, since this one may be out of range where half of
  /// it is not.
  private mutating func hyperbolicCosine(_ x: View, to y: View) {
    let root = temporary("root", x)
    let half = temporary("half", x)
    apply(.abs, x, to: root)
    apply(.affine, root, to: root, 0.5, 0)
    apply(.exp, root, to: root)
    apply(.affine, root, to: half, 0.5, 0)
    combine(.mul, half, root, to: half)
    combine(.div, constant("half", [Float(0.5)], shape: []), root, to: y)
    combine(.div, y, root, to: y)
    combine(.add, half, y, to: y)
  }

  /// ln(1 + x) in place: ln w + (x − (w − 1)) / w of the rounded sum w, which keeps what rounding has taken
  /// from a small x (W. Kahan). x is finite.
  private mutating func logarithmOfSum(_ x: View) {
    let sum = temporary("one·more", x)
    let rest = temporary("rest", x)
    apply(.affine, x, to: sum, 1, 1)
    apply(.affine, sum, to: rest, 1, -1)
    combine(.sub, x, rest, to: rest)
    apply(.log, sum, to: x)
    // At −1 the logarithm is −∞, and nothing has been lost.
    apply(.clip, sum, to: sum, .leastNormalMagnitude, .infinity)
    combine(.div, rest, sum, to: rest)
    combine(.add, x, rest, to: x)
  }

  /// ln x beyond 2¹⁰⁰, above which squares are out of range, and 0 up to there; and x cut there.
  private mutating func excess(_ magnitude: View) -> View {
    let limit: Float = 0x1p100
    let excess = temporary("excess", magnitude)
    apply(.clip, magnitude, to: excess, limit, .infinity)
    apply(.affine, excess, to: excess, 1 / limit, 0)
    apply(.log, excess, to: excess)
    apply(.clip, magnitude, to: magnitude, -.infinity, limit)
    return excess
  }

  /// sign x · ln(1 + |x| + |x| / (1/|x| + √(1 + 1/x²)))
  private mutating func areaSine(_ x: View, to y: View) {
    let magnitude = temporary("magnitude", x)
    let inverse = temporary("inverse", x)
    apply(.abs, x, to: magnitude)
    let excess = excess(magnitude)
    reciprocal(magnitude, to: inverse)
    combine(.mul, inverse, inverse, to: y)
    apply(.affine, y, to: y, 1, 1)
    apply(.sqrt, y, to: y)
    combine(.add, inverse, y, to: y)
    combine(.div, magnitude, y, to: y)
    combine(.add, magnitude, y, to: magnitude)
    logarithmOfSum(magnitude)
    combine(.add, magnitude, excess, to: magnitude)
    apply(.sign, x, to: y)
    combine(.mul, y, magnitude, to: y)
  }

  /// ln(1 + t + √t·√(t + 2)) with t = x − 1
  private mutating func areaCosine(_ x: View, to y: View) {
    let distance = temporary("distance", x)
    let root = temporary("root", x)
    apply(.affine, x, to: distance, 1, 0)
    let excess = excess(distance)
    apply(.affine, distance, to: distance, 1, -1)
    apply(.sqrt, distance, to: root)
    apply(.affine, distance, to: y, 1, 2)
    apply(.sqrt, y, to: y)
    combine(.mul, root, y, to: y)
    combine(.add, distance, y, to: y)
    logarithmOfSum(y)
    combine(.add, y, excess, to: y)
  }

  /// ½ · (ln(1 + x) − ln(1 − x))
  private mutating func areaTangent(_ x: View, to y: View) {
    let opposite = temporary("opposite", x)
    apply(.affine, x, to: y, 1, 0)
    apply(.affine, x, to: opposite, -1, 0)
    logarithmOfSum(y)
    logarithmOfSum(opposite)
    combine(.sub, y, opposite, to: y)
    apply(.affine, y, to: y, 0.5, 0)
  }

  /// max(x, 0) + ln(1 + e^(−|x|))
  private mutating func softplus(_ x: View, to y: View) {
    let positive = temporary("positive", x)
    apply(.clip, x, to: positive, 0, .infinity)
    apply(.abs, x, to: y)
    apply(.affine, y, to: y, -1, 0)
    apply(.exp, y, to: y)
    logarithmOfSum(y)
    combine(.add, positive, y, to: y)
  }

  /// ½ · (1 + tanh u) with u = √(2/π) · (x + 0.044715·x³), which is the logistic function of 2·u
  private mutating func approximateNormal(_ x: View, to y: View) {
    combine(.mul, x, x, to: y)
    apply(.affine, y, to: y, 0.044715, 1)
    combine(.mul, x, y, to: y)
    apply(.affine, y, to: y, Float((8 / Double.pi).squareRoot()), 0)
    apply(.sigmoid, y, to: y)
  }

  /// scale · max(x, 0) + alpha · (e^(min(x, 0) / divisor) − 1), where eˣ − 1 = 2·t / (1 − t) with
  /// t = tanh(x / 2) loses nothing near 0.
  private mutating func exponentialUnit(
    _ x: View, to y: View, scale: Float, alpha: Float, divisor: Float
  ) {
    let positive = temporary("positive", x)
    apply(.clip, x, to: positive, 0, .infinity)
    if scale != 1 { apply(.affine, positive, to: positive, scale, 0) }
    let rest = temporary("rest", x)
    apply(.clip, x, to: y, -.infinity, 0)
    apply(.affine, y, to: y, 0.5 / divisor, 0)
    apply(.tanh, y, to: y)
    apply(.affine, y, to: rest, -1, 1)
    apply(.affine, y, to: y, 2 * alpha, 0)
    combine(.div, y, rest, to: y)
    combine(.add, positive, y, to: y)
  }

  /// What `chosen` holds where x is above a threshold, and what `other` holds elsewhere.
  private mutating func choose(
    _ x: View, above threshold: Float, _ chosen: View, else other: View, to y: View
  ) {
    let isAbove = scratch("above", element: .bool, shape: x.shape)
    combine(.less, constant("threshold", [threshold], shape: []), x, to: isAbove)
    let shape = y.shape
    host(.select, to: y, from: [isAbove, typed(chosen, y), typed(other, y).broadcast(to: shape)])
  }

  private mutating func shrink(_ x: View, to y: View, _ bias: Float, _ lambda: Float) {
    let moved = temporary("moved", x)
    let positive = temporary("positive", x)
    let zero = constant("zero", [Float(0)], shape: [])
    apply(.affine, x, to: moved, 1, -bias)
    choose(x, above: lambda, moved, else: zero, to: positive)
    apply(.affine, x, to: moved, -1, 0)
    let isBelow = scratch("below", element: .bool, shape: x.shape)
    combine(.less, constant("threshold", [lambda], shape: []), moved, to: isBelow)
    apply(.affine, x, to: moved, 1, bias)
    host(.select, to: y, from: [isBelow, moved, positive])
  }

  /// `x`, or a copy of it with the element type of `y`, which `select` needs.
  private mutating func typed(_ x: View, _ y: View) -> View {
    if element(of: x) == element(of: y) { return x }
    let copy = scratch("copy", element: element(of: y), shape: x.shape)
    host(.cast, to: copy, from: [x])
    return copy
  }
}
