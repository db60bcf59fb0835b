import Basics
import Chip

extension Assembler {
  mutating func readUnit(_ line: inout AssemblyLine) throws(AssemblyFault) {
    finishUnit()
    context = .unit
    var unit = Unit.host
    defer { streams.append(Stream(unit: unit, code: [])) }
    let start = line.column
    switch try line.word("a unit") {
    case "host": unit = .host
    case "crossbar":
      let (chip, core) = try line.place("a core")
      unit = .crossbar(chip: chip, core: CoreID(core))
    case "ldpu":
      let (chip, core) = try line.place("a core")
      unit = .ldpu(chip: chip, core: CoreID(core))
    case "gdpu":
      let (chip, slice) = try line.place("a slice")
      unit = .gdpu(chip: chip, slice: slice)
    default: throw line.fault("a unit is host, crossbar, ldpu or gdpu", at: start)
    }
  }

  /// Puts the numbers of instructions where labels stood in the last stream.
  mutating func finishUnit() {
    for jump in jumps {
      guard let target = labels[jump.label] else {
        let message = "there is no label \"\(jump.label)\" in this unit"
        add(AssemblyFault(column: jump.column, message: message), line: jump.line)
        continue
      }
      streams[streams.count - 1].code[jump.instruction].operands[jump.operand] = target
    }
    jumps = []
    labels = [:]
  }

  mutating func readLabel(_ line: inout AssemblyLine) throws(AssemblyFault) {
    let start = line.column
    let label = try line.word("a label")
    try line.expect(":")
    try line.end()
    let place = UInt32(streams[streams.count - 1].code.count)
    guard labels.updateValue(place, forKey: label) == nil else {
      throw line.fault("the label \"\(label)\" appears twice in this unit", at: start)
    }
  }

  mutating func readSymbol(_ line: inout AssemblyLine) throws(AssemblyFault) {
    let node = try line.string("the name of a node")
    let op = try line.name("an operator")
    try line.expect(",")
    try line.expectWord("covers")
    let start = line.column
    let first = streams[streams.count - 1].code.count
    let end = first.addingReportingOverflow(try line.integer("a number of instructions"))
    guard !end.overflow, end.partialValue >= first else {
      throw line.fault("a node cannot cover so many instructions", at: start)
    }
    symbols.append(
      Symbol(
        stream: streams.count - 1, instructions: first..<end.partialValue, node: node, op: op))
  }

  mutating func readInstruction(
    _ keyword: String, at start: Int, _ line: inout AssemblyLine
  ) throws(AssemblyFault) {
    let parts = keyword.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let (opcode, row) = Opcode.table.first(where: { $0.row.mnemonic == parts[0] }) else {
      throw line.fault("there is no instruction \"\(parts[0])\"", at: start)
    }
    var function = 0
    if parts.count == 2 || !row.functions.isEmpty {
      guard parts.count == 2, let index = row.functions.firstIndex(of: String(parts[1])) else {
        let known = row.functions.map { "\(row.mnemonic).\($0)" }.joined(separator: ", ")
        throw line.fault(
          known.isEmpty ? "\(row.mnemonic) has no functions" : "expected one of: \(known)",
          at: start)
      }
      function = index
    }
    let jumpCount = jumps.count
    var isComplete = false
    defer { if !isComplete { jumps.removeLast(jumps.count - jumpCount) } }
    var operands: [UInt32] = []
    for (number, kind) in row.operands.enumerated() {
      if number > 0 { try line.expect(",") }
      operands.append(try operand(kind, number: number, &line))
    }
    var instruction = Instruction(opcode, function: UInt8(function), operands: operands)
    var isFirst = row.operands.isEmpty
    while isFirst ? line.next != nil : line.take(",") {
      isFirst = false
      try readOption(of: row, &instruction, &line)
    }
    streams[streams.count - 1].code.append(instruction)
    isComplete = true
  }

  private mutating func operand(
    _ kind: Opcode.Operand, number: Int, _ line: inout AssemblyLine
  ) throws(AssemblyFault) -> UInt32 {
    switch kind {
    case .destination, .source: return try descriptor(&line)
    case .optionalSource:
      if line.next == .word("none"), line.afterNext != .mark("@") {
        _ = line.takeWord("none")
        return Instruction.none
      }
      return try descriptor(&line)
    case .tile:
      try line.expectWord("tile")
      return try line.integer("the number of a tile", as: UInt32.self)
    case .affine:
      try line.expectWord("affine")
      return try line.integer("the number of an affine function", as: UInt32.self)
    case .target:
      guard case .word(let label) = line.next else {
        return try line.integer("a label", as: UInt32.self)
      }
      jumps.append(
        Jump(
          instruction: streams[streams.count - 1].code.count, operand: number, label: label,
          line: lineNumber, column: line.column))
      _ = line.takeWord(label)
      return 0
    case .count: return try line.integer("a count", as: UInt32.self)
    }
  }

  /// A descriptor: its number, with the name of its memory before it or not.
  private func descriptor(_ line: inout AssemblyLine) throws(AssemblyFault) -> UInt32 {
    let start = line.column
    var name: String?
    if line.next != .mark("@") { name = try line.name("a descriptor") }
    try line.expect("@")
    let number = try line.integer("the number of a descriptor", as: UInt32.self)
    if let name {
      let index = Int(number)
      guard descriptors.indices.contains(index),
        buffers.indices.contains(descriptors[index].buffer.index)
      else { throw line.fault("there is no descriptor @\(number) with a name", at: start) }
      let actual = buffers[descriptors[index].buffer.index].name
      guard equal(actual, name) else {
        throw line.fault(
          "descriptor @\(number) walks through \(AssemblyText.quoted(actual))", at: start)
      }
    }
    return number
  }

  /// An immediate such as `scale = 0.5`, or a flag.
  private func readOption(
    of row: Opcode.Row, _ instruction: inout Instruction, _ line: inout AssemblyLine
  ) throws(AssemblyFault) {
    let start = line.column
    let name = try line.word("an immediate or a flag")
    if let index = row.immediates.firstIndex(of: name) {
      try line.expect("=")
      instruction.immediates[index] = try line.float("a number")
    } else if let flag = row.flags.first(where: { $0.name == name })?.flag {
      instruction.flags.insert(flag)
    } else {
      throw line.fault("\(row.mnemonic) has no \"\(name)\"", at: start)
    }
  }
}
