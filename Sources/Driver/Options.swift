import Compiler
import Passes

/// The size that the user gives to a dimension that the model leaves open.
public struct DimensionSize: Hashable, Sendable {
  /// The name of the dimension.
  public var name: String
  /// Its size.
  public var size: Int

  /// Creates a size of a dimension.
  init(name: String, size: Int) { (self.name, self.size) = (name, size) }

  /// Creates a size from `name=size`; `nil` if it is not of that form.
  public init?(_ text: String) {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
      let size = Int(text[text.index(after: equals)...]), size > 0
    else { return nil }
    name = String(text[..<equals])
    self.size = size
  }
}

/// The shape that the user gives to an input.
public struct InputShape: Hashable, Sendable {
  /// The name of the input.
  public var name: String
  /// The size of each dimension.
  public var sizes: [Int]

  /// Creates a shape from `name=1x3x224x224`; `nil` if it is not of that form.
  public init?(_ text: String) {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex else { return nil }
    name = String(text[..<equals])
    let parts = text[text.index(after: equals)...].split(
      separator: "x", omittingEmptySubsequences: false)
    sizes = parts.compactMap { Int($0) }
    guard sizes.count == parts.count, sizes.allSatisfy({ $0 > 0 }) else { return nil }
  }
}

/// The sizes that the user gives to what the model leaves open.
public struct GivenSizes: Sendable {
  /// The sizes of dimensions, by their names.
  public var dimensions: [DimensionSize]
  /// The shapes of inputs.
  public var shapes: [InputShape]

  /// Creates sizes.
  public init(dimensions: [DimensionSize] = [], shapes: [InputShape] = []) {
    self.dimensions = dimensions
    self.shapes = shapes
  }
}

/// What the compiler is told beside the model.
public struct CompileOptions: Sendable {
  /// The name of a preset, or the path of a chip file.
  public var chip = "hermes"
  /// Changes of the chip, each `key=value`.
  public var settings: [String] = []
  /// The path of a file of faults that the program is laid around.
  public var faultMap: String?
  /// The path of a tile map after which blocks are laid.
  public var tileMap: String?
  /// How many chips there are.
  public var chips = ChipCount.fixed(1)
  /// The path of data whose inputs are typical.
  public var calibrate: String?
  /// These data, where they are at hand already.
  package var typicalData: DataSource?
  /// Whether data are looked for beside the model, which one in memory has no place for.
  var looksBesideModel = true
  /// The part of those data whose inputs are taken.
  var calibrationPart = CalibrationPart.whole
  /// What the user wants of the mapping.
  public var mapping = MappingOptions()
  /// Whether only the mapping is found, from shapes alone.
  public var plan = false
  /// The sizes of open dimensions.
  public var sizes = GivenSizes()
  /// What is done for the accuracy on a chip.
  public var accuracy = AccuracyOptions()
  /// The part of FP32's accuracy that a chip shall keep, for which more is done as needed; `nil` for
  /// what `accuracy` says.
  public var accuracyTarget: Double?
  /// The passes after which the product is printed.
  public var printAfter: Set<Pass> = []
  /// The folder into which every stage is written; `nil` for none.
  public var dumpFolder: String?
  /// The last pass to run; a program that is written is always checked.
  public var stopAfter = Pass.check
  /// Whether the times of the passes are printed.
  public var timing = false
  /// Whether the verifier runs after every pass.
  public var verifyEach = CompilerOptions().verifyEach

  /// Creates the options that hold without any on the command line.
  public init() {}

  /// What of these the compiler is told.
  var compiler: CompilerOptions {
    var options = CompilerOptions()
    if case .fixed(let count) = chips { options.chips = count } else { options.chips = nil }
    options.mapping = mapping
    options.accuracy = accuracy
    options.plan = plan
    options.lastPass = stopAfter == .emit ? .check : stopAfter
    options.verifyEach = verifyEach
    return options
  }
}

extension CompileOptions {
  /// What the options of the table say.
  public var values: OptionValues {
    get {
      var values = OptionValues(accuracy: accuracy)
      (values.chips, values.mapping, values.accuracyTarget) = (chips, mapping, accuracyTarget)
      return values
    }
    set {
      (chips, mapping) = (newValue.chips, newValue.mapping)
      (accuracy, accuracyTarget) = (newValue.accuracy, newValue.accuracyTarget)
    }
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
