import Basics

/// Payloads that lie one after the other, each at a multiple of 64 bytes.
struct PayloadWriter {
  private(set) var pieces: [Bytes] = []
  private(set) var byteCount = 0

  mutating func add(_ bytes: Bytes) {
    let padding = ELF.aligned(bytes.count) - bytes.count
    pieces.append(bytes)
    if padding > 0 { pieces.append(Bytes(count: padding) { _ in }) }
    byteCount += bytes.count + padding
  }
}

/// Takes payloads from a section in order, each at a multiple of 64 bytes.
struct PayloadReader {
  private let bytes: Bytes
  private var offset = 0

  init(_ bytes: Bytes) { self.bytes = bytes }

  /// The next `count` bytes, if they are there, at `place`, and zeros follow to the next multiple.
  mutating func next(count: Int, at place: Int) -> Bytes? {
    guard place == offset, count <= bytes.count - offset else { return nil }
    let end = ELF.aligned(offset + count)
    let payload = offset..<offset + count
    guard end <= bytes.count,
      bytes.withUnsafeBytes({ $0[payload.upperBound..<end].allSatisfy { $0 == 0 } })
    else { return nil }
    offset = end
    return bytes[payload]
  }

  var isAtEnd: Bool { offset == bytes.count }
}
