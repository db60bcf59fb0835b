import Compiler
import Basics

/// Reads the NPY file at `path`.
///
/// The elements stay in the file until they are used, unless they are in Fortran order. Throws
/// `Diagnostics` if the file is no NPY array or one of unsupported elements.
public func readNPY(path: String) throws -> Tensor {
  let file = try MappedFile(path: path)
  do {
    return try decodeNPY(Bytes(file: file, range: 0..<file.count))
  } catch {
    throw Diagnostics(
      Diagnostic(file: path, error.message, supported: error.supported, help: error.help))
  }
}

/// The array that `content`, a whole NPY file, holds.
func decodeNPY(_ content: Bytes) throws(NPYHeader.Fault) -> Tensor {
  let parsed = content.withUnsafeBytes { bytes in
    Result { () throws(NPYHeader.Fault) in try NPYHeader(parsing: bytes) }
  }
  let header = try parsed.get()
  try header.requireCount(content.count)
  let range = header.dataOffset..<content.count
  let columnMajor = header.fortranOrder && header.shape.count > 1
  let elements: Bytes
  if columnMajor {
    elements = content.withUnsafeBytes {
      rowMajor(UnsafeRawBufferPointer(rebasing: $0[range]), header)
    }
  } else if content.fileRange != nil || header.dataOffset.isMultiple(of: 64) {
    elements = content[range]
  } else {
    elements = content.withUnsafeBytes { bytes in
      Bytes(count: range.count) {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
  }
  return Tensor(type: header.element, shape: header.shape, bytes: elements)
}

/// The bytes of an NPY file, version 1.0, that holds `tensor`.
///
/// NumPy has no floating-point types but f16, f32 and f64, and no integers shorter than a byte: such
/// elements are written as f32, i8 or u8, which is exact.
/// The elements begin at a multiple of 64 bytes, as NumPy writes them.
public func encodeNPY(_ tensor: Tensor) -> [UInt8] {
  let tensor = tensor.type.format == nil ? tensor.stored : tensor.decoded
  let type =
    switch tensor.type {
    case .bool: "|b1"
    case .i8: "|i1"
    case .u8: "|u1"
    case .i16: "<i2"
    case .i32: "<i4"
    case .i64: "<i8"
    case .u16: "<u2"
    case .u32: "<u4"
    case .u64: "<u8"
    case .f16: "<f2"
    case .f32: "<f4"
    case .f64: "<f8"
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2:
      preconditionFailure("\(tensor.type) is written as another type")
    }
  let sizes = tensor.shape.map(String.init).joined(separator: ", ")
  let shape = tensor.shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
  var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
  let unpadded = 10 + header.utf8.count + 1
  header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
  precondition(header.utf8.count <= UInt16.max, "a shape of thousands of dimensions")
  var bytes = NPYHeader.magic + [1, 0]
  bytes += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
  bytes += header.utf8
  tensor.bytes.withUnsafeBytes { bytes += $0 }
  return bytes
}

/// The elements of `source`, stored with the first dimension varying fastest, in row-major order.
private func rowMajor(_ source: UnsafeRawBufferPointer, _ header: NPYHeader) -> Bytes {
  let shape = header.shape
  let size = header.element.byteCount
  var strides: [Int] = []
  var stride = size
  for length in shape {
    strides.append(stride)
    stride *= length
  }
  return Bytes(count: source.count) { target in
    var index = [Int](repeating: 0, count: shape.count)
    var from = 0
    for to in Swift.stride(from: 0, to: source.count, by: size) {
      for byte in 0..<size { target[to + byte] = source[from + byte] }
      for axis in shape.indices.reversed() {
        index[axis] += 1
        from += strides[axis]
        if index[axis] < shape[axis] { break }
        from -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
  }
}
