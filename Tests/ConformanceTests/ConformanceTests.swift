import Foundation
import TestSupport
import Testing

/// The official ONNX backend tests, as far as `passing.txt` says that they must pass.
@Suite struct ConformanceTests {
  @Test(
    .enabled(if: Python.hasRequirements, "\(Python.help)"))
  func listedCasesPass() throws {
    let list = Repository.path("Tests/ConformanceTests/passing.txt")
    let lines = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
    let cases = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").count - 1 }
    let count = cases.reduce(0, +)
    #expect(count > 300)
    let run = try Command(sweep: "conformance", "--require", list)
    #expect(run.text.hasSuffix("\(count) of \(count) pass (100.00 %) of those that must\n"))
    #expect(run.status == 0, "\(run.text)")
  }
}
