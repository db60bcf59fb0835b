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

  /// Takes the data that `options` name; if they name none, `calibration.npz` or the `test_data_set_N` folders
  /// beside the model; without those, synthetic inputs.
  init(_ options: CompileOptions, model: String, graph: Graph) throws {
    let ports = graph.inputPorts
    guard let source = try Self.source(options.calibrate, model: model) else {
      let data = try DataSet(synthetic: graph)
      origin = "\(data.path) (\(data.count))"
      inferences = (0..<data.count).map { data.inference($0, ports) }
      notes = [
        Diagnostic(
          .warning, file: model,
          "there are no typical inputs: ranges come from synthetic ones between -1 and 1",
          help: "give --calibrate with data as the network will meet them")
      ]
      return
    }
    let all = try DataSet(
      source, inputs: ports, outputs: graph.outputPorts, dropsRest: true)
    let data = try options.calibrationPart.inputs(of: all)
    let used = min(data.count, Self.limit)
    inferences = (0..<used).map { data.inference($0 * data.count / used, ports) }
    origin = "\(source.path) (\(used == all.count ? "\(used)" : "\(used) of \(all.count)"))"
    notes = data.warnings
  }

  /// Up to `limit` evenly spread typical inputs that `init` does not use; of all of them if it uses all.
  static func others(_ options: CompileOptions, model: String, graph: Graph) throws -> DataSet {
    guard let source = try Self.source(options.calibrate, model: model) else {
      return try DataSet(synthetic: graph)
    }
    var data = try options.calibrationPart.inputs(
      of: DataSet(
        source, inputs: graph.inputPorts, outputs: graph.outputPorts, dropsRest: true))
    let used = min(data.count, Self.limit)
    let taken = Set((0..<used).map { $0 * data.count / used })
    let others = (0..<data.count).filter { !taken.contains($0) }
    if others.isEmpty { return data }
    let wanted = min(others.count, limit)
    data.keep((0..<wanted).map { others[$0 * others.count / wanted] })
    return data
  }

  /// The data at `path`, or, without a path, those beside the model.
  static func source(_ path: String?, model: String) throws -> DataSource? {
    try (path ?? beside(model)).map { try DataSource(path: $0) }
  }

  /// The data that lie beside the model and are meant for calibration, if there are any.
  static func beside(_ model: String) -> String? {
    // A model on standard input lies in no folder.
    if model == "-" { return nil }
    let folder = parent(of: model)
    let archive = join(folder, "calibration.npz")
    if [.file, .special].contains(PathKind(archive)) { return archive }
    return hasTestDataSets(folder) ? folder : nil
  }
}

/// Whether `folder` holds a `test_data_set_N` folder.
func hasTestDataSets(_ folder: String) -> Bool {
  (try? listFolder(folder))?.contains { $0.hasPrefix("test_data_set_") } ?? false
}

extension DataSet {
  /// Eight inferences of numbers from −1 to 1 (the generator of Specs/ir.md) for every
  /// floating-point input of `graph`, and of zeros for every other.
  ///
  /// Throws `Diagnostics` that name every input that is too large for that.
  init(synthetic graph: Graph) throws {
    path = "synthetic inputs"
    count = 8
    expected = graph.outputs.map { _ in nil }
    warnings = []
    var scratch = graph
    var faults = Diagnostics()
    inputs = graph.inputPorts.enumerated().compactMap { index, port in
      let zero = Bytes(copying: [UInt8](repeating: 0, count: port.element.byteCount))
      let content: Constant =
        port.element.isFloatingPoint
        ? .random(seed: UInt64(index))
        : .splat(Tensor(type: port.element, shape: [], bytes: zero))
      let id = scratch.addValue(
        name: "", type: ValueType(port.element, fixed: [8] + port.shape), constant: content)
      guard let tensor = scratch.tensor(of: id) else {
        faults.append(
          Diagnostic(
            .error, "input \(quoted(port.name)) is too large for synthetic inputs",
            help: "give data, or the shape of the input: --input-shape"))
        return nil
      }
      return tensor
    }
    try faults.throwIfErrors()
  }
}
