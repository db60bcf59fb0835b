import Basics
import IR

extension Quantization {
  /// The text form: that of `partition`, then a section `quantization` (Specs/ir.md).
  public func text(of partition: Partition) -> String { StageDump(self, of: partition).text }

  /// The section alone.
  func section(of partition: Partition) -> String {
    var out = "quantization {\n"
    for (layer, ranges) in zip(partition.layers, layers) {
      out += "  layer \(quoted(partition.graph[layer.node].name)) "
      out += "(input_scale = \(numbersText(ranges.inputScales)), "
      out += "output_scale = \(numberText(ranges.outputScale))"
      if let scale = ranges.stateScale { out += ", state_scale = \(numberText(scale))" }
      if !ranges.outputSteps.isEmpty { out += list("output_steps", ranges.outputSteps) }
      out += ") {\n"
      for (stack, blocks) in ranges.blocks.enumerated() {
        for (number, block) in blocks.enumerated() {
          out += "    stack \(stack) block \(number) (g_max = \(numberText(block.gMax))"
          out += list("partial_maxima", block.partialMaxima)
          if !block.columnFactors.isEmpty { out += list("column_factors", block.columnFactors) }
          if !block.decoding.isEmpty { out += list("decoding", block.decoding) }
          for (first, steps) in block.partialSteps.enumerated() where !steps.isEmpty {
            out += list("partial_steps_from_\(first)", steps)
          }
          out += ")\n"
        }
      }
      out += "  }\n"
    }
    return out + "}\n"
  }

  private func list(_ name: String, _ values: [Float]) -> String {
    ", \(name) = [\(values.map { numberText($0) }.joined(separator: ", "))]"
  }

  /// Reads a section `quantization` of `partition`.
  init(
    of partition: Partition, from cursor: inout TextCursor, nodes: inout NodeNames
  ) throws(TextFault) {
    layers = []
    try cursor.expect(word: "quantization")
    try cursor.expect("{")
    for layer in partition.layers {
      try cursor.expect(word: "layer", beginsLine: true)
      try nodes.take(layer, from: &cursor)
      layers.append(try LayerQuantization(of: layer, from: &cursor))
    }
    guard cursor.accept("}") else { throw cursor.unexpected("'}'", beginsLine: true) }
  }
}

extension LayerQuantization {
  fileprivate init(of layer: Layer, from cursor: inout TextCursor) throws(TextFault) {
    try cursor.expectAttribute("input_scale", isFirst: true)
    inputScales = try cursor.takeFloatOrList()
    try cursor.expectAttribute("output_scale")
    outputScale = try cursor.takeFloat()
    var hasMore = cursor.accept(",")
    if hasMore, cursor.accept(word: "state_scale") {
      try cursor.expect("=")
      stateScale = try cursor.takeFloat()
      hasMore = cursor.accept(",")
    }
    if hasMore {
      try cursor.expect(word: "output_steps")
      outputSteps = try cursor.takeFloats()
    }
    try cursor.expect(")")
    try cursor.expect("{")
    blocks = []
    for (number, stack) in layer.stacks.enumerated() {
      var ranges: [BlockQuantization] = []
      for block in stack.rows.indices {
        try cursor.expect(word: "stack", beginsLine: true)
        try cursor.expect(number)
        try cursor.expect(word: "block")
        try cursor.expect(block)
        try cursor.expectAttribute("g_max", isFirst: true)
        let gMax = try cursor.takeFloat()
        try cursor.expect(",")
        try cursor.expect(word: "partial_maxima")
        let maxima = try cursor.takeFloats()
        var range = BlockQuantization(gMax: gMax, partialMaxima: maxima)
        var isMore = cursor.accept(",")
        if isMore, cursor.accept(word: "column_factors") {
          range.columnFactors = try cursor.takeFloats()
          isMore = cursor.accept(",")
        }
        if isMore, cursor.accept(word: "decoding") {
          range.decoding = try cursor.takeFloats()
          isMore = cursor.accept(",")
        }
        while isMore {
          let first = range.partialSteps.count
          guard first < maxima.count else { throw cursor.unexpected("')'") }
          range.partialSteps.append([])
          if cursor.accept(word: "partial_steps_from_\(first)") {
            range.partialSteps[first] = try cursor.takeFloats()
            isMore = cursor.accept(",")
          }
        }
        try cursor.expect(")")
        ranges.append(range)
      }
      blocks.append(ranges)
    }
    guard cursor.accept("}") else { throw cursor.unexpected("'}'", beginsLine: true) }
  }
}

extension TextCursor {
  /// Takes `= [a, b, …]`.
  fileprivate mutating func takeFloats() throws(TextFault) -> [Float] {
    try expect("=")
    return try takeFloatList()
  }

  /// Takes `[a, b, …]`.
  mutating func takeFloatList() throws(TextFault) -> [Float] {
    try takeList { (cursor) throws(TextFault) in try cursor.takeFloat() }
  }
}
