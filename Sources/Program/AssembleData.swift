import Basics
import Chip

extension Assembler {
  mutating func port(_ line: inout AssemblyLine) throws(AssemblyFault) -> Port {
    context = .none
    let name = try line.string("the name of the port")
    let element = try elementType(&line)
    var port = Port(
      name: name, element: element, shape: [], dimensionNames: [], buffer: BufferID(0), scale: 0)
    try line.expect("[")
    if !line.take("]") {
      repeat {
        port.shape.append(try line.integer("a dimension"))
        if case .string = line.next {
          port.dimensionNames.append(try line.string("the name of a dimension"))
        } else {
          port.dimensionNames.append(nil)
        }
      } while line.take(",")
      try line.expect("]")
    }
    try line.expect(",")
    try line.expectWord("in")
    port.buffer = try reference(&line)
    if line.take(",") {
      try line.expectWord("scale")
      try line.expect("=")
      port.scale = try line.float("the scale")
    }
    if line.take(",") {
      try line.expectWord("samples")
      port.samples = try reference(&line)
    }
    return port
  }

  mutating func readBuffer(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .none
    let name = try line.name("the name of the buffer")
    try line.expect("#")
    // Whatever is wrong with the line, the number is taken.
    var buffer = Buffer(name: name, space: .host, element: .f32, count: 0, capacity: 0)
    defer { buffers.append(buffer) }
    try line.number(buffers.count)
    buffer.element = try elementType(&line)
    try line.expect("[")
    buffer.count = try line.integer("the number of elements")
    buffer.capacity = buffer.count
    try line.expect("]")
    try line.expect(",")
    buffer.space = try space(&line)
    if line.take(",") {
      try line.expectWord("capacity")
      buffer.capacity = try line.integer("the capacity")
    }
    if line.take("=") { buffer.constant = try payload(&line, buffer.element) }
  }

  private func elementType(_ line: inout AssemblyLine) throws(AssemblyFault) -> ElementType {
    let start = line.column
    let name = try line.word("an element type")
    guard let element = ElementType(rawValue: name) else {
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw line.fault("there is no element type \"\(name)\"; there are \(known)", at: start)
    }
    return element
  }

  private func space(_ line: inout AssemblyLine) throws(AssemblyFault) -> Buffer.Space {
    let start = line.column
    switch try line.word("host, columns, link or gdpu") {
    case "host": return .host
    case "columns":
      let (chip, core) = try line.place("a core")
      return .columns(chip: chip, core: CoreID(core))
    case "link":
      let (chip, source) = try line.place("a core")
      try line.expectWord("to")
      let target = try line.index("a core of the same chip")
      return .link(chip: chip, source: CoreID(source), target: CoreID(target))
    case "gdpu":
      let (chip, slice) = try line.place("a slice")
      return .gdpu(chip: chip, slice: slice)
    default: throw line.fault("a buffer is in host, columns, link or gdpu", at: start)
    }
  }

  /// A memory: its number, with its name before it or not.
  private func reference(_ line: inout AssemblyLine) throws(AssemblyFault) -> BufferID {
    let start = line.column
    var name: String?
    if line.next != .mark("#") { name = try line.name("a buffer") }
    try line.expect("#")
    let index = try line.index("the number of a buffer")
    if let name, buffers.indices.contains(index), !equal(buffers[index].name, name) {
      let actual = AssemblyText.quoted(buffers[index].name)
      throw line.fault("buffer #\(index) is \(actual)", at: start)
    }
    return BufferID(index)
  }

  mutating func readBlock(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .block
    var block = ConductanceBlock(
      node: "", rows: 0..<0, columns: 0..<0, gMax: 0, devicesPerPolarity: 1, columnScale: [],
      conductances: Bytes(copying: [UInt8]()))
    defer { blocks.append(block) }
    try line.number(blocks.count)
    block.node = try line.string("the name of a node")
    try line.expect(",")
    try line.expectWord("rows")
    block.rows = try line.range("the rows")
    try line.expect(",")
    try line.expectWord("columns")
    block.columns = try line.range("the columns")
    try line.expect(",")
    try line.expectWord("g-max")
    try line.expect("=")
    block.gMax = try line.float("a conductance in µS")
    if line.take(",") {
      try line.expectWord("devices")
      block.devicesPerPolarity = try line.index("a number of devices")
    }
    if line.take(",") {
      try line.expectWord("cut")
      block.isCut = true
    }
  }

  mutating func readScales(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    blocks[blocks.count - 1].columnScale = try floats(&line)
  }

  mutating func readDecoding(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    blocks[blocks.count - 1].decoding = try floats(&line)
  }

  mutating func readResiduals(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    try line.expectWord("columns")
    try line.expectWord("from")
    let first = try line.index("the first column")
    try line.expectWord("by")
    let width = try line.index("a number of columns")
    try line.expect(",")
    try line.expectWord("share")
    try line.expect("=")
    blocks[blocks.count - 1].residual = ConductanceBlock.Residual(
      firstColumn: first, width: width, share: try line.float("a part of 1"))
  }

  mutating func readConductances(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    blocks[blocks.count - 1].conductances = try payload(&line, .f32)
  }

  mutating func readTile(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .none
    var tile = Tile(chip: 0, core: CoreID(0), block: BlockID(0), firstRow: 0, firstColumn: 0)
    defer { tiles.append(tile) }
    try line.number(tiles.count)
    try line.expect(",")
    try line.expectWord("core")
    let (chip, core) = try line.place("a core")
    (tile.chip, tile.core) = (chip, CoreID(core))
    try line.expect(",")
    try line.expectWord("block")
    tile.block = BlockID(try line.index("the number of a block"))
    try line.expect(",")
    try line.expectWord("at")
    tile.firstRow = try line.index("the first row")
    try line.expect(",")
    tile.firstColumn = try line.index("the first column")
  }

  mutating func readLines(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .lines
    try line.expectWord("of")
    try line.expectWord("core")
    let (chip, core) = try line.place("a core")
    lines.append(CoreLines(chip: chip, core: CoreID(core), rows: [], columns: []))
  }

  /// Reads the word lines or the bit lines of the last core.
  mutating func readOrder(
    _ line: inout AssemblyLine, _ path: WritableKeyPath<CoreLines, [Int]>
  ) throws(AssemblyFault) {
    try line.expect("=")
    let bytes = try payload(&line, .u32)
    lines[lines.count - 1][keyPath: path] = bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  mutating func readAffine(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .affine
    defer { affines.append(Affine(gain: [], offset: [])) }
    try line.number(affines.count)
  }

  mutating func readGains(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    affines[affines.count - 1].gain = try floats(&line)
  }

  mutating func readOffsets(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    affines[affines.count - 1].offset = try floats(&line)
  }

  mutating func readSteps(
    _ line: inout AssemblyLine, _ steps: WritableKeyPath<Affine, [Float]>
  ) throws(AssemblyFault) {
    try line.expect("=")
    affines[affines.count - 1][keyPath: steps] = try floats(&line)
  }

  mutating func readProbe(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .probe
    var probe = Probe(
      block: BlockID(0), routine: .none, codes: Bytes(copying: [UInt8]()), mean: [], spread: [])
    defer { probes.append(probe) }
    try line.number(probes.count)
    try line.expect(",")
    try line.expectWord("block")
    probe.block = BlockID(try line.index("the number of a block"))
    try line.expect(",")
    let start = line.column
    let name = try line.word("the routine of the probe")
    guard let routine = Probe.Routine.allCases.first(where: { "\($0)" == name }) else {
      throw line.fault("there is no routine \"\(name)\"", at: start)
    }
    probe.routine = routine
  }

  mutating func readCodes(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    probes[probes.count - 1].codes = try payload(&line, .i16)
  }

  mutating func readPlaces(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    probes[probes.count - 1].places = try payload(&line, .u32)
  }

  mutating func readMeans(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    probes[probes.count - 1].mean = try floats(&line)
  }

  mutating func readSpreads(_ line: inout AssemblyLine) throws(AssemblyFault) {
    try line.expect("=")
    probes[probes.count - 1].spread = try floats(&line)
  }

  mutating func readDescriptor(_ line: inout AssemblyLine) throws(AssemblyFault) {
    context = .descriptor
    var descriptor = Descriptor(
      buffer: BufferID(0), axes: [], loops: [], innerLoops: 0, vectors: 0..<0, elements: 0..<0)
    defer { descriptors.append(descriptor) }
    try line.expect("@")
    try line.number(descriptors.count)
    descriptor.buffer = try reference(&line)
    while line.take(",") {
      let start = line.column
      switch try line.word("an option of a descriptor") {
      case "base": descriptor.base = try line.integer("the first element")
      case "advance": descriptor.advance = try line.integer("a number of elements")
      case "counter":
        descriptor.counter = CounterID(try line.index("the number of a counter"))
        try line.expectWord("by")
        descriptor.amount = try line.integer("an amount")
      case "vectors": vectors = try line.range("the vectors")
      case "elements": elements = try line.range("the elements")
      case "fill": descriptor.fill = try line.float("a number")
      default: throw line.fault("a descriptor has no such option", at: start)
      }
    }
  }

  mutating func readAxis(_ line: inout AssemblyLine) throws(AssemblyFault) {
    guard descriptors[descriptors.count - 1].axes.count < Descriptor.maximumRank else {
      throw line.fault("a descriptor has at most \(Descriptor.maximumRank) axes", at: 1)
    }
    var axis = Descriptor.Axis(extent: try line.integer("the extent"), stride: 0)
    try line.expect(",")
    try line.expectWord("stride")
    axis.stride = try line.integer("the stride")
    if line.take(",") {
      try line.expectWord("origin")
      axis.origin = try line.integer("the origin")
    }
    descriptors[descriptors.count - 1].axes.append(axis)
  }

  mutating func readLoop(_ line: inout AssemblyLine, isInner: Bool) throws(AssemblyFault) {
    let last = descriptors.count - 1
    guard descriptors[last].loops.count < Descriptor.maximumRank else {
      throw line.fault("a descriptor has at most \(Descriptor.maximumRank) loops", at: 1)
    }
    guard isInner || descriptors[last].innerLoops == 0 else {
      throw line.fault("an outer loop follows an inner one", at: 1)
    }
    let count = try line.integer("the number of steps")
    try line.expect(",")
    try line.expectWord("axis")
    let axis = try line.integer("the number of an axis")
    try line.expect(",")
    try line.expectWord("step")
    let step = try line.integer("the step")
    descriptors[last].loops.append(.init(count: count, axis: axis, step: step))
    if isInner { descriptors[last].innerLoops += 1 }
  }

  /// Gives the last descriptor its ranges, which without a word are all that its loops make.
  mutating func finishDescriptor() {
    guard context == .descriptor else { return }
    let last = descriptors.count - 1
    let loops = descriptors[last].loops
    let innerLoops = descriptors[last].innerLoops
    let outer = product(loops.dropLast(innerLoops).map(\.count)) ?? 0
    let inner = product(loops.suffix(innerLoops).map(\.count)) ?? 0
    descriptors[last].vectors = vectors ?? 0..<outer
    descriptors[last].elements = elements ?? 0..<inner
    (vectors, elements) = (nil, nil)
    context = .none
  }
}

/// Whether two strings are the same to the byte; Swift holds equivalent ones for equal.
func equal(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
