import Basics
import IR
import Reference
import Testing

@Suite struct MovementTests {
  @Test func concatenation() throws {
    let x = counting([2, 1])
    #expect(
      try result(of: .concat(axis: -1), x, counting([2, 2]), f32([], [2, 0]))
        == f32([0, 0, 1, 1, 2, 3], [2, 3]))
    #expect(try result(of: .concat(axis: 0), x, x) == f32([0, 1, 0, 1], [4, 1]))
    #expect(try fault(of: .concat(axis: 0), x, counting([2, 2]))?.contains("differ") == true)
    #expect(try fault(of: .concat(axis: 2), x)?.contains("axis 2") == true)
    #expect(try fault(of: .concat(axis: 0), x, i64(1))?.contains("element type") == true)
    #expect(try fault(of: .concat(axis: 0))?.contains("no operands") == true)
  }

  @Test func splitting() throws {
    let x = counting([2, 5])
    let equal = try results(of: .split(axis: 1), [x], count: 3)
    #expect(equal.map(\.shape) == [[2, 2], [2, 2], [2, 1]])
    #expect(equal.map(\.floats) == [[0, 1, 5, 6], [2, 3, 7, 8], [4, 9]])
    let given = try results(of: .split(axis: 1), [x, i64(0, 4, 1)], count: 3)
    #expect(given.map(\.floats) == [[], [0, 1, 2, 3, 5, 6, 7, 8], [4, 9]])
    #expect(throws: Diagnostics.self) { try results(of: .split(axis: 1), [x, i64(4)], count: 2) }
    #expect(throws: Diagnostics.self) {
      try results(of: .split(axis: 1), [x, i64(6, -1)], count: 2)
    }
    #expect(throws: Diagnostics.self) {
      try results(of: .split(axis: 1), [x, i64(.max, .max)], count: 2)
    }
  }

  @Test func transposition() throws {
    let x = counting([2, 3, 4])
    let y = try result(of: .transpose(permutation: [2, 0, 1]), x)
    #expect(y.shape == [4, 2, 3])
    #expect(y.floats[..<7] == [0, 4, 8, 12, 16, 20, 1])
    #expect(try result(of: .transpose(permutation: [1, 2, 0]), y) == x)
    let bytes = Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [2, 3])
    #expect(
      try result(of: .transpose(permutation: [1, 0]), bytes)
        == Tensor([1, 4, 2, 5, 3, 6] as [UInt8], shape: [3, 2]))
    #expect(try fault(of: .transpose(permutation: [0, 0, 1]), x)?.contains("permutation") == true)
    #expect(try result(of: .transpose(permutation: []), f32([7], [])) == f32([7], []))
  }

  @Test func slicing() throws {
    let x = counting([3, 4])
    #expect(
      try result(of: .slice, x, i64(1, 0), i64(3, 1000), nil, i64(1, 2))
        == f32([4, 6, 8, 10], [2, 2]))
    #expect(
      try result(of: .slice, x, i64(-1), i64(.min), i64(-1), i64(-1)).floats
        == [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8])
    #expect(
      try result(of: .slice, x, i64(3), i64(0), i64(1), i64(-2))
        == f32([3, 1, 7, 5, 11, 9], [3, 2]))
    #expect(try result(of: .slice, x, i64(2), i64(1), i64(0)).shape == [0, 4])
    #expect(try result(of: .slice, x, i64(0), i64(.max), i64(1), i64(.max)).floats == [0, 4, 8])
    #expect(try result(of: .slice, x, i64(3), i64(.min), i64(1), i64(.min)).floats == [3, 7, 11])
    #expect(try result(of: .slice, f32([], [0, 2]), i64(-1), i64(9), i64(0), i64(-1)).count == 0)
    let narrow = Tensor([1] as [Int32], shape: [1])
    #expect(
      try result(of: .slice, f32(1, 2), narrow, Tensor([2] as [Int32], shape: [1])).floats == [2])
    #expect(try fault(of: .slice, x, i64(0), i64(1), i64(0), i64(0))?.contains("step") == true)
    #expect(try fault(of: .slice, x, i64(0, 0), i64(1, 1), i64(0, 0))?.contains("twice") == true)
    #expect(try fault(of: .slice, x, i64(0), i64(1, 1))?.contains("elements") == true)
  }

  /// Even without elements, sizes must not overflow when they are multiplied.
  @Test func sizesBesideNoElements() throws {
    let x = f32([], [0, 1 << 33, 1 << 33])
    #expect(try fault(of: .slice, x, i64(0), i64(1))?.contains("too large") == true)
    let y = f32([], [0, 1 << 20])
    #expect(try result(of: .pad(.edge), y, i64(0, 0, 0, 1 << 20)).shape == [0, 1 << 21])
    let z = f32([], [1 << 20, 0])
    let indices = Tensor([] as [Int64], shape: [1 << 20, 0])
    #expect(try fault(of: .gather(axis: 1), z, indices)?.contains("too large") == true)
  }

  @Test func gathering() throws {
    let x = counting([2, 3])
    let indices = Tensor([2, -3, 1, 1] as [Int64], shape: [2, 2])
    #expect(
      try result(of: .gather(axis: 1), x, indices)
        == f32([2, 0, 1, 1, 5, 3, 4, 4], [2, 2, 2]))
    let scalar = Tensor(scalar: Int32(-1))
    #expect(try result(of: .gather(axis: 0), x, scalar) == f32(3, 4, 5))
    #expect(try fault(of: .gather(axis: 0), x, i64(2))?.contains("index 2") == true)
    #expect(try fault(of: .gather(axis: 0), x, i64(.min))?.contains("index") == true)
    #expect(try fault(of: .gather(axis: 0), x, f32(0))?.contains("f32") == true)
    #expect(try result(of: .gather(axis: 0), x, i64()).shape == [0, 3])
  }

  @Test func padding() throws {
    let x = f32(1, 2, 3)
    func padded(_ mode: PadMode, _ pads: Tensor) throws -> [Float] {
      try result(of: .pad(mode), x, pads).floats
    }
    #expect(try padded(.constant, i64(1, 2)) == [0, 1, 2, 3, 0, 0])
    #expect(try padded(.edge, i64(1, 2)) == [1, 1, 2, 3, 3, 3])
    #expect(try padded(.reflect, i64(2, 2)) == [3, 2, 1, 2, 3, 2, 1])
    #expect(try padded(.wrap, i64(2, 4)) == [2, 3, 1, 2, 3, 1, 2, 3, 1])
    #expect(try padded(.constant, i64(-1, 1)) == [2, 3, 0])
    #expect(try padded(.constant, i64(-5, 4)) == [0, 0])
    #expect(try padded(.reflect, i64(-1, 1)) == [2, 3, 2])
    #expect(try padded(.edge, i64(1, -2)) == [1, 1])
    let square = try result(
      of: .pad(.constant), counting([2, 2]), i64(1, 0), f32([9], []), i64(-1))
    #expect(square == f32([9, 0, 1, 9, 2, 3], [2, 3]))
    let corner = try result(of: .pad(.constant), counting([2, 2]), i64(1, -1, 0, 1), f32(7))
    #expect(corner == f32([7, 7, 1, 7, 3, 7], [3, 2]))
    #expect(try result(of: .pad(.constant), f32([], [0]), i64(1, 1)).floats == [0, 0])
    #expect(try fault(of: .pad(.edge), f32([], [0]), i64(1, 1))?.contains("no elements") == true)
    #expect(try fault(of: .pad(.edge), x, i64(1))?.contains("1 pads") == true)
    #expect(try fault(of: .pad(.edge), x, i64(-2, -2))?.contains("do not fit") == true)
    #expect(try fault(of: .pad(.constant), x, i64(.max, .max))?.contains("do not fit") == true)
    #expect(try fault(of: .pad(.edge), x, i64(1 << 33, 1 << 33))?.contains("too large") == true)
  }
}
