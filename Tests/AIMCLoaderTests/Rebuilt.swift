import AIMCLoader
import Basics
import Chip
import Program

/// The element types in the order of their numbers in a file.
private let elements =
  """
  f16 f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 bool bf16 f8e4m3fn f8e4m3fnuz f8e5m2 f8e5m2fnuz f8e8m0 f4e2m1 i4 u4 i2 u2
  """.split(separator: " ").map { ElementType(rawValue: String($0))! }

extension Loaded {
  /// The program, made of nothing but what the loader gives, and of `chip`.
  func rebuilt(_ chip: Chip) throws -> Program {
    var result = Program(
      network: String(decoding: try bytes(program.network), as: UTF8.self),
      compiler: String(decoding: try bytes(program.compiler), as: UTF8.self), chip: chip,
      chipCount: Int(program.chip_count))
    result.counterCount = Int(program.counter_count)
    let ports = try all(program.ports.count, aimc_port(), aimc_port_at)
    result.inputs = try ports[..<Int(program.input_count)].map { try port($0) }
    result.outputs = try ports[Int(program.input_count)...].map { try port($0) }
    result.buffers = try all(program.buffers.count, aimc_buffer(), aimc_buffer_at).map {
      try buffer($0)
    }
    result.blocks = try all(program.blocks.count, aimc_block(), aimc_block_at).enumerated()
      .map { try block($1, UInt32($0)) }
    result.tiles = try tiles()
    for chip in 0..<program.chip_count {
      result.lines += try (0..<coreCount).compactMap { try lines(chip, $0) }
    }
    result.affines = try all(program.affines.count, aimc_affine(), aimc_affine_at).map {
      Affine(
        gain: try floats($0.gains), offset: try floats($0.offsets), steps: try floats($0.steps),
        partialSteps: try floats($0.partial_steps))
    }
    result.probes = try all(program.probes.count, aimc_probe(), aimc_probe_at).map {
      Probe(
        block: BlockID(Int($0.block)),
        routine: Probe.Routine(rawValue: UInt8($0.routine.rawValue))!,
        codes: Bytes(copying: try values($0.codes, 0, aimc_read_i16)),
        places: Bytes(copying: try values($0.places, 0, aimc_read_u32)), mean: try floats($0.means),
        spread: try floats($0.spreads))
    }
    result.descriptors = try all(program.descriptors.count, aimc_descriptor(), aimc_descriptor_at)
      .map(descriptor)
    let streams = try all(program.streams.count, aimc_stream(), aimc_stream_at)
    result.streams = try streams.map { try stream($0) }
    result.symbols = try symbols(streams)
    return result
  }

  private func port(_ port: aimc_port) throws -> Port {
    let dimensions = try (0..<port.rank).map { index in
      try element(aimc_dimension()) { program, dimension in
        withUnsafePointer(to: port) { aimc_dimension_at(program, $0, index, dimension) }
      }
    }
    return Port(
      name: try name(port.name), element: elements[Int(port.element.rawValue) - 1],
      shape: dimensions.map { Int($0.size) },
      dimensionNames: try dimensions.map { $0.name == .max ? nil : try name($0.name) },
      buffer: BufferID(Int(port.buffer)), scale: port.scale,
      samples: port.samples == .max ? nil : BufferID(Int(port.samples)))
  }

  private func buffer(_ buffer: aimc_buffer) throws -> Buffer {
    let (chip, core) = (Int(buffer.chip), CoreID(Int(buffer.core)))
    let space: Buffer.Space =
      switch buffer.space {
      case AIMC_HOST: .host
      case AIMC_COLUMNS: .columns(chip: chip, core: core)
      case AIMC_LINK: .link(chip: chip, source: core, target: CoreID(Int(buffer.receiver)))
      default: .gdpu(chip: chip, slice: core.index)
      }
    let element = elements[Int(buffer.element.rawValue) - 1]
    precondition(Int(aimc_element_size(buffer.element)) == element.byteCount)
    return Buffer(
      name: try name(buffer.name), space: space, element: element, count: Int(buffer.count),
      capacity: Int(buffer.capacity),
      constant: buffer.is_constant ? Bytes(copying: try bytes(buffer.content)) : nil)
  }

  private func block(_ block: aimc_block, _ number: UInt32) throws -> ConductanceBlock {
    let (scales, decoding) = try element((aimc_span(), aimc_span())) { program, spans in
      aimc_block_scales(program, number, &spans.pointee.0, &spans.pointee.1)
    }
    return ConductanceBlock(
      node: try name(block.node), rows: Int(block.first_row)..<Int(block.end_row),
      columns: Int(block.first_column)..<Int(block.end_column), gMax: block.g_max,
      devicesPerPolarity: Int(block.devices_per_polarity), columnScale: try floats(scales),
      isCut: block.is_cut, decoding: try floats(decoding),
      residual: block.residual_width == 0
        ? nil
        : .init(
          firstColumn: Int(block.residual_column), width: Int(block.residual_width),
          share: block.residual_share),
      conductances: Bytes(copying: try floats(block.conductances)))
  }

  /// The tiles by their number: those of each core, core after core.
  private func tiles() throws -> [Tile] {
    var tiles: [(number: UInt32, tile: Tile)] = []
    for chip in 0..<program.chip_count {
      let count = try element(UInt32()) { aimc_tile_count($0, chip, $1) }
      let table = try all(UInt64(count), aimc_tile()) { aimc_tile_at($0, chip, $1, $2) }
      var core = UInt32.max
      while true {
        core = try element(core) { aimc_next_core($0, chip, $1) }
        if core == .max { break }
        for tile in table where tile.core == core {
          let found = try element(aimc_tile()) { aimc_find_tile($0, chip, tile.number, $1) }
          tiles.append(
            (
              tile.number,
              Tile(
                chip: Int(found.chip), core: CoreID(Int(found.core)),
                block: BlockID(Int(found.block)),
                firstRow: Int(found.first_row), firstColumn: Int(found.first_column))
            ))
        }
      }
    }
    return tiles.sorted { $0.number < $1.number }.map(\.tile)
  }

  private var coreCount: UInt32 { program.chip.core_rows * program.chip.core_columns }

  /// The lines of a core; `nil` where each is itself.
  private func lines(_ chip: UInt32, _ core: UInt32) throws -> CoreLines? {
    let (rows, columns) = try element((aimc_span(), aimc_span())) { program, spans in
      aimc_core_lines(program, chip, core, &spans.pointee.0, &spans.pointee.1)
    }
    guard rows.count > 0 else { return nil }
    let orders = try [rows, columns].map { try values($0, 0, aimc_read_u32).map { Int($0) } }
    return CoreLines(
      chip: Int(chip), core: CoreID(Int(core)), rows: orders[0], columns: orders[1])
  }

  private func descriptor(_ descriptor: aimc_descriptor) -> Descriptor {
    let axes = withUnsafeBytes(of: descriptor.axes) { Array($0.bindMemory(to: aimc_axis.self)) }
    let loops = withUnsafeBytes(of: descriptor.loops) { Array($0.bindMemory(to: aimc_loop.self)) }
    return Descriptor(
      buffer: BufferID(Int(descriptor.buffer)),
      counter: descriptor.counter == .max ? nil : CounterID(Int(descriptor.counter)),
      amount: Int(descriptor.amount), base: Int(descriptor.base), advance: Int(descriptor.advance),
      axes: axes[..<Int(descriptor.axis_count)].map {
        .init(origin: Int($0.origin), extent: Int($0.extent), stride: Int($0.stride))
      },
      loops: loops[..<Int(descriptor.loop_count)].map {
        .init(count: Int($0.count), axis: Int($0.axis), step: Int($0.step))
      },
      innerLoops: Int(descriptor.inner_count),
      vectors: Int(descriptor.first_vector)..<Int(descriptor.end_vector),
      elements: Int(descriptor.first_element)..<Int(descriptor.end_element), fill: descriptor.fill)
  }

  private func stream(_ stream: aimc_stream) throws -> Stream {
    let (chip, core) = (Int(stream.chip), CoreID(Int(stream.core)))
    let unit: Unit =
      switch stream.unit {
      case AIMC_UNIT_HOST: .host
      case AIMC_UNIT_CROSSBAR: .crossbar(chip: chip, core: core)
      case AIMC_UNIT_LDPU: .ldpu(chip: chip, core: core)
      default: .gdpu(chip: chip, slice: core.index)
      }
    let code = try all(stream.code.count, aimc_instruction()) { program, index, instruction in
      withUnsafePointer(to: stream) { aimc_instruction_at(program, $0, index, instruction) }
    }
    return Stream(unit: unit, code: code.map(instruction))
  }

  private func instruction(_ instruction: aimc_instruction) -> Instruction {
    let opcode = Opcode(rawValue: UInt8(instruction.opcode.rawValue))!
    let operands = withUnsafeBytes(of: instruction.operands) {
      Array($0.bindMemory(to: UInt32.self))
    }
    let immediates = withUnsafeBytes(of: instruction.immediates) {
      Array($0.bindMemory(to: Float.self))
    }
    return Instruction(
      opcode, function: UInt8(instruction.function),
      flags: .init(rawValue: UInt16(instruction.flags)),
      operands: Array(operands[..<opcode.row.operands.count]),
      immediates: Array(immediates[..<opcode.row.immediates.count]))
  }

  /// The symbols but the first, which is empty, with the streams that their code is in.
  private func symbols(_ streams: [aimc_stream]) throws -> [Symbol] {
    try all(program.symbols.count, aimc_symbol(), aimc_symbol_at).dropFirst().map { symbol in
      let stream = streams.firstIndex {
        ($0.code.offset..<$0.code.offset + 32 * $0.code.count).contains(symbol.code.offset)
      }!
      let first = Int(symbol.code.offset - streams[stream].code.offset) / 32
      return Symbol(
        stream: stream, instructions: first..<first + Int(symbol.code.count),
        node: try name(symbol.node), op: try name(symbol.operation))
    }
  }
}
