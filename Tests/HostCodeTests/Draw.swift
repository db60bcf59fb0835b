import Basics
import TestSupport

/// Shapes and elements drawn by chance; the same state gives the same.
struct Draw {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  mutating func within(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  mutating func flag() -> Bool { below(2) == 0 }
  mutating func one<T>(of choices: [T]) -> T { choices[below(choices.count)] }

  // MARK: Shapes

  /// A size, which is seldom 0 and often 1.
  mutating func size(_ limit: Int = 5) -> Int {
    switch below(24) {
    case 0: 0
    case 1...5: 1
    default: 1 + below(limit)
    }
  }

  /// A shape with some number of dimensions.
  mutating func shape(_ ranks: ClosedRange<Int> = 0...4, _ limit: Int = 5) -> [Int] {
    (0..<within(ranks)).map { _ in size(limit) }
  }

  /// A shape that broadcasts to `shape`.
  mutating func part(of shape: [Int]) -> [Int] {
    let kept = shape.suffix(flag() ? shape.count : below(shape.count + 1))
    return kept.map { below(4) == 0 ? 1 : $0 }
  }

  /// An axis of as many dimensions, counted from the front or from the end.
  mutating func axis(_ rank: Int) -> Int { below(rank) - (flag() ? 0 : rank) }

  /// Some of the axes of as many dimensions, each once.
  mutating func axes(_ rank: Int) -> [Int] {
    (0..<rank).shuffled(using: &random).filter { _ in flag() }.map { flag() ? $0 : $0 - rank }
  }

  mutating func permutation(_ rank: Int) -> [Int] { (0..<rank).shuffled(using: &random) }

  // MARK: Elements

  /// What a tensor may hold.
  enum Values {
    /// Anything, special numbers too.
    case any
    /// Numbers of ordinary magnitude.
    case ordinary
    /// Anything but 0.
    case nonzero
    /// Numbers below a bound, some of them counted from the end.
    case indices(Int)
    /// Integers from 0 on, up to a bound.
    case counts(Int)
  }

  mutating func tensor(
    _ type: ElementType, _ shape: [Int], _ values: Values = .any
  ) -> Tensor {
    let count = shape.reduce(1, *)
    let profile = below(4)
    if type.isFloatingPoint {
      return Tensor(
        type, (0..<count).map { _ in number(type, values, profile) }, shape)
    }
    return Tensor(type, integers: (0..<count).map { _ in integer(type, values, profile) }, shape)
  }

  private mutating func number(_ type: ElementType, _ values: Values, _ profile: Int) -> Double {
    let ordinary = Double(Float.random(in: -4...4, using: &random))
    switch (values, profile) {
    case (.ordinary, 0): return ordinary.rounded()
    case (.ordinary, _): return ordinary
    case (_, 0): return ordinary.rounded()
    case (_, 1): return ordinary
    case (_, 2): return below(3) == 0 ? ordinary : one(of: Self.specials)
    default:
      if type == .f16 {
        return Double(Float16(bitPattern: UInt16(truncatingIfNeeded: random.next())))
      }
      return Double(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
    }
  }

  /// Ends of ranges of the types and of functions, and numbers where something may cancel.
  private static let specials: [Double] = [
    0, -0.0, 1, 0.5, 2, 3, 6, 0x1p-24, 0x1.fffffep-1, 0x1.000002p0, 0x1p-126, 0x1p-149, 0x1p-133,
    0x1p-14, 0x1p-24, 65504, 65519, 65520, 255, 256, 32767.5, 0x1p24, 0x1.fffffep23, 0x1p31, 0x1p32,
    0x1p63, 0x1.fffffep62, 0x1p64, 10, 17, 20, 44.5, 88, 88.7, 88.8, 89, 89.4, 89.5, 103, 104,
    1e-30,
    1e-8, 1e-5, 1e-3, 0.01, 0.1, 100, 1e4, 1e10, 1e19, 1e30, 1e38, 1.2e38, 3.4e38,
    Double(Float.greatestFiniteMagnitude), .infinity, .nan, .pi, .pi / 2, .pi / 4, 2.5, 1.5, 8.5,
  ].flatMap { [$0, -$0] }

  private mutating func integer(_ type: ElementType, _ values: Values, _ profile: Int) -> Int64 {
    switch values {
    case .indices(let bound): return Int64(bound == 0 ? 0 : below(2 * bound) - bound)
    case .counts(let bound): return Int64(below(bound + 1))
    default: break
    }
    let range = type.integerRange ?? 0...1
    while true {
      let small = Int64(below(9) - 4)
      let value: Int64 =
        switch profile {
        case 0: small
        case 1: Int64(below(301) - 150)
        case 2:
          one(of: [
            range.lowerBound, range.upperBound, range.lowerBound &+ 1, range.upperBound &- 1, -1, 0,
            1,
            range.upperBound / 2, 1 << 24, 1 << 24 + 1, small,
          ])
        default: Int64(bitPattern: random.next())
        }
      let result = type == .u64 ? value : wrapped(value, range)
      if case .nonzero = values, result == 0 { continue }
      return result
    }
  }

  private func wrapped(_ value: Int64, _ range: ClosedRange<Int64>) -> Int64 {
    let size = range.upperBound &- range.lowerBound &+ 1
    if size == 0 || range.contains(value) { return value }
    let rest = (value &- range.lowerBound) % size
    return range.lowerBound + (rest < 0 ? rest + size : rest)
  }
}

extension Tensor {
  /// The floating-point numbers nearest to `numbers`.
  init(_ type: ElementType, _ numbers: [Double], _ shape: [Int]) {
    switch type {
    case .f16: self.init(numbers.map { Float16($0) }, shape: shape)
    case .f32: self.init(numbers.map { Float($0) }, shape: shape)
    case .f64: self.init(numbers, shape: shape)
    default:
      guard let format = type.format else { preconditionFailure("\(type) has no fractions") }
      self.init(
        codes: numbers.map { format.code(of: $0, saturates: false) }, type: type, shape: shape)
    }
  }

  /// Integers or truth values, modulo the width of the type.
  init(_ type: ElementType, integers: [Int64], _ shape: [Int]) {
    switch type {
    case .i8: self.init(integers.map { Int8(truncatingIfNeeded: $0) }, shape: shape)
    case .i16: self.init(integers.map { Int16(truncatingIfNeeded: $0) }, shape: shape)
    case .i32: self.init(integers.map { Int32(truncatingIfNeeded: $0) }, shape: shape)
    case .i64: self.init(integers, shape: shape)
    case .u8: self.init(integers.map { UInt8(truncatingIfNeeded: $0) }, shape: shape)
    case .u16: self.init(integers.map { UInt16(truncatingIfNeeded: $0) }, shape: shape)
    case .u32: self.init(integers.map { UInt32(truncatingIfNeeded: $0) }, shape: shape)
    case .u64: self.init(integers.map { UInt64(bitPattern: $0) }, shape: shape)
    case .bool: self.init(integers.map { Bool8($0 & 1 != 0) }, shape: shape)
    default:
      let bytes = integers.map { type.extended(UInt8(truncatingIfNeeded: $0)) }
      self.init(type: type, shape: shape, bytes: Bytes(copying: bytes))
    }
  }

  /// A list of i64.
  static func list(_ numbers: [Int]) -> Tensor {
    Tensor(numbers.map { Int64($0) }, shape: [numbers.count])
  }
}
