import Basics
import Chip

extension ElementType {
  /// The types by their number in a file, from 1 on.
  static let coded: [ElementType] = [
    .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool,
    .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2,
  ]

  /// The number of the type in a file.
  var code: UInt8 { UInt8(Self.coded.firstIndex(of: self)! + 1) }

  /// The type with the number `code` in a file.
  init?(code: UInt8) {
    guard (1...Self.coded.count).contains(Int(code)) else { return nil }
    self = Self.coded[Int(code) - 1]
  }
}

extension Buffer.Space {
  /// The number of the kind, the chip, and the cores of the space in a file.
  var fields: (kind: UInt8, chip: Int, source: UInt32, target: UInt32) {
    switch self {
    case .host: (0, 0, 0, 0)
    case .columns(let chip, let core): (1, chip, core.rawValue, 0)
    case .link(let chip, let source, let target): (2, chip, source.rawValue, target.rawValue)
    case .gdpu(let chip, let slice): (3, chip, UInt32(slice), 0)
    }
  }

  /// The space with these fields in a file; fields that its kind does not use must be 0.
  init?(kind: UInt8, chip: UInt32, source: UInt32, target: UInt32) {
    switch (kind, chip, source, target) {
    case (0, 0, 0, 0): self = .host
    case (1, _, _, 0): self = .columns(chip: Int(chip), core: CoreID(Int(source)))
    case (2, _, _, _):
      self = .link(chip: Int(chip), source: CoreID(Int(source)), target: CoreID(Int(target)))
    case (3, _, _, 0): self = .gdpu(chip: Int(chip), slice: Int(source))
    default: return nil
    }
  }
}

extension Unit {
  /// The number of the kind in a file.
  var kindCode: UInt32 {
    switch self {
    case .host: 0
    case .crossbar: 1
    case .ldpu: 2
    case .gdpu: 3
    }
  }

  /// The unit with these fields in a file; those of the host must be 0.
  init?(kind: UInt32, chip: UInt32, index: UInt32) {
    switch (kind, chip, index) {
    case (0, 0, 0): self = .host
    case (1, _, _): self = .crossbar(chip: Int(chip), core: CoreID(Int(index)))
    case (2, _, _): self = .ldpu(chip: Int(chip), core: CoreID(Int(index)))
    case (3, _, _): self = .gdpu(chip: Int(chip), slice: Int(index))
    default: return nil
    }
  }
}

extension Program {
  /// The chip in whose section each block lies: that of the first tile that names it, or 0.
  var homes: [Int] {
    var homes = Array(repeating: 0, count: blocks.count)
    for tile in tiles.reversed() where homes.indices.contains(tile.block.index) {
      if (0..<chipCount).contains(tile.chip) { homes[tile.block.index] = tile.chip }
    }
    return homes
  }
}
