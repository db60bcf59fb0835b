import Basics
import IR
import Reference
import Testing

@Suite struct ElementwiseTests {
  @Test func broadcasting() throws {
    let column = f32([10, 20], [2, 1])
    let row = f32(1, 2, 3)
    #expect(
      try result(of: .binary(.add), column, row) == f32([11, 12, 13, 21, 22, 23], [2, 3]))
    #expect(try result(of: .binary(.sub), row, column).floats == [-9, -8, -7, -19, -18, -17])
    #expect(try result(of: .binary(.mul), row, f32([2], [])).floats == [2, 4, 6])
    #expect(try result(of: .binary(.div), f32([6], [1, 1, 1]), row) == f32([6, 3, 2], [1, 1, 3]))
    #expect(try result(of: .binary(.add), f32([], [0, 3]), row).shape == [0, 3])
    #expect(try result(of: .binary(.add), f32([], [2, 0]), column).shape == [2, 0])
    let x = counting([2, 3, 4])
    let middle = try result(of: .binary(.mul), x, f32([1, 10, 100], [3, 1]))
    #expect(middle.floats[8..<16] == [800, 900, 1000, 1100, 12, 13, 14, 15])
    #expect(try fault(of: .binary(.add), f32(1, 2), row)?.contains("2 and 3") == true)
    #expect(try fault(of: .binary(.add), i64(1), row)?.contains("differ") == true)
  }

  @Test func integersWrapAndTruncate() throws {
    let a = Tensor([127, -128, -7, 7] as [Int8], shape: [4])
    let b = Tensor([1, -1, 2, -2] as [Int8], shape: [4])
    func bytes(_ function: BinaryFunction) throws -> [Int8] {
      try result(of: .binary(function), a, b).elements(of: Int8.self)
    }
    #expect(try bytes(.add) == [-128, 127, -5, 5])
    #expect(try bytes(.mul) == [127, -128, -14, -14])
    #expect(try bytes(.div) == [127, -128, -3, -3])
    #expect(try bytes(.max) == [127, -1, 2, 7])
    let zero = Tensor([1, 0, 1, 1] as [Int8], shape: [4])
    #expect(try fault(of: .binary(.div), a, zero)?.contains("divided by 0") == true)
    let unsigned = Tensor([0] as [UInt64], shape: [1])
    let one = Tensor([1] as [UInt64], shape: [1])
    #expect(try result(of: .binary(.sub), unsigned, one).elements(of: UInt64.self) == [.max])
  }

  @Test func notANumber() throws {
    let a = f32(.nan, 1, .infinity, -.infinity)
    let b = f32(1, .nan, 1, 1)
    let largest = try result(of: .binary(.max), a, b).floats
    #expect(largest[0].isNaN && largest[1].isNaN && largest[2...] == [.infinity, 1])
    let smallest = try result(of: .binary(.min), a, b).floats
    #expect(smallest[0].isNaN && smallest[1].isNaN && smallest[2...] == [1, -.infinity])
    let clipped = try result(of: .clip, a, f32([0], []), f32([2], [])).floats
    #expect(clipped[0].isNaN && clipped[1...] == [1, 2, 0])
    #expect(try result(of: .unary(.relu), a).floats[1...] == [1, .infinity, 0])
    #expect(try result(of: .unary(.relu), a).floats[0].isNaN)
    #expect(try result(of: .unary(.sigmoid), a).floats[2...] == [1, 0])
    #expect(try result(of: .unary(.tanh), a).floats[2...] == [1, -1])
    #expect(
      try result(of: .binary(.div), f32(1, -1, 0), f32(0)).floats[..<2] == [
        .infinity, -.infinity,
      ])
  }

  @Test func functions() throws {
    let x = f32(-4, -1, 0, 1, 4)
    #expect(try result(of: .unary(.relu), x).floats == [0, 0, 0, 1, 4])
    #expect(try result(of: .unary(.leakyRelu(alpha: 0.5)), x).floats == [-2, -0.5, 0, 1, 4])
    #expect(
      try result(of: .unary(.hardSigmoid(alpha: 0.25, beta: 0.5)), x).floats
        == [0, 0.25, 0.5, 0.75, 1])
    let swish = try result(of: .unary(.hardSwish), x)
    #expect(firstMismatch(swish, with: f32(0, -1.0 / 3, 0, 2.0 / 3, 4), relative: 1e-6) == nil)
    #expect(try result(of: .unary(.sigmoid), f32(0)).floats == [0.5])
    #expect(try result(of: .binary(.prelu), x, f32(2)).floats == [-8, -2, 0, 1, 4])
    let slopes = f32([1, 10], [2, 1])
    #expect(
      try result(of: .binary(.prelu), f32([-1, -2, -3, -4], [2, 2]), slopes).floats
        == [-1, -2, -30, -40])
    #expect(try fault(of: .binary(.prelu), f32(1), slopes)?.contains("broadcast") == true)
    #expect(try result(of: .unary(.identity), i64(3)) == i64(3))
    #expect(try fault(of: .unary(.tanh), i64(3))?.contains("i64") == true)
    #expect(try result(of: .unary(.relu), i64(-3, 3)) == i64(0, 3))
  }

  @Test func clipping() throws {
    let x = f32(-2, 0, 2)
    #expect(try result(of: .clip, x, nil, f32([1], [])).floats == [-2, 0, 1])
    #expect(try result(of: .clip, x, f32([1], [])).floats == [1, 1, 2])
    #expect(try result(of: .clip, x, f32([1], []), f32([-1], [])).floats == [-1, -1, -1])
    #expect(try result(of: .clip, x).floats == [-2, 0, 2])
    let bytes = Tensor([0, 200] as [UInt8], shape: [2])
    #expect(
      try result(of: .clip, bytes, nil, Tensor(scalar: UInt8(100))).elements(of: UInt8.self)
        == [0, 100])
    #expect(try fault(of: .clip, x, f32(1, 2))?.contains("bound") == true)
    #expect(try fault(of: .clip, x, i64(1))?.contains("i64") == true)
  }

  @Test func halfAndDoublePrecision() throws {
    let halves = Tensor([1, 2048] as [Float16], shape: [2])
    let sum = try result(of: .binary(.add), halves, Tensor(scalar: Float16(1)))
    #expect(sum.elements(of: Float16.self) == [2, 2048])
    let third = try result(
      of: .binary(.div), Tensor(scalar: 1.0), Tensor(scalar: 3.0))
    #expect(third.elements(of: Double.self) == [1.0 / 3])
  }

  @Test func normalization() throws {
    let op = Op.batchNormalization(epsilon: 0.25)
    let y = try result(
      of: op, f32([1, 2, 3, 4], [1, 2, 2]), f32(2, 1), f32(0.5, 0), f32(1, 3), f32(3.75, 0))
    #expect(y == f32([0.5, 1.5, 0, 2], [1, 2, 2]))
    #expect(try fault(of: op, f32([1, 2], [1, 2]), f32(1))?.contains("scale") == true)
  }
}
