import Basics
import CAIMCC
import Commands
import Driver

/// The arrays that a call is given, read where they are.
struct GivenArrays {
  private let arrays: [NamedTensor]

  /// Takes the `count` arrays at `pointer`, which messages call `what`.
  ///
  /// Throws `UsageFault` for an array that cannot be.
  init(_ pointer: UnsafePointer<aimcc_array>?, _ count: Int, _ what: String) throws {
    let count = try size(count, atMost: 1 << 16, "the number of \(what)")
    guard count > 0 else {
      arrays = []
      return
    }
    guard let pointer else { throw UsageFault(message: "\(what) are NULL") }
    arrays = try (0..<count).map { try Self.tensor(pointer[$0]) }
  }

  /// The arrays as data, as those of an NPZ archive; `nil` if there are none.
  func source(_ name: String) -> DataSource? {
    arrays.isEmpty ? nil : DataSource(path: name, content: .archive(arrays))
  }

  /// `outputs`, copied where they lie in what was given: that goes when the call is over.
  func detached(_ outputs: [NamedTensor]) -> [NamedTensor] {
    outputs.map { output in
      let isOurs = output.tensor.bytes.withUnsafeBytes { bytes in
        arrays.contains { given in given.tensor.bytes.withUnsafeBytes { $0.overlaps(bytes) } }
      }
      guard isOurs else { return output }
      let copy = output.tensor.bytes.withUnsafeBytes { source in
        Bytes(count: source.count) { $0.copyMemory(from: source) }
      }
      return NamedTensor(
        name: output.name,
        tensor: Tensor(type: output.tensor.type, shape: output.tensor.shape, bytes: copy))
    }
  }

  private static func tensor(_ array: aimcc_array) throws -> NamedTensor {
    let name = try text(array.name, "the name of an array")
    let word = try text(array.type, "the type of array \"\(name)\"")
    guard let type = ElementType(rawValue: word), types.contains(type) else {
      throw UsageFault(
        message: "array \"\(name)\" has the type \"\(word)\"; there are "
          + types.map(\.rawValue).joined(separator: ", "))
    }
    let rank = try size(array.rank, atMost: 64, "the rank of array \"\(name)\"")
    guard rank == 0 || array.shape != nil else {
      throw UsageFault(message: "the shape of array \"\(name)\" is NULL")
    }
    let shape = try (0..<rank).map { axis in
      guard let size = Int(exactly: array.shape[axis]), size >= 0 else {
        throw UsageFault(message: "array \"\(name)\" has a size below 0")
      }
      return size
    }
    // Beside a size of 0 too, the others must be such that they can be multiplied.
    let room = shape.reduce(type.byteCount) { $0.saturatingProduct(max($1, 1)) }
    guard room < .max else {
      throw UsageFault(message: "array \"\(name)\" has sizes beyond the address space")
    }
    let wanted = shape.contains(0) ? 0 : room
    let bytes = try memory(array.data, array.byte_count, "array \"\(name)\"")
    guard wanted == bytes.count else {
      throw UsageFault(
        message: "array \"\(name)\" has \(bytes.count) bytes, but its type and shape make \(wanted)"
      )
    }
    guard type != .bool || bytes.allSatisfy({ $0 < 2 }) else {
      throw UsageFault(message: "array \"\(name)\" has truth values other than 0 and 1")
    }
    return NamedTensor(
      name: name, tensor: Tensor(type: type, shape: shape, bytes: Bytes(borrowing: bytes)))
  }

  /// Those that arrays of other languages have.
  private static let types: [ElementType] = [
    .f16, .f32, .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool,
  ]
}

extension UnsafeRawBufferPointer {
  /// Whether they have a byte in common.
  fileprivate func overlaps(_ other: UnsafeRawBufferPointer) -> Bool {
    guard let start = baseAddress, let otherStart = other.baseAddress else { return false }
    return start < otherStart + other.count && otherStart < start + count
  }
}
