import AIMCLoader

/// What the loader says of a file.
struct LoaderFault: Error, Equatable {
  var error: aimc_error
  var offset: UInt64

  var text: String { String(cString: aimc_error_text(error)) }
}

/// A file that is read by a function, and how many calls of it succeed.
private struct Medium {
  var bytes: UnsafeRawBufferPointer
  var calls = 0
  var limit = Int.max
}

/// A program that the loader has opened and checked.
final class Loaded {
  private(set) var program = aimc_program()
  private let bytes: UnsafeMutableRawBufferPointer
  private let buffer: UnsafeMutableRawBufferPointer
  private let medium: UnsafeMutablePointer<Medium>

  /// Opens a file that lies in memory, or is read by a function through a buffer of `bufferSize` bytes, of which
  /// only `calls` calls succeed. Memory is as large as the loader asks for, without `lacking` bytes.
  ///
  /// Throws a `LoaderFault`.
  init(
    _ file: [UInt8], bufferSize: Int? = nil, calls: Int = .max, lacking: Int = 0
  ) throws(LoaderFault) {
    bytes = .allocate(byteCount: file.count, alignment: 1)
    bytes.copyBytes(from: file)
    buffer = .allocate(byteCount: bufferSize ?? 0, alignment: 1)
    medium = .allocate(capacity: 1)
    medium.initialize(to: Medium(bytes: UnsafeRawBufferPointer(bytes), limit: calls))
    var source = aimc_source()
    source.size = UInt64(file.count)
    if bufferSize == nil {
      // Also a file of no bytes has a place.
      source.bytes = UnsafeRawPointer(bytes.baseAddress ?? UnsafeMutableRawPointer(medium))
    } else {
      source.read = { context, offset, target, count in
        let medium = context!.assumingMemoryBound(to: Medium.self)
        medium.pointee.calls += 1
        let bytes = medium.pointee.bytes
        precondition(
          offset <= bytes.count && count <= bytes.count - Int(offset), "outside of the file")
        guard medium.pointee.calls <= medium.pointee.limit else { return false }
        target!.copyMemory(from: bytes.baseAddress! + Int(offset), byteCount: count)
        return true
      }
      source.context = UnsafeMutableRawPointer(medium)
      source.buffer = buffer.baseAddress
      source.buffer_size = buffer.count
    }
    try check(aimc_open(&program, &source))
    let size = max(Int(program.memory_needed) - lacking, 0)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size + 1, alignment: 8)
    defer { memory.deallocate() }
    // Of the worst alignment.
    try check(aimc_check(&program, memory.baseAddress! + 1, size))
  }

  deinit {
    bytes.deallocate()
    buffer.deallocate()
    medium.deallocate()
  }

  /// How often the file has been read.
  var calls: Int { medium.pointee.calls }

  private func check(_ error: aimc_error) throws(LoaderFault) {
    if error != AIMC_OK { throw LoaderFault(error: error, offset: program.fault_offset) }
  }

  /// What `get` stores, given the program.
  func element<T>(
    _ empty: T, _ get: (UnsafePointer<aimc_program>, UnsafeMutablePointer<T>) -> aimc_error
  )
    throws(LoaderFault) -> T
  {
    var element = empty
    try check(get(&program, &element))
    return element
  }

  /// Every element of a table of `count`; the one behind the last must be refused.
  func all<T>(
    _ count: UInt64, _ empty: T,
    _ get: (UnsafePointer<aimc_program>?, UInt32, UnsafeMutablePointer<T>?) -> aimc_error
  ) throws(LoaderFault) -> [T] {
    var elements: [T] = []
    for index in 0..<UInt32(count) {
      elements.append(try element(empty) { get($0, index, $1) })
    }
    var beyond = empty
    guard get(&program, UInt32(count), &beyond) == AIMC_ERROR_INDEX else {
      throw LoaderFault(error: AIMC_OK, offset: count)
    }
    return elements
  }

  /// The elements of a span, read a few at a time.
  func values<T>(
    _ span: aimc_span, _ zero: T,
    _ read: (UnsafePointer<aimc_program>?, aimc_span, UInt64, Int, UnsafeMutablePointer<T>?) ->
      aimc_error
  ) throws(LoaderFault) -> [T] {
    var values = [T](repeating: zero, count: Int(span.count))
    let piece = 5
    for first in stride(from: 0, to: values.count, by: piece) {
      let count = min(piece, values.count - first)
      try check(
        values.withUnsafeMutableBufferPointer {
          read(&program, span, UInt64(first), count, $0.baseAddress! + first)
        })
    }
    return values
  }

  func bytes(_ span: aimc_span) throws(LoaderFault) -> [UInt8] {
    try values(span, 0) { aimc_read_bytes($0, $1, $2, $3, $4) }
  }

  func floats(_ span: aimc_span) throws(LoaderFault) -> [Float] {
    try values(span, 0, aimc_read_f32)
  }

  /// A name of the table of names.
  func name(_ place: UInt32) throws(LoaderFault) -> String {
    var text = [CChar](repeating: 1, count: Int(program.names.count) + 1)
    try check(aimc_name(&program, place, &text, text.count))
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
