import Basics
import Checker
import Program

extension Program {
  /// The program as it is read back from its bytes, once it is proved against the network of
  /// `reproducer`, and these bytes: those of `file`, which is written and completed if it is given, or else
  /// `unwritten` tells why it cannot be.
  ///
  /// If there is a fault, writes the reproducer instead and throws `UnprovedProgram`.
  public func proved(
    writtenTo file: OutputFile? = nil, orElse reproducer: Reproducer
  ) throws -> (program: Program, bytes: Bytes, unwritten: Diagnostics?) {
    func orUnproved<T>(_ body: () throws -> T) throws -> T {
      do { return try body() } catch let faults as Diagnostics {
        throw UnprovedProgram(faults: faults.items, reproducer: reproducer)
      }
    }
    func prove(_ bytes: Bytes) throws -> Program {
      let read = try Program(unvalidated: bytes)
      let faults = read.faults(computing: reproducer.stage.graph)
      guard faults.isEmpty else { throw Diagnostics(faults) }
      return read
    }
    let image = try orUnproved(self.image)
    var proved = (program: self, bytes: Bytes.none)
    func keep(_ bytes: Bytes) throws { proved = (try orUnproved { try prove(bytes) }, bytes) }
    var unwritten: Diagnostics?
    do {
      if let file { try image.write(to: file, check: keep) } else { try keep(image.bytes) }
    } catch let faults as Diagnostics {
      // What became of the network is told all the same.
      unwritten = faults
      try keep(image.bytes)
    }
    return (proved.program, proved.bytes, unwritten)
  }
}

/// The compiler wrote a program that does not compute the network: a fault of aimcc.
public struct UnprovedProgram: Error, CustomStringConvertible {
  /// What was found.
  public var faults: [Diagnostic]
  /// How to see it again, as the user is told.
  public var reproduction: String

  /// Writes `reproducer` and creates an error that tells of it.
  public init(faults: [Diagnostic], reproducer: Reproducer) {
    self.faults = faults
    let command = CommandLine.arguments.map(shellWord).joined(separator: " ")
    do {
      try reproducer.write(command: command, faults: faults)
      reproduction =
        "  reproducer: \(reproducer.path), with its constants beside it\n"
        + "  to reproduce: \(reproducer.command)"
    } catch {
      reproduction =
        "  the reproducer cannot be written: \(error)\n  to reproduce: \(command)"
    }
  }

  public var description: String {
    "the program is not what the network says:\n"
      + faults.map(\.description).joined(separator: "\n") + "\n" + reproduction
  }
}
