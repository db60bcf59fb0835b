import Basics

extension Graph {
  /// The size in bytes up to which `splat` and `random` are written out.
  static let materializationLimit = 1 << 31

  /// The content of a constant; `nil` if `id` is not a constant, if only a checksum of it is known,
  /// or if the elements would not fit 2 GiB.
  ///
  /// Elements in a mapped file are not read.
  public func tensor(of id: ValueID) -> Tensor? {
    id.index < values.count ? self[id].tensor : nil
  }
}

extension Value {
  /// The content of a constant; `nil` if the value is not a constant, if only a checksum of it is
  /// known, or if the elements would not fit 2 GiB.
  ///
  /// Elements in a mapped file are not read.
  public var tensor: Tensor? {
    switch constant {
    case .tensor(let tensor): return tensor
    case .reference, nil: return nil
    case .splat(let element):
      guard let shape = materializableShape, element.count == 1, element.type == type.element
      else { return nil }
      return repeatingTensor(type.element, shape: shape, element.bytes)
    case .random(let seed):
      guard let shape = materializableShape else { return nil }
      return randomTensor(type.element, shape: shape, seed: seed)
    }
  }

  private var materializableShape: [Int]? {
    guard let shape = type.fixedShape, let count = elementCount(shape),
      let bytes = count.multiplied(by: type.element.byteCount), bytes <= Graph.materializationLimit
    else { return nil }
    return shape
  }
}

/// The tensor all of whose elements have the bytes of `element`.
private func repeatingTensor(_ type: ElementType, shape: [Int], _ element: Bytes) -> Tensor {
  let size = type.byteCount
  let bytes = Bytes(count: shape.reduce(size, *)) { buffer in
    element.withUnsafeBytes { element in
      if element.allSatisfy({ $0 == 0 }) { return }
      for start in stride(from: 0, to: buffer.count, by: size) {
        for byte in 0..<size { buffer[start + byte] = element[byte] }
      }
    }
  }
  return Tensor(type: type, shape: shape, bytes: bytes)
}

/// The tensor that `random(seed: seed)` stands for: element i, in row-major order, is
/// `randomElement(seed:index:type:)`.
private func randomTensor(_ type: ElementType, shape: [Int], seed: UInt64) -> Tensor {
  let size = type.byteCount
  let bytes = Bytes(count: shape.reduce(size, *)) { buffer in
    for index in 0..<buffer.count / size {
      let bits = randomElement(seed: seed, index: UInt64(index), type)
      for byte in 0..<size {
        buffer[index * size + byte] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))
      }
    }
  }
  return Tensor(type: type, shape: shape, bytes: bytes)
}

/// The bit pattern of one element of `random(seed: seed)`, in exact integer arithmetic.
///
/// z is output `index` of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014) from the state `seed`. A floating-point type with a significand of
/// p bits takes the p + 1 highest bits of z as a signed number and divides it by 2ᵖ, which is exact
/// and lies in −1 ..< 1; an integer type takes as many of the highest bits as it has, and `bool` the
/// highest one. f4e2m1 takes the 4 highest bits as its code, and f8e8m0 the 7 highest.
private func randomElement(seed: UInt64, index: UInt64, _ type: ElementType) -> UInt64 {
  var z = seed &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
  z ^= z >> 31
  let signed = Int64(bitPattern: z)
  switch type {
  case .f16: return UInt64((Float16(signed >> 52) * 0x1p-11).bitPattern)
  case .f32: return UInt64((Float(signed >> 39) * 0x1p-24).bitPattern)
  case .f64: return (Double(signed >> 10) * 0x1p-53).bitPattern
  case .bool: return z >> 63
  case .bf16: return formatElement(type, signed >> 55, 0x1p-8)
  case .f8e4m3fn, .f8e4m3fnuz: return formatElement(type, signed >> 59, 0x1p-4)
  case .f8e5m2, .f8e5m2fnuz: return formatElement(type, signed >> 60, 0x1p-3)
  case .f8e8m0: return z >> 57
  case .f4e2m1, .u4, .u2: return z >> UInt64(64 - type.bitCount)
  case .i4, .i2: return UInt64(UInt8(truncatingIfNeeded: signed >> Int64(64 - type.bitCount)))
  case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64: return z >> UInt64(64 - type.bitCount)
  }
}

private func formatElement(_ type: ElementType, _ number: Int64, _ factor: Double) -> UInt64 {
  UInt64(type.format!.code(of: Double(number) * factor, saturates: false))
}
