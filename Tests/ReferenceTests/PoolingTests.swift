import Basics
import IR
import Reference
import Testing

@Suite struct PoolingTests {
  private func pool(
    _ kind: PoolKind, kernel: [Int], strides: [Int]? = nil, dilations: [Int]? = nil,
    pads: ([Int], [Int])? = nil, ceil: Bool = false, includesPadding: Bool = false
  ) -> Op {
    let ones = kernel.map { _ in 1 }
    let zeros = kernel.map { _ in 0 }
    return .pool(
      Pool(
        kind: kind,
        window: Window(
          kernel: kernel, strides: strides ?? ones, dilations: dilations ?? ones,
          padding: .explicit(begin: pads?.0 ?? zeros, end: pads?.1 ?? zeros)),
        ceil: ceil, includesPadding: includesPadding))
  }

  @Test func maximum() throws {
    let x = counting([1, 1, 4, 4])
    #expect(
      try result(of: pool(.max, kernel: [2, 2], strides: [2, 2]), x)
        == f32([5, 7, 13, 15], [1, 1, 2, 2]))
    #expect(
      try result(of: pool(.max, kernel: [2, 2], dilations: [2, 2]), x).floats == [10, 11, 14, 15])
    let negative = f32([-5, -3, -4], [1, 1, 3])
    let padded = pool(.max, kernel: [2], strides: [2], pads: ([1], [1]))
    #expect(try result(of: padded, negative).floats == [-5, -3])
    let nan = try result(of: pool(.max, kernel: [2]), f32([1, .nan, 2, 3], [1, 1, 4])).floats
    #expect(nan[0].isNaN && nan[1].isNaN && nan[2] == 3)
    let bytes = Tensor([-128, -7, 3] as [Int8], shape: [1, 1, 3])
    #expect(
      try result(of: pool(.max, kernel: [2], pads: ([1], [0])), bytes).elements(of: Int8.self)
        == [-128, -7, 3])
    #expect(
      try fault(of: pool(.max, kernel: [1]), Tensor([1] as [Int32], shape: [1, 1, 1]))?
        .contains("i32") == true)
  }

  @Test func lastWindowThatPartlyFits() throws {
    let x = f32([1, 2, 3, 4, 5], [1, 1, 5])
    #expect(
      try result(of: pool(.max, kernel: [2], strides: [2], ceil: true), x).floats == [2, 4, 5])
    #expect(try result(of: pool(.max, kernel: [2], strides: [2]), x).floats == [2, 4])
    // Neither beyond the padding nor, unless asked for, in it is there anything to count.
    let op = pool(.average, kernel: [3], strides: [2], pads: ([1], [1]), ceil: true)
    #expect(try result(of: op, f32([1, 2, 3, 4], [1, 1, 4])).floats == [1.5, 3, 4])
    let counts = pool(
      .average, kernel: [3], strides: [2], pads: ([1], [1]), ceil: true, includesPadding: true)
    #expect(try result(of: counts, f32([1, 2, 3, 4], [1, 1, 4])).floats == [1, 3, 2])
  }

  @Test func average() throws {
    let x = f32([1, 2, 3, 4], [1, 1, 2, 2])
    let window = pool(.average, kernel: [2, 2], pads: ([1, 1], [0, 0]))
    #expect(try result(of: window, x).floats == [1, 1.5, 2, 2.5])
    let counting = pool(.average, kernel: [2, 2], pads: ([1, 1], [0, 0]), includesPadding: true)
    #expect(try result(of: counting, x).floats == [0.25, 0.75, 1, 2.5])
    let cubes = pool(.average, kernel: [2, 2, 2])
    #expect(
      try result(of: cubes, f32([0, 1, 2, 3, 4, 5, 6, 7], [1, 1, 2, 2, 2]))
        == f32([3.5], [1, 1, 1, 1, 1]))
  }

  @Test func global() throws {
    let x = f32([1, 2, 3, 4, -1, -2, -3, -6], [1, 2, 2, 2])
    #expect(try result(of: .globalPool(.average), x) == f32([2.5, -3], [1, 2, 1, 1]))
    #expect(try result(of: .globalPool(.max), x) == f32([4, -1], [1, 2, 1, 1]))
    #expect(try result(of: .globalPool(.max), f32([], [0, 2, 3])).shape == [0, 2, 1])
    #expect(
      try fault(of: .globalPool(.average), f32([], [1, 2, 0]))?.contains("no elements") == true)
  }

  @Test func reduction() throws {
    let x = counting([2, 3, 2])
    let keep = Op.reduce(Reduce(kind: .mean))
    #expect(try result(of: keep, x) == f32([5.5], [1, 1, 1]))
    #expect(try result(of: keep, x, i64(1)) == f32([2, 3, 8, 9], [2, 1, 2]))
    let drop = Op.reduce(Reduce(kind: .mean, keepsDimensions: false))
    #expect(try result(of: drop, x, i64(-1, 0)) == f32([3.5, 5.5, 7.5], [3]))
    #expect(try result(of: drop, x, i64(0, 1, 2)).shape == [])
    let identity = Op.reduce(Reduce(kind: .mean, emptyIsIdentity: true))
    #expect(try result(of: identity, x) == x)
    #expect(try result(of: identity, x, i64()) == x)
    #expect(try result(of: drop, i64(1, 2, -6)).integers == [-1])
    #expect(try result(of: drop, f32([], [0, 2]), i64(0)).floats.allSatisfy(\.isNaN))
    #expect(try fault(of: drop, i64())?.contains("no mean") == true)
    #expect(try fault(of: drop, x, i64(3))?.contains("axis 3") == true)
    #expect(try fault(of: drop, x, i64(0, -3))?.contains("twice") == true)
  }

  @Test func faults() throws {
    #expect(
      try fault(of: pool(.max, kernel: [5]), f32([1, 2], [1, 1, 2]))?.contains("window") == true)
    #expect(
      try fault(of: pool(.max, kernel: [2], strides: [0]), f32([1, 2], [1, 1, 2]))?
        .contains("out of range") == true)
    #expect(
      try fault(of: pool(.max, kernel: [2, 2]), f32([1, 2], [1, 1, 2]))?
        .contains("dimensions") == true)
    for dilation in [0, .min, .max] {
      #expect(
        try fault(of: pool(.max, kernel: [1], dilations: [dilation]), f32([1, 2], [1, 1, 2]))?
          .contains("out of range") == true)
    }
    let huge = pool(.max, kernel: [.max], pads: ([.max / 2], [.max / 2]))
    #expect(try fault(of: huge, f32([1, 2], [1, 1, 2]))?.contains("out of range") == true)
  }
}
