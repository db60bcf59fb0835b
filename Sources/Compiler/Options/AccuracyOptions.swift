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
  /// The part of the multiply-accumulates that channels with outliers may take on the host.
  public var outliers = 0.0
  /// Whether the mean of every input channel is subtracted.
  public var centers = false
  /// How many times the crossbars of one copy the copies of every layer take; 0 for no copies.
  public var copies = 0
  /// How often the columns and rows of single layers are repeated, whatever holds for all.
  public var givenCopies: [GivenCopies] = []
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
  /// The name of the device model whose drift and errors of programming are expected; `nil` for the
  /// chip's own.
  public var model: String?
  /// The nodes whose products stay digital.
  public var digital: [String] = []
  /// What is corrected on the chip after programming.
  public var routine = Routine.none

  /// Creates options that leave a network as it is.
  public init() {}

  /// The options of the command line that ask for the same.
  public var text: String {
    let words = OptionValues(accuracy: self).words
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
        model: try device(on: chip, for: \.accuracy.predistortion),
        times: predistortion.map(\.seconds))
    }
    options.inputRange = inputRange
    options.weightRange = weightRange
    options.lineLimit = lineLimit
    if weightRange == .leastSquares {
      options.device = try device(on: chip, for: \.accuracy.weightRange)
    }
    return options
  }

  /// The device model that the option that sets `path` expects.
  ///
  /// Throws `Diagnostics` if the chip has no such device model.
  private func device(
    on chip: Chip, for path: PartialKeyPath<OptionValues>
  ) throws -> DeviceModel {
    try chip.device(model, for: CompileOption.setting(path).expecting ?? "")
  }

  /// The errors of programming of `chip`, where `layouts` keep columns for them.
  ///
  /// Throws `Diagnostics` if the chip has no such device model.
  public func errors(of layouts: ProductLayouts, on chip: Chip) throws -> ProgrammingErrors? {
    guard layouts.inOrder.contains(where: { $0.layout.residualColumns > 0 }) else { return nil }
    return ProgrammingErrors(try device(on: chip, for: \.accuracy.residual))
  }
}

extension Chip {
  /// The device model `name`, or without a name the chip's own, which `option` needs.
  ///
  /// Throws `Diagnostics` if the chip has no such model, or none at all.
  public func device(_ name: String?, for option: String) throws -> DeviceModel {
    if let model = name.map({ device($0) }) ?? ownDevice { return model }
    guard !devices.isEmpty else {
      throw Diagnostics(
        Diagnostic(
          .error, "\(option) needs a device model, and the chip \(self.name) has none",
          help: "add one under devices in the chip file (Specs/chip.md), or leave out \(option)"))
    }
    throw Diagnostics(
      Diagnostic(
        .error, "the chip \(self.name) has no device model \"\(name ?? "")\"",
        supported: devices.map(\.name).joined(separator: ", ")))
  }
}
