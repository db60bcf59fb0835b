import Basics
import Glibc
import Simulator

/// How much of the machine a program may take while it runs: one that has just been compiled as much as it
/// asks for, one from a file no more than this.
public struct RunLimits: Hashable, Sendable {
  /// The most bytes; `nil` for 8 GiB or half of the machine, whichever is less, and for 256 MiB if the
  /// program is smaller than 1 MiB.
  public var memory: Int?
  /// The most instructions of an inference, where 1024 elements that they go through count as one more; `nil`
  /// for 2¹⁸, or one for every 4 bytes of the program if that is more.
  public var instructions: Int?

  /// The usual limits.
  public init() {}

  private static let (smallProgram, smallMemory) = (1 << 20, 256 << 20)
  private static let (fewestInstructions, bytesOfInstruction) = (1 << 18, 4)

  /// Those that are given, for a program that has just been compiled.
  var given: Limits { Limits(memory: memory ?? .max, instructions: instructions ?? .max) }

  /// The limits of a program whose file has `size` bytes.
  func limits(size: Int) -> Limits {
    let machine = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    let most = min(8 << 30, machine / 2)
    return Limits(
      memory: memory ?? (size < Self.smallProgram ? min(most, Self.smallMemory) : most),
      instructions: instructions
        ?? max(Self.fewestInstructions, size / Self.bytesOfInstruction))
  }
}

extension Limits {
  fileprivate init(memory: Int, instructions: Int) {
    self.init(memory: memory, steps: instructions.saturatingProduct(Self.instruction))
  }
}
