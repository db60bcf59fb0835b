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
  /// What it does, in a sentence.
  public let summary: String
  /// What it gives.
  public let product: ProductKind
  /// Whether it reads typical inputs.
  public let readsInputs: Bool
  /// Whether it runs with these options.
  let isWanted: @Sendable (Compilation) -> Bool
  /// Does its work.
  let run: @Sendable (inout Compilation, CompilerObserver) throws -> Void

  /// Creates a pass, a row of the table `Pass.all`.
  public init(
    _ name: String, _ summary: String, gives product: ProductKind, readsInputs: Bool = false,
    isWanted: @escaping @Sendable (Compilation) -> Bool = { _ in true },
    run: @escaping @Sendable (inout Compilation, CompilerObserver) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.product = product
    self.readsInputs = readsInputs
    self.isWanted = isWanted
    self.run = run
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

  /// The pass after which the network has the form that all later ones take.
  public static let legalize = known("legalize")
  /// The last pass over the network.
  public static let widen = known("widen")
  /// The pass that cuts products into blocks.
  public static let partition = known("partition")
  /// The last pass of a plan.
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
  /// Whether a text of this stage holds such products, so that no pass has to make them.
  func holds(_ product: Pass.ProductKind) -> Bool {
    switch product {
    case .model, .program: false
    case .network: holdsMoreThanGraph
    case .calibration: calibration != nil
    case .partition: partition != nil
    case .replicas: placement != nil || quantization != nil
    case .quantization: quantization != nil
    case .placement: placement != nil
    case .schedule: schedule != nil
    }
  }
}
