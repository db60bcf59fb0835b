import Basics
import IR

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
    var smoothing = Smoothing(of: self)
    let found = smoothing.scaledChannels()
    let statistics = try channelStatistics(
      of: found.flatMap { channels in
        channels.inputs.map { ($0.value, $0.axis, channels.count) }
      }, in: inferences)
    for channels in found {
      var magnitudes = [Float](repeating: 0, count: channels.count)
      for input in channels.inputs {
        for (channel, largest) in (statistics[input.value]?.maxima ?? []).enumerated() {
          magnitudes[channel] = max(magnitudes[channel], largest)
        }
      }
      smoothing.scale(channels, by: smoothing.exponents(of: channels, magnitudes))
    }
    return smoothing.graph
  }
}

/// A graph while scale is moved between its products.
private struct Smoothing {
  private(set) var graph: Graph
  private var products: Products
  private var names: TakenNames

  init(of graph: Graph) {
    self.graph = graph
    products = Products(of: graph)
    names = TakenNames(in: graph)
  }

  /// All channels whose scales can be chosen, each once.
  func scaledChannels() -> [ScaledChannels] {
    let (producers, users) = (graph.producers(), graph.users())
    var known: Set<NodeID> = []
    return products.inOrder.compactMap { writer in
      guard !known.contains(writer.node),
        let channels = ScaledChannels(
          from: writer, among: products, in: graph, producers: producers, users: users)
      else { return nil }
      known.formUnion(channels.writers)
      return channels
    }
  }

  /// The exponents of two by which channels of these `magnitudes` are to be divided; 0 on average.
  func exponents(of channels: ScaledChannels, _ magnitudes: [Float]) -> [Int] {
    var weights = [Float](repeating: 0, count: channels.count)
    for product in channels.readers.compactMap({ products[$0] }) {
      guard let elements = graph.tensor(of: product.weights)?.elements(of: Float.self) else {
        continue
      }
      let height = product.rows / channels.count
      for (index, weight) in elements.enumerated() {
        let channel = product.place(ofElement: index).row / height
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
  mutating func scale(_ channels: ScaledChannels, by exponents: [Int]) {
    guard exponents.contains(where: { $0 != 0 }) else { return }
    let factors = exponents.map { Float(sign: .plus, exponent: $0, significand: 1) }
    for product in channels.writers.compactMap({ products[$0] }) {
      let width = product.columns / channels.count
      replaceWeights(of: product) { $0 / factors[$1.column / width] }
      if let bias = product.bias,
        let elements = graph.tensor(of: bias)?.elements(of: Float.self)
      {
        let scaled = replace(
          bias, of: product, "bias", elements.indices.map { elements[$0] / factors[$0 / width] })
        products[product.node]?.bias = scaled
      }
    }
    for product in channels.readers.compactMap({ products[$0] }) {
      let height = product.rows / channels.count
      replaceWeights(of: product) { $0 * factors[$1.row / height] }
    }
  }

  /// Gives a product what `change` makes of each of its weights, and of its place.
  private mutating func replaceWeights(
    of product: Product, _ change: (Float, (row: Int, column: Int)) -> Float
  ) {
    guard let elements = graph.tensor(of: product.weights)?.elements(of: Float.self) else { return }
    let changed = replace(
      product.weights, of: product, "weights",
      elements.indices.map { change(elements[$0], product.place(ofElement: $0)) })
    products[product.node]?.weights = changed
  }

  /// Gives a product a constant of `elements` for the operand that is `constant`, and returns it.
  private mutating func replace(
    _ constant: ValueID, of product: Product, _ name: String, _ elements: [Float]
  ) -> ValueID {
    let new = graph.addConstant(
      name: names.fresh("\(graph[product.node].name)·smoothed \(name)"),
      Tensor(elements, shape: graph[constant].type.fixedShape ?? [elements.count]))
    graph[product.node].replace(constant, with: new)
    return new
  }
}
