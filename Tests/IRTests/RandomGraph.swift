import Basics
import IR
import TestSupport

/// Draws parts of a graph; what is drawn is well formed, but means nothing.
private struct Draw {
  var generator: SplitMix64

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
  mutating func flag() -> Bool { below(2) == 0 }

  mutating func integer() -> Int {
    switch below(4) {
    case 0: Int(truncatingIfNeeded: generator.next())
    case 1: [Int.min, Int.max, 0, 1, -1][below(5)]
    default: below(9)
    }
  }

  mutating func integers() -> [Int] { (0..<below(4)).map { _ in integer() } }

  mutating func float() -> Float {
    flag() ? Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) : Float(below(3))
  }

  mutating func element() -> ElementType { ElementType.allCases.randomElement(using: &generator)! }

  mutating func name() -> String {
    let scalars: [UnicodeScalar] = [
      "a", "Z", "_", "/", ":", "\"", "\\", "\n", "\r", "\t", "\0", "é", "漢", "\u{202E}",
      "\u{1F600}",
      "%", "{", " ", "\u{7F}", "\u{2028}", "\u{E000}",
    ]
    var name = ""
    for _ in 0..<below(8) { name.unicodeScalars.append(scalars.randomElement(using: &generator)!) }
    return name
  }

  mutating func type() -> ValueType {
    if below(5) == 0 { return ValueType(element(), nil) }
    let shape = (0..<below(4)).map { _ -> Dimension in
      flag() ? .fixed(flag() ? below(10) : Int.max) : .symbol(name())
    }
    return ValueType(element(), shape)
  }

  mutating func tensor() -> Tensor {
    let type = element()
    let shape = (0..<below(3)).map { _ in below(7) }
    let count = shape.reduce(type.byteCount, *)
    let bytes = (0..<count).map { _ in type.extended(UInt8(truncatingIfNeeded: generator.next())) }
    return Tensor(type: type, shape: shape, bytes: Bytes(copying: bytes))
  }

  mutating func constant() -> (type: ValueType, Constant) {
    let tensor = tensor()
    switch below(4) {
    case 0: return (type(), .random(seed: generator.next()))
    case 1: return (type(), .reference(crc32c: UInt32(truncatingIfNeeded: generator.next())))
    case 2 where tensor.count > 0:
      let size = tensor.type.byteCount
      let bytes = tensor.bytes.withUnsafeBytes { Array($0.prefix(size)) }
      let scalar = Tensor(type: tensor.type, shape: [], bytes: Bytes(copying: bytes))
      return (ValueType(tensor.type, type().shape), .splat(scalar))
    default: return (ValueType(tensor.type, fixed: tensor.shape), .tensor(tensor))
    }
  }

  mutating func window() -> Window {
    let padding: Window.Padding =
      switch below(5) {
      case 0: .sameUpper
      case 1: .sameLower
      case 2: .valid
      case 3: .explicit(begin: [0, 0], end: [0, 0])
      default: .explicit(begin: integers(), end: integers())
      }
    let kernel = flag() ? [3, 3] : integers()
    return Window(
      kernel: kernel, strides: flag() ? [1, 1] : integers(),
      dilations: flag() ? [1, 1] : integers(), padding: padding)
  }

  mutating func unary() -> UnaryFunction {
    switch UnaryFunction.forms.randomElement(using: &generator)! {
    case .leakyRelu: .leakyRelu(alpha: float())
    case .hardSigmoid: .hardSigmoid(alpha: float(), beta: float())
    case .elu: .elu(alpha: float())
    case .selu: .selu(alpha: float(), gamma: float())
    case .celu: .celu(alpha: float())
    case .thresholdedRelu: .thresholdedRelu(alpha: float())
    case .shrink: .shrink(bias: float(), lambda: float())
    case .swish: .swish(alpha: float())
    case .gelu: .gelu(tanh: flag())
    case .isInfinite: .isInfinite(negative: flag(), positive: flag())
    case let plain: plain
    }
  }

  mutating func op() -> Op {
    switch below(30) {
    case 0: .conv(Convolution(window: window(), groups: integer(), relu: flag()))
    case 1:
      .gemm(
        Gemm(
          alpha: float(), beta: float(), transposeA: flag(), transposeB: flag(), relu: flag()))
    case 2: .matMul(MatMul(relu: flag()))
    case 3: .batchNormalization(epsilon: float())
    case 4: .unary(unary())
    case 5: .binary(BinaryFunction.allCases.randomElement(using: &generator)!)
    case 6: .clip
    case 7:
      .softmax(
        Softmax(
          Softmax.Kind.allCases.randomElement(using: &generator)!, axis: integer(),
          flattens: flag()))
    case 8:
      .pool(
        Pool(
          kind: poolKind(), window: window(), ceil: flag(), includesPadding: flag(),
          positions: flag() ? ElementOrder.allCases.randomElement(using: &generator) : nil))
    case 9: .globalPool(poolKind())
    case 10: reduction()
    case 11: .concat(axis: integer())
    case 12: .split(axis: integer())
    case 13: .slice
    case 14: .pad(PadMode.allCases.randomElement(using: &generator)!)
    case 15: .reshape(allowZero: flag())
    case 16: .flatten(axis: integer())
    case 17: .transpose(permutation: integers())
    case 18: .squeeze
    case 19: .unsqueeze
    case 20: .gather(axis: integer())
    case 21: .shape(start: integer(), end: flag() ? integer() : nil)
    case 22:
      .cast(
        to: element(), saturates: flag(),
        rounding: FloatFormat.PowerRounding.allCases.randomElement(using: &generator)!)
    case 23: .constantOfShape(element: element(), bits: flag() ? generator.next() : 0)
    case 24:
      .quantize(
        Quantize(
          to: element(), axis: integer(), blockSize: integer(), saturates: flag(),
          precision: flag() ? element() : nil))
    case 25: .dequantize(Dequantize(to: element(), axis: integer(), blockSize: integer()))
    case 26: .movement(movement())
    case 27: .sampling(sampling())
    case 28: .einsum(equation: name())
    default: resize()
    }
  }

  mutating func reduction() -> Op {
    switch Op.reductionForms.randomElement(using: &generator)! {
    case .reduce(let reduce):
      .reduce(Reduce(kind: reduce.kind, keepsDimensions: flag(), emptyIsIdentity: flag()))
    case .extremum(let extremum):
      .extremum(
        Extremum(
          kind: extremum.kind, axis: integer(), keepsDimension: flag(), takesLast: flag()))
    case .cumulative(let cumulative):
      .cumulative(Cumulative(kind: cumulative.kind, exclusive: flag(), reverse: flag()))
    case .triangle: .triangle(upper: flag())
    case .identityMatrix: .identityMatrix(element: flag() ? element() : nil, offset: integer())
    case let other: other
    }
  }

  mutating func movement() -> Movement {
    let reduction = ScatterReduction.allCases.randomElement(using: &generator)!
    let order = DepthOrder.allCases.randomElement(using: &generator)!
    return switch below(14) {
    case 0: .gatherElements(axis: integer())
    case 1: .gatherND(batchDimensions: integer())
    case 2: .scatterElements(axis: integer(), reduction)
    case 3: .scatterND(reduction)
    case 4: .topK(axis: integer(), largest: flag())
    case 5: .oneHot(axis: integer())
    case 6: .nonZero(isPadded: flag())
    case 7: .compress(axis: flag() ? integer() : nil)
    case 8: .unique(axis: flag() ? integer() : nil, isSorted: flag())
    case 9: .tile
    case 10: .depthToSpace(blockSize: integer(), order: order)
    case 11: .spaceToDepth(blockSize: integer(), order: order)
    case 12: .reverseSequence(batchAxis: integer(), timeAxis: integer())
    default: .centerCropPad(axes: flag() ? integers() : nil)
    }
  }

  mutating func resize() -> Op {
    var resize = Resize(
      mode: Resize.Mode.allCases.randomElement(using: &generator)!,
      coordinates: Resize.Coordinates.allCases.randomElement(using: &generator)!,
      rounding: Resize.Rounding.allCases.randomElement(using: &generator)!,
      axes: flag() ? integers() : nil,
      aspect: Resize.Aspect.allCases.randomElement(using: &generator)!)
    resize.cubicCoefficient = float()
    resize.excludesOutside = flag()
    resize.antialiases = flag()
    resize.extrapolation = float()
    return .resize(resize)
  }

  mutating func poolKind() -> PoolKind {
    switch below(3) {
    case 0: .max
    case 1: .average
    default: .norm(power: integer())
    }
  }

  mutating func sampling() -> Sampling {
    switch below(7) {
    case 0:
      .grid(
        GridSample(
          mode: GridSample.Mode.allCases.randomElement(using: &generator)!,
          padding: GridSample.Padding.allCases.randomElement(using: &generator)!,
          alignCorners: flag()))
    case 1: .affineGrid(alignCorners: flag())
    case 2:
      .regionAlign(
        RegionAlign(
          takesMaximum: flag(), halfPixel: flag(), rows: integer(), columns: integer(),
          samples: integer(), scale: float()))
    case 3: .regionMaximum(rows: integer(), columns: integer(), scale: float())
    case 4: .suppression(centered: flag(), isPadded: flag())
    case 5: .unpool(window())
    default:
      .fromColumns(
        strides: flag() ? integers() : nil, dilations: flag() ? integers() : nil,
        pads: flag() ? integers() : nil)
    }
  }
}

extension Graph {
  /// A graph of some inputs, constants and nodes of any operator, with results in any order of ids.
  static func random(_ random: inout SplitMix64) -> Graph {
    var draw = Draw(generator: random)
    defer { random = draw.generator }
    var graph = Graph(name: draw.name())
    var free: [ValueID] = []
    for _ in 0..<12 { free.append(graph.addValue(name: draw.name(), type: draw.type())) }
    free.shuffle(using: &draw.generator)
    graph.inputs = [free.removeLast(), free.removeLast()]
    var defined = graph.inputs
    for _ in 0..<draw.below(4) {
      let (type, constant) = draw.constant()
      defined.append(graph.addValue(name: draw.name(), type: type, constant: constant))
    }
    while free.count >= 2 {
      let operands = (0..<draw.below(4)).map { _ in
        draw.below(4) == 0 ? nil : defined[draw.below(defined.count)]
      }
      let results = (0..<1 + draw.below(2)).map { _ in free.removeLast() }
      graph.nodes.append(
        Node(name: draw.name(), op: draw.op(), operands: operands, results: results))
      defined += results
    }
    graph.outputs = (0..<draw.below(3)).map { _ in defined[draw.below(defined.count)] }
    return graph
  }
}
