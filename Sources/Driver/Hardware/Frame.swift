import Basics

/// What a frame is about: Specs/loader.md, "Requests".
public enum RequestKind: UInt8, CaseIterable, Sendable {
  case status = 1
  case write, read, program, verify, calibrate, run, test

  /// The bit that an answer has beside the kind of its request.
  public static let answer: UInt8 = 0x80
}

/// What a device says of a request: Specs/loader.md, "Answers".
public enum AnswerStatus: UInt16, CaseIterable, Sendable {
  case done, working, unknown, otherHost, outOfOrder, outOfRange, notNow, badProgram, failed
}

/// The memories of a device: Specs/loader.md, "Memories".
public enum DeviceMemory: UInt32, CaseIterable, Sendable {
  case registers, program, inputs, outputs, chip, cells
}

/// A frame of the protocol between a host and a device: Specs/loader.md, "Frames".
public struct Frame: Hashable, Sendable {
  static let mark: UInt32 = 0x434D_4941
  static let version: UInt8 = 1
  static let headerSize = 36
  static let trailerSize = 4
  /// The most bytes of a payload.
  public static let mostPayload = 65536

  /// The kind of the request, in an answer with `RequestKind.answer`.
  public var kind: UInt8
  /// The status of an answer; 0 in a request.
  public var status: UInt16 = 0
  /// The host, and the number of its request.
  public var session: UInt32
  public var sequence: UInt32
  /// What the request is about.
  public var offset: UInt64 = 0
  public var argument: UInt32 = 0
  public var payload: [UInt8] = []

  /// Creates a request.
  public init(kind: UInt8, session: UInt32, sequence: UInt32) {
    (self.kind, self.session, self.sequence) = (kind, session, sequence)
  }

  /// The bytes that go over the link.
  public var bytes: [UInt8] {
    var writer = LittleEndianBytes()
    writer.put(Self.mark)
    writer.put(Self.version)
    writer.put(kind)
    writer.put(status)
    writer.put(session)
    writer.put(sequence)
    writer.put(offset)
    writer.put(argument)
    writer.put(UInt32(payload.count))
    var checksum = CRC32C()
    writer.bytes.withUnsafeBytes { checksum.add($0) }
    writer.put(checksum.value)
    guard !payload.isEmpty else { return writer.bytes }
    payload.withUnsafeBytes { checksum.add($0) }
    writer.bytes += payload
    writer.put(checksum.value)
    return writer.bytes
  }

  /// The answer to this request.
  public func answer(_ status: AnswerStatus, _ payload: [UInt8] = []) -> Frame {
    var answer = self
    answer.kind |= RequestKind.answer
    answer.status = status.rawValue
    answer.payload = payload
    return answer
  }
}

/// Numbers, little endian, one after the other.
struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func put<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}

extension Collection<UInt8> {
  /// The little-endian number of type `T` that begins `offset` bytes behind the first, all of which must be there.
  func number<T: FixedWidthInteger>(_: T.Type, at offset: Int) -> T {
    let start = index(startIndex, offsetBy: offset)
    return self[start..<index(start, offsetBy: MemoryLayout<T>.size)].reversed().reduce(0) {
      $0 << 8 | T(truncatingIfNeeded: $1)
    }
  }
}

/// Finds frames in what comes over a link; what is none is passed over, byte by byte.
public struct FrameReader {
  private var bytes: [UInt8] = []
  /// The bytes before it have been looked at.
  private var start = 0

  /// Creates a reader to which nothing has come.
  public init() {}

  /// Takes more bytes.
  public mutating func append(_ more: some Sequence<UInt8>) {
    if start > Frame.mostPayload {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The next whole frame; `nil` if more bytes are needed.
  public mutating func next() -> Frame? {
    while bytes.count - start >= Frame.headerSize {
      let header = bytes[start..<start + Frame.headerSize]
      guard header.number(UInt32.self, at: 0) == Frame.mark,
        header[start + 4] == Frame.version
      else {
        start += 1
        continue
      }
      var checksum = CRC32C()
      header.dropLast(4).withUnsafeBytes { checksum.add($0) }
      let count = Int(header.number(UInt32.self, at: 28))
      guard checksum.value == header.number(UInt32.self, at: 32), count <= Frame.mostPayload else {
        start += 1
        continue
      }
      let size = Frame.headerSize + (count > 0 ? count + Frame.trailerSize : 0)
      guard bytes.count - start >= size else { return nil }
      let payload = bytes[start + Frame.headerSize..<start + Frame.headerSize + count]
      if count > 0 {
        payload.withUnsafeBytes { checksum.add($0) }
        guard checksum.value == bytes.dropFirst(start + size - 4).number(UInt32.self, at: 0) else {
          // Where the end is damaged, nothing says that the size is right.
          start += 1
          continue
        }
      }
      defer { start += size }
      var frame = Frame(
        kind: header[start + 5], session: header.number(UInt32.self, at: 8),
        sequence: header.number(UInt32.self, at: 12))
      frame.status = header.number(UInt16.self, at: 6)
      frame.offset = header.number(UInt64.self, at: 16)
      frame.argument = header.number(UInt32.self, at: 24)
      frame.payload = Array(payload)
      return frame
    }
    return nil
  }

  /// Forgets what has come, as when a link is lost.
  public mutating func clear() { self = FrameReader() }
}
