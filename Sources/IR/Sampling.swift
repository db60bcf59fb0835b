/// Operators that read images between their elements, in regions or back from windows, and choose
/// among regions. Images are batch × channels × spatial.
public enum Sampling: Hashable, Sendable {
  /// x, grid → y; the last dimension of the grid holds coordinates, the last axis first, where −1
  /// and 1 are the ends of an axis.
  case grid(GridSample)
  /// transformations, size → a grid for `grid`. The ends are centres of elements if `alignCorners`,
  /// else their borders.
  case affineGrid(alignCorners: Bool)
  /// x, regions, batches → y; samples of each region.
  case regionAlign(RegionAlign)
  /// x, regions (batch, x₁, y₁, x₂, y₂) → y; the maximum of each part of each region.
  case regionMaximum(rows: Int, columns: Int, scale: Float)
  /// boxes, scores, [count], [overlap], [score] → the boxes that are kept, as batch, class, box; if `isPadded`,
  /// as many rows as may be kept, of which those behind hold −1.
  case suppression(centered: Bool, isPadded: Bool)
  /// x, positions, [shape] → y, in which the elements lie at their positions, and 0 elsewhere.
  case unpool(Window)
  /// x, size, block → images whose windows the columns of x are; what overlaps is added.
  case fromColumns(strides: [Int]?, dilations: [Int]?, pads: [Int]?)
}

/// The parameters of GridSample.
public struct GridSample: Hashable, Sendable {
  /// How an element between others is found.
  public enum Mode: String, Hashable, Sendable, CaseIterable { case linear, nearest, cubic }
  /// What is read outside.
  public enum Padding: String, Hashable, Sendable, CaseIterable { case zeros, border, reflection }

  /// The mode.
  public var mode: Mode
  /// The padding.
  public var padding: Padding
  /// Whether −1 and 1 are centres of elements rather than their borders.
  public var alignCorners: Bool

  /// Creates the parameters.
  public init(mode: Mode = .linear, padding: Padding = .zeros, alignCorners: Bool = false) {
    self.mode = mode
    self.padding = padding
    self.alignCorners = alignCorners
  }
}

/// The parameters of RoiAlign.
public struct RegionAlign: Hashable, Sendable {
  /// Whether the largest sample counts rather than the average.
  public var takesMaximum: Bool
  /// Whether coordinates are shifted by half an element.
  public var halfPixel: Bool
  /// The size of the result.
  public var rows: Int
  /// The size of the result.
  public var columns: Int
  /// The samples of each part along each axis; 0 for as many as it has elements.
  public var samples: Int
  /// The factor from coordinates of regions to those of x.
  public var scale: Float

  /// Creates the parameters.
  public init(
    takesMaximum: Bool = false, halfPixel: Bool = true, rows: Int = 1, columns: Int = 1,
    samples: Int = 0, scale: Float = 1
  ) {
    self.takesMaximum = takesMaximum
    self.halfPixel = halfPixel
    self.rows = rows
    self.columns = columns
    self.samples = samples
    self.scale = scale
  }
}

extension Sampling {
  /// The names in the text form and in ONNX.
  var names: (mnemonic: String, onnx: String) {
    switch self {
    case .grid: ("grid_sample", "GridSample")
    case .affineGrid: ("affine_grid", "AffineGrid")
    case .regionAlign: ("roi_align", "RoiAlign")
    case .regionMaximum: ("max_roi_pool", "MaxRoiPool")
    case .suppression: ("non_max_suppression", "NonMaxSuppression")
    case .unpool: ("max_unpool", "MaxUnpool")
    case .fromColumns: ("col_to_image", "Col2Im")
    }
  }

  /// What the operator takes and gives.
  var signature: Signature {
    switch self {
    case .grid: Signature(operands: [.main("x", .floats), .side("grid", .floats)])
    case .affineGrid:
      Signature(operands: [.main("transformations", .floats), .side("size", [.i64])])
    case .regionAlign:
      Signature(operands: [
        .main("x", .floats), .main("regions", .floats), .side("batches", [.i64]),
      ])
    case .regionMaximum: Signature(operands: [.main("x", .floats), .main("regions", .floats)])
    case .suppression:
      Signature(operands: [
        .main("boxes", [.f32]), .main("scores", [.f32]), .optionalSide("count", [.i64]),
        .optionalMain("overlap", [.f32]), .optionalMain("score", [.f32]),
      ])
    case .unpool:
      Signature(operands: [
        .main("x", .floats), .side("positions", [.i64]), .optionalSide("shape", [.i64]),
      ])
    case .fromColumns:
      Signature(operands: [.main("x", .floats), .side("size", [.i64]), .side("block", [.i64])])
    }
  }

  /// The parameters; those at their defaults are left out by `AttributeList`.
  func add(to list: inout AttributeList) {
    switch self {
    case .grid(let sample):
      list.add("align_corners", sample.alignCorners)
      list.add("mode", .word(sample.mode.rawValue), unless: .word("linear"))
      list.add("padding", .word(sample.padding.rawValue), unless: .word("zeros"))
    case .affineGrid(let alignCorners): list.add("align_corners", alignCorners)
    case .regionAlign(let region):
      list.add("columns", .integer(region.columns), unless: .integer(1))
      list.add("half_pixel", .flag(region.halfPixel), unless: .flag(true))
      list.add("maximum", region.takesMaximum)
      list.add("rows", .integer(region.rows), unless: .integer(1))
      list.add("samples", .integer(region.samples), unless: .integer(0))
      list.add("scale", .float(region.scale), unless: .float(1))
    case .regionMaximum(let rows, let columns, let scale):
      list.add("columns", .integer(columns), unless: .integer(1))
      list.add("rows", .integer(rows), unless: .integer(1))
      list.add("scale", .float(scale), unless: .float(1))
    case .suppression(let centered, let isPadded):
      list.add("centered", centered)
      list.add("padded", isPadded)
    case .unpool(let window): list.add(window)
    case .fromColumns(let strides, let dilations, let pads):
      if let strides { list.add("strides", .integers(strides)) }
      if let dilations { list.add("dilations", .integers(dilations)) }
      if let pads { list.add("pads", .integers(pads)) }
    }
  }
}

extension AttributeReader {
  /// The operator of this family that `mnemonic` names, with the attributes that were added.
  mutating func sampling(_ mnemonic: String) -> Sampling? {
    switch mnemonic {
    case "grid_sample":
      return .grid(
        GridSample(
          mode: word("mode", default: .linear, lacking: .linear),
          padding: word("padding", default: .zeros, lacking: .zeros),
          alignCorners: flag("align_corners")))
    case "affine_grid": return .affineGrid(alignCorners: flag("align_corners"))
    case "roi_align":
      return .regionAlign(
        RegionAlign(
          takesMaximum: flag("maximum"), halfPixel: flag("half_pixel", default: true),
          rows: integer("rows", default: 1), columns: integer("columns", default: 1),
          samples: integer("samples", default: 0), scale: float("scale", default: 1)))
    case "max_roi_pool":
      return .regionMaximum(
        rows: integer("rows", default: 1), columns: integer("columns", default: 1),
        scale: float("scale", default: 1))
    case "non_max_suppression":
      return .suppression(centered: flag("centered"), isPadded: flag("padded"))
    case "max_unpool": return .unpool(window())
    case "col_to_image":
      return .fromColumns(
        strides: optionalIntegers("strides"), dilations: optionalIntegers("dilations"),
        pads: optionalIntegers("pads"))
    default: return nil
    }
  }
}

extension Sampling {
  /// Each operator once.
  public static let forms: [Sampling] = [
    .grid(GridSample()), .affineGrid(alignCorners: false), .regionAlign(RegionAlign()),
    .regionMaximum(rows: 1, columns: 1, scale: 1), .suppression(centered: false, isPadded: false),
    .unpool(Window(kernel: [], strides: [], dilations: [], padding: .valid)),
    .fromColumns(strides: nil, dilations: nil, pads: nil),
  ]
}
