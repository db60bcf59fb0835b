import Basics
import COnnx
import IR

/// The greatest number of dimensions that a tensor of a model may have.
let rankLimit = 64

/// A `TensorProto` whose skeleton is unpacked and whose data lie in a file.
struct OnnxTensor {
  /// The unpacked skeleton.
  let message: UnsafePointer<Onnx__TensorProto>

  /// The files that hold the data.
  let files: ModelFiles

  /// The file of the message.
  private var file: MappedFile { files.main }

  /// The name; empty if it has none.
  var name: String { string(message.pointee.name) }

  /// The tensor, which stays in the file if it is stored there as it is in memory.
  ///
  /// Throws `Diagnostics` at the place of the tensor in the file if its type, its shape or the way
  /// it is stored is wrong or not supported.
  func tensor() throws -> Tensor {
    let type = OnnxElementType(rawValue: message.pointee.data_type)
    guard let element = type.elementType else {
      throw fault(
        "has elements of type \(type.name), which is not supported",
        supported: OnnxElementType.supported)
    }
    guard message.pointee.segment == nil else {
      throw fault("is one segment of a tensor, which is not supported")
    }
    let (shape, count) = try shape(element)
    let data = try data()
    if message.pointee.has_data_location != 0 && message.pointee.data_location.rawValue != 0 {
      if let form = data.form {
        throw fault("has \(form.protoName), but says that its data are in another file")
      }
      let bytes = try external(element.packedByteCount(count))
      return element.isPacked
        ? bytes.withUnsafeBytes { Tensor(type: element, shape: shape, unpacking: $0) }
        : Tensor(type: element, shape: shape, bytes: bytes)
    }
    guard let form = data.form else {
      guard count == 0 else { throw fault("has no data for its \(count) elements") }
      return Tensor(type: element, shape: shape, bytes: Bytes(count: 0) { _ in })
    }
    guard form == .rawData || form == Self.form(of: element) else {
      throw fault("keeps elements of type \(type.name) in \(form.protoName)")
    }
    let bytes =
      switch form {
      case .rawData, .floatData, .doubleData: try stored(element, count, data.chunks)
      default:
        element.isPacked
          ? try packedIntegers(element, count, data.chunks)
          : try converted(element, count, data.chunks)
      }
    if element.isPacked {
      return bytes.withUnsafeBytes { Tensor(type: element, shape: shape, unpacking: $0) }
    }
    return Tensor(type: element, shape: shape, bytes: bytes)
  }

  /// The type of the tensor if its elements are in a file that is not there, `nil` if they are not.
  var absentType: ValueType? {
    guard message.pointee.has_data_location != 0 && message.pointee.data_location.rawValue != 0,
      let element = OnnxElementType(rawValue: message.pointee.data_type).elementType,
      let shape = try? shape(element).shape
    else { return nil }
    do throws(ModelFiles.Refusal) {
      _ = try files.file(
        at: ExternalData(
          messages(message.pointee.external_data, message.pointee.n_external_data)
        ).location)
      return nil
    } catch {
      return error.isAbsent ? ValueType(element, fixed: shape) : nil
    }
  }

  /// The dimensions and their product.
  private func shape(_ element: ElementType) throws -> (shape: [Int], count: Int) {
    let dims = scalars(message.pointee.dims, message.pointee.n_dims).map { Int($0) }
    guard dims.count <= rankLimit else {
      throw fault("has \(dims.count) dimensions", supported: "at most \(rankLimit)")
    }
    if let dimension = dims.first(where: { $0 < 0 }) {
      throw fault("has a dimension of \(dimension) elements")
    }
    guard let count = elementCount(dims) else {
      throw fault("has more elements than can be addressed")
    }
    return (dims, count)
  }

  /// The field in which elements of a type are kept if not in `raw_data`.
  private static func form(of element: ElementType) -> TensorField {
    switch element {
    case .f32: .floatData
    case .f64: .doubleData
    case .i64: .int64Data
    case .u32, .u64: .uint64Data
    case .i32, .i16, .u16, .i8, .u8, .bool, .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2,
      .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2:
      .int32Data
    }
  }

  /// The one field that holds the data, and the ranges of the file that are its content.
  private func data() throws -> (form: TensorField?, chunks: [Range<Int>]) {
    try file.withUnsafeBytes { bytes in
      let body = bodyRange
      var reader = WireReader(bytes: bytes, position: body.lowerBound, end: body.upperBound)
      var form: TensorField?
      var chunks: [Range<Int>] = []
      while reader.position < reader.end {
        let field = try reader.field()
        guard let found = TensorField(rawValue: field.number), found.isData,
          !field.value.isEmpty
        else { continue }
        if let form, form != found {
          throw fault("has both \(form.protoName) and \(found.protoName)")
        }
        form = found
        chunks.append(field.value)
      }
      return (form, chunks)
    }
  }

  /// The `count` bytes that another file holds.
  private func external(_ count: Int) throws -> Bytes {
    do throws(ModelFiles.Refusal) {
      let place = try ExternalData(
        messages(message.pointee.external_data, message.pointee.n_external_data))
      let file = try files.file(at: place.location)
      return Bytes(file: file, range: try place.range(needed: count, inFileOf: file.count))
    } catch {
      throw fault(error.message, help: error.help)
    }
  }

  /// Where the scan found the message in the file.
  private var bodyRange: Range<Int> {
    let place = UnsafeRawBufferPointer(
      start: message.pointee.raw_data.data, count: message.pointee.raw_data.len)
    let start = Int(UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)))
    let count = place.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    return start..<start + Int(UInt64(littleEndian: count))
  }

  /// Data that are in the file as they are in memory.
  private func stored(
    _ element: ElementType, _ count: Int, _ chunks: [Range<Int>]
  ) throws -> Bytes {
    let found = chunks.reduce(0) { $0 + $1.count }
    let needed = element.packedByteCount(count)
    guard found == needed else {
      throw fault("has \(found) bytes of data; its shape needs \(needed)")
    }
    if chunks.count == 1 { return Bytes(file: file, range: chunks[0]) }
    return file.withUnsafeBytes { source in
      Bytes(count: found) { target in
        var offset = 0
        for chunk in chunks {
          UnsafeMutableRawBufferPointer(rebasing: target[offset...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[chunk]))
          offset += chunk.count
        }
      }
    }
  }

  /// Data that are in the file as variable-length integers.
  private func converted(
    _ element: ElementType, _ count: Int, _ chunks: [Range<Int>]
  ) throws -> Bytes {
    switch element {
    case .i8: try integers(count, chunks) { Int8(exactly: Int32(truncatingIfNeeded: $0)) }
    case .u8, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0:
      try integers(count, chunks) { UInt8(exactly: Int32(truncatingIfNeeded: $0)) }
    case .i16: try integers(count, chunks) { Int16(exactly: Int32(truncatingIfNeeded: $0)) }
    case .u16, .f16, .bf16:
      try integers(count, chunks) { UInt16(exactly: Int32(truncatingIfNeeded: $0)) }
    case .i32: try integers(count, chunks) { Int32(truncatingIfNeeded: $0) }
    case .bool: try integers(count, chunks) { Bool8($0 != 0) }
    case .u32: try integers(count, chunks) { UInt32(exactly: $0) }
    case .i64, .u64: try integers(count, chunks) { $0 }
    case .f32, .f64, .f4e2m1, .i4, .u4, .i2, .u2:
      preconditionFailure("\(element) is stored as it is")
    }
  }

  /// Packed bytes, each of which is in the file as a variable-length integer.
  private func packedIntegers(
    _ element: ElementType, _ count: Int, _ chunks: [Range<Int>]
  ) throws -> Bytes {
    try integers(element.packedByteCount(count), chunks) {
      UInt8(exactly: Int32(truncatingIfNeeded: $0))
    }
  }

  private func integers<T: BitwiseCopyable>(
    _ count: Int, _ chunks: [Range<Int>], _ convert: (UInt64) -> T?
  ) throws -> Bytes {
    try file.withUnsafeBytes { bytes in
      // Each integer ends with the one byte of it that is below 0x80.
      let found = chunks.reduce(0) { sum, chunk in
        sum + bytes[chunk].reduce(0) { $1 < 0x80 ? $0 + 1 : $0 }
      }
      guard found == count else {
        throw fault("has \(found) elements; its shape needs \(count)")
      }
      return try Bytes(count: count * MemoryLayout<T>.size) { target in
        let target = target.bindMemory(to: T.self)
        var index = 0
        for chunk in chunks {
          var reader = WireReader(
            bytes: bytes, position: chunk.lowerBound, end: chunk.upperBound)
          while reader.position < reader.end {
            guard let value = convert(try reader.varint()) else {
              throw fault("has an element \(index) that its type cannot hold")
            }
            target[index] = value
            index += 1
          }
        }
      }
    }
  }

  private func fault(
    _ message: String, supported: String? = nil, help: String? = nil
  ) -> Diagnostics {
    Diagnostics(
      Diagnostic(
        file: file.path, at: .byteOffset(bodyRange.lowerBound), "tensor \"\(name)\" \(message)",
        supported: supported, help: help))
  }
}
