/// A product of sizes, some of them known by name only.
struct DimensionProduct {
  /// The product of the known sizes.
  var coefficient = 1
  /// The others, with their powers.
  var symbols: [String: Int] = [:]

  /// The product of `dimensions`; `nil` where it does not fit.
  init?(_ dimensions: some Sequence<Dimension>) {
    var sizes: [Int] = []
    for dimension in dimensions {
      switch dimension {
      case .fixed(let size): sizes.append(size)
      case .symbol(let name): symbols[name, default: 0] += 1
      }
    }
    guard let count = elementCount(sizes) else { return nil }
    coefficient = count
  }

  /// The product as one dimension, if it is one.
  var dimension: Dimension? {
    if symbols.isEmpty || coefficient == 0 { return .fixed(coefficient) }
    guard coefficient == 1, symbols.count == 1, let symbol = symbols.first, symbol.value == 1
    else { return nil }
    return .symbol(symbol.key)
  }

  /// Removes the symbols that both products have.
  static func cancel(_ a: inout DimensionProduct, _ b: inout DimensionProduct) {
    for (name, power) in a.symbols {
      let common = min(power, b.symbols[name] ?? 0)
      guard common > 0 else { continue }
      a.symbols[name] = power > common ? power - common : nil
      b.symbols[name] = b.symbols[name]! > common ? b.symbols[name]! - common : nil
    }
  }
}
