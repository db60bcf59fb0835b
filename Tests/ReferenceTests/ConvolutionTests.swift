import Basics
import IR
import Reference
import Testing

@Suite struct ConvolutionTests {
  private func convolution(
    kernel: [Int], strides: [Int]? = nil, dilations: [Int]? = nil, pads: ([Int], [Int])? = nil,
    padding: Window.Padding? = nil, groups: Int = 1, relu: Bool = false
  ) -> Convolution {
    let ones = kernel.map { _ in 1 }
    let zeros = kernel.map { _ in 0 }
    return Convolution(
      window: Window(
        kernel: kernel, strides: strides ?? ones, dilations: dilations ?? ones,
        padding: padding ?? .explicit(begin: pads?.0 ?? zeros, end: pads?.1 ?? zeros)),
      groups: groups, relu: relu)
  }

  /// The definition, one result at a time, for pads at the beginning only.
  private func definition(_ c: Convolution, _ x: Tensor, _ w: Tensor, _ y: [Int]) -> [Float] {
    let rank = y.count - 2
    let (image, weights) = (x.floats, w.floats)
    guard case .explicit(let begin, _) = c.window.padding else { return [] }
    func indices(_ shape: [Int]) -> [[Int]] {
      shape.reduce([[]]) { prefixes, size in
        prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
      }
    }
    return indices(y).map { position in
      let group = position[1] / (y[1] / c.groups)
      var sum: Float = 0
      for channel in 0..<w.shape[1] {
        for tap in indices(c.window.kernel) {
          let place = (0..<rank).map { (axis: Int) -> Int in
            let start = position[axis + 2] * c.window.strides[axis] - begin[axis]
            return start + tap[axis] * c.window.dilations[axis]
          }
          guard zip(place, x.shape[2...]).allSatisfy({ 0..<$1 ~= $0 }) else { continue }
          var source = position[0] * x.shape[1] + group * w.shape[1] + channel
          for (index, size) in zip(place, x.shape[2...]) { source = source * size + index }
          var weight = position[1] * w.shape[1] + channel
          for (index, size) in zip(tap, c.window.kernel) { weight = weight * size + index }
          sum += image[source] * weights[weight]
        }
      }
      return sum
    }
  }

  @Test func handComputed() throws {
    let y = try result(
      of: .conv(convolution(kernel: [2, 2])), counting([1, 1, 3, 3]),
      f32([1, 2, 3, 4], [1, 1, 2, 2]), f32(10))
    #expect(y == f32([37, 47, 67, 77], [1, 1, 2, 2]))
  }

  @Test(
    arguments: [
      (x: [2, 3, 7, 9], w: [5, 3, 3, 3], s: [1, 1], d: [1, 1], p: [1, 1], g: 1),
      (x: [3, 4, 6, 5], w: [8, 2, 3, 2], s: [2, 1], d: [1, 2], p: [2, 0], g: 2),
      (x: [1, 6, 8, 8], w: [6, 1, 3, 3], s: [2, 2], d: [1, 1], p: [1, 1], g: 6),
      (x: [1, 6, 8, 8], w: [6, 1, 3, 3], s: [1, 1], d: [2, 2], p: [2, 2], g: 6),
      (x: [9, 2, 1, 1], w: [4, 2, 1, 1], s: [1, 1], d: [1, 1], p: [0, 0], g: 1),
      (x: [2, 2, 3, 3], w: [7, 2, 1, 1], s: [2, 2], d: [1, 1], p: [0, 0], g: 1),
      (x: [2, 3, 40], w: [4, 3, 5], s: [3], d: [2], p: [4], g: 1),
      (x: [1, 2, 4, 5, 6], w: [4, 2, 2, 3, 2], s: [1, 2, 1], d: [1, 1, 2], p: [1, 0, 1], g: 1),
      (x: [1, 2, 4, 5, 6], w: [2, 1, 2, 3, 2], s: [1, 1, 2], d: [2, 1, 1], p: [1, 2, 0], g: 2),
    ] as [(x: [Int], w: [Int], s: [Int], d: [Int], p: [Int], g: Int)])
  func definition(x: [Int], w: [Int], s: [Int], d: [Int], p: [Int], g: Int) throws {
    let parameters = convolution(
      kernel: Array(w[2...]), strides: s, dilations: d, pads: (p, p), groups: g)
    let (image, weights) = (noise(x, seed: 1), noise(w, seed: 2))
    let y = try result(of: .conv(parameters), image, weights)
    let expected = definition(parameters, image, weights, y.shape)
    // The order of summation is the same, so that the results are.
    #expect(y.floats == expected)
    for axis in s.indices {
      let extent = (w[axis + 2] - 1) * d[axis] + 1
      #expect(y.shape[axis + 2] == (x[axis + 2] + 2 * p[axis] - extent) / s[axis] + 1)
    }
  }

  @Test func manyImagesDoNotDependOnTheBatch() throws {
    let (image, weights) = (noise([40, 8, 15, 15], seed: 3), noise([16, 8, 3, 3], seed: 4))
    let op = Op.conv(convolution(kernel: [3, 3], pads: ([1, 1], [1, 1]), relu: true))
    let all = try result(of: op, image, weights).floats
    let first = try result(
      of: op, f32(Array(image.floats[..<1800]), [1, 8, 15, 15]), weights
    ).floats
    #expect(Array(all[..<first.count]) == first)
    #expect(all.min() == 0)
  }

  @Test func samePadding() throws {
    let ones = f32([1, 1], [1, 1, 2])
    let x = f32([1, 2, 3], [1, 1, 3])
    let upper = try result(of: .conv(convolution(kernel: [2], padding: .sameUpper)), x, ones)
    #expect(upper.floats == [3, 5, 3])
    let lower = try result(of: .conv(convolution(kernel: [2], padding: .sameLower)), x, ones)
    #expect(lower.floats == [1, 3, 5])
    let valid = try result(of: .conv(convolution(kernel: [2], padding: .valid)), x, ones)
    #expect(valid.floats == [3, 5])
  }

  @Test func reluFollowsTheBias() throws {
    let op = Op.conv(convolution(kernel: [1], relu: true))
    let y = try result(of: op, f32([-3, 1, .nan], [1, 1, 3]), f32([1], [1, 1, 1]), f32(1))
    #expect(y.floats[..<2] == [0, 2])
    #expect(y.floats[2].isNaN)
  }

  @Test func halfPrecisionIsComputedInSingle() throws {
    // In f16, 2048 + 1 + 1 would stay 2048.
    let x = Tensor([2048, 1, 1] as [Float16], shape: [1, 3, 1])
    let w = Tensor([1, 1, 1] as [Float16], shape: [1, 3, 1])
    let y = try result(of: .conv(convolution(kernel: [1])), x, w)
    #expect(y == Tensor([2050] as [Float16], shape: [1, 1, 1]))
  }

  @Test func emptyOperands() throws {
    let op = Op.conv(convolution(kernel: [2]))
    #expect(try result(of: op, f32([], [0, 1, 3]), f32([1, 1], [1, 1, 2])).shape == [0, 1, 2])
    #expect(
      try result(of: op, f32([], [1, 0, 3]), f32([], [2, 0, 2]), f32(1, -1))
        == f32([1, 1, -1, -1], [1, 2, 2]))
  }

  @Test func faults() throws {
    let op = Op.conv(convolution(kernel: [2], groups: 2))
    let w = f32([1, 1, 1, 1], [2, 1, 2])
    #expect(try fault(of: op, counting([1, 3, 4]), w)?.contains("3 channels in 2 groups") == true)
    #expect(try fault(of: op, counting([1, 2, 1]), w)?.contains("window") == true)
    #expect(try fault(of: op, counting([1, 2, 4]), w, f32(1))?.contains("bias") == true)
    #expect(try fault(of: op, nil, w) == "operand x is missing")
    let i = Tensor([1, 1] as [Int16], shape: [1, 2, 1])
    #expect(try fault(of: .conv(convolution(kernel: [1])), i, i)?.contains("i16") == true)
  }
}
