import Basics
import Frontend
import Testing

/// Each fault of the wire format is named at its offset, and nothing crashes.
struct WireScanTests {
  /// The faults found in a model of `bytes`; empty if it is well formed.
  static func faults(_ bytes: [UInt8]) -> [Diagnostic] {
    do {
      _ = try bytes.withUnsafeBytes { try WireScan.model($0, file: "net.onnx") }
      return []
    } catch {
      return (error as? Diagnostics)?.items ?? []
    }
  }

  /// Expects exactly one fault.
  static func expect(
    _ bytes: [UInt8], _ message: String, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = faults(bytes)
    #expect(found.map(\.message) == [message], sourceLocation: sourceLocation)
    #expect(found.first?.location == .byteOffset(offset), sourceLocation: sourceLocation)
    #expect(found.first?.file == "net.onnx", sourceLocation: sourceLocation)
  }

  @Test func emptyFile() { Self.expect([], "is empty", at: 0) }

  @Test func truncatedVarint() {
    Self.expect(
      [0x08, 0x80], "a variable-length integer does not end before its message does", at: 0)
    Self.expect(
      WireBytes {
        $0.int(1, 8)
        $0.bytes.append(0xFF)
      }.bytes, "a variable-length integer does not end before its message does", at: 2)
  }

  @Test func overlongVarint() {
    let long = [0x08] + [UInt8](repeating: 0xFF, count: 9)
    let message = "a variable-length integer does not fit in 64 bits"
    Self.expect(long + [0x02], message, at: 0)
    Self.expect(long + [0xFF, 0x01], message, at: 0)
    #expect(Self.faults(long + [0x01]).isEmpty)
  }

  @Test func fieldNumbers() {
    let message = "a field number is 0 or does not fit in 29 bits"
    Self.expect([0x02, 0x00], message, at: 0)
    Self.expect(WireBytes { $0.int(1 << 29, 0) }.bytes, message, at: 0)
    #expect(Self.faults(WireBytes { $0.int((1 << 29) - 1, 0) }.bytes).isEmpty)
  }

  @Test func groupsAndUnknownWireTypes() {
    let group = "a group begins or ends here; ONNX has none"
    Self.expect(WireBytes { $0.tag(1, wireType: 3) }.bytes, group, at: 0)
    Self.expect(WireBytes { $0.tag(1, wireType: 4) }.bytes, group, at: 0)
    Self.expect(WireBytes { $0.tag(1, wireType: 6) }.bytes, "wire type 6 does not exist", at: 0)
    Self.expect(WireBytes { $0.tag(1, wireType: 7) }.bytes, "wire type 7 does not exist", at: 0)
  }

  @Test func valuesPastTheirMessage() {
    Self.expect(
      WireBytes {
        $0.int(1, 8)
        $0.tag(7, wireType: 2)
        $0.raw(100)
        $0.bytes += [0x0A]
      }.bytes, "a value of 100 bytes does not fit in the 1 that its message has left", at: 2)
    Self.expect(
      WireBytes {
        $0.tag(7, wireType: 2)
        $0.raw(.max)
      }.bytes, "a value of \(UInt64.max) bytes does not fit in the 0 that its message has left",
      at: 0)
    Self.expect(
      WireBytes { $0.message(7) { $0.message(1) { $0.bytes += [0x22, 0x05, 0x41] } } }.bytes,
      "graph.node: a value of 5 bytes does not fit in the 1 that its message has left", at: 4)
  }

  @Test func wrongWireTypes() {
    Self.expect(
      WireBytes { $0.string(1, "8") }.bytes, "ir_version has wire type 2, which does not fit", at: 0
    )
    Self.expect(
      WireBytes { $0.int(7, 1) }.bytes, "graph has wire type 0, which does not fit", at: 0)
    Self.expect(
      WireBytes { $0.message(7) { $0.message(5) { $0.float(1, 1) } } }.bytes,
      "graph.initializer: dims has wire type 5, which does not fit", at: 4)
  }

  @Test func repeatedSingularFields() {
    let twice = "is given twice, or beside a field that excludes it"
    Self.expect(
      WireBytes {
        $0.int(1, 8)
        $0.int(1, 9)
      }.bytes, "ir_version \(twice)", at: 2)
    Self.expect(
      WireBytes {
        $0.message(7) { $0.string(2, "a") }
        $0.message(7) { $0.string(2, "b") }
      }.bytes, "graph \(twice)", at: 5)
    // A dimension is a number or a name: the two exclude each other.
    let dimension = WireBytes {
      $0.int(1, 3)
      $0.string(2, "N")
    }.bytes
    let type = WireBytes { $0.message(1) { $0.message(2) { $0.data(1, dimension) } } }.bytes
    Self.expect(
      WireBytes { $0.message(7) { $0.message(11) { $0.data(2, type) } } }.bytes,
      "graph.input.type.tensor_type.shape.dim: dim_param \(twice)", at: 14)
  }

  @Test func strings() {
    Self.expect(
      WireBytes { $0.data(2, [0x61, 0xC3, 0x28]) }.bytes, "producer_name is not valid UTF-8", at: 0)
    Self.expect(
      WireBytes { $0.data(2, [0x61, 0x00]) }.bytes, "producer_name holds a zero byte", at: 0)
    #expect(Self.faults(WireBytes { $0.string(2, "Größe 网络") }.bytes).isEmpty)
  }

  @Test func packedLists() {
    let float = WireBytes { $0.message(7) { $0.message(5) { $0.data(4, [1, 2, 3]) } } }
    Self.expect(
      float.bytes, "graph.initializer: float_data has 3 bytes, no multiple of 4", at: 4)
    let int = WireBytes { $0.message(7) { $0.message(5) { $0.data(7, [1, 0x80]) } } }
    Self.expect(
      int.bytes,
      "graph.initializer: int64_data: a variable-length integer does not end before its message does",
      at: 7)
  }

  /// Graphs inside the attributes of nodes, `levels` deep.
  static func nested(_ levels: Int) -> [UInt8] {
    var graph: [UInt8] = []
    for _ in 0..<levels {
      graph = WireBytes { $0.message(1) { $0.message(5) { $0.data(6, graph) } } }.bytes
    }
    return WireBytes { $0.data(7, graph) }.bytes
  }

  @Test func depth() {
    // A model and a graph, then three messages a level.
    #expect(Self.faults(Self.nested(20)).isEmpty)
    let deep = Self.faults(Self.nested(5_000))
    #expect(deep.count == 1)
    #expect(
      deep.first?.message.hasSuffix("messages are nested more than 64 deep") == true)
  }

  @Test func memory() {
    // Empty nodes of two bytes each become structures of more than a hundred.
    let nodes = [UInt8](repeating: 0, count: 1_200_000).enumerated().map {
      $0.offset % 2 == 0 ? UInt8(0x0A) : 0
    }
    let found = Self.faults(WireBytes { $0.data(7, nodes) }.bytes)
    #expect(found.count == 1)
    #expect(found.first?.message.contains("the limit for a file of 1200004 bytes") == true)
  }

  @Test func everyFaultIsListedOrCounted() {
    let bad = WireBytes {
      $0.message(7) { graph in
        for index in 0..<50 { graph.message(1) { $0.data(3, [UInt8(index), 0xFF]) } }
      }
    }
    let found = Self.faults(bad.bytes)
    #expect(found.count == 21)
    #expect(found.prefix(20).allSatisfy { $0.severity == .error && $0.location != nil })
    #expect(Set(found.prefix(20).map(\.location)).count == 20)
    #expect(found.last?.severity == .note)
    #expect(found.last?.message == "30 more faults are not listed")
  }

  @Test func faultsOfSiblingsAreFound() {
    let bad = WireBytes {
      $0.message(7) {
        $0.message(1) { $0.bytes += [0x0A, 0x7F] }
        $0.message(1) { $0.tag(3, wireType: 3) }
      }
    }
    #expect(Self.faults(bad.bytes).map(\.location) == [.byteOffset(4), .byteOffset(8)])
  }

  @Test func foreignFilesAreSaidToBeForeign() {
    let found = Self.faults(Array("<!DOCTYPE html>".utf8))
    #expect(found.first?.help == "the file does not look like an ONNX ModelProto")
  }
}
