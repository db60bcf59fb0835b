import Basics

/// The discrete Fourier transform.
extension Inference {
  func fourier(_ fourier: Fourier) throws(Diagnostics) -> ValueType {
    try requireScalar(1)
    try requireScalar(2)
    guard var shape = shape(0) else { return type(0) }
    guard shape.count >= 2 else {
      throw fault("takes operand 0 (x) with 2 dimensions at least, not \(shape.count)")
    }
    let last = shape.count - 1
    if let parts = shape[last].value, parts != 1 && parts != 2 {
      throw fault("takes real or complex numbers, whose last dimension is 1 or 2, not \(parts)")
    }
    let (isInverse, isOneSided) = (fourier.isInverse, fourier.isOneSided)
    shape[last] = .fixed(isInverse && isOneSided ? 1 : 2)
    guard let given = operand(2) == nil ? -2 : integers(2)?.first else {
      return ValueType(type(0).element, (0..<last).map { unknown($0) } + [shape[last]])
    }
    let axis = try resolve(axis: given, rank: shape.count)
    guard axis != last else { throw fault("transforms along its last axis, that of real parts") }
    let isKnown = operand(1) == nil ? shape[axis].value != nil : integers(1)?.first != nil
    guard isKnown else {
      if operand(1) != nil || isOneSided { shape[axis] = unknown(axis) }
      return ValueType(type(0).element, shape)
    }
    let size = shape[axis].value ?? 0
    let length = integers(1)?.first ?? Self.length(of: size, fourier)
    guard length >= 1, length <= Int(Int32.max) else {
      throw fault("transforms \(length) elements")
    }
    shape[axis] = .fixed(isOneSided && !isInverse ? length / 2 + 1 : length)
    return ValueType(type(0).element, shape)
  }

  /// The length of a transform of `size` elements where none is given.
  private static func length(of size: Int, _ fourier: Fourier) -> Int {
    fourier.isInverse && fourier.isOneSided ? 2 * (size - 1) : size
  }
}
