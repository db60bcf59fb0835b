import Basics
import CCrossbar

// Tensors lie inference after inference, the memories of a machine element after element with the
// lanes inside: these functions turn one into the other.

/// Copies inferences of `tensor`, of `elementCount` elements each, to floating memory.
func spread(
  _ tensor: Tensor, inferences: Range<Int>, elementCount: Int,
  into target: UnsafeMutablePointer<Float>
) {
  func spread<T: BitwiseCopyable>(_: T.Type, _ convert: (T) -> Float) {
    spreadElements(tensor, inferences, elementCount, target, convert)
  }
  switch tensor.type {
  case .f32:
    tensor.bytes.withUnsafeBytes { bytes in
      guard let first = bytes.baseAddress else { return }
      let size = elementCount * MemoryLayout<Float>.size
      transpose_numbers(
        first + inferences.lowerBound * size, inferences.count, elementCount, target)
    }
  case .f64: spread(Double.self) { Float($0) }
  case .f16: spread(UInt16.self) { Float(Float16(bitPattern: $0)) }
  case .i8: spread(Int8.self) { Float($0) }
  case .i16: spread(Int16.self) { Float($0) }
  case .i32: spread(Int32.self) { Float($0) }
  case .i64: spread(Int64.self) { Float($0) }
  case .u8: spread(UInt8.self) { Float($0) }
  case .u16: spread(UInt16.self) { Float($0) }
  case .u32: spread(UInt32.self) { Float($0) }
  case .u64: spread(UInt64.self) { Float($0) }
  case .bool: spread(UInt8.self) { $0 == 0 ? 0 : 1 }
  case .i4, .i2: spread(UInt8.self) { Float(Int8(bitPattern: tensor.type.extended($0))) }
  case .u4, .u2: spread(UInt8.self) { Float(tensor.type.extended($0)) }
  case .bf16: spread(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
  case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    spread(UInt8.self) { tensor.type.format!.number(of: UInt16($0)) }
  }
}

/// Copies inferences of `tensor`, of `elementCount` elements each, to integer memory.
///
/// Elements of floating types must be integers that an Int64 holds.
func spread(
  _ tensor: Tensor, inferences: Range<Int>, elementCount: Int,
  into target: UnsafeMutablePointer<Int64>
) {
  func spread<T: BitwiseCopyable>(_: T.Type, _ convert: (T) -> Int64) {
    spreadElements(tensor, inferences, elementCount, target, convert)
  }
  switch tensor.type {
  case .f32: spread(Float.self) { Int64($0) }
  case .f64: spread(Double.self) { Int64($0) }
  case .f16: spread(UInt16.self) { Int64(Float16(bitPattern: $0)) }
  case .i8: spread(Int8.self) { Int64($0) }
  case .i16: spread(Int16.self) { Int64($0) }
  case .i32: spread(Int32.self) { Int64($0) }
  case .i64: spread(Int64.self) { $0 }
  case .u8: spread(UInt8.self) { Int64($0) }
  case .u16: spread(UInt16.self) { Int64($0) }
  case .u32: spread(UInt32.self) { Int64($0) }
  case .u64: spread(UInt64.self) { Int64(bitPattern: $0) }
  case .bool: spread(UInt8.self) { $0 == 0 ? 0 : 1 }
  case .i4, .i2: spread(UInt8.self) { Int64(Int8(bitPattern: tensor.type.extended($0))) }
  case .u4, .u2: spread(UInt8.self) { Int64(tensor.type.extended($0)) }
  case .bf16: spread(UInt16.self) { Int64(Float(bitPattern: UInt32($0) << 16)) }
  case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    spread(UInt8.self) { Int64(tensor.type.format!.number(of: UInt16($0))) }
  }
}

@inline(__always) private func spreadElements<T: BitwiseCopyable, Element>(
  _ tensor: Tensor, _ inferences: Range<Int>, _ elementCount: Int,
  _ target: UnsafeMutablePointer<Element>, _ convert: (T) -> Element
) {
  let lanes = inferences.count
  tensor.bytes.withUnsafeBytes { bytes in
    for (lane, inference) in inferences.enumerated() {
      var offset = inference * elementCount * MemoryLayout<T>.size
      for element in 0..<elementCount {
        target[element &* lanes &+ lane] = convert(
          bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        offset &+= MemoryLayout<T>.size
      }
    }
  }
}

/// Writes the lanes of floating memory as inferences of type `element` one after the other.
func collect(
  _ source: UnsafePointer<Float>, lanes: Int, elementCount: Int, as element: ElementType,
  into target: UnsafeMutableRawPointer
) {
  if element == .f16 {
    collectElements(source, lanes, elementCount, target) { Float16($0).bitPattern }
  } else if element == .bf16 {
    collectElements(source, lanes, elementCount, target) { FloatFormat.bfloat16($0) }
  } else if let format = element.format {
    collectElements(source, lanes, elementCount, target) {
      UInt8(truncatingIfNeeded: format.code(of: Double($0), saturates: false))
    }
  } else {
    transpose_numbers(source, elementCount, lanes, target)
  }
}

/// Writes the lanes of integer memory as inferences of type `element` one after the other.
func collect(
  _ source: UnsafePointer<Int64>, lanes: Int, elementCount: Int, as element: ElementType,
  into target: UnsafeMutableRawPointer
) {
  // The memory holds nothing that the type does not, so that the low bytes are the value.
  switch element.byteCount {
  case 1:
    collectElements(source, lanes, elementCount, target) { UInt8(truncatingIfNeeded: $0) }
  case 2:
    collectElements(source, lanes, elementCount, target) { UInt16(truncatingIfNeeded: $0) }
  case 4:
    collectElements(source, lanes, elementCount, target) { UInt32(truncatingIfNeeded: $0) }
  default: collectElements(source, lanes, elementCount, target) { $0 }
  }
}

@inline(__always) private func collectElements<Element, T: BitwiseCopyable>(
  _ source: UnsafePointer<Element>, _ lanes: Int, _ elementCount: Int,
  _ target: UnsafeMutableRawPointer, _ convert: (Element) -> T
) {
  for lane in 0..<lanes {
    let inference = target + lane * elementCount * MemoryLayout<T>.size
    for element in 0..<elementCount {
      inference.storeBytes(
        of: convert(source[element &* lanes &+ lane]),
        toByteOffset: element &* MemoryLayout<T>.size, as: T.self)
    }
  }
}
