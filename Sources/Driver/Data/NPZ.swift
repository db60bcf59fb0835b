import Basics
import CZip

/// An array and the name that it goes by.
public struct NamedTensor: Sendable, Equatable {
  /// The name; empty if it has none.
  public var name: String
  /// The array.
  public var tensor: Tensor

  /// Creates a named array.
  public init(name: String, tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}

/// Reads every array of the NPZ archive at `path`, in the order of the archive.
///
/// Throws `Diagnostics` that list every entry that cannot be read.
public func readNPZ(path: String) throws -> [NamedTensor] {
  let file = try MappedFile(path: path)
  guard file.count > 0 else {
    throw Diagnostics(Diagnostic(file: path, "is not an NPZ archive: it is empty"))
  }
  var error = zip_error_t()
  let source = file.withUnsafeBytes {
    zip_source_buffer_create($0.baseAddress, UInt64($0.count), 0, &error)
  }
  guard let source, let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
    if let source { zip_source_free(source) }
    throw Diagnostics(Diagnostic(file: path, "is not an NPZ archive: \(zipMessage(&error))"))
  }
  // The archive reads the file as long as it is open.
  defer { withExtendedLifetime(file) { zip_discard(archive) } }
  let count = zip_get_num_entries(archive, 0)
  guard count <= maximumEntryCount else {
    throw Diagnostics(
      Diagnostic(
        file: path, "holds \(count) entries", supported: "up to \(maximumEntryCount) arrays"))
  }
  var arrays: [NamedTensor] = []
  var faults = Diagnostics()
  let limit = maximumByteCount(ofArchive: file.count)
  var budget = limit
  var packed = UInt64(file.count)
  for index in 0..<UInt64(max(count, 0)) {
    var status = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &status) == 0, let rawName = status.name else {
      faults.append(Diagnostic(file: path, "entry \(index) cannot be examined"))
      continue
    }
    let entry = String(cString: rawName)
    do throws(NPYHeader.Fault) {
      guard entry.hasSuffix(".npy") else {
        throw NPYHeader.Fault("is not an array", supported: "entries named NAME.npy")
      }
      let name = String(entry.dropLast(4))
      guard !arrays.contains(where: { $0.name == name }) else {
        throw NPYHeader.Fault("is there twice")
      }
      let content = try readEntry(
        archive, index, status, packed: &packed, budget: &budget, limit: limit)
      arrays.append(NamedTensor(name: name, tensor: try decodeNPY(content)))
    } catch {
      faults.append(
        Diagnostic(
          file: path, "entry \"\(entry)\" \(error.message)", supported: error.supported,
          help: error.help))
    }
  }
  try faults.throwIfErrors()
  return arrays
}

/// Writes `arrays` to `path` as an NPZ archive, the bytes of which depend on the arrays alone.
///
/// Throws `Diagnostics` if the file cannot be written.
public func writeNPZ(_ arrays: [NamedTensor], to path: String) throws {
  try writeNPZ(arrays, to: OutputFile(path))
}

/// Writes `arrays` to `file` as an NPZ archive, and completes it.
///
/// Throws `Diagnostics` if it cannot be written.
func writeNPZ(_ arrays: [NamedTensor], to file: OutputFile) throws {
  func failure(_ what: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: file.target, "cannot be written: \(what)"))
  }
  var error = zip_error_t()
  // The archive is made in memory, since libzip would make a file of its own.
  guard let target = zip_source_buffer_create(nil, 0, 1, &error) else {
    throw failure(zipMessage(&error))
  }
  defer { zip_source_free(target) }
  zip_source_keep(target)
  guard let archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error) else {
    zip_source_free(target)
    throw failure(zipMessage(&error))
  }
  func message() -> String { String(cString: zip_strerror(archive)) }
  // The archive reads the buffers when it is closed, so they have to live until then.
  let contents = arrays.map { Bytes(copying: encodeNPY($0.tensor)) }
  try withExtendedLifetime(contents) {
    for (array, content) in zip(arrays, contents) {
      let source = content.withUnsafeBytes {
        zip_source_buffer(archive, $0.baseAddress, UInt64($0.count), 0)
      }
      let index = zip_file_add(archive, "\(array.name).npy", source, zip_flags_t(ZIP_FL_ENC_UTF_8))
      // 1980-01-01 00:00, the first date that an archive can hold.
      guard index >= 0, zip_file_set_dostime(archive, UInt64(index), 0, 0x21, 0) == 0 else {
        let text = message()
        if index < 0 { zip_source_free(source) }
        zip_discard(archive)
        throw failure(text)
      }
    }
    guard zip_close(archive) == 0 else {
      let text = message()
      zip_discard(archive)
      throw failure(text)
    }
  }
  guard zip_source_open(target) == 0 else { throw failure("the archive is lost") }
  defer { zip_source_close(target) }
  var piece = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = piece.withUnsafeMutableBytes {
      zip_source_read(target, $0.baseAddress, UInt64($0.count))
    }
    guard count >= 0 else { throw failure("the archive is lost") }
    if count == 0 { break }
    try piece.withUnsafeBytes {
      try file.write(UnsafeRawBufferPointer(rebasing: $0[..<Int(count)]))
    }
  }
  try file.complete()
}

/// More entries than any set of arrays has.
private let maximumEntryCount = 65_536

/// The most bytes that an archive of `size` bytes may unpack to, so that a small file cannot fill the
/// memory: data shrink to a tenth or a hundredth, zeros to a thousandth.
private func maximumByteCount(ofArchive size: Int) -> UInt64 {
  min(256 * max(UInt64(size), 1 << 20), 16 << 30)
}

/// The most that Deflate shrinks anything: a match of 258 bytes in 2 bits.
private let maximumDeflateRatio: UInt64 = 1032

private func readEntry(
  _ archive: OpaquePointer, _ index: UInt64, _ status: zip_stat_t,
  packed: inout UInt64, budget: inout UInt64, limit most: UInt64
) throws(NPYHeader.Fault) -> Bytes {
  let needed = UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD)
  guard status.valid & needed == needed else { throw NPYHeader.Fault("has no known size") }
  guard status.comp_method == ZIP_CM_STORE || status.comp_method == ZIP_CM_DEFLATE else {
    throw NPYHeader.Fault(
      "is compressed by method \(status.comp_method)",
      supported: "numpy.savez and numpy.savez_compressed")
  }
  let limit = status.comp_size.multipliedReportingOverflow(by: maximumDeflateRatio)
  guard limit.overflow || status.size <= limit.partialValue else {
    throw NPYHeader.Fault(
      "claims to unpack from \(status.comp_size) to \(status.size) bytes, which cannot be")
  }
  guard status.comp_size <= packed else {
    throw NPYHeader.Fault("shares its bytes with other entries of the archive")
  }
  packed -= status.comp_size
  guard status.size <= budget else {
    throw NPYHeader.Fault(
      "unpacks to \(status.size) bytes",
      supported: "\(most) bytes in all of an archive of this size",
      help: "save it with numpy.savez, or divide the data")
  }
  budget -= status.size
  guard let file = zip_fopen_index(archive, index, 0) else {
    throw NPYHeader.Fault("cannot be opened: \(String(cString: zip_strerror(archive)))")
  }
  defer { zip_fclose(file) }
  try checkHeader(archive, index, status)
  var isWhole = false
  let content = Bytes(count: Int(status.size)) { target in
    var filled = 0
    while filled < target.count {
      let got = zip_fread(file, target.baseAddress! + filled, UInt64(target.count - filled))
      guard got > 0 else { return }
      filled += Int(got)
    }
    // The checksum is compared at the end of the entry only.
    var beyond: UInt8 = 0
    isWhole = zip_fread(file, &beyond, 1) == 0
  }
  guard isWhole else { throw NPYHeader.Fault("is damaged: \(entryMessage(file))") }
  return content
}

/// Throws unless the entry has as many bytes as the array takes that its header says it is.
private func checkHeader(
  _ archive: OpaquePointer, _ index: UInt64, _ status: zip_stat_t
) throws(NPYHeader.Fault) {
  guard let file = zip_fopen_index(archive, index, 0) else {
    throw NPYHeader.Fault("cannot be opened: \(String(cString: zip_strerror(archive)))")
  }
  defer { zip_fclose(file) }
  let room = min(Int(status.size), NPYHeader.longest)
  var filled = 0
  let start = Bytes(count: room) { target in
    while filled < room {
      let got = zip_fread(file, target.baseAddress! + filled, UInt64(room - filled))
      guard got > 0 else { return }
      filled += Int(got)
    }
  }
  guard filled == room else { throw NPYHeader.Fault("is damaged: \(entryMessage(file))") }
  let parsed = start.withUnsafeBytes { bytes in
    Result { () throws(NPYHeader.Fault) in try NPYHeader(parsing: bytes) }
  }
  try parsed.get().requireCount(Int(status.size))
}

private func entryMessage(_ file: OpaquePointer) -> String {
  String(cString: zip_file_strerror(file))
}

private func zipMessage(_ error: inout zip_error_t) -> String {
  defer { zip_error_fini(&error) }
  return String(cString: zip_error_strerror(&error))
}
