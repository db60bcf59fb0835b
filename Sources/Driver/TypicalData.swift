import Basics
import Compiler
import IR

/// Data from which the ranges of a network are found.
struct TypicalData {
  /// The inputs that are used.
  let inputs: TypicalInputs
  /// What the user should know about them.
  let notes: [Diagnostic]
  /// All inputs, and the numbers of those that are used; `nil` of synthetic ones.
  private let all: (data: DataSet, used: [Int])?

  /// Takes the data that `options` name; if they name none, `calibration.npz` or the `test_data_set_N` folders
  /// beside the model; without those, synthetic inputs.
  init(_ options: CompileOptions, model: String, graph: Graph) throws {
    let ports = graph.inputPorts
    guard let source = try Self.source(options, model: model) else {
      inputs = try TypicalInputs(synthetic: graph)
      notes = [
        Diagnostic(
          .warning, file: model,
          "there are no calibration data: ranges come from random inputs between -1 and 1",
          help: "give typical inputs with --calibrate")
      ]
      all = nil
      return
    }
    let read = try DataSet(
      source, inputs: ports, outputs: graph.outputPorts, dropsRest: true)
    let data = try options.calibrationPart.inputs(of: read)
    let used = (0..<data.count).evenlySpread(upTo: TypicalInputs.limit)
    inputs = TypicalInputs(data, used, of: read.count, ports: ports)
    notes = data.warnings
    all = (data, used)
  }

  /// Up to `TypicalInputs.limit` evenly spread inferences that are not used; all data if all are used.
  /// Without data, synthetic inputs of `graph`.
  func others(for graph: Graph) throws -> DataSet {
    guard let (data, used) = all else { return try DataSet(synthetic: graph) }
    let taken = Set(used)
    let others = (0..<data.count).filter { !taken.contains($0) }
    if others.isEmpty { return data }
    var rest = data
    rest.keep(others.evenlySpread(upTo: TypicalInputs.limit))
    return rest
  }

  /// The data that `options` give or name, or, without any, those beside the model.
  static func source(_ options: CompileOptions, model: String) throws -> DataSource? {
    try options.typicalData
      ?? (options.calibrate ?? (options.looksBesideModel ? beside(model) : nil))
      .map { try DataSource(path: $0) }
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

extension TypicalInputs {
  /// The inferences `used` of `data`, which are part of `whole` ones, if not all of `data`.
  init(_ data: DataSet, _ used: [Int], of whole: Int? = nil, ports: [DataPort]) {
    let whole = whole ?? data.count
    let count = used.count == whole ? "\(whole)" : "\(used.count) of \(whole)"
    self.init(used.map { data.inference($0, ports) }, origin: "\(data.path) (\(count))")
  }
}

extension DataSet {
  /// Synthetic inputs of `graph`, and no expected outputs.
  ///
  /// Throws `Diagnostics` that name every input that is too large for that.
  init(synthetic graph: Graph) throws {
    path = TypicalInputs.syntheticOrigin
    count = TypicalInputs.syntheticCount
    expected = graph.outputs.map { _ in nil }
    warnings = []
    inputs = try TypicalInputs.syntheticStacks(for: graph)
  }
}
