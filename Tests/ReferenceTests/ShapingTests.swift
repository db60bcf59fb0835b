import Basics
import IR
import Reference
import Testing

@Suite struct ShapingTests {
  private let x = counting([2, 3, 4])

  @Test func reshaping() throws {
    func shape(_ wanted: Tensor, _ x: Tensor, allowZero: Bool = false) throws -> [Int] {
      try result(of: .reshape(allowZero: allowZero), x, wanted).shape
    }
    #expect(try shape(i64(4, -1), x) == [4, 6])
    #expect(try shape(i64(0, -1), x) == [2, 12])
    #expect(try shape(i64(), f32(1)) == [])
    #expect(try shape(i64(0, 3), f32([], [0]), allowZero: true) == [0, 3])
    #expect(try shape(i64(0, -1), f32([], [2, 0])) == [2, 0])
    let op = Op.reshape(allowZero: false)
    for wanted in [
      i64(5, -1), i64(-1, -1), i64(23), i64(0, 0, 0, 0), i64(-2, 12), i64(.max, .max),
    ] {
      #expect(try fault(of: op, x, wanted) != nil)
    }
    #expect(try fault(of: .reshape(allowZero: true), x, i64(0, -1)) != nil)
  }

  @Test func flattening() throws {
    #expect(try result(of: .flatten(axis: 1), x).shape == [2, 12])
    #expect(try result(of: .flatten(axis: 0), x).shape == [1, 24])
    #expect(try result(of: .flatten(axis: 3), x).shape == [24, 1])
    #expect(try result(of: .flatten(axis: -1), x).shape == [6, 4])
    #expect(try fault(of: .flatten(axis: 4), x)?.contains("axis 4") == true)
  }

  @Test func squeezing() throws {
    let thin = counting([1, 3, 1, 2])
    #expect(try result(of: .squeeze, thin).shape == [3, 2])
    #expect(try result(of: .squeeze, thin, i64(-2)).shape == [1, 3, 2])
    #expect(try fault(of: .squeeze, thin, i64(1))?.contains("size 1") == true)
    #expect(try result(of: .unsqueeze, x, i64(0, -1)).shape == [1, 2, 3, 4, 1])
    #expect(try fault(of: .unsqueeze, x, i64(0, 0))?.contains("twice") == true)
    #expect(try fault(of: .unsqueeze, x)?.contains("missing") == true)
  }

  @Test func shapes() throws {
    #expect(try result(of: .shape(start: 0, end: nil), x) == i64(2, 3, 4))
    #expect(try result(of: .shape(start: -2, end: -1), x) == i64(3))
    #expect(try result(of: .shape(start: 5, end: 9), x) == i64())
    #expect(try result(of: .shape(start: -9, end: 9), x) == i64(2, 3, 4))
  }

  @Test func constants() throws {
    let op = Op.constantOfShape(element: .f32, bits: UInt64(Float(2.5).bitPattern))
    #expect(try result(of: op, i64(2, 1)) == f32([2.5, 2.5], [2, 1]))
    #expect(try result(of: op, i64()) == f32([2.5], []))
    #expect(try result(of: op, i64(0, 7)).shape == [0, 7])
    #expect(
      try result(of: .constantOfShape(element: .i8, bits: 0xff), i64(2)).elements(of: Int8.self)
        == [-1, -1])
    #expect(try fault(of: op, i64(-1))?.contains("negative") == true)
    #expect(try fault(of: op, i64(1 << 32, 1 << 32))?.contains("too large") == true)
    #expect(try fault(of: op, i64(.max, 0))?.contains("too large") == true)
  }

  @Test func casts() throws {
    func cast(_ x: Tensor, _ type: ElementType) throws -> Tensor {
      try result(of: .cast(to: type), x)
    }
    let odd = f32(-1.9, 2.5, 300, .nan, .infinity, -.infinity, 0)
    #expect(try cast(odd, .i8).elements(of: Int8.self) == [-1, 2, 127, 0, 127, -128, 0])
    #expect(try cast(odd, .u8).elements(of: UInt8.self) == [0, 2, 255, 0, 255, 0, 0])
    #expect(try cast(odd, .i64).integers == [-1, 2, 300, 0, .max, .min, 0])
    #expect(
      try cast(odd, .bool).elements(of: Bool8.self)
        == [true, true, true, true, true, true, false])
    #expect(try cast(i64(-1, 256, 3), .u8).elements(of: UInt8.self) == [255, 0, 3])
    #expect(try cast(i64(1 << 24 + 1), .f32).floats == [16_777_216])
    #expect(try cast(f32(70000, 65519), .f16).elements(of: Float16.self) == [.infinity, 65504])
    #expect(
      try cast(Tensor([UInt64.max], shape: [1]), .f64).elements(of: Double.self) == [0x1p64])
    #expect(try cast(Tensor([UInt64.max], shape: [1]), .i32).elements(of: Int32.self) == [-1])
    #expect(try cast(Tensor([true, false] as [Bool8], shape: [2]), .f32).floats == [1, 0])
    #expect(try cast(i64(2, 0), .bool).elements(of: Bool8.self) == [true, false])
    // f8e8m0 has no zero: 0 becomes its least number, which is true.
    for from in ElementType.allCases where from != .f8e8m0 {
      for to in ElementType.allCases {
        let ones = try cast(cast(i64(1, 0), from), to)
        #expect(ones.type == to)
        #expect(try cast(ones, .i64) == i64(1, 0))
      }
    }
  }
}
