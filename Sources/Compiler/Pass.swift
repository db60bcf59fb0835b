import IR
import Passes

/// A pass of the compiler.
public struct Pass: Sendable {
  /// The kinds of products, in the order in which they come to be.
  public enum ProductKind: Sendable {
    case model, network, calibration, partition, replicas, quantization, placement, schedule,
      program

    /// The type of the product, as lists name it.
    public var name: String {
      switch self {
      case .model, .network: "Graph"
      case .calibration: "Calibration"
      case .partition, .replicas: "Partition"
      case .quantization: "Quantization"
      case .placement: "Placement"
      case .schedule: "Schedule"
      case .program: "Program"
      }
    }
  }

  /// Its name on the command line and in texts.
  public let name: String
  /// What it gives.
  public let product: ProductKind
  /// Whether it reads typical inputs.
  public let readsInputs: Bool
  /// Whether it looks at the chip that the user names; a partition has one of its own.
  public let readsChip: Bool
  /// Whether a plan has it, which knows shapes alone.
  public let isInPlans: Bool
  /// Does its work.
  let run: @Sendable (inout Compilation, CompilerObserver) throws -> Void
  private let deed: String

  /// Creates a pass, a row of the table `Pass.all`; `deed` says what it does, in a sentence.
  public init(
    _ name: String, _ deed: String, gives product: ProductKind, readsInputs: Bool = false,
    readsChip: Bool = false, inPlans: Bool = true,
    run: @escaping @Sendable (inout Compilation, CompilerObserver) throws -> Void
  ) {
    self.name = name
    self.deed = deed
    self.product = product
    self.readsInputs = readsInputs
    self.readsChip = readsChip
    isInPlans = inPlans
    self.run = run
  }

  /// What it does, in a sentence, behind the options that it runs only with.
  public var summary: String {
    starters.isEmpty ? deed : starters.map(\.flag).joined(separator: ", ") + ": " + deed
  }

  /// The options of which it needs one to run; empty if it runs without any.
  var starters: [CompileOption] { CompileOption.table.filter { $0.starts == name } }

  /// Whether it runs for a mesh of tiles and digital cores, of which plans are made from the blocks of the products.
  var isForFabrics: Bool { product != .replicas && product != .placement }

  /// Whether it runs with `options`.
  func isWanted(_ options: CompilerOptions) -> Bool {
    (isInPlans || !options.plan)
      && (starters.isEmpty || starters.contains { $0.isSaid(in: options.values) })
  }

  /// The pass of the table with this name; `nil` if there is none.
  public init?(named name: String) {
    guard let pass = Self.all.first(where: { $0.name == name }) else { return nil }
    self = pass
  }
}

extension Pass: Hashable {
  public static func == (a: Pass, b: Pass) -> Bool { a.name == b.name }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Pass {
  /// The rows of a table of `passes`, as documents hold it.
  public static func markdown(_ passes: [Pass] = all) -> String {
    "| pass | gives | what it does |\n|---|---|---|\n"
      + passes.map { "| `\($0.name)` | \($0.product.name) | \($0.summary) |\n" }.joined()
  }

  /// All passes up to `last`, in the order in which they run.
  public static func upTo(_ last: Pass) -> [Pass] {
    Array(all.prefix { $0 != last }) + [last]
  }

  /// The pass after which the network has the form that all later ones take.
  public static let legalize = known("legalize")
  /// The last pass over the network.
  public static let lastOverNetwork: Pass = {
    guard let pass = all.last(where: { $0.product == .network }) else {
      preconditionFailure("no pass is over the network")
    }
    return pass
  }()
  /// The pass that cuts products into blocks.
  public static let partition = known("partition")
  /// The pass that lays blocks onto cores.
  public static let place = known("place")
  /// The pass that writes the tile program.
  public static let emit = known("emit")
  /// The last pass of all.
  public static let check = known("check")

  private static func known(_ name: String) -> Pass {
    guard let pass = Pass(named: name) else { preconditionFailure("there is no pass \(name)") }
    return pass
  }
}

extension StageDump {
  /// Whether a text of this stage holds what `pass` gives, so that it has not to run.
  func holds(_ pass: Pass) -> Bool {
    switch pass.product {
    case .model, .program: false
    case .network: holdsMoreThanGraph || passes.contains(pass.name)
    case .calibration: calibration != nil
    case .partition: partition != nil
    case .replicas:
      placement != nil || quantization != nil || partition != nil && passes.contains(pass.name)
    case .quantization: quantization != nil
    case .placement: placement != nil
    case .schedule: schedule != nil
    }
  }
}
