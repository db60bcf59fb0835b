import Basics
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// A file of version 1.0 with `header` as its literal.
private func npy(_ header: String, _ data: [UInt8] = [], version: [UInt8] = [1, 0]) -> [UInt8] {
  let length = header.utf8.count
  let size: [UInt8] = [UInt8(length & 255), UInt8(length >> 8)] + (version[0] > 1 ? [0, 0] : [])
  return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59] + version + size + header.utf8 + data
}

private func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct NPYTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func readsWhatNumPyWrites() throws {
    // numpy.save of numpy.array([[1, 2, 3], [4, 5, 6]], dtype="int16")
    let bytes = npy(
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }                    \n",
      [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0])
    let tensor = try readNPY(path: folder.write(bytes, "a.npy"))
    #expect(tensor == Tensor([Int16(1), 2, 3, 4, 5, 6], shape: [2, 3]))
  }

  @Test func readsFortranOrder() throws {
    let bytes = npy(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}",
      // x[i, j, k] = 100 i + 10 j + k
      [0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121])
    let tensor = try readNPY(path: folder.write(bytes, "f.npy"))
    #expect(
      tensor
        == Tensor([UInt8(0), 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121], shape: [2, 3, 2]))
  }

  @Test(arguments: [[1, 0], [2, 0], [3, 0]] as [[UInt8]])
  func readsEveryVersion(version: [UInt8]) throws {
    let bytes = npy(
      "{\"shape\": (), \"descr\": \"<f4\", \"fortran_order\": False}", [0, 0, 0x80, 0x3F],
      version: version)
    #expect(try readNPY(path: folder.write(bytes, "v.npy")) == Tensor(scalar: Float(1)))
  }

  @Test func typesThatNumPyLacksAreWrittenAsWiderOnes() throws {
    let four = Tensor(type: .i4, shape: [2], bytes: Bytes(copying: [-8, 7] as [Int8]))
    #expect(
      try readNPY(path: folder.write(encodeNPY(four), "i4.npy"))
        == Tensor([Int8(-8), 7], shape: [2]))
    let half = Tensor(codes: [0x3F80, 0xC040], type: .bf16, shape: [2])
    #expect(
      try readNPY(path: folder.write(encodeNPY(half), "bf16.npy"))
        == Tensor([Float(1), -3], shape: [2]))
  }

  @Test func encodingAndReadingGiveTheSame() throws {
    let tensors = [
      Tensor(scalar: Double(-2.5)), Tensor([Float16(1), 2], shape: [2]),
      Tensor([Bool8](repeating: true, count: 6), shape: [1, 2, 3]),
      Tensor([Int64](), shape: [0, 4]), Tensor([UInt32.max], shape: [1]),
    ]
    for tensor in tensors {
      let bytes = encodeNPY(tensor)
      #expect((bytes.count - tensor.bytes.count) % 64 == 0)
      #expect(try readNPY(path: folder.write(bytes, "r.npy")) == tensor)
    }
  }

  @Test(arguments: [
    (npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}"), "big-endian"),
    (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "NumPy type '|O'"),
    (npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"), "NumPy type '<c8'"),
    (npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "structured"),
    (npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}"), "neither True nor False"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "not a whole number"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3)}"), "not a tuple"),
    (
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "too large"
    ),
    (
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 0)}"),
      "too large"
    ),
    (npy("{'descr': '<f4', 'shape': (1,)}"), "lacks"),
    (npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"), "twice"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}"), "'x'"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} {}"), "more than one value"),
    (npy("{'descr': '<f4"), "does not end"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", [0, 0, 0, 0]), "takes 8"),
    (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0, 0]), "takes 4"),
    (npy("{}", version: [9, 1]), "version 9.1"),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 255, 255, 0x7B], "ends inside its header"),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 2, 0, 1, 0], "ends inside its header"),
    ([], "does not begin"),
  ])
  func refuses(bytes: [UInt8], reason: String) throws {
    let path = try folder.write(bytes, "bad.npy")
    let text = try #require(message { _ = try readNPY(path: path) })
    #expect(text.contains(reason) && text.contains(path))
  }
}

@Suite struct NPZTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test func writingAndReadingGiveTheSame() throws {
    let arrays = [
      NamedTensor(name: "x", tensor: Tensor((0..<4096).map { Float($0 % 3) }, shape: [64, 64])),
      NamedTensor(name: "a/b", tensor: Tensor(scalar: Int8(-1))),
      NamedTensor(name: "größe", tensor: Tensor([UInt8](), shape: [0])),
    ]
    let path = "\(folder.path)/a.npz"
    try writeNPZ(arrays, to: path)
    #expect(try readNPZ(path: path) == arrays)
    let other = "\(folder.path)/b.npz"
    try writeNPZ(arrays, to: other)
    #expect(
      try MappedFile(path: path).withUnsafeBytes { Array($0) }
        == MappedFile(path: other).withUnsafeBytes { Array($0) })
  }

  @Test func noticesEveryFlippedBitOfTheElements() throws {
    let path = "\(folder.path)/a.npz"
    try writeNPZ([NamedTensor(name: "x", tensor: Tensor([Float(1), 2], shape: [2]))], to: path)
    let bytes = try MappedFile(path: path).withUnsafeBytes { Array($0) }
    // Local header of 30 bytes, then the name, then the compressed content.
    for position in stride(from: 30 + 5 + 2, to: 30 + 5 + 50, by: 3) {
      var damaged = bytes
      damaged[position] ^= 1
      let other = try folder.write(damaged, "damaged.npz")
      #expect(throws: Diagnostics.self, "byte \(position)") { try readNPZ(path: other) }
    }
  }

  @Test func refusesTruncatedAndForeignFiles() throws {
    let path = "\(folder.path)/a.npz"
    try writeNPZ([NamedTensor(name: "x", tensor: Tensor([Float(1), 2], shape: [2]))], to: path)
    let bytes = try MappedFile(path: path).withUnsafeBytes { Array($0) }
    for count in stride(from: 0, to: bytes.count, by: 7) {
      let other = try folder.write(Array(bytes.prefix(count)), "short.npz")
      #expect(throws: Diagnostics.self, "\(count) bytes") { try readNPZ(path: other) }
    }
  }

  @Test func cannotBeWrittenWhereThereIsNoFolder() {
    let arrays = [NamedTensor(name: "x", tensor: Tensor(scalar: Float(1)))]
    #expect(throws: Diagnostics.self) { try writeNPZ(arrays, to: "\(folder.path)/none/a.npz") }
  }

  /// A small archive cannot fill the memory: not by zeros, not by a wrong shape, not by entries that share bytes.
  @Test func bombsAreRefused() throws {
    let path = "\(folder.path)/bomb.npz"
    func fault(_ arrays: [NamedTensor]) throws -> String {
      try writeNPZ(arrays, to: path)
      do {
        _ = try readNPZ(path: path)
        return ""
      } catch {
        return "\(error)"
      }
    }
    let half = Tensor(type: .u8, shape: [160 << 20], bytes: Bytes(count: 160 << 20) { _ in })
    #expect(try fault([NamedTensor(name: "a", tensor: half)]).isEmpty)
    let two = [NamedTensor(name: "a", tensor: half), NamedTensor(name: "b", tensor: half)]
    #expect(try fault(two).contains("in all of an archive of this size"))

    try writeNPZ(
      [
        NamedTensor(
          name: "a", tensor: Tensor((0..<256).map { UInt32($0 * 40_503 % 65_536) }, shape: [256]))
      ], to: path)
    let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    let start = try #require(
      bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
    let end = bytes.count - 22
    var many = Array(bytes[..<start])
    for name in UInt8(ascii: "a")..<UInt8(ascii: "i") {
      var entry = Array(bytes[start..<end])
      entry[46] = name
      many += entry
    }
    let directory = UInt32(many.count - start)
    many += [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 8, 0, 8, 0]
    withUnsafeBytes(of: directory.littleEndian) { many += $0 }
    withUnsafeBytes(of: UInt32(start).littleEndian) { many += $0 }
    let shared = try folder.write(many + [0, 0], "shared.npz")
    let error = #expect(throws: Diagnostics.self) { try readNPZ(path: shared) }
    #expect("\(try #require(error))".contains("shares its bytes with other entries"))
  }
}
