import Compiler
import Basics

extension Tensor {
  /// The same numbers as elements of `target`, or `nil` and the first number that it cannot hold.
  ///
  /// Integers become any integer or floating-point type and floating-point numbers any
  /// floating-point type, as long as every single number stays exactly what it is.
  func exactly(as target: ElementType) -> Result<Tensor, InexactConversion> {
    if type == target { return .success(self) }
    if type == .bool || target == .bool || type.isFloatingPoint && !target.isFloatingPoint {
      return .failure(InexactConversion(number: nil))
    }
    return switch type {
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
      decoded.exactly(as: target)
    case .i4, .u4, .i2, .u2: stored.exactly(as: target)
    case .f16: converted(from: Float16.self, to: target)
    case .f32: converted(from: Float.self, to: target)
    case .f64: converted(from: Double.self, to: target)
    case .i8: converted(from: Int8.self, to: target)
    case .i16: converted(from: Int16.self, to: target)
    case .i32: converted(from: Int32.self, to: target)
    case .i64: converted(from: Int64.self, to: target)
    case .u8: converted(from: UInt8.self, to: target)
    case .u16: converted(from: UInt16.self, to: target)
    case .u32: converted(from: UInt32.self, to: target)
    case .u64: converted(from: UInt64.self, to: target)
    case .bool: .failure(InexactConversion(number: nil))
    }
  }

  private func converted<Source: Scalar & BinaryInteger>(
    from: Source.Type, to target: ElementType
  ) -> Result<Tensor, InexactConversion> {
    switch target {
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
      encoded(from, as: target) { Double(exactly: $0) }
    case .i4, .i2:
      shortened(from, to: target) { Int8(exactly: $0).map { UInt8(bitPattern: $0) } }
    case .u4, .u2: shortened(from, to: target) { UInt8(exactly: $0) }
    case .f16: map(from) { Float16(exactly: $0) }
    case .f32: map(from) { Float(exactly: $0) }
    case .f64: map(from) { Double(exactly: $0) }
    case .i8: map(from) { Int8(exactly: $0) }
    case .i16: map(from) { Int16(exactly: $0) }
    case .i32: map(from) { Int32(exactly: $0) }
    case .i64: map(from) { Int64(exactly: $0) }
    case .u8: map(from) { UInt8(exactly: $0) }
    case .u16: map(from) { UInt16(exactly: $0) }
    case .u32: map(from) { UInt32(exactly: $0) }
    case .u64: map(from) { UInt64(exactly: $0) }
    case .bool: .failure(InexactConversion(number: nil))
    }
  }

  private func converted<Source: Scalar & BinaryFloatingPoint>(
    from: Source.Type, to target: ElementType
  ) -> Result<Tensor, InexactConversion> {
    switch target {
    case .f16: map(from) { $0.isNaN ? Float16.nan : Float16(exactly: $0) }
    case .f32: map(from) { $0.isNaN ? Float.nan : Float(exactly: $0) }
    case .f64: map(from) { $0.isNaN ? Double.nan : Double(exactly: $0) }
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
      encoded(from, as: target) { Double($0) }
    default: .failure(InexactConversion(number: nil))
    }
  }

  /// The codes of numbers in a format that Swift has no type for.
  private func encoded<Source: Scalar>(
    _: Source.Type, as target: ElementType, _ number: (Source) -> Double?
  ) -> Result<Tensor, InexactConversion> {
    let format = target.format!
    let codes: Result<Tensor, InexactConversion> = map(Source.self) { source -> UInt16? in
      guard let number = number(source), let code = format.codeInRange(of: number) else {
        return nil
      }
      return number.isNaN || Double(format.number(of: code)) == number ? code : nil
    }
    return codes.map {
      Tensor(codes: $0.elements(of: UInt16.self), type: target, shape: shape)
    }
  }

  /// The numbers as integers shorter than a byte.
  private func shortened<Source: Scalar>(
    _: Source.Type, to target: ElementType, _ byte: (Source) -> UInt8?
  ) -> Result<Tensor, InexactConversion> {
    let bytes: Result<Tensor, InexactConversion> = map(Source.self) { source -> UInt8? in
      byte(source).flatMap { target.hasElement(UInt64($0)) ? $0 : nil }
    }
    return bytes.map { Tensor(type: target, shape: shape, bytes: $0.bytes) }
  }

  private func map<Source: Scalar, Target: Scalar>(
    _: Source.Type, _ convert: (Source) -> Target?
  ) -> Result<Tensor, InexactConversion> {
    withElements(of: Source.self) { source in
      var failed: Source?
      // Into the memory of the tensor at once: an array beside it would double what large data take.
      let bytes = Bytes(count: source.count * MemoryLayout<Target>.stride) { target in
        let elements = target.bindMemory(to: Target.self)
        for (index, number) in source.enumerated() {
          guard let same = convert(number) else {
            failed = number
            return
          }
          elements[index] = same
        }
      }
      if let failed { return .failure(InexactConversion(number: "\(failed)")) }
      return .success(Tensor(type: Target.elementType, shape: shape, bytes: bytes))
    }
  }
}

/// A conversion that would not keep every number.
struct InexactConversion: Error, Equatable {
  /// The first number that would change, or `nil` if the types do not convert at all.
  var number: String?
}
