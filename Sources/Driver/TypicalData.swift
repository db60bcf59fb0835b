import Basics
import IR

/// Inputs from which the ranges of a network are found.
struct TypicalData {
  /// Where they come from, as reports say it.
  var origin: String
  /// A tensor for each input of the network, for each inference.
  var inferences: [[Tensor]]
  /// What the user should know about them.
  var notes: [Diagnostic]

  /// The most inferences that are used; more are thinned out evenly.
  static let limit = 256

  /// Takes the data at `path`; without a path, `calibration.npz` or the `test_data_set_N` folders
  /// beside the model; without those, synthetic inputs: for each input that is floating-point,
  /// `syntheticCount` times numbers from −1 to 1 (the generator of Specs/ir.md), else zeros.
  init(path: String?, model: String, graph: Graph) throws {
    guard let path = path ?? Self.beside(model) else {
      self = Self(synthetic: graph, model: model)
      return
    }
    let data = try DataSet(
      DataSource(path: path), inputs: graph.inputPorts, outputs: graph.outputPorts)
    let used = min(data.count, Self.limit)
    inferences = (0..<used).map { index in
      let number = index * data.count / used
      return zip(data.inputs(number..<number + 1), graph.inputPorts).map { tensor, port in
        tensor.reshaped(port.shape)
      }
    }
    origin = used == data.count ? "\(path) (\(used))" : "\(path) (\(used) of \(data.count))"
    notes = data.warnings
  }

  private init(synthetic graph: Graph, model: String) {
    var scratch = graph
    inferences = (0..<Self.syntheticCount).map { number in
      graph.inputPorts.enumerated().map { index, port in
        let seed = UInt64(number * graph.inputs.count + index)
        let content: Constant =
          port.element.isFloatingPoint
          ? .random(seed: seed)
          : .splat(
            Tensor(
              type: port.element, shape: [],
              bytes: Bytes(copying: [UInt8](repeating: 0, count: port.element.byteCount))))
        let id = scratch.addValue(
          name: "", type: ValueType(port.element, fixed: port.shape), constant: content)
        guard let tensor = scratch.tensor(of: id) else {
          preconditionFailure("an input of fixed shape has no elements")
        }
        return tensor
      }
    }
    origin = "synthetic inputs (\(Self.syntheticCount))"
    notes = [
      Diagnostic(
        .warning, file: model,
        "there are no typical inputs: ranges come from synthetic ones between -1 and 1",
        help: "give --calibrate with data as the network will meet them")
    ]
  }

  private static let syntheticCount = 8

  /// The data that lie beside the model and are meant for calibration, if there are any.
  private static func beside(_ model: String) -> String? {
    let folder = parent(of: model)
    let archive = join(folder, "calibration.npz")
    if PathKind(archive) == .file { return archive }
    return hasTestDataSets(folder) ? folder : nil
  }
}

/// Whether `folder` holds a `test_data_set_N` folder.
func hasTestDataSets(_ folder: String) -> Bool {
  (try? listFolder(folder))?.contains { $0.hasPrefix("test_data_set_") } ?? false
}
