import CProcess
import Glibc

/// Memory of one owner.
///
/// From `large` bytes on it comes from the system, which gives it as zeros and, where it can, in large
/// pages: thousands of small ones take longer to get than to fill.
package final class OwnedMemory: @unchecked Sendable {
  /// A large page of common processors.
  private static let large = 2 << 20

  package let buffer: UnsafeMutableRawBufferPointer
  private let isLarge: Bool

  /// Takes `count` bytes, aligned to 64; what is in them is not defined.
  package init(count: Int) {
    isLarge = count >= Self.large
    if isLarge {
      let address = mmap(
        nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let address, address != MAP_FAILED else { end_without_memory(count) }
      _ = madvise(address, count, MADV_HUGEPAGE)
      buffer = UnsafeMutableRawBufferPointer(start: address, count: count)
    } else {
      buffer = .allocate(byteCount: count, alignment: 64)
    }
  }

  /// Makes all of it 0, before anything else is written: what the system gives is 0 already.
  package func zero() {
    if !isLarge { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
  }

  /// The elements that it has room for.
  package func elements<Element: BitwiseCopyable>(
    of _: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    guard let first = buffer.baseAddress else { preconditionFailure("memory has an address") }
    return first.bindMemory(
      to: Element.self, capacity: buffer.count / MemoryLayout<Element>.stride)
  }

  deinit { if isLarge { munmap(buffer.baseAddress, buffer.count) } else { buffer.deallocate() } }
}
