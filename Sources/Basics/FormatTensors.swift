// Tensors of the floating-point types that Swift has no type for.

extension Tensor {
  /// The same numbers in f32, which is exact, if the type is one that `ElementType.format`
  /// describes; otherwise the tensor as it is.
  public var decoded: Tensor {
    guard let format = type.format else { return self }
    if type.byteCount == 2 {
      let numbers = stored.withElements(of: UInt16.self) { codes in
        type == .bf16
          ? codes.map { Float(bitPattern: UInt32($0) << 16) } : codes.map(format.number)
      }
      return Tensor(numbers, shape: shape)
    }
    let numbers = (0..<256).map { format.number(of: UInt16($0)) }
    return stored.withElements(of: UInt8.self) { codes in
      Tensor(codes.map { numbers[Int($0)] }, shape: shape)
    }
  }

  /// The tensor of `type`, which `ElementType.format` describes, with the given codes.
  public init(codes: [UInt16], type: ElementType, shape: [Int]) {
    let stored =
      type.byteCount == 2
      ? Tensor(codes, shape: shape)
      : Tensor(codes.map { UInt8(truncatingIfNeeded: $0) }, shape: shape)
    self = stored.restored(as: type)
  }
}

extension FloatFormat {
  /// The code of the bf16 nearest to `value`, ties to even.
  @inline(__always) public static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }
}
