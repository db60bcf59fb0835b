import Basics
import Checker
import IR
import Program

extension Program {
  /// The program as it is read back from its bytes, once it is proved against `graph`.
  ///
  /// Throws `UnprovedProgram`, which names `model`, if there is a fault.
  func proved(against graph: Graph, model: String) throws -> Program {
    let read: Program
    do {
      read = try Program(bytes: encoded())
    } catch let faults as Diagnostics {
      throw UnprovedProgram(model: model, faults: faults.items)
    }
    let faults = check(read, against: graph)
    guard faults.isEmpty else { throw UnprovedProgram(model: model, faults: faults) }
    return read
  }
}

/// The compiler wrote a program that does not compute the network: a fault of aimcc.
public struct UnprovedProgram: Error, CustomStringConvertible {
  /// The model, as the user named it.
  public var model: String
  /// What was found.
  public var faults: [Diagnostic]

  /// Creates an error.
  public init(model: String, faults: [Diagnostic]) {
    self.model = model
    self.faults = faults
  }

  public var description: String {
    "the program is not what the network says:\n"
      + faults.map(\.description).joined(separator: "\n")
      + "\n  to reproduce: " + CommandLine.arguments.map(quoted).joined(separator: " ")
      + "\n  send with it: what `aimcc compile \(quoted(model)) --emit legalize -o network.aim` "
      + "writes, given the same --dim and --chip"
  }

  /// An argument as a shell takes it.
  private func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: ","):
        true
      default: false
      }
    }
    return plain && !argument.isEmpty
      ? argument
      : "'"
        + argument.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
