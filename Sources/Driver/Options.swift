/// How many chips a network may take.
public enum ChipCount: Hashable, Sendable {
  case fixed(Int)
  /// As many as one copy of every layer needs.
  case automatic

  /// Creates a count from `N` or `auto`; `nil` if it is neither.
  public init?(_ text: String) {
    if text == "auto" {
      self = .automatic
    } else if let count = Int(text), count > 0, count <= 1 << 20 {
      self = .fixed(count)
    } else {
      return nil
    }
  }
}

extension ChipCount: CustomStringConvertible {
  /// As it is given on the command line.
  public var description: String {
    switch self {
    case .fixed(let count): "\(count)"
    case .automatic: "auto"
    }
  }
}

/// The size that the user gives to a dimension that the model leaves open.
public struct DimensionSize: Hashable, Sendable {
  /// The name of the dimension.
  public var name: String
  /// Its size.
  public var size: Int

  /// Creates a size from `name=size`; `nil` if it is not of that form.
  public init?(_ text: String) {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
      let size = Int(text[text.index(after: equals)...]), size > 0
    else { return nil }
    name = String(text[..<equals])
    self.size = size
  }
}

/// What the compiler is told beside the model.
public struct CompileOptions: Sendable {
  /// The name of a preset, or the path of a chip file.
  public var chip = "hermes"
  /// Changes of the chip, each `key=value`.
  public var settings: [String] = []
  /// How many chips there are.
  public var chips = ChipCount.fixed(1)
  /// The path of data whose inputs are typical.
  public var calibrate: String?
  /// The sizes of open dimensions.
  public var dimensions: [DimensionSize] = []
  /// The passes after which the product is printed.
  public var printAfter: Set<Pass> = []
  /// The last pass to run.
  public var stopAfter = Pass.emit
  /// Whether the times of the passes are printed.
  public var timing = false
  /// Whether the verifier runs after every pass.
  public var verifyEach: Bool

  /// Creates the options that hold without any on the command line.
  public init() {
    #if DEBUG
      verifyEach = true
    #else
      verifyEach = false
    #endif
  }
}

/// How outputs are compared with the expected ones, element by element:
/// |a − b| ≤ absolute + relative · |b|.
public struct Tolerance: Sendable {
  /// The part that is relative to the expected element.
  public var relative: Double
  /// The part that is the same for all elements.
  public var absolute: Double

  /// Creates a tolerance.
  public init(relative: Double = 1e-3, absolute: Double = 1e-5) {
    self.relative = relative
    self.absolute = absolute
  }
}
