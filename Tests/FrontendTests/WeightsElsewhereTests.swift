import Basics
import Foundation
import Frontend
import IR
import TestSupport
import Testing

/// Weights that are not in the model as they are in memory: in other files, or sparse.
struct WeightsElsewhereTests {
  /// Calls `body` with a fresh folder, and removes it.
  static func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = try Folder()
    return try withExtendedLifetime(folder) { try body(folder.path) }
  }

  /// A model y = x · w whose weight w, of `dims`, is elsewhere.
  static func model(_ dims: [Int64], _ external: [(String, String)]) -> [UInt8] {
    WireBytes.model {
      $0.input("x", [1, dims[0]])
      $0.initializer("w", dims, external: external)
      $0.node("MatMul", ["x", "w"], ["y"], name: "product")
      $0.output("y")
    }
  }

  static func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// What is said of the model at `path`.
  static func faults(_ path: String) -> [String] {
    do {
      _ = try importModel(path: path)
      return []
    } catch {
      return ((error as? Diagnostics)?.items ?? []).map(\.message)
    }
  }

  @Test func detoursInsideTheFolder() throws {
    try Self.withFolder { folder in
      let path = "\(folder)/model.onnx"
      try Self.write([UInt8](repeating: 0, count: 8), "\(folder)/w.bin")
      for location in ["data/../w.bin", "./w.bin", "a/b/../../w.bin"] {
        try Self.write(Self.model([2, 1], [("location", location)]), path)
        #expect(Self.faults(path) == [])
      }
      for location in ["../w.bin", "data/../../w.bin", "a/../..", "data/.."] {
        try Self.write(Self.model([2, 1], [("location", location)]), path)
        #expect(Self.faults(path).count == 1, "\(location)")
        #expect(Self.faults(path)[0].contains("leads out of the folder"), "\(location)")
      }
    }
  }

  /// The cache of the Hugging Face Hub: snapshots of links into a folder of blobs.
  @Test func linksBesideALinkedModel() throws {
    try Self.withFolder { folder in
      let files = FileManager.default
      for name in ["blobs", "snapshots/one", "elsewhere"] {
        try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      }
      let snapshot = "\(folder)/snapshots/one"
      try Self.write([UInt8](repeating: 0, count: 8), "\(folder)/blobs/1234")
      try Self.write([UInt8](repeating: 0, count: 8), "\(folder)/elsewhere/secret")
      try Self.write(
        Self.model([2, 1], [("location", "model.onnx_data")]), "\(folder)/blobs/abcd")
      let path = "\(snapshot)/model.onnx"
      try files.createSymbolicLink(atPath: path, withDestinationPath: "../../blobs/abcd")
      let data = "\(snapshot)/model.onnx_data"
      try files.createSymbolicLink(atPath: data, withDestinationPath: "../../blobs/1234")
      #expect(Self.faults(path) == [])
      // Another folder is still out of reach, and so are blobs for a model that is no link.
      try files.removeItem(atPath: data)
      try files.createSymbolicLink(atPath: data, withDestinationPath: "../../elsewhere/secret")
      #expect(Self.faults(path).first?.contains("is a link out of the folder") == true)
      try files.removeItem(atPath: data)
      try files.createSymbolicLink(atPath: data, withDestinationPath: "../../blobs/1234")
      try files.removeItem(atPath: path)
      try files.copyItem(atPath: "\(folder)/blobs/abcd", toPath: path)
      #expect(Self.faults(path).first?.contains("is a link out of the folder") == true)
    }
  }

  @Test func otherFilesAreRead() throws {
    try Self.withFolder { folder in
      let path = "\(folder)/model.onnx"
      try FileManager.default.createDirectory(
        atPath: "\(folder)/sub", withIntermediateDirectories: true)
      let elements = [Float(1), 2, 3, 4, 5, 6]
      let bytes = elements.withUnsafeBytes { Array($0) }
      try Self.write([7, 7, 7] + bytes, "\(folder)/sub/data")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link", withDestinationPath: "sub/data")
      for location in ["sub/data", "./sub/data", "link"] {
        for length in [[("length", "24")], []] {
          try Self.write(
            Self.model([2, 3], [("location", location), ("offset", "3")] + length), path)
          let graph = try importModel(path: path).graph
          let weight = try #require(graph.values.first { $0.name == "w" }?.tensor)
          #expect(weight == Tensor(elements, shape: [2, 3]))
          #expect(weight.bytes.fileRange?.range == 3..<27)
          #expect(externalFiles(ofModel: path) == ["\(folder)/\(location)"])
        }
      }
    }
  }

  @Test func filesOutsideTheFolderAreRefused() throws {
    try Self.withFolder { outside in
      try Self.write([UInt8](repeating: 0, count: 24), "\(outside)/data")
      try Self.withFolder { folder in
        let path = "\(folder)/model.onnx"
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/link", withDestinationPath: "\(outside)/data")
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/folder", withDestinationPath: outside)
        let name = outside.split(separator: "/").last ?? ""
        for (location, reason) in [
          ("link", "is a link out of the folder of the model"),
          ("folder/data", "is a link out of the folder of the model"),
          ("../\(name)/data", "leads out of the folder of the model"),
          ("\(outside)/data", "is not a path relative to the model"),
          ("gone", "cannot be opened: No such file or directory"),
        ] {
          try Self.write(Self.model([2, 3], [("location", location)]), path)
          #expect(
            Self.faults(path)
              == ["tensor \"w\" keeps its data in \"\(location)\", which \(reason)"])
        }
      }
    }
  }

  @Test func lengthsAreChecked() throws {
    try Self.withFolder { folder in
      let path = "\(folder)/model.onnx"
      try Self.write([UInt8](repeating: 0, count: 40), "\(folder)/data")
      for (offset, length, reason) in [
        ("0", "20", "has 20 bytes of data in \"data\"; its shape needs 24"),
        (
          "17", "24",
          "has its 24 bytes of data at offset 17 of \"data\", which has only 40 bytes"
        ),
        (
          "9223372036854775807", "24",
          "has its 24 bytes of data at offset 9223372036854775807 of \"data\", which has only 40 bytes"
        ),
        (
          "-1", "24",
          "keeps its data in another file at offset \"-1\", which is not a valid number"
        ),
      ] {
        try Self.write(
          Self.model([2, 3], [("location", "data"), ("offset", offset), ("length", length)]), path)
        #expect(Self.faults(path) == ["tensor \"w\" \(reason)"])
      }
    }
  }

  /// A model of 30 GB is imported without a look at its weights.
  @Test func largeFilesAreNotRead() throws {
    try Self.withFolder { folder in
      let path = "\(folder)/model.onnx"
      let (rows, columns) = (120_000, 62_500)
      let count = rows * columns * 4
      try Self.write([], "\(folder)/data")
      let file = try #require(FileHandle(forWritingAtPath: "\(folder)/data"))
      try file.truncate(atOffset: UInt64(count))
      try Self.write(Self.model([Int64(rows), Int64(columns)], [("location", "data")]), path)
      let graph = try importModel(path: path).graph
      let weight = try #require(graph.values.first { $0.name == "w" }?.tensor)
      #expect(weight.bytes.count == 30_000_000_000)
      // Pages of a hole that nobody has read are not in memory.
      let resident = try weight.bytes.withUnsafeBytes { bytes in
        let pages = (bytes.count + 4095) / 4096
        var flags = [UInt8](repeating: 0, count: pages)
        let address = UnsafeMutableRawPointer(mutating: try #require(bytes.baseAddress))
        try #require(mincore(address, bytes.count, &flags) == 0)
        return flags.count { $0 & 1 == 1 }
      }
      #expect(resident < 30_000_000_000 / 4096 / 100)
    }
  }

  @Test func sparseTensors() throws {
    let dense = Tensor([0, 0.5, 0, 0, 0, -2] as [Float], shape: [2, 3])
    let linear = Tensor([1, 5] as [Int64], shape: [2])
    let places = Tensor([0, 1, 1, 2] as [Int64], shape: [2, 2])
    let bytes = WireBytes.model {
      $0.sparse(15, "w", [0.5, -2], at: linear, [2, 3])
      $0.node("Constant", [], ["c"], name: "constant") {
        $0.message(5) {
          $0.string(1, "sparse_value")
          $0.sparse(22, "", [0.5, -2], at: places, [2, 3])
          $0.int(20, 11)
        }
      }
      $0.node("Add", ["w", "c"], ["y"], name: "sum")
      $0.output("y")
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    for name in ["w", "c"] {
      #expect(graph.values.first { $0.name == name }?.tensor == dense)
    }
  }
}
