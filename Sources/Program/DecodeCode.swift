import Basics

extension ProgramDecoder {
  mutating func decodeDescriptors() -> [Descriptor] {
    var (reader, count) = records(SectionName.descriptors, RecordSize.descriptor)
    var descriptors: [Descriptor] = []
    for number in 0..<count {
      switch Descriptor.decode(from: &reader) {
      case .success(let descriptor): descriptors.append(descriptor)
      case .failure(let fault): faults.add(SectionName.descriptors, "descriptor \(number) \(fault)")
      }
    }
    return descriptors
  }

  /// Decodes the streams with their code; returns the place of each in its section.
  mutating func decodeStreams(into program: inout Program) -> [Int] {
    var (reader, count) = records(SectionName.streams, RecordSize.stream)
    var code = [records(SectionName.hostCode, RecordSize.instruction)]
    for chip in 0..<program.chipCount {
      code.append(records(SectionName.code(chip), RecordSize.instruction))
    }
    var offsets: [Int] = []
    for number in 0..<count {
      let (kind, chip, index): (UInt32, UInt32, UInt32) = (reader.get(), reader.get(), reader.get())
      let unit = Unit(kind: kind, chip: chip, index: index)
      let length = Int(reader.get() as UInt32)
      let offset = reader.integer(UInt64.self)
      let section = unit?.chip.map { $0 + 1 } ?? 0
      guard let unit, code.indices.contains(section), offset == code[section].reader.offset,
        length <= code[section].count
      else {
        faults.add(SectionName.streams, "stream \(number) has an invalid field")
        return offsets
      }
      code[section].count -= length
      offsets.append(code[section].reader.offset)
      var stream = Stream(unit: unit, code: [])
      stream.code.reserveCapacity(length)
      for position in 0..<length {
        switch Instruction.decode(from: &code[section].reader) {
        case .success(let instruction): stream.code.append(instruction)
        case .failure(let fault):
          let name = section == 0 ? SectionName.hostCode : SectionName.code(section - 1)
          faults.add(name, "\(unit), instruction \(position): \(fault)")
        }
      }
      program.streams.append(stream)
    }
    for (section, rest) in code.enumerated() where rest.count != 0 {
      let name = section == 0 ? SectionName.hostCode : SectionName.code(section - 1)
      faults.add(name, "some code belongs to no stream")
    }
    return offsets
  }

  mutating func decodeSymbols(into program: inout Program, offsets: [Int]) {
    guard faults.count == 0 else { return }
    let section = SectionName.symbols
    var (reader, count) = records(section, RecordSize.symbol)
    var (operators, operatorCount) = records(SectionName.operators, RecordSize.value)
    guard count >= 1, operatorCount == count, reader.zeros(RecordSize.symbol), operators.zeros(4)
    else {
      faults.add(
        section, "does not begin with an empty symbol, or differs in number from the operators")
      return
    }
    // The streams of each section, in ascending order of place.
    var streams: [Int: [Int]] = [:]
    for (index, stream) in program.streams.enumerated() {
      streams[SectionName.codeNumber(of: stream.unit), default: []].append(index)
    }
    for number in 1..<count {
      let node = string(reader.get(), of: section)
      let kind: UInt8 = reader.get()
      let isPadded = reader.zeros(1)
      let here = streams[Int(reader.get() as UInt16)] ?? []
      let start = reader.integer(UInt64.self)
      let size = reader.integer(UInt64.self)
      let op = string(operators.get(), of: SectionName.operators)
      guard kind == Program.functionSymbol, isPadded, let start, let size, size > 0,
        start % RecordSize.instruction == 0, size % RecordSize.instruction == 0,
        let stream = Self.last(of: here, at: start, offsets),
        case let first = (start - offsets[stream]) / RecordSize.instruction,
        case let length = size / RecordSize.instruction,
        length <= program.streams[stream].code.count - first
      else {
        faults.add(section, "symbol \(number) covers no code of a stream")
        continue
      }
      program.symbols.append(
        Symbol(stream: stream, instructions: first..<first + length, node: node, op: op))
    }
  }

  /// The last of `streams`, which ascend in place, that does not begin behind `start`.
  private static func last(of streams: [Int], at start: Int, _ offsets: [Int]) -> Int? {
    var (lower, upper) = (0, streams.count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if offsets[streams[middle]] <= start { lower = middle + 1 } else { upper = middle }
    }
    return lower == 0 ? nil : streams[lower - 1]
  }
}
