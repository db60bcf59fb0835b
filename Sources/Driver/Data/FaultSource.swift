import Basics
import Chip

/// Where the faults of simulated chips come from.
public enum FaultSource: Hashable, Sendable {
  /// A file of faults.
  case file(String)
  /// Rates, at which they are drawn.
  case rates(FaultRates)

  /// Reads the name of a file, or rates such as `stuck=1%,dead-cores=2`; `nil` for rates that are none.
  public init?(_ text: String) {
    guard FaultRates.isRates(text) else {
      self = .file(text)
      return
    }
    guard let rates = FaultRates(text) else { return nil }
    self = .rates(rates)
  }

  /// What rates look like.
  public static let form = FaultRates.form

  /// The faults of `count` chips like `chip`.
  ///
  /// Throws `Diagnostics` with every fault of the file.
  func map(on chip: Chip, chips count: Int) throws -> FaultMap {
    switch self {
    case .file(let path): try readFaultMap(path, on: chip)
    case .rates(let rates): FaultMap(rates, on: chip, chips: count)
    }
  }
}

/// Reads the file of faults at `path`, which must be of `chip`.
///
/// Throws `Diagnostics` with every fault of it.
func readFaultMap(_ path: String, on chip: Chip) throws -> FaultMap {
  if path != "-" { try requireFile(path, "a file of faults (.yaml)") }
  return try FaultMap(text: readText(path), on: chip, file: path)
}
