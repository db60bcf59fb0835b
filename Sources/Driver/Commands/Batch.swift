import Basics

/// One line of a batch: a model, its data, and how outputs are compared.
struct BatchCase {
  /// The path of the model.
  var model: String
  /// The path of the data.
  var data: String
  /// The tolerance that the line gives, if it gives one.
  var tolerance: Tolerance?
}

/// What became of one case, as a line of JSON.
struct BatchResult: Encodable {
  /// How a case ends.
  enum Status: String, Encodable {
    /// The case begins; a line with one of the others follows unless the program is ended by it.
    case started
    /// Every output is as expected.
    case passed
    /// The input has a fault, or something in it is not supported.
    case refused
    /// An output is not as expected.
    case failed
    /// A fault of this program.
    case error
  }

  /// Something that was found wrong.
  struct Fault: Encodable {
    var node: String?
    var op: String?
    var message: String
    var supported: String?
  }

  var model: String
  var status: Status
  /// Where an output departs.
  var mismatch: String?
  /// Why the case was refused, or what the fault of this program is.
  var diagnostics: [Fault]?
  /// The time that the case took, in s.
  var seconds: Double?
}

/// Runs `body` on every case that the file at `list` names, and writes two lines of JSON for each: one
/// as it begins, one with what became of it.
///
/// `body` returns where an output departs, or `nil`. Each line of the list is
/// `MODEL<tab>DATA[<tab>RTOL<tab>ATOL]`. Throws `Diagnostics` with every line that is not of that
/// form.
func runBatch(_ list: String, console: Console, _ body: (BatchCase) throws -> String?) throws
  -> ExitStatus
{
  func write(_ result: BatchResult) throws {
    try console.write(Document(schema: "aimcc.batch/1", content: result).text(inOneLine: true))
  }
  var worst = ExitStatus.done
  for item in try readBatch(list) {
    try write(BatchResult(model: item.model, status: .started))
    let clock = ContinuousClock()
    let start = clock.now
    var result = BatchResult(model: item.model, status: .passed)
    do {
      result.mismatch = try body(item)
      if result.mismatch != nil { result.status = .failed }
    } catch let faults as Diagnostics {
      result.status = .refused
      result.diagnostics = faults.items.filter { $0.severity == .error }.map {
        BatchResult.Fault(
          node: $0.node, op: $0.op, message: $0.message, supported: $0.supported)
      }
    } catch {
      result.status = .error
      result.diagnostics = [BatchResult.Fault(message: "\(error)")]
    }
    result.seconds = (clock.now - start).milliseconds / 1e3
    try write(result)
    worst = max(worst, result.status.exit)
  }
  return worst
}

extension BatchResult.Status {
  /// How the command would end with this case alone.
  fileprivate var exit: ExitStatus {
    switch self {
    case .started, .passed: .done
    case .refused: .inputFault
    case .failed: .verificationFailed
    case .error: .internalError
    }
  }
}

/// The cases of the list at `path`; `-` is standard input.
private func readBatch(_ path: String) throws -> [BatchCase] {
  if path != "-" { try requireFile(path, "a list of models and data") }
  var faults = Diagnostics()
  var cases: [BatchCase] = []
  let lines = try readText(path).split(separator: "\n", omittingEmptySubsequences: false)
  for (index, line) in lines.enumerated() where !line.isEmpty {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    let numbers = fields.dropFirst(2).compactMap(Double.init).filter { $0 >= 0 }
    guard fields.count == 2 || fields.count == 4 && numbers.count == 2 else {
      faults.append(
        Diagnostic(
          file: path, at: .line(index + 1, column: 1), "is not a case of a batch",
          supported: "MODEL, DATA, and, for a tolerance, RTOL and ATOL, with tabs between them"))
      continue
    }
    cases.append(
      BatchCase(
        model: fields[0], data: fields[1],
        tolerance: numbers.isEmpty
          ? nil : Tolerance(relative: numbers[0], absolute: numbers[1])))
  }
  try faults.throwIfErrors()
  return cases
}
