import Basics
import IR
import TestSupport
import Testing

@Suite struct ConstantTests {
  private func constant(_ type: ValueType, _ constant: Constant) -> Tensor? {
    var graph = Graph(name: "")
    let id = graph.addValue(name: "x", type: type, constant: constant)
    return graph.tensor(of: id)
  }

  @Test func everyHalfPrecisionNumberReadsBack() throws {
    var graph = Graph(name: "f16")
    for start in stride(from: 0, to: 65536, by: 16) {
      let elements = (start..<start + 16).map { Float16(bitPattern: UInt16($0)) }
      graph.outputs.append(graph.addConstant(name: "\(start)", Tensor(elements, shape: [16])))
    }
    #expect(try Graph(text: graph.text) == graph)
  }

  @Test(arguments: ElementType.allCases.filter { $0.byteCount == 1 || $0 == .bf16 })
  func everyShortElementReadsBack(_ type: ElementType) throws {
    var graph = Graph(name: "short")
    for start in stride(from: 0, to: 1 << (8 * type.byteCount), by: 8) {
      let bytes = (start..<start + 8).flatMap { code in
        type.byteCount == 1
          ? [type.extended(UInt8(code))] : [UInt8(code & 255), UInt8(code >> 8)]
      }
      let tensor = Tensor(type: type, shape: [8], bytes: Bytes(copying: bytes))
      graph.outputs.append(graph.addConstant(name: "\(start)", tensor))
    }
    #expect(try Graph(text: graph.text) == graph)
  }

  @Test(
    arguments: [
      (0x3DCD, .bf16, "0.100097656"), (0x7F80, .bf16, "inf"), (0x7FC0, .bf16, "nan"),
      (0x7E, .f8e4m3fn, "448.0"), (0x7F, .f8e4m3fn, "nan"), (0xFF, .f8e4m3fn, "bits(0xff)"),
      (0x80, .f8e4m3fnuz, "nan"), (0xFF, .f8e4m3fnuz, "-240.0"), (0x01, .f8e5m2, "1.5258789e-05"),
      (0x00, .f8e8m0, "5.877472e-39"), (0x07, .f4e2m1, "6.0"), (0xFF, .i4, "-1"), (0x0F, .u4, "15"),
      (0x10, .u4, "bits(0x10)"),
    ] as [(UInt64, ElementType, String)])
  func shortElementsAreWrittenAs(_ bits: UInt64, _ type: ElementType, _ text: String) {
    #expect(scalarText(bits, type) == text)
  }

  @Test(
    arguments: [
      ("f8e4m3fn", "465.0"), ("f8e4m3fn", "inf"), ("f8e5m2", "61440.0"), ("f4e2m1", "nan"),
      ("f8e8m0", "-1.0"), ("f8e8m0", "0.0"), ("bf16", "1e39"), ("i4", "8"), ("i4", "-9"),
      ("u4", "-1"), ("u2", "4"), ("u4", "bits(0x10)"), ("i4", "bits(0x8)"),
    ])
  func elementsThatATypeLacksAreRefused(_ type: String, _ text: String) {
    let graph = "graph \"g\" {\n  constant %0: \(type)[1] = dense[\(text)]\n  output %0\n}\n"
    #expect(throws: Diagnostics.self) { try Graph(text: graph) }
  }

  @Test(
    arguments: [
      (0x3DCC_CCCD, "0.1"), (0x4B80_0000, "16777216.0"), (0x4B80_0001, "1.6777218e+07"),
      (0x0000_0001, "1e-45"), (0x7F7F_FFFF, "3.4028235e+38"), (0x8000_0000, "-0.0"),
      (0x3727_C5AC, "1e-05"), (0x38D1_B717, "0.0001"), (0x7F80_0000, "inf"), (0xFF80_0000, "-inf"),
      (0x7FC0_0000, "nan"), (0xFFC0_0000, "bits(0xffc00000)"), (0x7F80_0001, "bits(0x7f800001)"),
      (0x1_0000_0000, "bits(0x100000000)"),
    ] as [(UInt64, String)])
  func singlePrecisionNumbersAreWrittenAs(_ bits: UInt64, _ text: String) {
    #expect(scalarText(bits, .f32) == text)
  }

  @Test(
    arguments: [
      (0x3FB9_9999_9999_999A, "0.1"), (1, "5e-324"),
      (0x4340_0000_0000_0000, "9007199254740992.0"),
      (0x4340_0000_0000_0001, "9.007199254740994e+15"),
      (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
    ] as [(UInt64, String)])
  func doublePrecisionNumbersAreWrittenAs(_ bits: UInt64, _ text: String) {
    #expect(scalarText(bits, .f64) == text)
  }

  /// The numbers are those published with Rosetta Code's SplitMix64.
  @Test func randomIntegersAreThoseOfSplitMix64() {
    let drawn = constant(ValueType(.u64, fixed: [5]), .random(seed: 1_234_567))
    #expect(
      drawn?.elements(of: UInt64.self) == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func randomElementsAreTheHighestBits() throws {
    let seed: UInt64 = 1_234_567
    func drawn(_ type: ElementType) throws -> Tensor {
      try #require(constant(ValueType(type, fixed: [40, 50]), .random(seed: seed)))
    }
    let z = try drawn(.u64).elements(of: UInt64.self)
    let signed = z.map { Int64(bitPattern: $0) }
    #expect(try drawn(.i64).elements(of: Int64.self) == signed)
    #expect(try drawn(.i32).elements(of: Int32.self) == signed.map { Int32($0 >> 32) })
    #expect(try drawn(.u32).elements(of: UInt32.self) == z.map { UInt32($0 >> 32) })
    #expect(try drawn(.i16).elements(of: Int16.self) == signed.map { Int16($0 >> 48) })
    #expect(try drawn(.u16).elements(of: UInt16.self) == z.map { UInt16($0 >> 48) })
    #expect(try drawn(.i8).elements(of: Int8.self) == signed.map { Int8($0 >> 56) })
    #expect(try drawn(.u8).elements(of: UInt8.self) == z.map { UInt8($0 >> 56) })
    #expect(try drawn(.bool).elements(of: Bool8.self).map(\.byte) == z.map { UInt8($0 >> 63) })
    #expect(
      try drawn(.i4).stored.elements(of: Int8.self) == signed.map { Int8($0 >> 60) })
    #expect(try drawn(.u2).stored.elements(of: UInt8.self) == z.map { UInt8($0 >> 62) })
    for (type, bits) in [(ElementType.bf16, 8), (.f8e4m3fn, 4), (.f8e5m2fnuz, 3)] {
      let numbers = try drawn(type).decoded.elements(of: Float.self)
      #expect(
        numbers.map { Int64($0 * Float(1 << bits)) } == signed.map { $0 >> (63 - Int64(bits)) })
    }
    let half = try drawn(.f16).elements(of: Float16.self)
    #expect(half.map { Double($0) * 2048 } == signed.map { Double($0 >> 52) })
    let single = try drawn(.f32).elements(of: Float.self)
    #expect(single.map { Double($0) * 0x1p24 } == signed.map { Double($0 >> 39) })
    let double = try drawn(.f64).elements(of: Double.self)
    #expect(double.map { $0 * 0x1p53 } == signed.map { Double($0 >> 10) })
    #expect(double.allSatisfy { $0 >= -1 && $0 < 1 })
    #expect(abs(double.reduce(0, +) / 2000) < 0.05)
  }

  @Test func contentIsKnownOfConstantsOnly() {
    let tensor = Tensor([1, 2, 3] as [Int32], shape: [3])
    let type = ValueType(.i32, fixed: [3])
    #expect(constant(type, .tensor(tensor)) == tensor)
    #expect(
      constant(type, .splat(Tensor(scalar: Int32(-7))))
        == Tensor([-7, -7, -7] as [Int32], shape: [3])
    )
    #expect(constant(ValueType(.i32, fixed: []), .splat(Tensor(scalar: Int32(5))))?.count == 1)
    #expect(constant(ValueType(.i32, fixed: [2, 0]), .random(seed: 1))?.count == 0)
    #expect(constant(type, .reference(crc32c: 1)) == nil)
    #expect(constant(ValueType(.i32, [.symbol("N")]), .random(seed: 1)) == nil)
    #expect(constant(ValueType(.i32, nil), .random(seed: 1)) == nil)
    #expect(constant(ValueType(.i32, fixed: [1 << 40]), .random(seed: 1)) == nil)
    #expect(constant(ValueType(.i32, fixed: [.max, .max]), .random(seed: 1)) == nil)
    #expect(constant(ValueType(.f32, fixed: [3]), .splat(Tensor(scalar: Int32(1)))) == nil)
    var graph = Graph(name: "")
    let input = graph.addValue(name: "x", type: type)
    #expect(graph.tensor(of: input) == nil)
    #expect(graph.tensor(of: ValueID(99)) == nil)
  }
}
