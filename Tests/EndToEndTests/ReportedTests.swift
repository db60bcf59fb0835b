import Foundation
import TestSupport
import Testing

/// The networks of `Tests/Reported`, each of which an earlier build computed wrongly or refused without need.
@Suite struct ReportedTests {
  private static let folder = Repository.path("Tests/Reported")
  /// The network that is rightly refused.
  private static let refused = "convtranspose-output-shape-after-unsupported"
  private static let networks = files(in: folder)
    .filter { $0 != "README.md" && $0 != refused }

  private static func files(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
  }

  /// The network, its data and its typical inputs, as arguments.
  private static func arguments(_ network: String) -> [String] {
    let folder = "\(Self.folder)/\(network)"
    let files = files(in: folder)
    var arguments = ["\(folder)/model.onnx"]
    if files.contains("test.npz") {
      arguments += ["--data", "\(folder)/test.npz", "--calibrate", "\(folder)/calibration.npz"]
    } else if files.contains("test_data_set_0") {
      arguments += ["--data", folder]
    }
    return arguments
  }

  @Test(arguments: networks) func programComputesTheNetwork(network: String) throws {
    let run = try Command(["verify", "-q", "--chips", "auto"] + Self.arguments(network))
    #expect(run.status == 0, "\(run.text) \(run.messages)")
  }

  /// What a step of the network's own type, or of its quantization, allows.
  private static let tolerances = [
    "batchnorm-bfloat16": "2e-2", "batchnorm-float16": "2e-2", "qdq-rounding-ties": "5e-3",
  ]

  @Test(arguments: networks.filter { files(in: "\(folder)/\($0)").contains("test_data_set_0") })
  func referenceGivesWhatIsExpected(network: String) throws {
    let tolerance = Self.tolerances[network].map { ["--atol", $0] } ?? []
    let run = try Command(["run", "-q", "--check"] + tolerance + Self.arguments(network))
    #expect(run.status == 0, "\(run.text) \(run.messages)")
  }

  /// The relative error with the chip's converters is at most what the causes that are left give.
  @Test(arguments: networks) func convertersCostNoMoreThanTheyMust(network: String) throws {
    let run = try Command(
      ["verify", "-q", "--json", "--chips", "auto", "--device", "quantized"]
        + Self.arguments(network))
    let comparisons = try #require(run.json["comparisons"] as? [[String: Any]])
    let errors = comparisons.filter { $0["source"] as? String == "quantized" }
      .compactMap { $0["relativeError"] as? Double }
    // 8-bit inputs alone give the wide sums of this LSTM an error of 0.25.
    let most = ["lstm-wide-sums": 0.3, "matmulinteger-constant-left": 0.06][network] ?? 0.04
    #expect(errors.max() ?? 1 <= most, "\(run.text)")
  }

  @Test func operatorsAreRefusedByName() throws {
    let data = ["--data", "\(Self.folder)/abs-uint8"]
    for command in [["inspect"], ["run"] + data, ["verify"] + data] {
      let run = try Command(command + ["\(Self.folder)/\(Self.refused)/model.onnx"])
      #expect(run.status == 1)
      #expect(run.messages.contains("\"foo\""), "\(run.messages)")
    }
  }

  /// Weights so small that their steps are subnormal compile with every routine of calibration.
  @Test(arguments: [["--row-copies"], ["--weight-range", "mse"]])
  func weightsBelowNormalNumbersCompile(options: [String]) throws {
    let folder = try Folder()
    let network = "\(Self.folder)/subnormal-weights"
    let run = try Command(
      ["compile", "\(network)/model.onnx", "--calibrate", network, "--routine", "refit"] + options
        + ["-o", folder.file("p.aimc")])
    #expect(run.status == 0, "\(run.messages)")
  }
}
