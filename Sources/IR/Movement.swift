/// Operators that take, place, order or repeat elements, some at positions that they compute.
public enum Movement: Hashable, Sendable {
  /// data, indices → y of the shape of the indices, each of which names an element along the axis.
  case gatherElements(axis: Int)
  /// data, indices → y; the last dimension of the indices names the first dimensions of data that
  /// follow the batch dimensions.
  case gatherND(batchDimensions: Int)
  /// data, indices, updates → data with elements replaced by updates or combined with them; each
  /// index names an element along the axis.
  case scatterElements(axis: Int, ScatterReduction)
  /// data, indices, updates → data with parts replaced by updates or combined with them; the last
  /// dimension of the indices names the first dimensions of data.
  case scatterND(ScatterReduction)
  /// x, count → the largest or smallest elements along the axis, ordered from the extreme on, and
  /// their positions; of equal elements the first one comes first.
  case topK(axis: Int, largest: Bool)
  /// indices, depth, values → y with a new dimension of the size depth, where the element that an
  /// index names has the second value and the others the first.
  case oneHot(axis: Int)
  /// x → the positions of elements that are not 0, one column for each; if `isPadded`, as many columns as x
  /// has elements, of which those behind hold −1.
  case nonZero(isPadded: Bool)
  /// x, condition → the parts along the axis, or of the flattened x, whose condition is true.
  case compress(axis: Int?)
  /// x → the different parts along the axis, or elements of the flattened x; the position where
  /// each is first met; for each part of x which of them it is; how often each is there.
  case unique(axis: Int?, isSorted: Bool)
  /// x, repeats → x repeated along each dimension.
  case tile
  /// x → y; blocks of channels become squares of the image.
  case depthToSpace(blockSize: Int, order: DepthOrder)
  /// x → y; squares of the image become blocks of channels.
  case spaceToDepth(blockSize: Int, order: DepthOrder)
  /// x, lengths → x whose first elements along the time axis are reversed, as many as the length of
  /// their batch says.
  case reverseSequence(batchAxis: Int, timeAxis: Int)
  /// x, sizes → x cut or padded with 0 on both sides to the sizes of the axes; all, where `nil`.
  case centerCropPad(axes: [Int]?)
}

/// How updates are combined with what is there.
public enum ScatterReduction: String, Hashable, Sendable, CaseIterable {
  case replace = "none"
  case add, mul, max, min
}

/// The order of the parts of a channel number in DepthToSpace and SpaceToDepth.
public enum DepthOrder: String, Hashable, Sendable, CaseIterable {
  /// Row in the block, column in the block, channel of the image with fewer channels.
  case depthColumnRow = "dcr"
  /// Channel of the image with fewer channels, row in the block, column in the block.
  case columnRowDepth = "crd"
}

extension Movement {
  /// The names in the text form and in ONNX.
  var names: (mnemonic: String, onnx: String) {
    switch self {
    case .gatherElements: ("gather_elements", "GatherElements")
    case .gatherND: ("gather_nd", "GatherND")
    case .scatterElements: ("scatter_elements", "ScatterElements")
    case .scatterND: ("scatter_nd", "ScatterND")
    case .topK: ("top_k", "TopK")
    case .oneHot: ("one_hot", "OneHot")
    case .nonZero: ("non_zero", "NonZero")
    case .compress: ("compress", "Compress")
    case .unique: ("unique", "Unique")
    case .tile: ("tile", "Tile")
    case .depthToSpace: ("depth_to_space", "DepthToSpace")
    case .spaceToDepth: ("space_to_depth", "SpaceToDepth")
    case .reverseSequence: ("reverse_sequence", "ReverseSequence")
    case .centerCropPad: ("center_crop_pad", "CenterCropPad")
    }
  }

  /// What the operator takes and gives.
  var signature: Signature {
    switch self {
    case .gatherElements:
      Signature(operands: [.main("data", .all), .side("indices", .indices)])
    case .gatherND: Signature(operands: [.main("data", .all), .side("indices", [.i64])])
    case .scatterElements(_, let reduction):
      Signature(operands: [
        .main("data", reduction == .replace ? .all : .numbers), .side("indices", .indices),
        .main("updates", reduction == .replace ? .all : .numbers),
      ])
    case .scatterND(let reduction):
      Signature(operands: [
        .main("data", reduction == .replace ? .all : .numbers), .side("indices", [.i64]),
        .main("updates", reduction == .replace ? .all : .numbers),
      ])
    case .topK:
      Signature(operands: [.main("x", .numbers), .side("count", [.i64])], resultCount: 2)
    case .oneHot:
      Signature(operands: [
        .side("indices", [.i64]), .side("depth", [.i64]), .side("values", .all),
      ])
    case .nonZero: Signature(operands: [.main("x", .all)])
    case .compress: Signature(operands: [.main("x", .all), .side("condition", [.bool])])
    case .unique: Signature(operands: [.main("x", .all)], resultCount: 4)
    case .tile: Signature(operands: [.main("x", .all), .side("repeats", [.i64])])
    case .depthToSpace, .spaceToDepth: Signature(operands: [.main("x", .all)])
    case .reverseSequence: Signature(operands: [.main("x", .all), .side("lengths", [.i64])])
    case .centerCropPad: Signature(operands: [.main("x", .all), .side("sizes", .indices)])
    }
  }

  /// The parameters; those at their defaults are left out by `AttributeList`.
  func add(to list: inout AttributeList) {
    switch self {
    case .gatherElements(let axis): list.add("axis", .integer(axis), unless: .integer(0))
    case .gatherND(let count):
      list.add("batch_dimensions", .integer(count), unless: .integer(0))
    case .scatterElements(let axis, let reduction):
      list.add("axis", .integer(axis), unless: .integer(0))
      list.add("reduction", .word(reduction.rawValue), unless: .word("none"))
    case .scatterND(let reduction):
      list.add("reduction", .word(reduction.rawValue), unless: .word("none"))
    case .topK(let axis, let largest):
      list.add("axis", .integer(axis), unless: .integer(-1))
      list.add("largest", .flag(largest), unless: .flag(true))
    case .oneHot(let axis): list.add("axis", .integer(axis), unless: .integer(-1))
    case .compress(let axis): if let axis { list.add("axis", .integer(axis)) }
    case .unique(let axis, let isSorted):
      if let axis { list.add("axis", .integer(axis)) }
      list.add("sorted", .flag(isSorted), unless: .flag(true))
    case .depthToSpace(let size, let order), .spaceToDepth(let size, let order):
      list.add("block_size", .integer(size))
      list.add("order", .word(order.rawValue), unless: .word("dcr"))
    case .reverseSequence(let batchAxis, let timeAxis):
      list.add("batch_axis", .integer(batchAxis), unless: .integer(1))
      list.add("time_axis", .integer(timeAxis), unless: .integer(0))
    case .centerCropPad(let axes): if let axes { list.add("axes", .integers(axes)) }
    case .nonZero(let isPadded): list.add("padded", isPadded)
    case .tile: break
    }
  }
}

extension AttributeReader {
  /// The operator of this family that `mnemonic` names, with the attributes that were added.
  mutating func elementMovement(_ mnemonic: String) -> Movement? {
    switch mnemonic {
    case "gather_elements": return .gatherElements(axis: integer("axis", default: 0))
    case "gather_nd": return .gatherND(batchDimensions: integer("batch_dimensions", default: 0))
    case "scatter_elements":
      return .scatterElements(
        axis: integer("axis", default: 0), word("reduction", default: .replace, lacking: .replace))
    case "scatter_nd": return .scatterND(word("reduction", default: .replace, lacking: .replace))
    case "top_k":
      return .topK(axis: integer("axis", default: -1), largest: flag("largest", default: true))
    case "one_hot": return .oneHot(axis: integer("axis", default: -1))
    case "non_zero": return .nonZero(isPadded: flag("padded"))
    case "compress": return .compress(axis: optionalInteger("axis"))
    case "unique":
      return .unique(axis: optionalInteger("axis"), isSorted: flag("sorted", default: true))
    case "tile": return .tile
    case "depth_to_space":
      return .depthToSpace(
        blockSize: integer("block_size", default: nil),
        order: word("order", default: .depthColumnRow, lacking: .depthColumnRow))
    case "space_to_depth":
      return .spaceToDepth(
        blockSize: integer("block_size", default: nil),
        order: word("order", default: .depthColumnRow, lacking: .depthColumnRow))
    case "reverse_sequence":
      return .reverseSequence(
        batchAxis: integer("batch_axis", default: 1), timeAxis: integer("time_axis", default: 0))
    case "center_crop_pad": return .centerCropPad(axes: optionalIntegers("axes"))
    default: return nil
    }
  }
}

extension Movement {
  /// Each operator once.
  public static let forms: [Movement] = [
    .gatherElements(axis: 0), .gatherND(batchDimensions: 0), .scatterElements(axis: 0, .replace),
    .scatterND(.replace), .topK(axis: 0, largest: true), .oneHot(axis: 0),
    .nonZero(isPadded: false),
    .compress(axis: nil), .unique(axis: nil, isSorted: true), .tile,
    .depthToSpace(blockSize: 1, order: .depthColumnRow),
    .spaceToDepth(blockSize: 1, order: .depthColumnRow),
    .reverseSequence(batchAxis: 1, timeAxis: 0), .centerCropPad(axes: nil),
  ]
}
