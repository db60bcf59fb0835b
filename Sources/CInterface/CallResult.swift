import Basics
import CAIMCC
import Driver

/// What a call gave, in the forms that C reads.
final class CallResult: Sendable {
  let status: Int32
  let report: CText?
  let diagnostics: CText
  let arrays: [HeldArray]
  let network: LibraryNetwork?
  let program: HeldProgram?

  init(status: Int32, _ content: CallContent, diagnostics items: [Diagnostic]) {
    self.status = status
    report = content.report.map { CText($0) }
    diagnostics = CText((try? diagnosticsText(items)) ?? "[]")
    arrays = content.arrays.map { HeldArray($0) }
    network = content.network
    program = content.program.map { HeldProgram($0) }
  }
}

/// What the work of a call gives.
struct CallContent {
  var report: String?
  var arrays: [NamedTensor] = []
  var network: LibraryNetwork?
  var program: LibraryProgram?
}

/// A text that ends in a zero byte, at an address that stays the same.
final class CText: @unchecked Sendable {
  let address: UnsafeMutablePointer<CChar>

  init(_ text: String) {
    let units = text.utf8CString
    address = .allocate(capacity: units.count)
    _ = units.withUnsafeBufferPointer { source in
      UnsafeMutableBufferPointer(start: address, count: units.count).initialize(from: source)
    }
  }

  deinit { address.deallocate() }
}

/// An array that C reads where it is.
final class HeldArray: @unchecked Sendable {
  private let name: CText
  private let type: CText
  private let shape: UnsafeMutablePointer<Int64>
  private let tensor: Tensor

  init(_ array: NamedTensor) {
    name = CText(array.name)
    type = CText(array.tensor.type.rawValue)
    tensor = array.tensor
    shape = .allocate(capacity: max(tensor.shape.count, 1))
    for (index, size) in tensor.shape.enumerated() { shape[index] = Int64(size) }
  }

  deinit { shape.deallocate() }

  /// As C sees it, as long as this exists: the bytes of a tensor stay where they are.
  var array: aimcc_array {
    aimcc_array(
      name: name.address, type: type.address, rank: tensor.shape.count, shape: shape,
      data: tensor.bytes.withUnsafeBytes(\.baseAddress), byte_count: tensor.bytes.count)
  }
}
