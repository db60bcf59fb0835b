import Basics
import Driver
import Foundation
import Testing

/// A program that cannot be proved is a fault of aimcc.
@Suite struct ProofTests {
  @Test func unprovedProgramsAreInternalErrors() {
    let fault = UnprovedProgram(
      model: "a b.onnx", faults: [Diagnostic(.error, node: "conv", "rows 0..<4 are not added")])
    #expect(report(fault) == .internalError)
    #expect(fault.description.contains("node \"conv\": rows 0..<4 are not added"))
    #expect(fault.description.contains("aimcc compile 'a b.onnx' --emit legalize"))
  }
}
