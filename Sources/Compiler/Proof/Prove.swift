import Basics
import Checker
import IR
import Passes
import Program

extension Program {
  /// The program as it is read back from its bytes, once it is proved against the network of `stage`, and these
  /// bytes, which `keep` keeps.
  ///
  /// Throws `UnprovedProgram` if it is not the network's program, and whatever `keep` throws.
  public func proved(
    computing stage: StageDump,
    keep: (ELFImage, (Bytes) throws -> Void) throws -> Void = { image, proof in
      try proof(image.bytes)
    }
  ) throws -> (program: ValidProgram, bytes: Bytes) {
    func orUnproved<T>(_ body: () throws -> T) throws -> T {
      do { return try body() } catch let faults as Diagnostics {
        throw UnprovedProgram(faults: faults.items, stage: stage)
      }
    }
    var proved: (program: ValidProgram, bytes: Bytes)?
    try keep(orUnproved(image)) { bytes in
      proved = try orUnproved {
        let read = try ValidProgram(bytes: bytes)
        try Diagnostics(read.faults(computing: stage.graph, layouts: stage.layouts))
          .throwIfErrors()
        return (read, bytes)
      }
    }
    guard let proved else { preconditionFailure("what is kept is proved") }
    return proved
  }
}

/// The compiler wrote a program that does not compute the network: a fault of aimcc.
public struct UnprovedProgram: Error, CustomStringConvertible {
  /// What was found.
  public var faults: [Diagnostic]
  /// The network, and whatever of its mapping was given.
  public var stage: StageDump

  /// Creates the fault of a program that is to compute the network of `stage`.
  public init(faults: [Diagnostic], stage: StageDump) {
    self.faults = faults
    self.stage = stage
  }

  public var description: String {
    "the program does not compute the network:\n"
      + faults.map(\.description).joined(separator: "\n")
  }
}
