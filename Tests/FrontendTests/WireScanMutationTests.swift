import Basics
import COnnx
import Frontend
import TestSupport
import Testing

/// Files that are nearly right: whatever the scan lets through, libprotobuf-c unpacks.
struct WireScanMutationTests {
  /// A model with every kind of field.
  static let model = WireBytes {
    $0.int(1, 8)
    $0.string(2, "producer")
    $0.message(7) { graph in
      graph.string(2, "net")
      graph.message(1) { node in
        node.string(1, "x")
        node.string(1, "w")
        node.string(2, "y")
        node.string(4, "Gemm")
        node.message(5) { attribute in
          attribute.string(1, "alpha")
          attribute.float(2, 0.5)
          attribute.int(20, 1)
        }
        node.message(5) { attribute in
          attribute.string(1, "list")
          attribute.ints(8, [1, 2, 300])
          attribute.packed(7, [Float(1), 2])
          attribute.message(5) {
            $0.int(1, 2)
            $0.int(2, 7)
            $0.ints(7, [1, -1])
          }
        }
      }
      graph.message(5) { tensor in
        tensor.ints(1, [2, 2])
        tensor.int(2, 1)
        tensor.string(8, "w")
        tensor.packed(9, [Float(1), 2, 3, 4])
      }
      graph.message(11) { value in
        value.string(1, "x")
        value.message(2) { type in
          type.message(1) { tensor in
            tensor.int(1, 1)
            tensor.message(2) { shape in
              shape.message(1) { $0.string(2, "N") }
              shape.message(1) { $0.int(1, 2) }
            }
          }
        }
      }
    }
    $0.message(8) { $0.int(2, 13) }
  }.bytes

  /// `bytes` with some bytes changed, cut out, doubled or added.
  static func mutated(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
      let end = min(bytes.count, place + Int.random(in: 1...16, using: &generator))
      switch Int.random(in: 0..<5, using: &generator) {
      case 0 where !bytes.isEmpty: bytes[place] = .random(in: 0...255, using: &generator)
      case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }

  @Test func models() throws {
    var generator = SplitMix64(seed: 1)
    var accepted = 0
    for _ in 0..<2_000 {
      let bytes = Self.mutated(Self.model, &generator)
      let skeleton = try? bytes.withUnsafeBytes { try WireScan.model($0, file: "m").skeleton }
      guard let skeleton else { continue }
      accepted += 1
      let message = onnx__model_proto__unpack(nil, skeleton.count, skeleton)
      #expect(message != nil)
      onnx__model_proto__free_unpacked(message, nil)
    }
    #expect(accepted > 100)
  }

  @Test func tensors() throws {
    var generator = SplitMix64(seed: 2)
    let tensors = [
      Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3]), Tensor([Int64](0..<9), shape: [3, 3]),
    ].map { encodeTensorProto(name: "t", tensor: $0) }
    var accepted = 0
    for round in 0..<1_000 {
      let bytes = Self.mutated(tensors[round % 2], &generator)
      let tensor = try Folder.withFile(bytes) { try? readTensorProto(path: $0).tensor }
      if let tensor { accepted += tensor.count >= 0 ? 1 : 0 }
    }
    #expect(accepted > 50)
  }
}
