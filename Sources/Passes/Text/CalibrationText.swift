import Basics
import IR

extension Calibration {
  /// The text form: `graph`, then a section `calibration` (Specs/ir.md).
  public func text(of graph: Graph) -> String { StageDump(self, of: graph).text }

  /// The section alone.
  func section(of graph: Graph) -> String {
    var out = "calibration \(quoted(origin)) (inferences = \(inferences)) {\n"
    for layer in layers {
      out += "  layer \(quoted(graph[layer.node].name)) "
      out += "(input_maximum = \(numbersText(layer.inputMaxima)), "
      out += "output_maximum = \(numberText(layer.outputMaximum))"
      if let maximum = layer.stateMaximum { out += ", state_maximum = \(numberText(maximum))" }
      if let maximum = layer.flatMaximum { out += ", flat_maximum = \(numberText(maximum))" }
      out += ") "
      out += "samples \(layer.samples.type)"
      if let constant = layer.samples.constant { out += " = \(constant.text)" }
      if !layer.columnMaxima.isEmpty {
        out += " columns [\(layer.columnMaxima.map { numberText($0) }.joined(separator: ", "))]"
      }
      out += "\n"
    }
    return out + "}\n"
  }

  /// Reads a section `calibration` of a graph, whose products are laid out as `layouts` say.
  init(
    layouts: ProductLayouts, from cursor: inout TextCursor, nodes: inout NodeNames
  ) throws(TextFault) {
    self.layouts = layouts
    try cursor.expect(word: "calibration")
    origin = try cursor.take(.string, "the origin of the data in quotes").text
    inferences = try cursor.takeCounts(["inferences"])[0]
    layers = []
    try cursor.expect("{")
    while cursor.accept(word: "layer") { layers.append(try .init(from: &cursor, nodes: &nodes)) }
    guard cursor.accept("}") else { throw cursor.unexpected("'layer' or '}'", beginsLine: true) }
  }
}

extension Calibration.LayerRange {
  fileprivate init(from cursor: inout TextCursor, nodes: inout NodeNames) throws(TextFault) {
    let name = cursor.token.text
    node = try nodes.take(from: &cursor)
    try cursor.expectAttribute("input_maximum", isFirst: true)
    inputMaxima = try cursor.takeFloatOrList()
    try cursor.expectAttribute("output_maximum")
    outputMaximum = try cursor.takeFloat()
    var isMore = cursor.accept(",")
    if isMore, cursor.accept(word: "state_maximum") {
      try cursor.expect("=")
      stateMaximum = try cursor.takeFloat()
      isMore = cursor.accept(",")
    }
    if isMore {
      try cursor.expect(word: "flat_maximum")
      try cursor.expect("=")
      flatMaximum = try cursor.takeFloat()
    }
    try cursor.expect(")")
    try cursor.expect(word: "samples")
    let type = try cursor.takeType()
    try cursor.expect("=")
    samples = Value(name: name, type: type, constant: try cursor.takeConstant(of: type))
    if cursor.accept(word: "columns") { columnMaxima = try cursor.takeFloatList() }
  }
}
