import Basics
import COnnx
import CProtobufC
import Foundation
import Frontend
import TestSupport
import Testing

/// The scan's estimate bounds what libprotobuf-c really allocates.
struct WireScanMemoryTests {
  /// Counts the bytes of blocks that are allocated through it and not freed.
  final class Meter {
    var live = 0
    var peak = 0

    /// What glibc takes for a block of `size` bytes: 8 more, in units of 16, at least 32.
    static func cost(_ size: Int) -> Int { max(32, (size + 8 + 15) & ~15) }
  }

  /// The most memory that unpacking `skeleton` takes at a time; `nil` if it fails or leaks.
  static func peak(unpacking skeleton: [UInt8]) -> Int? {
    let meter = Meter()
    // Each block has its size in front of it, in 16 bytes that keep its alignment.
    var allocator = ProtobufCAllocator(
      alloc: { data, size in
        let meter = Unmanaged<Meter>.fromOpaque(data!).takeUnretainedValue()
        guard let block = malloc(size + 16) else { return nil }
        block.storeBytes(of: size, as: Int.self)
        meter.live += Meter.cost(size)
        meter.peak = max(meter.peak, meter.live)
        return block + 16
      },
      free: { data, block in
        guard let block else { return }
        let meter = Unmanaged<Meter>.fromOpaque(data!).takeUnretainedValue()
        meter.live -= Meter.cost((block - 16).load(as: Int.self))
        free(block - 16)
      }, allocator_data: Unmanaged.passUnretained(meter).toOpaque())
    return withExtendedLifetime(meter) {
      guard let message = onnx__model_proto__unpack(&allocator, skeleton.count, skeleton) else {
        return nil
      }
      onnx__model_proto__free_unpacked(message, &allocator)
      return meter.live == 0 ? meter.peak : nil
    }
  }

  static func expectBound(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let scan = try bytes.withUnsafeBytes { try WireScan.model($0, file: "net.onnx") }
    let peak = peak(unpacking: scan.skeleton)
    #expect(peak != nil, sourceLocation: sourceLocation)
    #expect(peak ?? 0 <= scan.memory, sourceLocation: sourceLocation)
  }

  @Test func manySmallThings() throws {
    func graph(_ build: (inout WireBytes) -> Void) -> [UInt8] {
      WireBytes { $0.message(7, build) }.bytes
    }
    let count = 20_000
    try Self.expectBound(graph { for _ in 0..<count { $0.message(1) { _ in } } })
    try Self.expectBound(graph { for _ in 0..<count { $0.message(5) { _ in } } })
    try Self.expectBound(graph { $0.message(1) { for _ in 0..<count { $0.string(1, "") } } })
    try Self.expectBound(graph { $0.message(1) { for _ in 0..<count { $0.message(5) { _ in } } } })
    try Self.expectBound(
      graph { $0.message(1) { $0.message(5) { for _ in 0..<count { $0.data(9, []) } } } })
    try Self.expectBound(
      graph { $0.message(1) { $0.message(5) { for _ in 0..<count { $0.int(8, 1) } } } })
    try Self.expectBound(
      graph { $0.message(1) { $0.message(5) { $0.ints(8, [Int64](repeating: 1, count: count)) } } })
    try Self.expectBound(
      graph { graph in
        for _ in 0..<count { graph.message(5) { $0.ints(1, [1]) } }
      })
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func realModels() throws {
    for path in Repository.sharedModelFiles("model.onnx") {
      try Self.expectBound([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }
  }

  @Test func damagedModels() throws {
    var generator = SplitMix64(seed: 4)
    var accepted = 0
    for _ in 0..<500 {
      let bytes = WireScanMutationTests.mutated(WireScanMutationTests.model, &generator)
      if WireScanTests.faults(bytes).isEmpty {
        accepted += 1
        try Self.expectBound(bytes)
      }
    }
    #expect(accepted > 20)
  }
}
