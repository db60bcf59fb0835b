import Chip
import IR
import Passes

/// A network as a table of products: what a mapping depends on.
struct LayerTable {
  /// A product: the rows and columns of its matrix, and the vectors that it multiplies.
  typealias Row = (rows: Int, columns: Int, vectors: Int)

  var rows: [Row]

  /// The products beside each other, each with an input of its own.
  var graph: Graph {
    var graph = Graph(name: "table")
    for (index, row) in rows.enumerated() {
      let x = graph.addValue(
        name: "x\(index)", type: ValueType(.f32, fixed: [row.vectors, row.rows]))
      let w = graph.addValue(
        name: "w\(index)", type: ValueType(.f32, fixed: [row.rows, row.columns]),
        constant: .random(seed: UInt64(index)))
      let y = graph.addValue(
        name: "y\(index)", type: ValueType(.f32, fixed: [row.vectors, row.columns]))
      graph.inputs.append(x)
      graph.outputs.append(y)
      graph.nodes.append(
        Node(name: "layer\(index)", op: .matMul(MatMul()), operands: [x, w], results: [y]))
    }
    return graph
  }

  /// A chain of `count` products of `size` rows and columns, each reading the one before.
  static func chain(_ count: Int, size: Int, vectors: Int = 1) -> Graph {
    chain([Int](repeating: size, count: count + 1), vectors: vectors)
  }

  /// Products that read each other, of these numbers of channels.
  static func chain(_ channels: [Int], vectors: Int) -> Graph {
    var graph = Graph(name: "chain")
    var value = graph.addValue(name: "x", type: ValueType(.f32, fixed: [vectors, channels[0]]))
    graph.inputs = [value]
    for (index, (rows, columns)) in zip(channels, channels.dropFirst()).enumerated() {
      let w = graph.addValue(
        name: "w\(index)", type: ValueType(.f32, fixed: [rows, columns]),
        constant: .random(seed: UInt64(index)))
      let y = graph.addValue(name: "y\(index)", type: ValueType(.f32, fixed: [vectors, columns]))
      graph.nodes.append(
        Node(name: "layer\(index)", op: .matMul(MatMul()), operands: [value, w], results: [y]))
      value = y
    }
    graph.outputs = [value]
    return graph
  }

  /// The blocks without sharing: Σ ⌈R/rows⌉⌈C/columns⌉, counted apart from the mapper.
  func blocks(_ size: Int) -> Int {
    rows.reduce(0) { $0 + (($1.rows + size - 1) / size) * (($1.columns + size - 1) / size) }
  }

  /// The least interval that `crossbars` allow, by trying every interval in turn from the shortest.
  func bruteInterval(_ size: Int, crossbars: Int) -> Int? {
    for interval in 1...(rows.map(\.vectors).max() ?? 1) {
      var needed = 0
      for row in rows {
        let blocks = ((row.rows + size - 1) / size) * ((row.columns + size - 1) / size)
        needed += blocks * ((row.vectors + interval - 1) / interval)
      }
      if needed <= crossbars { return interval }
    }
    return nil
  }

  // MARK: Published networks

  /// ResNet-18 on images of `pixels` × `pixels`.
  static func resNet18(pixels: Int) -> LayerTable {
    var side = pixels / 2
    var rows: [Row] = [(147, 64, side * side)]
    side /= 2
    var channels = 64
    for outputs in [64, 128, 256, 512] {
      for block in 0..<2 {
        if outputs != channels {
          side /= 2
          rows.append((channels, outputs, side * side))
        }
        rows.append(((block == 0 ? channels : outputs) * 9, outputs, side * side))
        rows.append((outputs * 9, outputs, side * side))
        channels = outputs
      }
    }
    rows.append((512, 1000, 1))
    return LayerTable(rows: rows)
  }

  /// The pointwise convolutions, stem and head of MobileNetV2, without depthwise ones and classifier.
  static var mobileNetV2: LayerTable {
    var rows: [Row] = [(27, 32, 112 * 112)]
    var (channels, side) = (32, 112)
    for (factor, outputs, repeats, stride) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ] {
      for index in 0..<repeats {
        let inner = channels * factor
        if factor > 1 { rows.append((channels, inner, side * side)) }
        if index == 0 { side /= stride }
        rows.append((inner, outputs, side * side))
        channels = outputs
      }
    }
    rows.append((320, 1280, side * side))
    return LayerTable(rows: rows)
  }

  /// CIFAR-10 ResNet-32 of 464,432 weights, with its two 1×1 shortcuts.
  static var resNet32: LayerTable {
    var rows: [Row] = [(27, 16, 1024)]
    var (channels, side) = (16, 32)
    for outputs in [16, 32, 64] {
      for block in 0..<5 {
        if block == 0 && outputs != channels {
          side /= 2
          rows.append((channels, outputs, side * side))
        }
        rows.append((channels * 9, outputs, side * side))
        rows.append((outputs * 9, outputs, side * side))
        channels = outputs
      }
    }
    rows.append((64, 10, 1))
    return LayerTable(rows: rows)
  }
}
