import Basics

/// A file of tensors kept by checksum, for the constants of a printed graph that are in no model
/// file (Specs/ir.md, "Weight file").
public struct WeightFile: Sendable {
  /// The path as the user gave it.
  public let path: String
  /// The tensors in the order of the file; their elements are not read until they are used.
  public let tensors: [Tensor]

  private let indices: [ConstantKey: Int]

  static let magic: [UInt8] = Array("AIMCWGT\0".utf8)
  static let version: UInt32 = 1
  static let headerSize = 64
  static let alignment = 64
  /// The greatest number of dimensions of a tensor.
  static let rankLimit = 64
  /// The size of what the directory says of a tensor, without its dimensions.
  static let entrySize = 24

  /// The element types by their code in the file.
  static let elementTypes: [ElementType] = [
    .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool,
    .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2,
  ]

  /// Opens the file at `path` and reads its directory.
  ///
  /// Throws `Diagnostics` if the file cannot be read or its header or directory is not sound.
  public init(path: String) throws {
    self.path = path
    let file = try MappedFile(path: path)
    let entries = try file.withUnsafeBytes { bytes throws in
      do throws(WeightFileFault) {
        return try WeightDirectory(bytes).entries
      } catch {
        throw Diagnostics(Diagnostic(file: path, at: .byteOffset(error.offset), error.message))
      }
    }
    tensors = entries.map { entry in
      Tensor(
        type: entry.key.element, shape: entry.key.shape,
        bytes: Bytes(file: file, range: entry.range))
    }
    indices = Dictionary(
      entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensor kept by `key`.
  func tensor(for key: ConstantKey) -> Tensor? { indices[key].map { tensors[$0] } }

  /// Writes `tensors` to `path`; equal ones once.
  ///
  /// Throws `Diagnostics` if the file cannot be written, or if two tensors of the same type and shape
  /// have the same checksum, but differ.
  public static func write(_ tensors: [Tensor], to path: String) throws {
    let file = try OutputFile(path)
    try write(tensors, to: file)
    try file.complete()
  }

  /// Writes `tensors` to `file`, which is not completed; equal ones once.
  ///
  /// Throws `Diagnostics` as above.
  public static func write(_ tensors: [Tensor], to file: OutputFile) throws {
    var unique: [(key: ConstantKey, tensor: Tensor)] = []
    var indices: [ConstantKey: Int] = [:]
    for tensor in tensors {
      let key = ConstantKey(
        checksum: CRC32C.checksum(tensor.bytes), element: tensor.type, shape: tensor.shape)
      guard let index = indices[key] else {
        indices[key] = unique.count
        unique.append((key, tensor))
        continue
      }
      guard unique[index].tensor == tensor else {
        let type = ValueType(tensor.type, fixed: tensor.shape)
        throw Diagnostics(
          Diagnostic(
            file: file.target, "cannot hold two different tensors \(type) with one checksum"))
      }
    }
    var directory: [UInt8] = []
    let directorySize = unique.reduce(0) { $0 + entrySize + 8 * $1.key.shape.count }
    var offset = aligned(headerSize + directorySize)
    var offsets: [Int] = []
    for (key, tensor) in unique {
      offsets.append(offset)
      append(key.checksum, to: &directory)
      directory += [UInt8(elementTypes.firstIndex(of: key.element)!), UInt8(key.shape.count), 0, 0]
      append(UInt64(offset), to: &directory)
      append(UInt64(tensor.bytes.count), to: &directory)
      for size in key.shape { append(UInt64(size), to: &directory) }
      offset = aligned(offset + tensor.bytes.count)
    }
    var header = magic
    append(version, to: &header)
    append(UInt32(unique.count), to: &header)
    append(UInt64(offset), to: &header)
    append(UInt64(directorySize), to: &header)
    append(directory.withUnsafeBytes(CRC32C.checksum), to: &header)
    header += [UInt8](repeating: 0, count: headerSize - 4 - header.count)
    append(header.withUnsafeBytes(CRC32C.checksum), to: &header)
    let content = Bytes(count: offset) { buffer in
      buffer.copyBytes(from: header + directory)
      for (position, entry) in zip(offsets, unique) {
        entry.tensor.bytes.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: buffer[position..<position + source.count])
            .copyMemory(from: source)
        }
      }
    }
    try content.withUnsafeBytes(file.write)
  }

  static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }

  private static func append<T: FixedWidthInteger>(_ value: T, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Something wrong with a weight file, at a byte.
struct WeightFileFault: Error {
  let offset: Int
  let message: String
}

/// What the header and the directory of a weight file say.
struct WeightDirectory {
  /// Where a tensor is.
  struct Entry {
    let key: ConstantKey
    let range: Range<Int>
  }

  private(set) var entries: [Entry] = []

  init(_ bytes: UnsafeRawBufferPointer) throws(WeightFileFault) {
    func fault(_ offset: Int, _ message: String) -> WeightFileFault {
      WeightFileFault(offset: offset, message: message)
    }
    func integer<T: FixedWidthInteger>(_ offset: Int) -> T {
      T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    func checksum(_ range: Range<Int>) -> UInt32 {
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    guard bytes.count >= WeightFile.headerSize, bytes.prefix(8).elementsEqual(WeightFile.magic)
    else { throw fault(0, "is not a weight file") }
    guard checksum(0..<60) == integer(60) as UInt32 else {
      throw fault(60, "has a damaged header")
    }
    let version: UInt32 = integer(8)
    guard version == WeightFile.version else {
      throw fault(8, "has version \(version); aimcc reads version \(WeightFile.version)")
    }
    guard integer(16) as UInt64 == UInt64(bytes.count) else {
      throw fault(16, "has \(bytes.count) bytes, but its header says \(integer(16) as UInt64)")
    }
    let directorySize: UInt64 = integer(24)
    guard directorySize <= UInt64(bytes.count - WeightFile.headerSize) else {
      throw fault(24, "has a directory that reaches beyond its end")
    }
    let directory = WeightFile.headerSize..<WeightFile.headerSize + Int(directorySize)
    guard checksum(directory) == integer(32) as UInt32 else {
      throw fault(directory.lowerBound, "has a damaged directory")
    }
    let count: UInt32 = integer(12)
    var offset = directory.lowerBound
    var keys: Set<ConstantKey> = []
    for _ in 0..<count {
      let start = offset
      guard directory.upperBound - start >= WeightFile.entrySize else {
        throw fault(start, "has fewer tensors than its header says")
      }
      let (code, rank) = (Int(bytes[start + 4]), Int(bytes[start + 5]))
      offset += WeightFile.entrySize + 8 * rank
      guard code < WeightFile.elementTypes.count, rank <= WeightFile.rankLimit,
        integer(start + 6) as UInt16 == 0, offset <= directory.upperBound
      else { throw fault(start, "has a faulty entry in its directory") }
      var shape: [Int] = []
      for dimension in 0..<rank {
        let size: UInt64 = integer(start + WeightFile.entrySize + 8 * dimension)
        guard let size = Int(exactly: size) else {
          throw fault(start, "has a dimension that is out of range")
        }
        shape.append(size)
      }
      let element = WeightFile.elementTypes[code]
      guard let position = Int(exactly: integer(start + 8) as UInt64),
        let size = Int(exactly: integer(start + 16) as UInt64),
        elementCount(shape)?.multiplied(by: element.byteCount) == size,
        position % WeightFile.alignment == 0, position >= directory.upperBound,
        let end = position.adding(size), end <= bytes.count
      else { throw fault(start, "has a tensor whose place or size is wrong") }
      let key = ConstantKey(checksum: integer(start), element: element, shape: shape)
      guard keys.insert(key).inserted else { throw fault(start, "has the same tensor twice") }
      entries.append(Entry(key: key, range: position..<end))
    }
    guard offset == directory.upperBound else {
      throw fault(offset, "has more in its directory than its header says")
    }
  }
}
