import Basics
import Foundation
import IR
import TestSupport
import Testing

@Suite struct WeightTests {
  /// A path for a file of this test, which is removed after `body`.
  private func withPath<R>(_ body: (String) throws -> R) throws -> R {
    try Folder.withFile([], "tensors.weights", body)
  }

  private let tensors = [
    Tensor((0..<100).map { Float($0) / 7 }, shape: [4, 25]),
    Tensor((0..<33).map { Int8($0) }, shape: [33]),
    Tensor((0..<20).map { Float16($0) }, shape: [2, 1, 10]),
    Tensor([Float](), shape: [0, 3]),
    Tensor(scalar: Int64(5)),
  ]

  private func graph(_ tensors: [Tensor]) -> Graph {
    var graph = Graph(name: "weights")
    for (index, tensor) in tensors.enumerated() {
      graph.outputs.append(graph.addConstant(name: "w\(index)", tensor))
    }
    return graph
  }

  @Test func textGetsItsWeightsBack() throws {
    let graph = graph(tensors)
    var read = try Graph(text: graph.text)
    #expect(read.unresolvedConstants == ["w0", "w1", "w2"])
    #expect(graph.referencedTensors() == Array(tensors[..<3]))
    try read.attachConstants(from: [tensors[2], tensors[0].reshaped([100]), tensors[1]])
    #expect(read.unresolvedConstants == ["w0"])
    try read.attachConstants(from: tensors)
    #expect(read.unresolvedConstants.isEmpty)
    for (id, tensor) in zip(read.outputs, tensors) { #expect(read.tensor(of: id) == tensor) }
  }

  @Test func fileGivesBackWhatWasWritten() throws {
    try withPath { path in
      try WeightFile.write(tensors + tensors, to: path)
      let file = try WeightFile(path: path)
      #expect(file.tensors == tensors)
      var read = try Graph(text: graph(tensors).text)
      try read.attachConstants(from: file)
      #expect(read.unresolvedConstants.isEmpty)
      #expect(read.outputs.map { read.tensor(of: $0) } == tensors)
      try WeightFile.write([], to: path)
      #expect(try WeightFile(path: path).tensors.isEmpty)
    }
  }

  /// Two tensors that differ by a multiple of the checksum's polynomial have one checksum.
  @Test func oneChecksumOfTwoTensorsIsAFault() throws {
    let elements = (0..<20).map { UInt64($0) }
    var others = elements
    others[7] ^= 1 | 0x82F6_3B78 << 1
    let (a, b) = (Tensor(elements, shape: [20]), Tensor(others, shape: [20]))
    try #require(CRC32C.checksum(a.bytes) == CRC32C.checksum(b.bytes))
    var read = try Graph(text: graph([a]).text)
    #expect(throws: Diagnostics.self) { try read.attachConstants(from: [a, b]) }
    try read.attachConstants(from: [a, a])
    #expect(read.tensor(of: read.outputs[0]) == a)
    try withPath { path -> Void in
      #expect(throws: Diagnostics.self) { try WeightFile.write([a, b], to: path) }
    }
  }

  @Test func everyFlippedBitIsNoticed() throws {
    try withPath { path in
      let tensor = Tensor((0..<24).map { Float($0) }, shape: [24])
      try WeightFile.write([tensor], to: path)
      let bytes = try Data(contentsOf: URL(filePath: path))
      let text = graph([tensor]).text
      // Behind the elements, up to the next multiple of 64, nothing is stored.
      for bit in 0..<(128 + tensor.bytes.count) * 8 {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        // The rest of the directory's last 64 bytes is padding.
        if (96..<128).contains(bit / 8) { continue }
        try damaged.write(to: URL(filePath: path))
        var read = try Graph(text: text)
        #expect(throws: Diagnostics.self, "bit \(bit)") {
          try read.attachConstants(from: try WeightFile(path: path))
        }
      }
      for count in 0..<bytes.count {
        try bytes.prefix(count).write(to: URL(filePath: path))
        #expect(throws: Diagnostics.self) { try WeightFile(path: path) }
      }
    }
  }

  /// A directory may lie although its checksum fits.
  @Test(
    arguments: [
      (4, 12), (5, 65), (6, 1), (8, 64), (8, 129), (9, 1), (15, 0x80), (16, 95), (23, 0x80),
      (24, 25),
      (31, 0x80), (31, 0x40),
    ] as [(Int, UInt8)])
  func aFaultyDirectoryIsRefused(_ offset: Int, _ byte: UInt8) throws {
    try withPath { path in
      try WeightFile.write([Tensor((0..<24).map { Float($0) }, shape: [24])], to: path)
      var bytes = Array(try Data(contentsOf: URL(filePath: path)))
      bytes[64 + offset] = byte
      Self.seal(&bytes)
      try Data(bytes).write(to: URL(filePath: path))
      #expect(throws: Diagnostics.self) { try WeightFile(path: path) }
    }
  }

  @Test(
    arguments: [(0, 0x42), (8, 2), (12, 0), (12, 2), (15, 0xFF), (16, 1), (24, 24), (31, 0xFF)]
      as [(Int, UInt8)])
  func aFaultyHeaderIsRefused(_ offset: Int, _ byte: UInt8) throws {
    try withPath { path in
      try WeightFile.write([Tensor((0..<24).map { Float($0) }, shape: [24])], to: path)
      var bytes = Array(try Data(contentsOf: URL(filePath: path)))
      bytes[offset] = byte
      Self.sealHeader(&bytes)
      try Data(bytes).write(to: URL(filePath: path))
      #expect(throws: Diagnostics.self) { try WeightFile(path: path) }
    }
  }

  /// Makes the checksums of a file with a directory of 32 bytes fit.
  private static func seal(_ bytes: inout [UInt8]) {
    store(CRC32C.checksum(Bytes(copying: Array(bytes[64..<96]))), at: 32, in: &bytes)
    sealHeader(&bytes)
  }

  private static func sealHeader(_ bytes: inout [UInt8]) {
    store(CRC32C.checksum(Bytes(copying: Array(bytes[..<60]))), at: 60, in: &bytes)
  }

  private static func store(_ value: UInt32, at offset: Int, in bytes: inout [UInt8]) {
    for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
  }
}
