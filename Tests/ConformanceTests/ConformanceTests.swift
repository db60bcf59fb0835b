import Foundation
import Testing

/// The official ONNX backend tests, as far as `passing.txt` says that they must pass.
@Suite struct ConformanceTests {
  @Test(.enabled(if: hasONNX, "python3 does not import onnx 1.23.0: pip install onnx==1.23.0"))
  func listedCasesPass() throws {
    let list = folder.appending(path: "passing.txt")
    let lines = try String(contentsOf: list, encoding: .utf8).split(separator: "\n")
    let cases = lines.filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").count - 1 }
    let count = cases.reduce(0, +)
    #expect(count > 300)
    let run = try output(ofTool: "conformance", "--require", list.path)
    #expect(run.text.hasSuffix("\(count) of \(count) pass (100.00 %) of those that must\n"))
    #expect(run.status == 0, "\(run.text)")
  }
}
