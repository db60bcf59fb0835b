import Basics

/// A program that keeps every rule of Specs/program.md and Specs/isa.md that does not depend on values.
///
/// It can be run without a further check, but for what only shows when it runs: elements that choose vectors
/// that there are not, units that wait for each other for ever, and how much of a machine it takes.
@dynamicMemberLookup
public struct ValidProgram: Hashable, Sendable {
  /// The program.
  public let program: Program

  /// Checks `program`.
  ///
  /// Throws `Diagnostics` with all faults, naming `file`, section, unit and instruction.
  public init(_ program: Program, file: String? = nil) throws {
    var validator = Validator(program: program, file: file)
    validator.validate()
    try validator.faults.throwIfAny()
    self.program = program
  }

  /// What the program has.
  public subscript<Value>(dynamicMember path: KeyPath<Program, Value>) -> Value {
    program[keyPath: path]
  }

  /// Reads a program from the bytes of an ELF file (Specs/program.md) and checks it.
  ///
  /// Payloads stay where they are: in `bytes`. Throws `Diagnostics` naming `path` for whatever is
  /// damaged, refused or against the rules.
  public init(bytes: Bytes, path: String? = nil) throws {
    try self.init(Program(unvalidated: bytes, path: path), file: path)
  }

  /// Reads a program from a file and checks it; payloads stay in the file until they are used.
  ///
  /// Throws `Diagnostics` as `init(bytes:path:)` does.
  public init(file: MappedFile) throws {
    try self.init(bytes: Bytes(file: file, range: 0..<file.count), path: file.path)
  }
}
