import Basics
import Chip
import Compiler

/// A file that describes many evaluations: a grid over models, chips, figures of the chips, devices and options.
struct SweepFile {
  /// What is varied, in the order of the file; the first axis varies slowest.
  var axes: [SweepAxis] = []
  /// The times after programming, all in each run; `nil` for the usual ones.
  var times: String?
  /// The chips of every point of the grid, and the first of them.
  var seeds = EvaluationPlan().seeds
  var firstSeed: UInt64 = 0
  /// The most chips of a run; `nil` for all.
  var seedsPerRun: Int?
  /// Points that are left out: those that have one of the values on each of the axes of an entry.
  var exceptions: [[(axis: Int, values: Set<Int>)]] = []

  /// The form that a file says it has.
  static let format = "sweep/1"
  /// The most bytes of a file.
  static let maximumSize = 1 << 20
  /// The most runs.
  static let maximumRuns = 100_000
  /// The most chips of a point.
  static let maximumSeeds = 100_000
}

/// What is varied in a sweep, with all its values.
struct SweepAxis {
  /// What it is.
  enum Kind { case model, chip, setting, device, option }

  /// One of the values.
  struct Value {
    /// What tables call it.
    var label: String
    /// The words of `aimcc evaluate` that ask for it; none for what holds without any.
    var words: [String]
    /// Where it stands.
    var place: Place
    /// The files that it makes `evaluate` read.
    var files: [String] = []
  }

  var kind: Kind
  /// The heading of its column.
  var name: String
  var place: Place
  var values: [Value]
}

/// An option of `evaluate` that a sweep may vary.
struct SweepOption {
  enum Form { case flag, value, values }

  var name: String
  var form: Form
  /// Whether its value is the path of a file.
  var isFile = false

  /// The options of the table and those of simulated chips. What a sweep says elsewhere is not among them, nor what is
  /// done beside the evaluation.
  static let all: [SweepOption] =
    CompileOption.table.filter { $0.commands.contains(.evaluate) }.map { option in
      switch option.form {
      case .flag: SweepOption(name: option.name, form: .flag)
      case .value: SweepOption(name: option.name, form: .value)
      case .values: SweepOption(name: option.name, form: .values)
      }
    } + [
      SweepOption(name: "fault-map", form: .value, isFile: true),
      SweepOption(name: "tile-map", form: .value, isFile: true),
      SweepOption(name: "correct", form: .value), SweepOption(name: "calibrate-at", form: .value),
      SweepOption(name: "between", form: .value), SweepOption(name: "without", form: .values),
      SweepOption(name: "pulses", form: .flag), SweepOption(name: "gradient", form: .flag),
      SweepOption(name: "faults", form: .value, isFile: true),
      SweepOption(name: "half-width", form: .value),
      SweepOption(name: "max-memory", form: .value),
      SweepOption(name: "max-instructions", form: .value),
    ]

  static func named(_ name: String) -> SweepOption? { all.first { $0.name == name } }

  /// The options of a model: typical inputs, and sizes that it leaves open.
  static let ofModels = [
    SweepOption(name: "calibrate", form: .value, isFile: true),
    SweepOption(name: "dim", form: .values), SweepOption(name: "input-shape", form: .values),
  ]
}
