import Basics
import IR

extension Graph {
  /// Lets products with constant weights that stand between quantized values work on the stored
  /// integers, so that the scales of the model become those of converters and columns.
  ///
  /// A product of scale · (q − zero point) becomes one of q − shift, where shift brings the range of
  /// q into −127 ... 127 but for one of its ends: the upper one where the zero point is the lower,
  /// which a ReLU makes frequent, else the lower one. Weights take in the scale, and the bias what
  /// shift and zero point differ by. Padding holds what stands for 0. Where the result is quantized,
  /// and nothing else uses it, weights and bias take in that scale and zero point likewise, and the
  /// quantization that is left rounds, shifts back and clips as the model has it; a ReLU goes if that
  /// clipping is the same.
  func withStoredIntegers() -> Graph {
    var fusion = StoredIntegers(graph: self)
    fusion.run()
    return fusion.graph
  }
}

/// How integers of a type stand for numbers: scale · (q − zeroPoint).
private struct Codes {
  var scale: Float
  var zeroPoint: Int
  var range: ClosedRange<Int>

  /// What is subtracted so that the range is −127 ... 127, but for one end.
  var shift: Int {
    if range.lowerBound >= -127 && range.upperBound <= 127 { return 0 }
    return zeroPoint == range.lowerBound ? range.lowerBound + 127 : range.upperBound - 127
  }
}

/// A graph while its products between quantized values are rewritten.
private struct StoredIntegers {
  var graph: Graph
  private var names: TakenNames
  private let producers: [NodeID?]
  private let users: [[NodeID]]
  private var nodes: [Node] = []
  /// What takes the place of the operands of a quantization whose product took in its scale.
  private var quantizations: [NodeID: [ValueID?]] = [:]
  /// The shifted integers in f32 of values that have them already.
  private var shifted: [ValueID: [Int: ValueID]] = [:]

  init(graph: Graph) {
    self.graph = graph
    names = TakenNames(in: graph)
    producers = graph.producers()
    users = graph.users()
  }

  mutating func run() {
    for (index, node) in graph.nodes.enumerated() {
      if let operands = quantizations[NodeID(index)] {
        nodes.append(Node(name: node.name, op: node.op, operands: operands, results: node.results))
      } else {
        rewrite(node, NodeID(index))
      }
    }
    graph.nodes = nodes
  }

  private mutating func rewrite(_ node: Node, _ id: NodeID) {
    var node = node
    node.op = explicitPadding(of: node)
    guard let product = Product(node, id, in: graph), product.input == node.operands[0],
      product.isPlain, graph[product.result].type.element == .f32
    else { return nodes.append(node) }
    let source = inputCodes(product.input)
    let target = outputCodes(product.result, isRectified: product.relu)
    let isRectified = target.map { product.relu && $0.codes.zeroPoint != $0.codes.range.lowerBound }
    let shift = target.map { isRectified == true ? $0.codes.zeroPoint : $0.codes.shift }
    guard source != nil || target != nil,
      let (weights, columns) = operands(of: product, source?.codes, target?.codes, shift: shift)
    else { return nodes.append(node) }
    if let source {
      node.operands[0] = integers(source, for: &node)
      node.ranges.input = []
    }
    if let target, let isRectified, let shift {
      node.op = node.op.rectified(isRectified)
      node.ranges.output = nil
      let result = node.results[0]
      let sums = graph.addValue(
        name: names.fresh(graph[result].name + "·codes"), type: graph[result].type)
      node.results = [sums]
      let one = graph.addConstant(
        name: names.fresh(graph[result].name + "·step"), Tensor(scalar: Float(1)))
      let zero = graph.addConstant(
        name: names.fresh(graph[result].name + "·zero"),
        Tensor(integer: shift, type: graph[graph[target.user].results[0]].type.element))
      quantizations[target.user] = [sums, one, zero]
    }
    node.operands[1] = graph.addConstant(
      name: names.fresh(graph[product.weights].name + "·codes"),
      Tensor(weights, shape: graph[product.weights].type.fixedShape!))
    while node.operands.count < 3 { node.operands.append(nil) }
    node.operands[2] =
      columns.allSatisfy { $0 == 0 }
      ? nil
      : graph.addConstant(
        name: names.fresh(node.name + "·offset"), Tensor(columns, shape: [columns.count]))
    nodes.append(node)
  }

  /// The weights and the addend of every column with which a product takes the codes of `source` and
  /// gives those of `target` less `shift`; `nil` if they are not known, or single precision does not hold
  /// them.
  private func operands(
    of product: Product, _ source: Codes?, _ target: Codes?, shift: Int?
  ) -> (weights: [Float], columns: [Float])? {
    guard let weights = graph.tensor(of: product.weights)?.floats(), let bias = bias(of: product)
    else { return nil }
    var factor = 1.0
    var offsets = bias.map { Double($0) }
    if let source {
      factor = Double(source.scale)
      let lift = factor * Double(source.shift - source.zeroPoint)
      for (position, weight) in weights.enumerated() {
        offsets[product.place(ofElement: position).column] += lift * Double(weight)
      }
    }
    if let target, let shift {
      factor /= Double(target.scale)
      offsets = offsets.map { $0 / Double(target.scale) + Double(target.zeroPoint - shift) }
    }
    let scaled = weights.map { Float(Double($0) * factor) }
    let columns = offsets.map { Float($0) }
    return (scaled + columns).allSatisfy(\.isFinite) ? (scaled, columns) : nil
  }

  /// The addend of every column; `nil` if it is not one number a column.
  private func bias(of product: Product) -> [Float]? {
    guard let value = product.bias else { return [Float](repeating: 0, count: product.columns) }
    let bias = graph.tensor(of: value)?.floats()
    return bias?.count == product.columns ? bias : nil
  }

  /// A convolution whose padding depends on the size of its input has it in numbers.
  private func explicitPadding(of node: Node) -> Op {
    guard case .conv = node.op, let input = node.operands[0],
      producers[input.index].map({ isDequantization(graph[$0]) }) ?? false
    else { return node.op }
    return graph.explicitPadding(of: node)
  }

  private func isDequantization(_ node: Node) -> Bool {
    if case .dequantize = node.op { true } else { false }
  }

  /// The stored integers of a value, if it is a dequantization of short ones by one scale.
  private func inputCodes(_ value: ValueID) -> (stored: ValueID, codes: Codes)? {
    guard let producer = producers[value.index].map({ graph[$0] }), isDequantization(producer),
      let stored = producer.operands[0], let codes = codes(of: producer, graph[stored].type.element)
    else { return nil }
    return (stored, codes)
  }

  /// The quantization that is all that uses a value, if it is one to short integers by one scale.
  private func outputCodes(_ value: ValueID, isRectified: Bool) -> (user: NodeID, codes: Codes)? {
    guard !graph.outputs.contains(value), users[value.index].count == 1 else { return nil }
    let user = users[value.index][0]
    guard case .quantize(let quantize) = graph[user].op, graph[user].operands[0] == value,
      quantize.precision ?? .f32 == .f32, let codes = codes(of: graph[user], quantize.element)
    else { return nil }
    return (user, codes)
  }

  private func codes(of node: Node, _ element: ElementType) -> Codes? {
    guard let range = element.storedRange, let scale = node.operands[1],
      graph[scale].type.element == .f32, let tensor = graph.tensor(of: scale), tensor.count == 1,
      case let step = tensor.elements(of: Float.self)[0], step.isFinite, step > 0
    else { return nil }
    var zeroPoint = 0
    if node.operands.count > 2, let zero = node.operands[2] {
      guard let tensor = graph.tensor(of: zero), tensor.count == 1 else { return nil }
      let byte = tensor.bytes.withUnsafeBytes { $0[0] }
      zeroPoint = element.isSignedInteger ? Int(Int8(bitPattern: byte)) : Int(byte)
    }
    return Codes(scale: step, zeroPoint: zeroPoint, range: range)
  }

  /// The shifted integers in f32, padded as the convolution `node` has it, which then pads no more.
  private mutating func integers(
    _ source: (stored: ValueID, codes: Codes), for node: inout Node
  ) -> ValueID {
    let integers = shifted(source.stored, by: source.codes.shift)
    let zero = Float(source.codes.zeroPoint - source.codes.shift)
    guard case .conv(let convolution) = node.op, zero != 0,
      case .explicit(let begin, let end) = convolution.window.padding,
      (begin + end).contains(where: { $0 != 0 }), let shape = graph[integers].type.fixedShape
    else { return integers }
    let name = graph[node.results[0]].name + "·padded"
    let padded = zip(shape, zip([0, 0] + begin, [0, 0] + end)).map { $0 + $1.0 + $1.1 }
    let pads = ([0, 0] + begin + [0, 0] + end).map { Int64($0) }
    let result = graph.addValue(
      name: names.fresh(name), type: ValueType(.f32, fixed: padded))
    nodes.append(
      Node(
        name: names.fresh(nodeName: node.name + "·pad"), op: .pad(.constant),
        operands: [
          integers,
          graph.addConstant(
            name: names.fresh(name + "·pads"), Tensor(pads, shape: [pads.count])),
          graph.addConstant(name: names.fresh(name + "·zero"), Tensor(scalar: zero)),
        ], results: [result]))
    node.op = node.op.withoutPadding
    return result
  }

  private mutating func shifted(_ stored: ValueID, by shift: Int) -> ValueID {
    if let known = shifted[stored]?[shift] { return known }
    let type = ValueType(.f32, graph[stored].type.shape)
    let name = graph[stored].name
    var result = graph.addValue(name: names.fresh(name + "·integers"), type: type)
    nodes.append(
      Node(
        name: names.fresh(nodeName: name + "·integers"), op: .cast(to: .f32), operands: [stored],
        results: [result]))
    if shift != 0 {
      let integers = result
      let amount = graph.addConstant(
        name: names.fresh(name + "·shift"), Tensor(scalar: Float(shift)))
      result = graph.addValue(name: names.fresh(name + "·shifted"), type: type)
      nodes.append(
        Node(
          name: names.fresh(nodeName: name + "·shifted"), op: .binary(.sub),
          operands: [integers, amount],
          results: [result]))
    }
    shifted[stored, default: [:]][shift] = result
    return result
  }
}
