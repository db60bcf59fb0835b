import Basics

/// The elements of a floating constant as f32, where they lie: in a file at any place.
struct Singles: Sendable {
  /// The elements, little endian, of any alignment.
  let bytes: Bytes

  /// The elements of `tensor`, which are copied only if they are of another type.
  init(_ tensor: Tensor) {
    bytes = tensor.type == .f32 ? tensor.bytes : Bytes(copying: tensor.floats())
  }

  subscript(index: Int) -> Float { bytes.withUnsafeBytes { $0.single(index) } }

  /// All of them.
  var array: [Float] {
    bytes.withUnsafeBytes { bytes in (0..<bytes.count / 4).map { bytes.single($0) } }
  }
}
