import Basics
import Chip
import Compiler
import Frontend
import IR
import Passes

extension Compilation {
  /// The network as ONNX, as passes left it: of every layer is noted where it is computed.
  ///
  /// Throws `Diagnostics` that name every node that ONNX has no form for.
  func onnxModel(_ placement: Placement) throws -> Bytes {
    var notes = OnnxNotes(producer: "aimcc", version: version)
    let partition = placement.partition
    notes.add("chip", partition.chip.name)
    notes.add("chips", "\(partition.chips)")
    notes.add("crossbars", "\(partition.crossbars)")
    for (index, layer) in partition.layers.enumerated() {
      let node = graph[layer.node].name
      notes.add("unit", "crossbars", of: node)
      notes.add("rows", "\(layer.rows)", of: node)
      notes.add("columns", "\(layer.columns)", of: node)
      notes.add("blocks", "\(layer.blocks)", of: node)
      notes.add("replicas", "\(layer.replicas)", of: node)
      let positions = partition.layouts[layer.node].positions
      if !positions.isEmpty {
        notes.add("positions", positions.map(String.init).joined(separator: " "), of: node)
      }
      notes.add("cores", cores(placement.stacks[index]), of: node)
      if let scales = quantization?.layers[index] {
        notes.add(
          "input_scale", scales.inputScales.map { "\($0)" }.joined(separator: ", "), of: node)
        notes.add("output_scale", "\(scales.outputScale)", of: node)
      }
    }
    for product in partition.digital {
      let node = graph[product.node].name
      notes.add("unit", "host", of: node)
      notes.add("reason", product.reason, of: node)
    }
    return try graph.onnxModel(notes)
  }

  /// The cores of every block, as chip.core: replicas and stacks in order, rows of a stack from the first on.
  private func cores(_ replicas: [[StackPlacement]]) -> String {
    replicas.flatMap { $0 }.flatMap(\.segments).flatMap { segment in
      segment.cores.map { "\(segment.chip).\($0.index)" }
    }.joined(separator: " ")
  }
}

extension OnnxNotes {
  fileprivate mutating func add(_ key: String, _ value: String) {
    model.append((Self.prefix + key, value))
  }

  fileprivate mutating func add(_ key: String, _ value: String, of node: String) {
    nodes[node, default: []].append((Self.prefix + key, value))
  }
}
