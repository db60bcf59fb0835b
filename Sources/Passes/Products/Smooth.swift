import Basics
import IR
import Reference

extension Graph {
  /// Moves scale between the channels of values and the weights of the products that read them:
  /// SmoothQuant (Xiao et al., 2023).
  ///
  /// A channel whose largest magnitude in `inferences` is x, and whose largest weight in the products
  /// that read it is w, is divided by (x / w)^½ in the products that write it, and those weights are
  /// multiplied by it: so channels use the range of a converter more alike, and rows of weights that of
  /// conductances. Factors are powers of two, with which nothing is rounded. What may lie between the
  /// products, `ScaledChannels` says; all others stay as they are. Throws `Diagnostics` where an input
  /// does not fit.
  public func smoothed(by inferences: [[Tensor]]) throws -> Graph {
    let found = scaledChannels()
    let magnitudes = try magnitudes(of: found, in: inferences)
    var graph = self
    var names = TakenNames(in: self)
    for (channels, magnitudes) in zip(found, magnitudes) {
      graph.scale(channels, by: graph.exponents(of: channels, magnitudes), &names)
    }
    return graph
  }

  /// All channels whose scales can be chosen, each once.
  private func scaledChannels() -> [ScaledChannels] {
    let (producers, users) = (producers(), users())
    var known: Set<Int> = []
    return nodes.indices.compactMap { writer in
      guard !known.contains(writer),
        let channels = ScaledChannels(from: writer, in: self, producers: producers, users: users)
      else { return nil }
      known.formUnion(channels.writers)
      return channels
    }
  }

  /// The largest finite magnitude in `inferences` of each channel that products read.
  private func magnitudes(
    of found: [ScaledChannels], in inferences: [[Tensor]]
  ) throws -> [[Float]] {
    var magnitudes = found.map { [Float](repeating: 0, count: $0.count) }
    var places = [(number: Int, axis: Int)?](repeating: nil, count: values.count)
    for (number, channels) in found.enumerated() {
      for input in channels.inputs { places[input.value.index] = (number, input.axis) }
    }
    let evaluator = try Evaluator(self)
    for inference in inferences {
      _ = try evaluator.evaluate(inference) { value, tensor in
        guard let (number, axis) = places[value.index] else { return }
        let count = found[number].count
        let stretch = tensor.shape[axis...].reduce(1, *) / count
        tensor.withElements(of: Float.self) { elements in
          for (position, start) in stride(from: 0, to: elements.count, by: stretch).enumerated() {
            let channel = position % count
            magnitudes[number][channel] = elements[start..<start + stretch].reduce(
              magnitudes[number][channel]
            ) { $1.isFinite ? max($0, $1.magnitude) : $0 }
          }
        }
      }
    }
    return magnitudes
  }

  /// The exponents of two by which channels of these `magnitudes` are to be divided; 0 on average.
  private func exponents(of channels: ScaledChannels, _ magnitudes: [Float]) -> [Int] {
    var weights = [Float](repeating: 0, count: channels.count)
    for reader in channels.readers {
      guard let (matrix, elements) = weightElements(of: reader) else { continue }
      for (index, weight) in elements.enumerated() {
        let channel = matrix.place(ofElement: index).row / (matrix.rows / channels.count)
        weights[channel] = max(weights[channel], weight.magnitude)
      }
    }
    guard let magnitudes = Self.bounded(magnitudes), let weights = Self.bounded(weights) else {
      return magnitudes.map { _ in 0 }
    }
    // Half the logarithm, to the nearest whole number but for what is above the power of two.
    let exponents = zip(magnitudes, weights).map { (($0 / $1).exponent + 1) >> 1 }
    let mean = exponents.reduce(0, +) / exponents.count
    return exponents.map { $0 - mean }
  }

  /// These numbers, of which none is below a step of a converter whose range is the largest; `nil` if
  /// all are 0.
  ///
  /// Channels that are next to nothing would else take large factors, and with them what a ReLU keeps
  /// them at.
  private static func bounded(_ numbers: [Float]) -> [Double]? {
    guard let largest = numbers.max(), largest > 0, largest.isFinite else { return nil }
    return numbers.map { max(Double($0), Double(largest) / 128) }
  }

  /// Divides `channels` by the powers of two of `exponents`.
  private mutating func scale(
    _ channels: ScaledChannels, by exponents: [Int], _ names: inout TakenNames
  ) {
    guard exponents.contains(where: { $0 != 0 }) else { return }
    let factors = exponents.map { Float(sign: .plus, exponent: $0, significand: 1) }
    for writer in channels.writers {
      guard let matrix = LayerMatrix(nodes[writer], in: self) else { continue }
      let width = matrix.columns / channels.count
      replaceWeights(matrix, of: writer, &names) { $0 / factors[$1.column / width] }
      if let bias = matrix.bias, let elements = tensor(of: bias)?.elements(of: Float.self) {
        replace(
          bias, of: writer, "bias", &names,
          elements.indices.map { elements[$0] / factors[$0 / width] })
      }
    }
    for reader in channels.readers {
      guard let matrix = LayerMatrix(nodes[reader], in: self) else { continue }
      let height = matrix.rows / channels.count
      replaceWeights(matrix, of: reader, &names) { $0 * factors[$1.row / height] }
    }
  }

  /// Gives node number `node`, whose matrix is `matrix`, what `change` makes of each of its weights as they
  /// are now, and of its place.
  private mutating func replaceWeights(
    _ matrix: LayerMatrix, of node: Int, _ names: inout TakenNames,
    _ change: (Float, (row: Int, column: Int)) -> Float
  ) {
    guard let elements = tensor(of: matrix.weights)?.elements(of: Float.self) else { return }
    replace(
      matrix.weights, of: node, "weights", &names,
      elements.indices.map { change(elements[$0], matrix.place(ofElement: $0)) })
  }

  /// The matrix of node number `node`, and its weights as they are now.
  private func weightElements(of node: Int) -> (matrix: LayerMatrix, elements: [Float])? {
    guard let matrix = LayerMatrix(nodes[node], in: self), let tensor = tensor(of: matrix.weights)
    else { return nil }
    return (matrix, tensor.elements(of: Float.self))
  }

  /// Gives node number `node` a constant of `elements` for the operand that is `constant`.
  private mutating func replace(
    _ constant: ValueID, of node: Int, _ name: String, _ names: inout TakenNames,
    _ elements: [Float]
  ) {
    let new = addConstant(
      name: names.fresh("\(nodes[node].name)·smoothed \(name)"),
      Tensor(elements, shape: self[constant].type.fixedShape ?? [elements.count]))
    for (index, operand) in nodes[node].operands.enumerated() where operand == constant {
      nodes[node].operands[index] = new
    }
  }
}

extension LayerMatrix {
  /// The row and the column of an element of weights that lie row by row or column by column.
  fileprivate func place(ofElement index: Int) -> (row: Int, column: Int) {
    if case .rowByRow = order { return (index / columns, index % columns) }
    let height = rows / groups
    let (column, element) = index.quotientAndRemainder(dividingBy: height)
    return (column / (columns / groups) * height + element, column)
  }
}
