import Basics
import Chip

extension Program {
  /// The number of elements up to which assembly holds a list in full.
  public static let inlinedElements = 64

  /// The program as text that assembles to the same program (Specs/isa.md).
  ///
  /// Lists of more than `limit` elements appear by size and checksum only; assembling them takes a
  /// program that holds the elements. `notes` become comments behind instructions, by stream and number.
  public func assembly(
    inlining limit: Int = inlinedElements, notes: [[String?]] = []
  ) -> String {
    var listing = Listing(program: self, limit: limit, notes: notes)
    listing.write()
    return listing.text
  }
}

/// Writes the parts of a program as text.
private struct Listing {
  let program: Program
  let limit: Int
  let notes: [[String?]]
  var text = ""
  /// The symbols of each stream.
  private let symbols: [Int: [Symbol]]

  init(program: Program, limit: Int, notes: [[String?]]) {
    self.program = program
    self.limit = limit
    self.notes = notes
    symbols = Dictionary(grouping: program.symbols, by: \.stream)
  }

  mutating func write() {
    line("aimc \(program.formatVersion)")
    line("network \(AssemblyText.quoted(program.network))")
    line("compiler \(AssemblyText.quoted(program.compiler))")
    writeChip()
    line("chips \(program.chipCount)")
    line("counters \(program.counterCount)")
    group(program.inputs.map { ("input", $0) } + program.outputs.map { ("output", $0) }) {
      $0.write($2.1, as: $2.0)
    }
    group(program.buffers) { $0.write($2, number: $1) }
    group(program.blocks) { $0.write($2, number: $1) }
    group(program.tiles) { $0.write($2, number: $1) }
    group(program.lines) { $0.write($2) }
    group(program.affines) { $0.write($2, number: $1) }
    group(program.probes) { $0.write($2, number: $1) }
    group(program.descriptors) { $0.write($2, number: $1) }
    for (number, stream) in program.streams.enumerated() { write(stream, number: number) }
  }

  private mutating func line(_ content: String) { text += content + "\n" }

  /// Writes elements of a kind behind an empty line.
  private mutating func group<T>(_ elements: [T], _ write: (inout Listing, Int, T) -> Void) {
    if !elements.isEmpty { text += "\n" }
    for (number, element) in elements.enumerated() { write(&self, number, element) }
  }

  private mutating func writeChip() {
    let chip = program.chip
    if Chip.presetNames.contains(chip.name), (try? Chip.named(chip.name)) == chip {
      line("chip \(AssemblyText.name(chip.name)), crc32c \(AssemblyText.hexadecimal(chip.hash))")
    } else {
      line("chip yaml")
      for part in chip.yaml.split(separator: "\n") { line("  " + part) }
    }
  }

  private mutating func write(_ port: Port, as direction: String) {
    let dimensions = port.shape.enumerated().map { index, size in
      let name = port.dimensionNames.indices.contains(index) ? port.dimensionNames[index] : nil
      return "\(size)" + (name.map { " " + AssemblyText.quoted($0) } ?? "")
    }
    line(
      "\(direction) \(AssemblyText.quoted(port.name)) \(port.element)"
        + "[\(dimensions.joined(separator: ", "))], in \(reference(port.buffer)), "
        + "scale = \(AssemblyText.number(port.scale))"
        + (port.samples.map { ", samples \(reference($0))" } ?? ""))
  }

  private mutating func write(_ buffer: Buffer, number: Int) {
    var content = "buffer \(AssemblyText.name(buffer.name))#\(number) "
    content += "\(buffer.element)[\(buffer.count)], "
    switch buffer.space {
    case .host: content += "host"
    case .columns(let chip, let core): content += "columns \(chip).\(core.index)"
    case .link(let chip, let source, let target):
      content += "link \(chip).\(source.index) to \(target.index)"
    case .gdpu(let chip, let slice): content += "gdpu \(chip).\(slice)"
    }
    if buffer.capacity != buffer.count { content += ", capacity \(buffer.capacity)" }
    if let constant = buffer.constant { content += " = " + payload(constant, buffer.element) }
    line(content)
  }

  private mutating func write(_ block: ConductanceBlock, number: Int) {
    line(
      "block \(number) \(AssemblyText.quoted(block.node)), rows \(block.rows), "
        + "columns \(block.columns), g-max = \(AssemblyText.number(block.gMax)), "
        + "devices \(block.devicesPerPolarity)" + (block.isCut ? ", cut" : ""))
    line("  scales = \(payload(Bytes(copying: block.columnScale), .f32))")
    if !block.decoding.isEmpty {
      line("  decoding = \(payload(Bytes(copying: block.decoding), .f32))")
    }
    if let residual = block.residual {
      line(
        "  residuals = columns from \(residual.firstColumn) by \(residual.width), "
          + "share = \(AssemblyText.number(residual.share))")
    }
    line("  conductances = \(payload(block.conductances, .f32))")
  }

  private mutating func write(_ tile: Tile, number: Int) {
    line(
      "tile \(number), core \(tile.chip).\(tile.core.index), block \(tile.block.index), "
        + "at \(tile.firstRow), \(tile.firstColumn)")
  }

  private mutating func write(_ lines: CoreLines) {
    line("lines of core \(lines.chip).\(lines.core.index)")
    for (kind, order) in [("word", lines.rows), ("bit", lines.columns)] {
      line("  \(kind) = \(payload(lines.bytes(order), .u32))")
    }
  }

  private mutating func write(_ affine: Affine, number: Int) {
    line("affine \(number)")
    line("  gains = \(payload(Bytes(copying: affine.gain), .f32))")
    line("  offsets = \(payload(Bytes(copying: affine.offset), .f32))")
    for (word, steps) in [("steps", affine.steps), ("partial-steps", affine.partialSteps)]
    where !steps.isEmpty {
      line("  \(word) = \(payload(Bytes(copying: steps), .f32))")
    }
  }

  private mutating func write(_ probe: Probe, number: Int) {
    line("probe \(number), block \(probe.block.index), \(probe.routine)")
    line("  codes = \(payload(probe.codes, .i16))")
    if probe.places.count > 0 { line("  places = \(payload(probe.places, .u32))") }
    line("  means = \(payload(Bytes(copying: probe.mean), .f32))")
    line("  spreads = \(payload(Bytes(copying: probe.spread), .f32))")
  }

  private mutating func write(_ descriptor: Descriptor, number: Int) {
    var content = "descriptor @\(number) \(reference(descriptor.buffer))"
    if descriptor.base != 0 { content += ", base \(descriptor.base)" }
    if descriptor.advance != 0 { content += ", advance \(descriptor.advance)" }
    if let counter = descriptor.counter {
      content += ", counter \(counter.index) by \(descriptor.amount)"
    }
    let outer = product(descriptor.loops.dropLast(descriptor.innerLoops).map(\.count))
    let inner = product(descriptor.loops.suffix(descriptor.innerLoops).map(\.count))
    let (vectors, elements) = (descriptor.vectors, descriptor.elements)
    if vectors.lowerBound != 0 || vectors.upperBound != outer { content += ", vectors \(vectors)" }
    if elements.lowerBound != 0 || elements.upperBound != inner {
      content += ", elements \(elements)"
    }
    if descriptor.fill.bitPattern != 0 {
      content += ", fill \(AssemblyText.number(descriptor.fill))"
    }
    line(content)
    for axis in descriptor.axes {
      let origin = axis.origin == 0 ? "" : ", origin \(axis.origin)"
      line("  axis \(axis.extent), stride \(axis.stride)\(origin)")
    }
    for (index, loop) in descriptor.loops.enumerated() {
      let isInner = index >= descriptor.loops.count - descriptor.innerLoops
      line("  \(isInner ? "inner" : "outer") \(loop.count), axis \(loop.axis), step \(loop.step)")
    }
  }

  private mutating func write(_ stream: Stream, number: Int) {
    text += "\n"
    line("unit \(stream.unit)")
    var targets: Set<Int> = []
    for instruction in stream.code {
      for (kind, operand) in zip(instruction.opcode.row.operands, instruction.operands)
      where kind == .target {
        targets.insert(Int(operand))
      }
    }
    let symbols = symbols[number] ?? []
    var nextSymbol = 0
    for (index, instruction) in stream.code.enumerated() {
      while nextSymbol < symbols.count, symbols[nextSymbol].instructions.lowerBound <= index {
        let symbol = symbols[nextSymbol]
        line(
          "node \(AssemblyText.quoted(symbol.node)) \(AssemblyText.name(symbol.op)), "
            + "covers \(symbol.instructions.count)")
        nextSymbol += 1
      }
      if targets.contains(index) { line("L\(index):") }
      let note = notes.indices.contains(number) ? notes[number][index] : nil
      line("  " + text(of: instruction, in: stream) + (note.map { "  // \($0)" } ?? ""))
    }
  }

  private func text(of instruction: Instruction, in stream: Stream) -> String {
    let row = instruction.opcode.row
    var content = row.mnemonic
    if row.functions.indices.contains(Int(instruction.function)) {
      content += ".\(row.functions[Int(instruction.function)])"
    }
    var parts = zip(row.operands, instruction.operands).map { kind, operand in
      switch kind {
      case .destination, .source: descriptor(operand)
      case .optionalSource: operand == Instruction.none ? "none" : descriptor(operand)
      case .tile: "tile \(operand)"
      case .affine: "affine \(operand)"
      case .target: stream.code.indices.contains(Int(operand)) ? "L\(operand)" : "\(operand)"
      case .count: "\(operand)"
      }
    }
    for (name, value) in zip(row.immediates, instruction.immediates) where value.bitPattern != 0 {
      parts.append("\(name) = \(AssemblyText.number(value))")
    }
    parts += row.flags.filter { instruction.flags.contains($0.flag) }.map(\.name)
    return parts.isEmpty ? content : content + " " + parts.joined(separator: ", ")
  }

  /// A memory: its name, if there is one of this number, and its number.
  private func reference(_ buffer: BufferID) -> String {
    let exists = program.buffers.indices.contains(buffer.index)
    let name = exists ? AssemblyText.name(program.buffers[buffer.index].name) : ""
    return "\(name)#\(buffer.index)"
  }

  /// A descriptor: the name of its memory, if there is one, and its number.
  private func descriptor(_ operand: UInt32) -> String {
    let index = Int(operand)
    guard program.descriptors.indices.contains(index) else { return "@\(operand)" }
    let buffer = program.descriptors[index].buffer.index
    guard program.buffers.indices.contains(buffer) else { return "@\(operand)" }
    return "\(AssemblyText.name(program.buffers[buffer].name))@\(operand)"
  }

  private func payload(_ bytes: Bytes, _ element: ElementType) -> String {
    if bytes.count / element.byteCount <= limit { return AssemblyText.list(bytes, of: element) }
    let checksum = AssemblyText.hexadecimal(CRC32C.checksum(bytes))
    return "data(crc32c \(checksum), bytes \(bytes.count))"
  }
}
