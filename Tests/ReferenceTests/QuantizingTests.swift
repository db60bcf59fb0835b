import Basics
import IR
import Reference
import Testing

@Suite struct QuantizingTests {
  private func u8(_ elements: UInt8...) -> Tensor { Tensor(elements, shape: [elements.count]) }

  @Test func quantizesToTheNearestAndSaturates() throws {
    // round(x / 2) + 128, ties to even.
    let x = f32(0, 1, 3, 2, 254, 1000, -254, -1000, .nan, 5)
    let y = try result(
      of: .quantize(Quantize(to: .u8)), x, Tensor(scalar: Float(2)), Tensor(scalar: UInt8(128)))
    #expect(y.elements(of: UInt8.self) == [128, 128, 130, 129, 255, 255, 1, 0, 0, 130])
  }

  @Test func scalesLieAlongAnAxisOrInBlocks() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    let rows = try result(of: .quantize(Quantize(to: .i8, axis: 0)), x, f32(1, 2))
    #expect(rows.elements(of: Int8.self) == [0, 1, 2, 3, 2, 2, 3, 4])
    let scales = Tensor([Float(1), 0.5, 2, 1], shape: [2, 2])
    let zeros = Tensor([Int8(0), 1, 0, -1], shape: [2, 2])
    let blocks = try result(
      of: .quantize(Quantize(to: .i8, axis: -1, blockSize: 2)), x, scales, zeros)
    #expect(blocks.elements(of: Int8.self) == [0, 1, 5, 7, 2, 2, 5, 6])
    let back = try result(
      of: .dequantize(Dequantize(to: .f32, axis: 1, blockSize: 2)), blocks, scales, zeros)
    #expect(back.floats == [0, 1, 2, 3, 4, 4, 6, 7])
    // The last block is shorter.
    let uneven = try result(
      of: .quantize(Quantize(to: .i8, axis: 1, blockSize: 3)), x,
      Tensor([Float(1), 0.25, 1, 1], shape: [2, 2]))
    #expect(uneven.elements(of: Int8.self) == [0, 1, 2, 12, 4, 5, 6, 7])
  }

  @Test func shortTypesAreSaturated() throws {
    let x = f32(-100, -3, 3, 100)
    let one = Tensor(scalar: Float(1))
    func quantized(_ type: ElementType) throws -> Tensor {
      try result(of: .quantize(Quantize(to: type)), x, one)
    }
    #expect(try quantized(.i4).stored.elements(of: Int8.self) == [-8, -3, 3, 7])
    #expect(try quantized(.u2).stored.elements(of: UInt8.self) == [0, 0, 3, 3])
    #expect(try quantized(.f4e2m1).decoded.floats == [-6, -3, 3, 6])
    #expect(try quantized(.f8e4m3fn).decoded.floats == [-96, -3, 3, 96])
  }

  /// 1 / 3 is 0.33325 in f16, which 3000 times makes 999.76 in place of 1000.
  @Test func dividesInThePrecisionOfTheScale() throws {
    let x = Tensor([Float16(1)], shape: [1])
    let scale = Tensor(scalar: Float16(3))
    let y = try result(of: .quantize(Quantize(to: .f8e5m2)), x, scale)
    #expect(y.decoded.floats == [0.3125])
    let quotient = try result(
      of: .quantize(Quantize(to: .i16, precision: .bf16)), f32(1000), Tensor(scalar: Float(1)))
    #expect(quotient.elements(of: Int16.self) == [1000])
    let coarse = try result(
      of: .quantize(Quantize(to: .i16, precision: .bf16)), f32(1001), Tensor(scalar: Float(1)))
    #expect(coarse.elements(of: Int16.self) == [1000])
  }

  @Test func faults() throws {
    let x = Tensor([Float](repeating: 0, count: 6), shape: [2, 3])
    let op = Op.quantize(Quantize(to: .u8))
    #expect(try fault(of: op, x, f32(1, 2))?.contains("scales have shape 2, not 3") == true)
    #expect(try fault(of: op, x, f32(1, 2, 3), u8(0))?.contains("differ") == true)
    let blocks = Op.quantize(Quantize(to: .u8, blockSize: 2))
    #expect(try fault(of: blocks, x, f32(1, 2))?.contains("not 2×2") == true)
  }

  @Test func integersAreConvolvedExactly() throws {
    let x = Tensor([Int32](repeating: 255, count: 600), shape: [1, 600, 1])
    let weights = Tensor([Int32](repeating: -255, count: 600), shape: [1, 600, 1])
    let window = Window(
      kernel: [1], strides: [1], dilations: [1], padding: .explicit(begin: [0], end: [0]))
    let y = try result(
      of: .conv(Convolution(window: window)), x, weights, Tensor([Int32(7)], shape: [1]))
    #expect(y.elements(of: Int32.self) == [-600 * 255 * 255 + 7])
  }

  /// The tables of the specification of Cast.
  @Test(
    arguments: [
      (.f8e4m3fn, 448, .nan), (.f8e4m3fnuz, 240, .nan), (.f8e5m2, 57344, .infinity),
      (.f8e5m2fnuz, 57344, .nan),
    ] as [(ElementType, Float, Float)])
  func eightBitNumbersSaturateOrNot(_ type: ElementType, _ most: Float, _ beyond: Float) throws {
    let x = f32(.infinity, -.infinity, 1e6, -1e6, .nan, 1, 0)
    let saturated = try result(of: .cast(to: type), x).decoded.floats
    #expect(saturated[..<4] == [most, -most, most, -most])
    #expect(saturated[4].isNaN && saturated[5...] == [1, 0])
    let open = try result(of: .cast(to: type, saturates: false), x).decoded.floats
    #expect(beyond.isNaN ? open[..<5].allSatisfy(\.isNaN) : open[0] == beyond && open[3] == -beyond)
    #expect(open[5...] == [1, 0])
  }

  @Test func numbersBecomePowersOfTwo() throws {
    let x = f32(1, 1.5, 1.25, 3, 0x1.8p127, 0x1p-130)
    func powers(_ rounding: FloatFormat.PowerRounding) throws -> [Float] {
      try result(of: .cast(to: .f8e8m0, rounding: rounding), x).decoded.floats
    }
    #expect(try powers(.up) == [1, 2, 2, 4, 0x1p127, 0x1p-127])
    #expect(try powers(.down) == [1, 1, 1, 2, 0x1p127, 0x1p-127])
    #expect(try powers(.nearest) == [1, 2, 1, 4, 0x1p127, 0x1p-127])
  }

  @Test func bfloat16IsComputedInSinglePrecision() throws {
    func bf16(_ values: Float...) -> Tensor {
      Tensor(
        codes: values.map { FloatFormat.bfloat16($0) }, type: .bf16, shape: [values.count])
    }
    let sum = try result(of: .binary(.add), bf16(1, 256, 3), bf16(0x1p-9, 1, 0.5))
    #expect(sum.type == .bf16)
    #expect(sum.decoded.floats == [1, 256, 3.5])
  }
}
