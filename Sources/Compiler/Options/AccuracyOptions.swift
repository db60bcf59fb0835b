import Basics
import Chip
import IR
import Passes
import Program

/// What is corrected on a chip after programming.
public typealias Routine = Probe.Routine

/// What is done so that a network on a chip is as accurate as it was.
public struct AccuracyOptions: Hashable, Sendable {
  /// Whether scale is moved between channels and the weights that read them.
  public var smooths = false
  /// Whether the mean of every input channel is subtracted.
  public var centers = false
  /// How many times the crossbars of one copy the copies of every layer take; 0 for no copies.
  public var copies = 0
  /// Whether the last copy is kept for what programming makes wrong in the others.
  public var residual = false
  /// Whether rows are repeated in free ones.
  public var copiesRows = false
  /// How the ranges of DACs are chosen.
  public var inputRange = InputRange.maximum
  /// What the conductances of a column span.
  public var weightRange = WeightRange.maximum
  /// What is done where a bit line would carry too much.
  public var lineLimit = LineLimit.column
  /// The largest conductance in parts of what the chip allows.
  public var range = 1.0
  /// The times after programming over which target conductances expect drift; empty for none.
  public var predistortion: [TimeSpan] = []
  /// The device model whose drift they expect, and whose errors weights are cut by.
  public var model = "hermes-tdp"
  /// The nodes whose products stay digital.
  public var digital: [String] = []
  /// What is corrected on the chip after programming.
  public var routine = Probe.Routine.none

  /// Creates options that leave a network as it is.
  public init() {}

  /// Whether products have copies.
  var hasCopies: Bool { copies > 0 || copiesRows }

  /// The options of the command line that ask for the same.
  public var text: String {
    var words: [String] = []
    if routine != .none { words.append("--routine \(routine)") }
    if smooths { words.append("--smooth") }
    if centers { words.append("--center") }
    if !predistortion.isEmpty {
      words.append("--predistort \(predistortion.map(\.description).joined(separator: ","))")
    }
    if copies > 0 { words.append("--copies \(copies)") }
    if residual { words.append("--residual") }
    if copiesRows { words.append("--row-copies") }
    if inputRange != .maximum { words.append("--input-range \(inputRange)") }
    if weightRange != .maximum { words.append("--weight-range \(weightRange.rawValue)") }
    if lineLimit != .column { words.append("--line-limit \(lineLimit.rawValue)") }
    if range < 1 { words.append("--range \(range)") }
    words += digital.map { "--digital \(shellWord($0))" }
    return words.isEmpty ? "nothing" : words.joined(separator: " ")
  }

  /// How ranges are chosen on `chip`.
  ///
  /// Throws `Diagnostics` if the chip has no such device model, and one is needed.
  public func quantization(on chip: Chip) throws -> QuantizationOptions {
    var options = QuantizationOptions()
    options.range = range
    if !predistortion.isEmpty {
      options.predistortion = Predistortion(
        model: try device(of: chip), times: predistortion.map(\.seconds))
    }
    options.inputRange = inputRange
    options.weightRange = weightRange
    options.lineLimit = lineLimit
    if weightRange == .leastSquares { options.device = try device(of: chip) }
    return options
  }

  /// The errors of programming of `chip`, where columns of `graph` are for them.
  ///
  /// Throws `Diagnostics` if the chip has no such device model.
  public func errors(of graph: Graph, on chip: Chip) throws -> ProgrammingErrors? {
    guard graph.nodes.contains(where: { $0.residualColumns > 0 }) else { return nil }
    return ProgrammingErrors(try device(of: chip))
  }

  private func device(of chip: Chip) throws -> DeviceModel {
    guard let device = chip.device(model) else {
      throw Diagnostics(
        Diagnostic(
          .error, "the chip \(chip.name) has no device model \"\(model)\"",
          supported: chip.devices.map(\.name).joined(separator: ", ")))
    }
    return device
  }
}
