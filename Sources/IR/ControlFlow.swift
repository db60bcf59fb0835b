/// An operator that evaluates graphs of its own, called regions.
///
/// A region sees only its inputs and constants. Values that its nodes read from the graph around it
/// are *captured*: further operands of the operator and further inputs of every region, after the
/// others.
public indirect enum ControlFlow: Hashable, Sendable {
  /// condition, captured… → what the outputs of one of two regions are.
  case conditional(then: Graph, otherwise: Graph)
  /// [maximum], [condition], carried…, captured… → carried…, collected….
  case loop(Loop)
  /// state…, scanned…, captured… → state…, collected….
  case scan(Scan)

  /// How many regions may lie inside each other.
  public static let depthLimit = 8

  /// Whether it is a loop, whose body has one output more than it has results.
  public var isLoop: Bool { if case .loop = self { true } else { false } }

  /// The regions.
  public var regions: [Graph] {
    get {
      switch self {
      case .conditional(let then, let otherwise): [then, otherwise]
      case .loop(let loop): [loop.body]
      case .scan(let scan): [scan.body]
      }
    }
    set {
      switch self {
      case .conditional: self = .conditional(then: newValue[0], otherwise: newValue[1])
      case .loop(var loop):
        loop.body = newValue[0]
        self = .loop(loop)
      case .scan(var scan):
        scan.body = newValue[0]
        self = .scan(scan)
      }
    }
  }

  /// The words in front of the regions in the text form.
  var regionWords: [String] {
    switch self {
    case .conditional: ["then", "else"]
    case .loop, .scan: ["body"]
    }
  }

  /// The words in front of the regions of the operator that `mnemonic` names.
  static func regionWords(_ mnemonic: String) -> [String] {
    switch mnemonic {
    case "if": ["then", "else"]
    case "loop", "scan": ["body"]
    default: []
    }
  }
}

/// The parameters of a loop.
///
/// The inputs of the body are the number of the iteration (i64), the condition, what is carried and
/// what is captured; its outputs are the next condition, what is carried on, and elements that are
/// collected along a new first dimension.
public struct Loop: Hashable, Sendable {
  /// What each iteration computes.
  public var body: Graph
  /// How many values are carried from one iteration to the next.
  public var carriedCount: Int

  /// Creates the parameters.
  public init(body: Graph, carriedCount: Int) {
    self.body = body
    self.carriedCount = carriedCount
  }
}

/// The parameters of a scan.
///
/// The inputs of the body are the states, an element of each scanned operand and what is captured;
/// its outputs are the next states, and elements that are collected along a new dimension.
public struct Scan: Hashable, Sendable {
  /// How an operand is scanned, or a result collected.
  public struct Axis: Hashable, Sendable {
    /// The dimension along which its elements lie; negative ones count from the end.
    public var axis: Int
    /// Whether the last element comes first.
    public var isReversed: Bool

    /// Creates a way to scan.
    public init(_ axis: Int = 0, isReversed: Bool = false) {
      self.axis = axis
      self.isReversed = isReversed
    }
  }

  /// What is computed of each element.
  public var body: Graph
  /// How many states are passed from one element to the next.
  public var stateCount: Int
  /// How each operand is scanned.
  public var scanned: [Axis]
  /// How each result is collected.
  public var collected: [Axis]

  /// Creates the parameters.
  public init(body: Graph, stateCount: Int, scanned: [Axis], collected: [Axis]) {
    self.body = body
    self.stateCount = stateCount
    self.scanned = scanned
    self.collected = collected
  }
}

extension Op {
  /// The graphs that the operator evaluates.
  public var regions: [Graph] {
    get { if case .control(let control) = self { control.regions } else { [] } }
    set {
      guard case .control(var control) = self else { return }
      control.regions = newValue
      self = .control(control)
    }
  }
}

extension Graph: Hashable {
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(inputs)
    hasher.combine(outputs)
    hasher.combine(nodes.count)
  }
}
