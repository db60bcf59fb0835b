import Basics
import IR

/// What is seen of the results of a product, but for recurrent ones, while calibration data pass.
struct ResultRange {
  /// The largest magnitude.
  private(set) var maximum: Float = 0
  /// The functions through which alone they are seen, if they are.
  private(set) var flat: FlatRange?
  /// What those of each column reach, if that matters.
  private(set) var columns: ColumnRanges?

  /// Creates the range of the results of `layer`, one of the `products` of `graph`; `users` are those of
  /// each value.
  init(_ layer: LayerCopies, among products: Products, in graph: Graph, _ users: [[NodeID]]) {
    let product = layer.first
    // Training has the last word, and a recurrent layer has sums of its own.
    guard product.gates == nil, product.ranges.output == nil else { return }
    if layer.outputFactor == 1 { flat = FlatRange(of: product.result, in: graph, users) }
    if graph.isSeenByHost(product.result, products, users) { columns = ColumnRanges(product) }
  }

  /// Begins an inference.
  mutating func beginInference() { flat?.beginInference() }

  /// Looks at the results of an inference.
  mutating func observe(_ results: [Float]) {
    maximum = max(maximum, magnitude(results))
    columns?.observe(results)
  }

  /// Looks at the argument of a function of results, by its number, in one of `inferences`.
  mutating func observe(_ argument: [Float], use: Int, of inferences: Int) {
    flat?.observe(argument, use: use, of: inferences)
  }

  /// The functions whose argument each value is, by product and number.
  static func uses(
    of ranges: [ResultRange], values: Int
  ) -> [[(position: Int, use: Int)]] {
    var uses = [[(position: Int, use: Int)]](repeating: [], count: values)
    for (position, range) in ranges.enumerated() {
      for (number, use) in (range.flat?.uses ?? []).enumerated() {
        if let argument = use.argument { uses[argument.index].append((position, number)) }
      }
    }
    return uses
  }
}
