import Foundation
import TestSupport
import Testing

/// Chips and numbers at the ends of what is legal give programs that verify, or are refused by node.
@Suite struct ExtremeTests {
  private static func folder(_ name: String) -> String { Repository.model("\(name)") }

  /// Crossbars that have fewer columns than a recurrent layer has gates, and fewer rows than inputs.
  @Test(arguments: ["lstm", "gru", "rnn", "conv-1d", "gemm"], [1, 2, 3, 5])
  func narrowCrossbars(name: String, columns: Int) throws {
    let run = try Command(
      "verify", "\(Self.folder(name))/model.onnx", "--chips", "auto", "--set",
      "crossbar.columns=\(columns)", "--set", "crossbar.rows=3")
    #expect(run.status == 0, "\(run.messages)")
  }

  /// Columns of subnormal weights have probes that their conductances give, whatever their ranges.
  @Test(arguments: [
    ["--row-copies", "--routine", "refit"], ["--weight-range", "mse", "--routine", "refit"],
    ["--weight-range", "block", "--routine", "layers"], ["--copies", "2", "--residual"],
    ["--center", "--smooth", "--predistort", "1d"],
  ])
  func subnormalWeights(options: [String]) throws {
    let result = try Folder()
    let data = Self.folder("subnormal-weights")
    let run = try Command(
      ["compile", "\(data)/model.onnx", "--calibrate", data, "-o", result.file("x.aimc")] + options)
    #expect(run.status == 0, "\(run.messages)")
  }

  /// Walks that no program can hold are refused with the node and the limit.
  @Test(arguments: [
    """
    %2 "y": f32[1, 1, 4, 4] = conv "far" (%1, %0) {dilations = [1073741824, 1073741824], \
    kernel = [3, 3], padding = explicit([1073741824, 1073741824], [1073741824, 1073741824])}
    """
  ])
  func walksBeyondTheFormat(node: String) throws {
    let folder = try Folder()
    let text = """
      graph "g" {
        input %1 "x": f32[1, 1, 4, 4]
        constant %0 "w": f32[1, 1, 3, 3] = splat(1.0)
        \(node)
        output %2
      }
      """
    try text.write(toFile: folder.file("g.aim"), atomically: true, encoding: .utf8)
    let run = try Command(
      "compile", "g.aim", "--chips", "auto", "-o", "x.aimc", in: folder.path)
    #expect(run.status == 1)
    #expect(run.messages.contains("node \"far\" (Conv): its walk through memory has"))
    #expect(run.messages.contains("supported: loops of fewer than 2^28 steps"))
    #expect(folder.files == ["g.aim"])
  }
}
