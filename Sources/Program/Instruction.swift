/// One instruction: 32 bytes in a program.
///
/// The meaning of the operands is that of the row of `opcode` in the table of `Opcode`.
public struct Instruction: Hashable, Sendable {
  /// What is done.
  public var opcode: Opcode
  /// Which function of the opcode's set, 0 if it has none.
  public var function: UInt8
  /// The options, a bit each.
  public var flags: Flags
  /// The operands: indices of descriptors, tiles, affine functions, counters or instructions.
  public var operands: [UInt32]
  /// The immediate operands.
  public var immediates: [Float]

  /// Options of an instruction.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16

    /// Creates options from their bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `affine`: negative results become 0 before the partial sum is added.
    public static let reluBefore = Flags(rawValue: 1)
    /// `affine`: negative results become 0 after the partial sum is added.
    public static let reluAfter = Flags(rawValue: 2)
  }

  /// Stands for an operand that is left out.
  public static let none = UInt32.max

  /// Creates an instruction; missing operands are `none` and missing immediates 0.
  public init(
    _ opcode: Opcode, function: UInt8 = 0, flags: Flags = [], operands: [UInt32] = [],
    immediates: [Float] = []
  ) {
    let row = opcode.row
    precondition(operands.count <= row.operands.count && immediates.count <= row.immediates.count)
    self.opcode = opcode
    self.function = function
    self.flags = flags
    self.operands =
      operands
      + Array(repeating: Self.none, count: row.operands.count - operands.count)
    self.immediates =
      immediates + Array(repeating: 0, count: row.immediates.count - immediates.count)
  }
}

extension Instruction {
  /// The numbers of the descriptors that it reads through, and the one that it writes through.
  public var accesses: (sources: [Int], destination: Int?) {
    var sources: [Int] = []
    var destination: Int?
    for (kind, operand) in zip(opcode.row.operands, operands) {
      switch kind {
      case .destination: destination = Int(operand)
      case .source: sources.append(Int(operand))
      case .optionalSource: if operand != Instruction.none { sources.append(Int(operand)) }
      default: break
      }
    }
    return (sources, destination)
  }
}

/// The functions of `map`: of one element v, with immediates x and y.
public enum MapFunction: UInt8, Hashable, Sendable, CaseIterable {
  /// x · v + y
  case affine
  /// min(max(v, x), y)
  case clip
  /// v < 0 ? x · v : v
  case leaky
  case exp, log, tanh
  /// 1 / (1 + exp(−v))
  case sigmoid
  /// The integer nearest to v, ties to even
  case round
  case abs, sign, floor, ceil, sqrt, erf, sin, cos, atan
}

/// The functions of `zip`: of two elements v and w.
public enum ZipFunction: UInt8, Hashable, Sendable, CaseIterable {
  case add, sub, mul, div, max, min
  /// v < 0 ? v · w : v
  case leaky
  /// v to the power of w
  case pow
  /// v − w · ⌊v / w⌋
  case mod
  /// v − w · n, n being v / w without its fraction
  case rem
  /// Whether v = w, and whether v < w.
  case equal, less
  /// Of the bits of integers, and of truth values.
  case and, or, xor
  /// v · 2ʷ and ⌊v / 2ʷ⌋ of integers
  case left, right

  /// Whether the result is a truth value about v and w.
  public var isComparison: Bool { self == .equal || self == .less }

  /// Whether v and w are integers or truth values.
  public var isBitwise: Bool {
    switch self {
    case .and, .or, .xor, .left, .right: true
    default: false
    }
  }
}

/// The functions of `reduce`: over the elements of a vector.
public enum ReduceFunction: UInt8, Hashable, Sendable, CaseIterable {
  case sum, max, min, product
}

/// The functions of `scatter`: what becomes of an element v of the destination where w is put.
public enum ScatterFunction: UInt8, Hashable, Sendable, CaseIterable {
  /// w
  case replace
  case add, mul, max, min
}

/// The functions of `sort`: the order of the elements of a vector.
public enum SortFunction: UInt8, Hashable, Sendable, CaseIterable {
  case ascending, descending
}
