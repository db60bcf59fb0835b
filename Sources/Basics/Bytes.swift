import Glibc

/// Immutable bytes, either owned or a range of a mapped file; copying the value shares them.
public struct Bytes: Sendable {
  private enum Storage: Sendable {
    case owned(OwnedMemory, Range<Int>)
    case mapped(MappedFile, Range<Int>)
    case borrowed(Int, count: Int)
  }

  private let storage: Storage

  /// Creates bytes by letting `fill` write into zeroed memory of `count` bytes, aligned to 64.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let memory = OwnedMemory(count: count)
    memory.zero()
    try fill(memory.buffer)
    storage = .owned(memory, 0..<count)
  }

  /// Creates bytes by letting `fill` write all of `count` bytes of memory, aligned to 64.
  package init(
    writing count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let memory = OwnedMemory(count: count)
    try fill(memory.buffer)
    storage = .owned(memory, 0..<count)
  }

  /// Creates bytes by copying `elements`.
  public init<T: BitwiseCopyable>(copying elements: [T]) {
    let memory = elements.withUnsafeBytes { source in
      let memory = OwnedMemory(count: source.count)
      memory.buffer.copyMemory(from: source)
      return memory
    }
    storage = .owned(memory, 0..<memory.buffer.count)
  }

  /// Creates a view of `range` of `file` that reads nothing until it is used.
  public init(file: MappedFile, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.count)
    storage = .mapped(file, range)
  }

  /// Creates a view of memory of others, which stays as it is as long as any copy of the view is used.
  package init(borrowing memory: UnsafeRawBufferPointer) {
    storage = .borrowed(Int(bitPattern: memory.baseAddress), count: memory.count)
  }

  private init(storage: Storage) { self.storage = storage }

  /// The bytes of `range`, which are shared, not copied.
  public subscript(range: Range<Int>) -> Bytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    switch storage {
    case .owned(let memory, let whole):
      let lower = whole.lowerBound + range.lowerBound
      return Bytes(storage: .owned(memory, lower..<lower + range.count))
    case .mapped(let file, let whole):
      let lower = whole.lowerBound + range.lowerBound
      return Bytes(storage: .mapped(file, lower..<lower + range.count))
    case .borrowed(let address, _):
      return Bytes(storage: .borrowed(address + range.lowerBound, count: range.count))
    }
  }

  /// The number of bytes.
  public var count: Int {
    switch storage {
    case .owned(_, let range), .mapped(_, let range): range.count
    case .borrowed(_, let count): count
    }
  }

  /// Where the bytes lie in a mapped file, or `nil` if they are owned.
  public var fileRange: (file: MappedFile, range: Range<Int>)? {
    if case .mapped(let file, let range) = storage { (file, range) } else { nil }
  }

  /// Calls `body` with the bytes, which are valid during the call only.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch storage {
    case .owned(let memory, let range):
      return try withExtendedLifetime(memory) {
        try body(UnsafeRawBufferPointer(rebasing: memory.buffer[range]))
      }
    case .mapped(let file, let range):
      return try file.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    case .borrowed(let address, let count):
      return try body(
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }
  }
}

extension Bytes {
  /// The largest magnitude of the elements as f32; no number if one of them is none.
  public var greatestMagnitude: Float {
    withUnsafeBytes { raw in
      // The bits of magnitudes are in the order of the magnitudes, behind which are those of no numbers.
      var largest: UInt32 = 0
      for index in 0..<raw.count / 4 {
        let bits = raw.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self)
        largest = max(largest, bits & 0x7FFF_FFFF)
      }
      return Float(bitPattern: largest)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Element `index` of the elements as f32, which may lie at any place.
  @inlinable @inline(__always)
  public func single(_ index: Int) -> Float {
    loadUnaligned(fromByteOffset: 4 &* index, as: Float.self)
  }
}

extension Bytes: Hashable {
  /// Whether every byte is equal.
  public static func == (a: Bytes, b: Bytes) -> Bool {
    guard a.count == b.count else { return false }
    return a.withUnsafeBytes { x in
      b.withUnsafeBytes { y in
        x.isEmpty || memcmp(x.baseAddress!, y.baseAddress!, x.count) == 0
      }
    }
  }

  public func hash(into hasher: inout Hasher) {
    withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
