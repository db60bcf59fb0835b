import Basics
import Chip
import IR

/// What the user wants of a mapping.
public struct MappingOptions: Hashable, Sendable {
  /// What is made as small as can be.
  public enum Objective: String, Hashable, Sendable, CaseIterable {
    /// The time between inferences that follow each other.
    case throughput
    /// The time of one inference.
    case latency
    /// The energy of one inference.
    case energy
    /// The number of crossbars.
    case area
  }

  /// Whether blocks of several layers may share a crossbar.
  public enum PackingRule: String, Hashable, Sendable, CaseIterable {
    /// Where the network does not fit otherwise, or is faster by a twentieth or more.
    case automatic = "auto"
    case never
    case always
  }

  /// A layer whose first block has its core given.
  public struct Pin: Hashable, Sendable {
    /// The name of the node.
    public var layer: String
    /// The core, of the chip that the layer lies on.
    public var core: Int

    /// Creates a pin.
    public init(layer: String, core: Int) {
      self.layer = layer
      self.core = core
    }
  }

  /// What is made as small as can be.
  public var objective = Objective.throughput
  /// Whether blocks of several layers may share a crossbar.
  public var packing = PackingRule.automatic
  /// Whether convolutions compute several positions from one vector where crossbars have room.
  public var widens = false
  /// The names of products that the host computes.
  public var digital: [String] = []
  /// The names of products that crossbars compute although the host would be cheaper.
  public var analog: [String] = []
  /// The layers whose cores are given.
  public var pins: [Pin] = []
  /// What random choices of the search start from.
  public var seed: UInt64 = 1
  /// The time for which a placement is improved, in s; `nil` for a fixed number of steps, whose outcome
  /// is the same on any machine.
  public var searchTime: Double?
  /// What of the chips does not work; `nil` for nothing that is known.
  public var faults: FaultMap?
  /// Where blocks are to lie; `nil` for where the passes find that they should.
  public var tileMap: TileMap?

  /// Creates the options that hold unless others are given.
  public init() {}
}

extension Graph {
  /// Throws `Diagnostics` naming everything in `options` that does not fit the network.
  func requireLayers(of options: MappingOptions, among products: [Product]) throws {
    let names = Set(products.map { self[$0.node].name })
    let digital = Set(options.digital)
    var faults = Diagnostics()
    func require(_ name: String, _ option: String) {
      guard !names.contains(name) else { return }
      faults.append(
        Diagnostic(
          .error,
          "\(option) \(quoted(name)): there is no product with constant weights of that name",
          help: "aimcc compile --plan lists the layers by name"))
    }
    for name in options.digital { require(name, "--digital") }
    for name in options.analog {
      require(name, "--analog")
      if digital.contains(name) {
        faults.append(Diagnostic(.error, "\(quoted(name)) is both in --digital and in --analog"))
      }
    }
    for pin in options.pins {
      require(pin.layer, "--pin")
      if digital.contains(pin.layer) {
        faults.append(Diagnostic(.error, "\(quoted(pin.layer)) is both in --digital and in --pin"))
      }
    }
    try faults.throwIfErrors()
  }
}
