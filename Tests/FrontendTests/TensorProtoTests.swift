import Basics
import Frontend
import TestSupport
import Testing

/// Tensors in all the forms of `TensorProto`, and what is refused.
struct TensorProtoTests {
  /// Reads a tensor of ONNX type `type` and shape `dims` whose data `build` adds.
  static func read(
    _ type: Int64, _ dims: [Int64], _ build: (inout WireBytes) -> Void
  ) throws -> Tensor {
    let bytes = WireBytes {
      $0.ints(1, dims)
      $0.int(2, type)
      $0.string(8, "t")
      build(&$0)
    }.bytes
    return try Folder.withFile(bytes) { try readTensorProto(path: $0).tensor }
  }

  /// What is said of a tensor that is refused.
  static func fault(
    _ type: Int64, _ dims: [Int64], _ build: (inout WireBytes) -> Void
  ) -> String? {
    do {
      _ = try read(type, dims, build)
      return nil
    } catch {
      return (error as? Diagnostics)?.items.map(\.message).joined(separator: "\n")
    }
  }

  @Test func rawData() throws {
    let values: [Float] = [1, -2.5, 0, .infinity]
    #expect(try Self.read(1, [2, 2]) { $0.packed(9, values) } == Tensor(values, shape: [2, 2]))
    #expect(
      try Self.read(16 - 6, [2]) { $0.packed(9, [Float16(1), 2]) }
        == Tensor([Float16(1), 2], shape: [2]))
    #expect(
      try Self.read(9, [2]) { $0.data(9, [1, 0]) } == Tensor([true, false] as [Bool8], shape: [2]))
    #expect(try Self.read(7, []) { $0.packed(9, [Int64(-5)]) } == Tensor(scalar: Int64(-5)))
  }

  @Test func typedData() throws {
    #expect(
      try Self.read(1, [3]) { $0.packed(4, [Float(1), 2, 3]) }
        == Tensor([Float(1), 2, 3], shape: [3]))
    #expect(
      try Self.read(1, [2]) {
        $0.float(4, 1)
        $0.float(4, 2)
      } == Tensor([Float(1), 2], shape: [2]))
    #expect(
      try Self.read(11, [2]) { $0.packed(10, [1.5, -0.5]) } == Tensor([1.5, -0.5], shape: [2]))
    #expect(
      try Self.read(7, [3]) { $0.ints(7, [-1, .max, .min]) }
        == Tensor([-1, Int64.max, .min], shape: [3]))
    #expect(
      try Self.read(6, [2]) { $0.ints(5, [-1, 7]) } == Tensor([Int32(-1), 7], shape: [2]))
    #expect(
      try Self.read(3, [2]) { $0.ints(5, [-128, 127]) } == Tensor([Int8(-128), 127], shape: [2]))
    #expect(
      try Self.read(2, [2]) { $0.ints(5, [0, 255]) } == Tensor([UInt8(0), 255], shape: [2]))
    #expect(
      try Self.read(5, [2]) { $0.ints(5, [-300, 300]) } == Tensor([Int16(-300), 300], shape: [2]))
    #expect(
      try Self.read(4, [2]) { $0.ints(5, [0, 65535]) } == Tensor([UInt16(0), 65535], shape: [2]))
    #expect(
      try Self.read(10, [2]) { $0.ints(5, [0x3C00, 0xC000]) }
        == Tensor([Float16(1), -2], shape: [2]))
    #expect(
      try Self.read(9, [3]) { $0.ints(5, [1, 0, 1]) }
        == Tensor([true, false, true] as [Bool8], shape: [3]))
    #expect(
      try Self.read(12, [2]) { $0.ints(11, [0, 4_294_967_295]) }
        == Tensor([UInt32(0), .max], shape: [2]))
    #expect(
      try Self.read(13, [2]) { $0.ints(11, [0, -1]) } == Tensor([UInt64(0), .max], shape: [2]))
  }

  /// What `onnx.helper.make_tensor` writes for elements shorter than a byte, with and without `raw`.
  @Test func packedData() throws {
    let four = Tensor(type: .i4, shape: [5], bytes: Bytes(copying: [-8, 7, 1, -1, 3] as [Int8]))
    #expect(try Self.read(22, [5]) { $0.ints(5, [120, 241, 3]) } == four)
    #expect(try Self.read(22, [5]) { $0.data(9, [120, 241, 3]) } == four)
    let two = Tensor(type: .u2, shape: [5], bytes: Bytes(copying: [1, 2, 3, 0, 1] as [UInt8]))
    #expect(try Self.read(25, [5]) { $0.ints(5, [57, 1]) } == two)
    #expect(two.fileBytes == Bytes(copying: [57, 1] as [UInt8]))
    let float = try Self.read(23, [3]) { $0.ints(5, [66, 13]) }
    #expect(float.decoded == Tensor([Float(1), 2, -3], shape: [3]))
    #expect(
      Self.fault(22, [5]) { $0.data(9, [120, 241]) }
        == "tensor \"t\" has 2 bytes of data; its shape needs 3")
    #expect(
      Self.fault(21, [3]) { $0.ints(5, [1, 256]) }
        == "tensor \"t\" has an element 1 that its type cannot hold")
  }

  @Test func typesThatSwiftHasNot() throws {
    #expect(
      try Self.read(16, [2]) { $0.ints(5, [16256, 0xC000]) }.decoded
        == Tensor([Float(1), -2], shape: [2]))
    #expect(
      try Self.read(17, [3]) { $0.data(9, [0x38, 0x7E, 0x01]) }.decoded
        == Tensor([Float(1), 448, 0x1p-9], shape: [3]))
    #expect(
      try Self.read(19, [3]) { $0.ints(5, [0x3C, 0x7B, 0xFC]) }.decoded
        == Tensor([Float(1), 57344, -.infinity], shape: [3]))
    #expect(
      try Self.read(24, [2]) { $0.ints(5, [127, 128]) }.decoded
        == Tensor([Float(1), 2], shape: [2]))
  }

  @Test(arguments: ElementType.allCases) func everyTypeIsReadAsItIsWritten(_ type: ElementType)
    throws
  {
    let bytes = Bytes(copying: (0..<7 * type.byteCount).map { type.extended(UInt8($0 * 37 % 256)) })
    let tensor = Tensor(type: type, shape: [7], bytes: bytes)
    let read = try Folder.withFile(encodeTensorProto(name: "t", tensor: tensor)) {
      try readTensorProto(path: $0).tensor
    }
    #expect(read == tensor)
  }

  @Test func noElements() throws {
    #expect(try Self.read(1, [0, 4]) { _ in } == Tensor([Float](), shape: [0, 4]))
    #expect(try Self.read(1, [0]) { $0.data(9, []) } == Tensor([Float](), shape: [0]))
  }

  @Test func refusals() {
    let none: (inout WireBytes) -> Void = { _ in }
    #expect(
      Self.fault(14, [1]) { $0.data(9, [0, 0]) }
        == "tensor \"t\" has elements of type complex64, which is not supported")
    #expect(
      Self.fault(8, [1]) { $0.data(6, [65]) }
        == "tensor \"t\" has elements of type string, which is not supported")
    #expect(
      Self.fault(99, [1], none)
        == "tensor \"t\" has elements of type of unknown number 99, which is not supported")
    #expect(Self.fault(1, [2], none) == "tensor \"t\" has no data for its 2 elements")
    #expect(
      Self.fault(1, [-1], none) == "tensor \"t\" has a dimension of -1 elements")
    #expect(
      Self.fault(1, [1 << 40, 1 << 40, 0], none)
        == "tensor \"t\" has more elements than can be addressed")
    #expect(
      Self.fault(1, [3]) { $0.packed(9, [Float(1), 2]) }
        == "tensor \"t\" has 8 bytes of data; its shape needs 12")
    #expect(
      Self.fault(7, [3]) { $0.ints(7, [1, 2]) } == "tensor \"t\" has 2 elements; its shape needs 3")
    #expect(
      Self.fault(3, [2]) { $0.ints(5, [1, 128]) }
        == "tensor \"t\" has an element 1 that its type cannot hold")
    #expect(
      Self.fault(1, [1]) { $0.ints(7, [1]) }
        == "tensor \"t\" keeps elements of type float in int64_data")
    #expect(
      Self.fault(1, [1]) {
        $0.packed(4, [Float(1)])
        $0.packed(9, [Float(1)])
      } == "tensor \"t\" has both float_data and raw_data")
    #expect(
      Self.fault(1, [1]) { $0.int(14, 1) }
        == "tensor \"t\" keeps its data in another file, but does not say which")
    #expect(
      Self.fault(1, [1]) { $0.message(3) { $0.int(1, 0) } }
        == "tensor \"t\" is one segment of a tensor, which is not supported")
  }

  @Test func whatIsEncodedIsReadBack() throws {
    let tensors = [
      Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3]), Tensor(scalar: Int64(-1)),
      Tensor([true, false] as [Bool8], shape: [2]), Tensor([UInt8](), shape: [0, 3]),
      Tensor([Float16(0.5)], shape: [1, 1]), Tensor([Double.pi], shape: [1]),
    ]
    for tensor in tensors {
      let bytes = encodeTensorProto(name: "größe", tensor: tensor)
      let (name, read) = try Folder.withFile(bytes) { try readTensorProto(path: $0) }
      #expect(name == "größe")
      #expect(read == tensor)
    }
  }

  @Test(.enabled(if: Repository.hasSharedModels, "../shared/models is not there"))
  func realTestData() throws {
    let paths = Repository.sharedModelFiles(".pb")
    #expect(!paths.isEmpty)
    for path in paths {
      let tensor = try readTensorProto(path: path).tensor
      #expect(tensor.count > 0, "\(path)")
    }
    let digit = try readTensorProto(
      path: "\(Repository.shared)/models/mnist8/test_data_set_0/input_0.pb"
    ).tensor
    #expect(digit.shape == [1, 1, 28, 28] && digit.type == .f32)
  }
}
