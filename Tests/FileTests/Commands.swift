import Basics
import Chip
import IR
import Passes

/// What the first line of a case, `// test: <name> [<argument>…]`, can ask for.
struct Command: Sendable {
  let name: String
  /// Turns the stage that the case holds into the one that is expected; throws what should fail.
  let run: @Sendable (StageDump, Settings) throws -> StageDump

  static let all = [
    Command(name: "print") { stage, _ in stage },
    Command(name: "verify") { stage, _ in
      try Diagnostics(stage.verify()).throwIfErrors()
      return stage
    },
    Command(name: "infer") { stage, _ in
      var graph = stage.graph
      try graph.inferTypes()
      try Diagnostics(graph.verify()).throwIfErrors()
      return StageDump(graph)
    },
    Command(name: "bind") { stage, settings in
      var graph = stage.graph
      for (symbol, size) in settings.sizes { graph.bind(symbol: symbol, to: size) }
      try graph.inferTypes()
      return StageDump(graph)
    },
    Command(name: "fold") { stage, _ in try sound(stage.graph.folded()) },
    Command(name: "fuse") { stage, _ in
      try Diagnostics(stage.graph.verify()).throwIfErrors()
      return try sound(stage.graph.fused())
    },
    Command(name: "concatenate") { stage, settings in
      try Diagnostics(stage.graph.verify()).throwIfErrors()
      return try sound(stage.graph.concatenated(for: settings.chip))
    },
    Command(name: "legalize") { stage, _ in
      try Diagnostics(stage.graph.verify()).throwIfErrors()
      return try sound(stage.graph.legalized())
    },
    Command(name: "widen") { stage, settings in
      try Diagnostics(stage.graph.verify()).throwIfErrors()
      return try sound(stage.graph.widened(for: settings.chip.crossbar))
    },
    Command(name: "partition") { stage, settings in
      let legal = try sound(stage.graph.legalized()).graph
      let partition = try legal.partitioned(
        for: settings.chip, chips: settings.chips, options: settings.mapping)
      return StageDump(partition, calibration: stage.calibration)
    },
    Command(name: "replicate") { stage, settings in
      let partition = try required(stage.partition, "partition").replicated(settings.mapping)
      return StageDump(partition, calibration: stage.calibration)
    },
    Command(name: "quantize") { stage, _ in
      let partition = try required(stage.partition, "partition")
      let calibration = try required(stage.calibration, "calibration")
      return StageDump(try partition.quantized(by: calibration), of: partition)
    },
    Command(name: "place") { stage, _ in
      let placement = try required(stage.partition, "partition").placed()
      return StageDump(
        placement, calibration: stage.calibration, quantization: stage.quantization)
    },
    Command(name: "schedule") { stage, _ in
      let placement = try required(stage.placement, "placement")
      return StageDump(
        placement.scheduled(with: try required(stage.quantization, "quantization")))
    },
  ]

  /// The stage that holds `graph`, in which a pass must have left nothing wrong.
  private static func sound(_ graph: Graph) throws -> StageDump {
    let found = graph.verify()
    if !found.isEmpty { throw BrokenGraph(found: found) }
    return StageDump(graph)
  }

  private static func required<T>(_ section: T?, _ name: String) throws -> T {
    guard let section else {
      throw Diagnostics(Diagnostic(.error, "the case has no section \(name)"))
    }
    return section
  }
}

/// A pass gave a graph that is not sound.
struct BrokenGraph: Error {
  let found: [Diagnostic]
}

/// The arguments of a case: `--chip NAME`, `--set KEY=VALUE`, `--chips N` or `--chips auto`,
/// `--packing auto`, `never` or `always`, and sizes of dimensions as `N=1`.
struct Settings {
  private(set) var chipSettings: [String] = []
  private(set) var sizes: [(symbol: String, size: Int)] = []
  /// The number of chips, or `nil` for as many as needed.
  private(set) var chips: Int? = 1
  /// What is wanted of the mapping.
  private(set) var mapping = MappingOptions()
  private var chipName = "tiny"

  var chip: Chip { get throws { try Chip.named(chipName, settings: chipSettings) } }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--chip": chipName = rest.popFirst() ?? ""
      case "--set": chipSettings.append(rest.popFirst() ?? "")
      case "--packing":
        let rule = rest.popFirst() ?? ""
        guard let rule = MappingOptions.PackingRule(rawValue: rule) else {
          throw Diagnostics(Diagnostic(.error, "--packing does not take \(rule)"))
        }
        mapping.packing = rule
      case "--chips":
        let count = rest.popFirst() ?? ""
        chips = Int(count)
        if chips == nil && count != "auto" {
          throw Diagnostics(Diagnostic(.error, "--chips takes a number or auto"))
        }
      default:
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let size = Int(parts[1]) else {
          throw Diagnostics(Diagnostic(.error, "there is no argument \(argument)"))
        }
        sizes.append((String(parts[0]), size))
      }
    }
  }
}
