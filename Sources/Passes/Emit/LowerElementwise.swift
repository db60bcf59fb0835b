import Basics
import IR
import Program

extension Emitter {
  mutating func lower(_ function: UnaryFunction) {
    let x = view(operand(0))
    let y = view(result)
    switch function {
    case .identity: host(.copy, to: y, from: [x])
    case .relu: apply(.clip, x, to: y, 0, .infinity)
    case .sigmoid: apply(.sigmoid, x, to: y)
    case .tanh: apply(.tanh, x, to: y)
    case .exp: apply(.exp, x, to: y)
    case .log: apply(.log, x, to: y)
    case .leakyRelu(let alpha): apply(.leaky, x, to: y, alpha)
    case .hardSigmoid(let alpha, let beta): hardSigmoid(x, to: y, alpha, beta)
    case .hardSwish:
      let gate = scratch("gate", element: graph[result].type.element, shape: shape(result))
      hardSigmoid(x, to: gate, 1 / 6, 0.5)
      combine(.mul, x, gate, to: y)
    default: preconditionFailure("\(function) is refused before")
    }
  }

  private mutating func hardSigmoid(_ x: View, to y: View, _ alpha: Float, _ beta: Float) {
    apply(.affine, x, to: y, alpha, beta)
    apply(.clip, y, to: y, 0, 1)
  }

  mutating func lower(_ function: BinaryFunction) {
    let shape = shape(result)
    let a = view(operand(0)).broadcast(to: shape)
    let b = view(operand(1)).broadcast(to: shape)
    let zipFunction: ZipFunction =
      switch function {
      case .add: .add
      case .sub: .sub
      case .mul: .mul
      case .div: .div
      case .max: .max
      case .min: .min
      case .prelu: .leaky
      default: preconditionFailure("\(function) is refused before")
      }
    combine(zipFunction, a, b, to: view(result))
  }

  mutating func lowerClip() {
    let shape = shape(result)
    var x = view(operand(0))
    let y = view(result)
    if let low = optionalOperand(1) {
      combine(.max, x, view(low).broadcast(to: shape), to: y)
      x = y
    }
    if let high = optionalOperand(2) {
      combine(.min, x, view(high).broadcast(to: shape), to: y)
      x = y
    }
    if x.buffer != y.buffer { host(.copy, to: y, from: [x]) }
  }

  /// Adds a `map` instruction.
  mutating func apply(
    _ function: MapFunction, _ x: View, to y: View, _ first: Float = 0, _ second: Float = 0
  ) {
    host(
      .map, function: function.rawValue, to: y, from: [x], immediates: [first, second])
  }

  /// Adds a `zip` instruction over views of the same shape.
  mutating func combine(_ function: ZipFunction, _ a: View, _ b: View, to y: View) {
    host(.zip, function: function.rawValue, to: y, from: [a, b])
  }
}
