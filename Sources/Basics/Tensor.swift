/// A dense, immutable array of elements in row-major order.
public struct Tensor: Sendable {
  /// The type of the elements.
  public let type: ElementType

  /// The size of each dimension; empty for a scalar.
  public let shape: [Int]

  /// The elements, little endian, without padding; an element shorter than a byte takes a byte,
  /// signed integers sign-extended, all others zero-extended.
  public let bytes: Bytes

  /// Creates a tensor over `bytes`, whose size must fit `type` and `shape`.
  public init(type: ElementType, shape: [Int], bytes: Bytes) {
    precondition(bytes.count == shape.reduce(type.byteCount, *), "bytes do not fit the shape")
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// Creates a tensor of `shape` from its elements in row-major order.
  public init<T: Scalar>(_ elements: [T], shape: [Int]) {
    self.init(type: T.elementType, shape: shape, bytes: Bytes(copying: elements))
  }

  /// Creates a scalar.
  public init<T: Scalar>(scalar: T) { self.init([scalar], shape: []) }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Calls `body` with the elements; `T` must be the Swift type of `type`.
  ///
  /// Bytes that are not aligned for `T`, as in a mapped file, are copied first.
  public func withElements<T: Scalar, R>(
    of _: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) rethrows -> R {
    precondition(T.elementType == type, "tensor of \(type) read as \(T.elementType)")
    return try bytes.withUnsafeBytes { raw in
      let address = UInt(bitPattern: raw.baseAddress)
      if address % UInt(MemoryLayout<T>.alignment) == 0 {
        return try body(raw.bindMemory(to: T.self))
      }
      return try [T](unsafeUninitializedCapacity: count) { buffer, initialized in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
        initialized = count
      }.withUnsafeBufferPointer(body)
    }
  }

  /// The elements in row-major order; `T` must be the Swift type of `type`.
  public func elements<T: Scalar>(of _: T.Type) -> [T] { withElements(of: T.self) { Array($0) } }

  /// The same bytes as elements of the type that `storage` says.
  public var stored: Tensor { Tensor(type: type.storage, shape: shape, bytes: bytes) }

  /// The elements of `stored` as elements of `type`, which it must be the storage of.
  public func restored(as type: ElementType) -> Tensor {
    precondition(type.storage == self.type, "\(self.type) does not store \(type)")
    return Tensor(type: type, shape: shape, bytes: bytes)
  }

  /// The same elements under another shape of as many elements.
  public func reshaped(_ shape: [Int]) -> Tensor { Tensor(type: type, shape: shape, bytes: bytes) }
}

extension Tensor: Equatable {
  /// Whether type, shape and every byte are equal.
  public static func == (a: Tensor, b: Tensor) -> Bool {
    a.type == b.type && a.shape == b.shape
      && a.bytes.withUnsafeBytes { x in b.bytes.withUnsafeBytes { y in x.elementsEqual(y) } }
  }
}
