import Basics

/// The part of data that a network is calibrated with.
enum CalibrationPart: Hashable, Sendable {
  /// All of them.
  case whole
  /// The first quarter of the inferences, at most 64; the others are evaluated.
  case first

  /// The most inferences of the first part.
  private static let limit = 64

  /// How many of `count` inferences the first part has.
  static func size(of count: Int) -> Int { min((count + 3) / 4, limit) }

  /// The inputs of the part of `data`.
  ///
  /// Throws `Diagnostics` if the data cannot be divided.
  func inputs(of data: DataSet) throws -> DataSet {
    if self == .whole { return data }
    try data.requireTwoParts()
    return data.first(Self.size(of: data.count))
  }

  /// What remains of `data` to be evaluated, with labels and expected outputs.
  ///
  /// Throws `Diagnostics` if the data cannot be divided.
  func evaluated(of data: DataSet) throws -> DataSet {
    if self == .whole { return data }
    try data.requireTwoParts()
    return data.dropping(Self.size(of: data.count))
  }

  /// What a report says of the part of `all` that is not in `evaluated`.
  func text(_ all: DataSet, evaluated: DataSet) -> String {
    guard self == .first else { return "" }
    return "; ranges from the first \(all.count - evaluated.count) of \(all.count) inferences of "
      + "\(printable(all.path)), which are not evaluated"
  }
}

extension CompileOptions {
  /// The options to compile the model at `path` with for an evaluation over the data of `source`.
  ///
  /// Where no other typical inputs are given or lie beside the model, the first inputs of `source` serve, which are
  /// then not evaluated, so that nothing that is evaluated has a say in any choice.
  func evaluating(
    _ path: String, over source: DataSource, console: Console
  ) -> CompileOptions {
    let data = source.path
    if typicalData != nil { return self }
    if let calibrate {
      if isSameFile(calibrate, data) {
        console.report([
          Diagnostic(
            .warning, file: data, "is evaluated and also used for calibration",
            help: "without --calibrate, aimcc calibrates with a part that it does not evaluate")
        ])
      }
      return self
    }
    if looksBesideModel, let beside = TypicalData.beside(path), !isSameFile(beside, data) {
      // A data set of a folder may be evaluated alone.
      let name = data.split(separator: "/").last ?? ""
      if !name.hasPrefix("test_data_set_") || !isSameFile(beside, parent(of: data)) { return self }
    }
    var options = self
    (options.calibrate, options.typicalData, options.calibrationPart) = (data, source, .first)
    return options
  }
}

extension DataSet {
  fileprivate func requireTwoParts() throws {
    guard count > 1 else {
      throw Diagnostics(
        Diagnostic(
          .error, file: path,
          "holds one inference, which cannot serve for both calibration and evaluation",
          help: "give typical inputs with --calibrate"))
    }
  }

  /// The inferences from number `start` on.
  fileprivate func dropping(_ start: Int) -> DataSet {
    var rest = self
    rest.count = count - start
    rest.inputs = inputs.map { $0.rows(start..<count) }
    rest.expected = expected.map { $0?.rows(start..<count) }
    rest.labels = labels.map { Array($0[(start * ($0.count / count))...]) }
    return rest
  }
}

/// Whether two paths are of one file or folder that is there.
private func isSameFile(_ a: String, _ b: String) -> Bool {
  FileIdentity(a).map { $0 == FileIdentity(b) } ?? false
}
