extension Descriptor {
  /// Appends the 256 bytes of the descriptor; `number` names it where something does not fit.
  func encode(to writer: inout RecordWriter, number: Int) {
    let maximum = Self.maximumRank
    guard axes.count <= maximum, loops.count <= maximum, (0...loops.count).contains(innerLoops)
    else {
      writer.fault("descriptor \(number) has too many axes, loops or inner loops")
      return
    }
    func name(_ field: String) -> String { "\(field) of descriptor \(number)" }
    writer.put(buffer.rawValue)
    writer.put(counter?.rawValue ?? Instruction.none)
    writer.put(amount, as: UInt64.self, name("the amount"))
    writer.put(Int64(base))
    writer.put(Int64(advance))
    for bound in [
      vectors.lowerBound, vectors.upperBound, elements.lowerBound, elements.upperBound,
    ] {
      writer.put(bound, as: UInt32.self, name("a bound"))
    }
    writer.put(fill)
    for count in [axes.count, loops.count, innerLoops] { writer.put(UInt8(count)) }
    writer.zeros(9)
    for axis in axes {
      writer.put(axis.origin, as: Int32.self, name("an origin"))
      writer.put(axis.extent, as: UInt32.self, name("an extent"))
      writer.put(axis.stride, as: Int32.self, name("a stride"))
    }
    writer.zeros(12 * (maximum - axes.count))
    for loop in loops {
      writer.put(loop.count, as: UInt32.self, name("a count"))
      writer.put(loop.axis, as: UInt32.self, name("an axis"))
      writer.put(loop.step, as: Int32.self, name("a step"))
    }
    writer.zeros(12 * (maximum - loops.count))
  }

  /// Reads the 256 bytes of a descriptor, or tells what is wrong with them.
  static func decode(from reader: inout RecordReader) -> Result<Descriptor, DescriptorFault> {
    let start = reader.offset
    defer { reader.offset = start + RecordSize.descriptor }
    let buffer = BufferID(Int(reader.get() as UInt32))
    let counter: UInt32 = reader.get()
    let amount = reader.integer(UInt64.self)
    let base = Int(reader.get() as Int64)
    let advance = Int(reader.get() as Int64)
    let bounds = (0..<4).map { _ in Int(reader.get() as UInt32) }
    let fill = reader.float()
    let counts = (0..<3).map { _ in Int(reader.get() as UInt8) }
    let (axisCount, loopCount, innerLoops) = (counts[0], counts[1], counts[2])
    guard axisCount <= maximumRank, loopCount <= maximumRank, innerLoops <= loopCount else {
      return .failure(.rank)
    }
    guard let amount, bounds[0] <= bounds[1], bounds[2] <= bounds[3] else {
      return .failure(.range)
    }
    guard reader.zeros(9) else { return .failure(.reserved) }
    let axes = (0..<axisCount).map { _ in
      Axis(
        origin: Int(reader.get() as Int32), extent: Int(reader.get() as UInt32),
        stride: Int(reader.get() as Int32))
    }
    guard reader.zeros(12 * (maximumRank - axisCount)) else { return .failure(.reserved) }
    let loops = (0..<loopCount).map { _ in
      Loop(
        count: Int(reader.get() as UInt32), axis: Int(reader.get() as UInt32),
        step: Int(reader.get() as Int32))
    }
    guard reader.zeros(12 * (maximumRank - loopCount)) else { return .failure(.reserved) }
    return .success(
      Descriptor(
        buffer: buffer, counter: counter == Instruction.none ? nil : CounterID(Int(counter)),
        amount: amount, base: base, advance: advance, axes: axes, loops: loops,
        innerLoops: innerLoops, vectors: bounds[0]..<bounds[1], elements: bounds[2]..<bounds[3],
        fill: fill))
  }
}

/// Why 256 bytes are not a descriptor.
enum DescriptorFault: Error, CustomStringConvertible {
  case rank, range, reserved

  var description: String {
    switch self {
    case .rank: "has too many axes, loops or inner loops"
    case .range: "has an invalid amount or range"
    case .reserved: "has reserved bytes that are not 0"
    }
  }
}
