extension Tensor {
  /// What an element holds that is not there: −1, the largest number of a type without −1, or false.
  public static func absent(_ type: ElementType) -> Tensor {
    let bits: UInt64 =
      switch type {
      case .f16: UInt64(Float16(-1).bitPattern)
      case .f32: UInt64(Float(-1).bitPattern)
      case .f64: Double(-1).bitPattern
      case .bool: 0
      default: type.format.map { UInt64($0.code(of: -1, saturates: true)) } ?? .max
      }
    let bytes = Bytes(count: type.byteCount) { target in
      for index in 0..<type.byteCount {
        target[index] = type.extended(UInt8(truncatingIfNeeded: bits >> (8 * UInt64(index))))
      }
    }
    return Tensor(type: type, shape: [], bytes: bytes)
  }

  /// The tensor with absent elements behind those that it has along each dimension, of which there are
  /// no more than in `shape`.
  public func padded(to shape: [Int]) -> Tensor {
    precondition(
      shape.count == self.shape.count && zip(shape, self.shape).allSatisfy { $0 >= $1 },
      "a tensor of shape \(self.shape) is not cut to \(shape)")
    if shape == self.shape { return self }
    let (size, absent) = (type.byteCount, Tensor.absent(type))
    let count = shape.reduce(1, *)
    let bytes = Bytes(count: count * size) { target in
      absent.bytes.withUnsafeBytes { element in
        for index in 0..<count {
          for byte in 0..<size { target[index * size + byte] = element[byte] }
        }
      }
      // Rows of the last dimension, each at its place.
      let row = (self.shape.last ?? 1) * size
      guard row > 0 else { return }
      self.bytes.withUnsafeBytes { source in
        for number in 0..<source.count / row {
          var (rest, place, stride) = (number, 0, shape.last ?? 1)
          for axis in shape.indices.dropLast().reversed() {
            place += rest % self.shape[axis] * stride
            rest /= self.shape[axis]
            stride *= shape[axis]
          }
          UnsafeMutableRawBufferPointer(rebasing: target[(place * size)...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[number * row..<(number + 1) * row]))
        }
      }
    }
    return Tensor(type: type, shape: shape, bytes: bytes)
  }
}
