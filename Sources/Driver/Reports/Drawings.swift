import Basics
import Chip
import Compiler
import IR
import Passes
import Program
import Report

extension Placement {
  /// The network as DOT, which Graphviz and others draw: a node an operator, filled where it is on crossbars, with the size of its matrix,
  /// its crossbars and the first of them; an edge a value, with its shape.
  var dot: String {
    let graph = partition.graph
    var text = """
      digraph \(quoted(graph.name)) {
        node [shape=box, style="rounded,filled", fillcolor="white", fontname="sans-serif"]
        edge [fontname="sans-serif", fontsize=10]

      """
    var onCrossbars: [Int: String] = [:]
    for (index, layer) in partition.layers.enumerated() {
      let first = stacks[index].first?.first?.segments.first
      let place = first.flatMap { segment in
        segment.cores.first.map { ", from core \(segment.chip).\($0.index) on" }
      }
      let crossbars = layer.blocks * layer.replicas
      onCrossbars[layer.node.index] =
        "\(layer.rows)×\(layer.columns), \(crossbars) \(crossbars == 1 ? "crossbar" : "crossbars")\(place ?? "")"
    }
    for input in graph.inputs {
      text += "  v\(input.index) [label=\(quoted(graph[input].name)), shape=ellipse]\n"
    }
    for (index, node) in graph.nodes.enumerated() {
      let place = onCrossbars[index]
      let name = shortened(node.name)
      let label = "\(name)\n\(node.op.onnxName)\(place.map { "\n\($0)" } ?? "")"
      text += "  n\(index) [label=\(quoted(label))"
      if name != node.name { text += ", tooltip=\(quoted(node.name))" }
      text += place == nil ? "]\n" : ", fillcolor=\"lightblue\"]\n"
    }
    let producers = graph.producers()
    func edge(_ value: ValueID, to target: String) -> String {
      guard graph[value].constant == nil else { return "" }
      let source = producers[value.index].map { "n\($0.index)" } ?? "v\(value.index)"
      return "  \(source) -> \(target) [label=\(quoted(graph[value].type.description))]\n"
    }
    for (index, node) in graph.nodes.enumerated() {
      for case let operand? in node.operands { text += edge(operand, to: "n\(index)") }
    }
    for (number, output) in graph.outputs.enumerated() {
      text += "  o\(number) [label=\(quoted(graph[output].name)), shape=ellipse]\n"
      text += edge(output, to: "o\(number)")
    }
    return text + "}\n"
  }
}

/// `text` as a string of DOT; what is hidden in it but line feeds is shown as an escape.
private func quoted(_ text: String) -> String {
  let shown = printable(text, lines: true)
    .replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  return "\"\(shown)\""
}

extension Program {
  /// The floorplan of every chip as SVG: cores as the chip's file arranges them, coloured and numbered by layer.
  var floorplan: String {
    let names = LayerNames(self)
    var held: [[Int: [Int]]] = Array(repeating: [:], count: chipCount)
    for tile in tiles {
      let layer = names.index[blocks[tile.block.index].node] ?? 0
      if held[tile.chip][tile.core.index]?.contains(layer) != true {
        held[tile.chip][tile.core.index, default: []].append(layer)
      }
    }
    let part = ChipPart(chip)
    return Floorplan(
      title: "\(network) on \(chipCount) × \(chip.name)", rows: part.coreRows,
      columns: part.coreColumns, slices: part.slices, sliceLinks: part.sliceLinks,
      links: part.links, isMesh: part.topology == .mesh,
      layers: names.nodes.map { shortened($0, to: 56) }, cores: held
    ).file
  }
}
