import Basics
import IR

/// How often the columns and the rows of one layer are repeated.
public struct GivenCopies: Hashable, Sendable {
  /// The name of the node.
  public var layer: String
  /// The copies of its columns, whose results are averaged; 1 for no more than the weights themselves.
  public var columns: Int
  /// The copies of its rows, which bit lines add up.
  public var rows: Int

  /// Creates the copies of a layer.
  public init(layer: String, columns: Int, rows: Int = 1) {
    (self.layer, self.columns, self.rows) = (layer, columns, rows)
  }
}

extension GivenCopies: LosslessStringConvertible {
  /// The most copies of columns and of rows.
  public static let limit = 1000

  /// Reads `LAYER=COLUMNS` or `LAYER=COLUMNSxROWS`.
  public init?(_ text: String) {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex else { return nil }
    let counts = text[text.index(after: equals)...]
      .split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(counts.count), counts.allSatisfy({ (1...Self.limit).contains($0) })
    else { return nil }
    self.init(
      layer: String(text[..<equals]), columns: counts[0], rows: counts.count > 1 ? counts[1] : 1)
  }

  public var description: String {
    rows == 1 ? "\(layer)=\(columns)" : "\(layer)=\(columns)x\(rows)"
  }
}

extension [GivenCopies] {
  /// What the last one for `layer` says; `nil` where none does.
  public subscript(of layer: String) -> GivenCopies? { last { $0.layer == layer } }
}

extension Graph {
  /// Throws `Diagnostics` naming every layer in `copies` that cannot be copied; the host computes those in `digital`.
  public func requireCopied(_ copies: [GivenCopies], except digital: Set<String>) throws {
    let products = Products(of: self)
    var faults = Diagnostics()
    for name in Set(copies.map(\.layer)).sorted() {
      let index = nodes.firstIndex { $0.name == name }
      let product = index.flatMap { products[NodeID($0)] }
      func refuse(_ reason: String, help: String) {
        faults.append(Diagnostic(.error, "--copies-of \(quoted(name)): \(reason)", help: help))
      }
      guard let product else {
        refuse(
          "there is no product with constant weights of that name",
          help: "aimcc compile --plan lists the layers by name")
        continue
      }
      if digital.contains(name) {
        refuse("the host computes it, without noise", help: "leave it out")
      } else if !canCopy(product) {
        refuse(
          "its columns and rows cannot be repeated",
          help: "those of convolutions without groups and of matrix products in f32 can")
      } else if product.ranges.differByRow, copies[of: name]?.rows != 1 {
        refuse(
          "its rows have input ranges of their own, and cannot be repeated",
          help: "give \(name)=N, which repeats its columns alone")
      }
    }
    try faults.throwIfErrors()
  }

  /// Whether columns and rows of `product` can be repeated.
  func canCopy(_ product: Product) -> Bool {
    isRepeated(product) && product.columnAxis != nil && product.rowAxis != nil
  }
}

extension Partition {
  /// Whether columns and rows of `layer` can be repeated.
  public func canCopy(_ layer: Layer) -> Bool {
    graph.canCopy(layer.product) && !layer.product.ranges.differByRow
  }
}
