import Basics

/// Checks the wire format of an ONNX file before libprotobuf-c unpacks it, and makes the skeleton
/// that libprotobuf-c is given instead of the file.
///
/// libprotobuf-c recurses without limit, may need 145 times the size of its input, copies a
/// singular field each time it is repeated, cuts strings at NUL and does not check UTF-8. What
/// leaves this scan has none of these.
///
/// The skeleton holds every known field but the data of tensors, and no unknown field. Each
/// `TensorProto` in it has a `raw_data` of 16 bytes instead: the offset and the length, as two
/// little-endian 64-bit integers, of the message in the file. As no `raw_data` of the file reaches
/// the skeleton, a file cannot forge one.
package struct WireScan {
  /// How many messages may lie inside each other.
  package static let depthLimit = 64

  /// How many faults are listed before the rest is only counted.
  package static let faultLimit = 20

  /// The largest skeleton, which is also the largest message that protobuf allows.
  private static let skeletonLimit = Int(Int32.max)

  /// The bytes that libprotobuf-c may allocate for a file of `size` bytes: 16 times the size plus
  /// 64 MiB.
  package static func memoryLimit(forFileOf size: Int) -> Int {
    // A mapped file is far smaller than the address space, so that nothing overflows here.
    16 * size + (64 << 20)
  }

  private struct Frame {
    var kind: MessageKind
    /// The field that holds the message; `nil` for the outermost.
    var field: MessageKind.FieldKind?
    var body: Range<Int>
    /// Where the skeleton's body of this message begins, behind its length.
    var skeletonStart: Int
    var seen: UInt64 = 0
    var fieldCount = 0
  }

  private let file: String
  private let tensorKind = MessageKind.tensor
  private var reader: WireReader
  private var frames: [Frame] = []
  private var skeleton: [UInt8] = []
  private var estimate = MemoryEstimate()
  private var faults: FaultList

  /// Scans a `ModelProto` of `bytes` and returns its skeleton.
  ///
  /// `file` is the name in diagnostics. Throws `Diagnostics` with the byte offset of each fault.
  package static func model(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws -> (skeleton: [UInt8], memory: Int) {
    var scan = WireScan(bytes, file: file)
    return try scan.run(kind: .model)
  }

  /// Scans a `TensorProto` of `bytes` as `model(_:file:)` does a model.
  package static func tensor(
    _ bytes: UnsafeRawBufferPointer, file: String
  ) throws -> (skeleton: [UInt8], memory: Int) {
    var scan = WireScan(bytes, file: file)
    return try scan.run(kind: .tensor)
  }

  private init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.file = file
    faults = FaultList(file: file, limit: Self.faultLimit)
    reader = WireReader(bytes: bytes, position: 0, end: bytes.count)
  }

  private mutating func run(kind: MessageKind) throws -> (skeleton: [UInt8], memory: Int) {
    if reader.bytes.isEmpty { report("is empty", at: 0) }
    open(kind, in: nil, body: 0..<reader.bytes.count)
    let limit = Self.memoryLimit(forFileOf: reader.bytes.count)
    while !frames.isEmpty {
      if reader.position == reader.end { close() } else { readField() }
      if estimate.bytes + skeleton.count > limit || skeleton.count > Self.skeletonLimit {
        report(
          "unpacking would take more than \(limit) bytes of memory, the limit for a file of "
            + "\(reader.bytes.count) bytes", at: reader.position)
        break
      }
    }
    try faults.throwIfAny()
    return (skeleton, estimate.bytes)
  }

  private mutating func open(
    _ kind: MessageKind, in field: MessageKind.FieldKind?, body: Range<Int>
  ) {
    frames.append(Frame(kind: kind, field: field, body: body, skeletonStart: skeleton.count))
    estimate.addBlock(kind.structureSize)
    reader.position = body.lowerBound
    reader.end = body.upperBound
  }

  private mutating func close() {
    let frame = frames.removeLast()
    if frame.kind == tensorKind {
      appendTag(TensorField.rawData.rawValue, .bytes)
      skeleton.append(16)
      appendLittleEndian(frame.body.lowerBound)
      appendLittleEndian(frame.body.count)
      estimate.addBlock(16)
    }
    estimate.addScannedFields(frame.fieldCount)
    guard let parent = frames.last else { return }
    reader.end = parent.body.upperBound
    // Five bytes hold every length, so that the body need not move when its length is known.
    var length = skeleton.count - frame.skeletonStart
    for index in 1...5 {
      let byte = UInt8(length & 0x7F) | (index < 5 ? 0x80 : 0)
      skeleton[frame.skeletonStart - 6 + index] = byte
      length >>= 7
    }
  }

  private mutating func readField() {
    let start = reader.position
    let found: WireReader.Field
    do {
      found = try reader.field()
    } catch {
      report(error.message, at: start)
      reader.position = reader.end
      return
    }
    let top = frames.count - 1
    let kind = frames[top].kind
    // Fields that a later ONNX may have added carry nothing that is understood here.
    guard let (field, position) = kind.field(number: found.number) else { return }
    let bit: UInt64 = 1 << UInt64(position)
    if !field.isRepeated {
      guard frames[top].seen & kind.alternatives(to: field, at: position) == 0 else {
        report("\(field.name) is given twice, or beside a field that excludes it", at: start)
        return
      }
    } else if frames[top].seen & bit == 0 {
      estimate.addBlock(0)
    }
    frames[top].seen |= bit
    frames[top].fieldCount += 1

    guard let packed = isPacked(found, field) else {
      report("\(field.name) has wire type \(found.type.rawValue), which does not fit", at: start)
      return
    }
    guard let count = check(found, field, packed: packed, at: start) else { return }
    if kind == tensorKind && TensorField(rawValue: found.number)?.isData == true { return }
    switch field.value {
    case .varint(let size): if field.isRepeated { estimate.addElements(count, of: size) }
    case .fixed32: if field.isRepeated { estimate.addElements(count, of: 4) }
    case .fixed64: if field.isRepeated { estimate.addElements(count, of: 8) }
    case .string:
      if field.isRepeated { estimate.addElements(1, of: 8) }
      estimate.addBlock(found.value.count + 1)
    case .bytes:
      if field.isRepeated { estimate.addElements(1, of: 16) }
      estimate.addBlock(found.value.count)
    case .message(let child):
      guard frames.count < Self.depthLimit else {
        report("messages are nested more than \(Self.depthLimit) deep", at: start)
        return
      }
      if field.isRepeated { estimate.addElements(1, of: 8) }
      appendTag(found.number, .bytes)
      skeleton.append(contentsOf: repeatElement(0, count: 5))
      open(child, in: field, body: found.value)
      return
    }
    appendTag(found.number, found.type)
    if found.type == .bytes { appendVarint(UInt64(found.value.count), to: &skeleton) }
    skeleton.append(contentsOf: reader.bytes[found.value])
  }

  /// Whether a value is a packed list; `nil` if its wire type does not fit the field.
  private func isPacked(_ found: WireReader.Field, _ field: MessageKind.FieldKind) -> Bool? {
    let single: WireReader.WireType
    switch field.value {
    case .varint: single = .varint
    case .fixed32: single = .fixed32
    case .fixed64: single = .fixed64
    case .string, .bytes, .message: return found.type == .bytes ? false : nil
    }
    if found.type == single { return false }
    return found.type == .bytes && field.isRepeated ? true : nil
  }

  /// Checks the bytes of a value and returns how many elements they are; `nil` after a fault.
  private mutating func check(
    _ found: WireReader.Field, _ field: MessageKind.FieldKind, packed: Bool, at start: Int
  ) -> Int? {
    let size = found.value.count
    switch field.value {
    case .varint where packed:
      var list = WireReader(
        bytes: reader.bytes, position: found.value.lowerBound, end: found.value.upperBound)
      var count = 0
      while list.position < list.end {
        let element = list.position
        do {
          _ = try list.varint()
        } catch {
          report("\(field.name): \(error.message)", at: element)
          return nil
        }
        count += 1
      }
      return count
    case .fixed32 where packed, .fixed64 where packed:
      let element = field.value == .fixed32 ? 4 : 8
      guard size % element == 0 else {
        report("\(field.name) has \(size) bytes, no multiple of \(element)", at: start)
        return nil
      }
      return size / element
    case .string:
      let text = reader.bytes[found.value]
      guard !text.contains(0) else {
        report("\(field.name) holds a zero byte", at: start)
        return nil
      }
      guard String(validating: text, as: UTF8.self) != nil else {
        report("\(field.name) is not valid UTF-8", at: start)
        return nil
      }
      return 1
    default:
      return 1
    }
  }

  private mutating func report(_ message: String, at offset: Int) {
    guard !faults.isFull else { return faults.addUnlisted() }
    let path = frames.compactMap(\.field?.name).joined(separator: ".")
    let kind = frames.last?.kind.name ?? ""
    let isForeign = faults.count == 0 && frames.count == 1 && offset == 0
    faults.append(
      Diagnostic(
        file: file, at: .byteOffset(offset), path.isEmpty ? message : "\(path): \(message)",
        help: isForeign ? "the file does not look like an ONNX \(kind)" : nil))
  }

  private mutating func appendTag(_ number: UInt32, _ type: WireReader.WireType) {
    appendVarint(UInt64(number) << 3 | UInt64(type.rawValue), to: &skeleton)
  }

  private mutating func appendLittleEndian(_ value: Int) {
    withUnsafeBytes(of: UInt64(value).littleEndian) { skeleton.append(contentsOf: $0) }
  }
}

/// A bound on what libprotobuf-c and the allocator take to unpack a message.
private struct MemoryEstimate {
  /// The bound in bytes; it cannot overflow, since each byte of a file adds less than 1 KiB.
  private(set) var bytes = 0

  /// Adds a block of its own: glibc keeps 8 bytes beside it, in units of 16, at least 32.
  mutating func addBlock(_ size: Int) { bytes += size + 32 }

  /// Adds `count` elements of an array.
  mutating func addElements(_ count: Int, of size: Int) { bytes += count * size }

  /// Adds the list of the fields found in a message: 32 bytes each, up to twice as many as needed;
  /// the first 16 are on the stack.
  mutating func addScannedFields(_ count: Int) { if count > 16 { bytes += count * 64 } }
}
