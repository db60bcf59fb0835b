extension Instruction {
  /// The most operands and immediates of an instruction: what 32 bytes have room for.
  static let maximumOperands = 4
  static let maximumImmediates = 3

  /// Appends the 32 bytes of the instruction.
  func encode(to writer: inout RecordWriter) {
    let row = opcode.row
    precondition(operands.count == row.operands.count && immediates.count == row.immediates.count)
    writer.put(opcode.rawValue)
    writer.put(function)
    writer.put(flags.rawValue)
    for operand in operands { writer.put(operand) }
    writer.zeros(4 * (Self.maximumOperands - operands.count))
    for immediate in immediates { writer.put(immediate) }
    writer.zeros(4 * (Self.maximumImmediates - immediates.count))
  }

  /// Reads the 32 bytes of an instruction, or tells what is wrong with them.
  static func decode(from reader: inout RecordReader) -> Result<Instruction, InstructionFault> {
    let start = reader.offset
    defer { reader.offset = start + RecordSize.instruction }
    let number: UInt8 = reader.get()
    guard let opcode = Opcode(rawValue: number) else { return .failure(.opcode(number)) }
    let row = opcode.row
    let function: UInt8 = reader.get()
    guard Int(function) < max(row.functions.count, 1) else {
      return .failure(.function(opcode, function))
    }
    let flags: UInt16 = reader.get()
    let known = row.flags.reduce(into: Flags()) { $0.formUnion($1.flag) }
    guard known.isSuperset(of: Flags(rawValue: flags)) else {
      return .failure(.flags(opcode, flags))
    }
    let operands = row.operands.map { _ in reader.get() as UInt32 }
    guard reader.zeros(4 * (maximumOperands - operands.count)) else {
      return .failure(.reserved(opcode))
    }
    let immediates = row.immediates.map { _ in reader.float() }
    guard reader.zeros(4 * (maximumImmediates - immediates.count)) else {
      return .failure(.reserved(opcode))
    }
    return .success(
      Instruction(
        opcode, function: function, flags: Flags(rawValue: flags), operands: operands,
        immediates: immediates))
  }
}

/// Why 32 bytes are not an instruction.
enum InstructionFault: Error, CustomStringConvertible {
  case opcode(UInt8)
  case function(Opcode, UInt8)
  case flags(Opcode, UInt16)
  case reserved(Opcode)

  var description: String {
    switch self {
    case .opcode(let number): "unknown opcode \(number)"
    case .function(let opcode, let number): "\(opcode.row.mnemonic) has no function \(number)"
    case .flags(let opcode, let bits): "\(opcode.row.mnemonic) does not have the flags \(bits)"
    case .reserved(let opcode): "\(opcode.row.mnemonic) has reserved bytes that are not 0"
    }
  }
}
