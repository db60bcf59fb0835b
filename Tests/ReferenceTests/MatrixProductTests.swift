import Basics
import IR
import Reference
import Testing

@Suite struct MatrixProductTests {
  @Test func gemm() throws {
    let a = f32([1, 2, 3, 4, 5, 6], [2, 3])
    let b = f32([1, 0, 0, 1, 1, 1], [3, 2])
    #expect(try result(of: .gemm(Gemm()), a, b) == f32([4, 5, 10, 11], [2, 2]))
    let bt = f32([1, 0, 1, 0, 1, 1], [2, 3])
    let at = f32([1, 4, 2, 5, 3, 6], [3, 2])
    let both = Op.gemm(Gemm(alpha: 2, beta: 10, transposeA: true, transposeB: true, relu: true))
    #expect(try result(of: both, at, bt, f32(1, -2)) == f32([18, 0, 30, 2], [2, 2]))
    #expect(try result(of: .gemm(Gemm()), a, b, f32([5], [])).floats == [9, 10, 15, 16])
    #expect(try result(of: .gemm(Gemm()), a, b, f32([1, 2], [2, 1])).floats == [5, 6, 12, 13])
    #expect(
      try result(of: .gemm(Gemm()), f32([], [2, 0]), f32([], [0, 2]), f32(1, 2)).floats
        == [1, 2, 1, 2])
    #expect(try fault(of: .gemm(Gemm()), a, a)?.contains("3 columns") == true)
    #expect(try fault(of: .gemm(Gemm()), a, b, f32(1, 2, 3))?.contains("c of shape") == true)
  }

  @Test func integerProductsWrap() throws {
    let a = Tensor([Int32.max, 1], shape: [1, 2])
    let b = Tensor([2, 1] as [Int32], shape: [2, 1])
    #expect(try result(of: .gemm(Gemm()), a, b).elements(of: Int32.self) == [-1])
    #expect(try result(of: .gemm(Gemm(alpha: 3)), a, b).elements(of: Int32.self) == [-3])
    #expect(try fault(of: .gemm(Gemm(alpha: 0.5)), a, b)?.contains("alpha 0.5") == true)
    let x = Tensor([1, 2, 3, 4] as [UInt64], shape: [2, 2])
    #expect(try result(of: .matMul(MatMul()), x, x).elements(of: UInt64.self) == [7, 10, 15, 22])
  }

  @Test(
    arguments: [
      (a: [3], b: [3], y: []), (a: [3], b: [3, 2], y: [2]), (a: [2, 3], b: [3], y: [2]),
      (a: [5, 2, 3], b: [3, 4], y: [5, 2, 4]), (a: [2, 3], b: [5, 3, 4], y: [5, 2, 4]),
      (a: [5, 1, 2, 3], b: [7, 3, 9], y: [5, 7, 2, 9]),
      (a: [2, 6, 17], b: [2, 17, 19], y: [2, 6, 19]), (a: [2, 5], b: [5, 64], y: [2, 64]),
      (a: [8, 5], b: [5, 70], y: [8, 70]), (a: [13, 9], b: [9, 272], y: [13, 272]),
      (a: [4, 1, 3], b: [1, 3, 1], y: [4, 1, 1]), (a: [0, 2, 3], b: [3, 4], y: [0, 2, 4]),
      (a: [2, 0], b: [0, 3], y: [2, 3]),
    ] as [(a: [Int], b: [Int], y: [Int])])
  func matMul(a: [Int], b: [Int], y: [Int]) throws {
    let (x, w) = (noise(a, seed: 5), noise(b, seed: 6))
    let product = try result(of: .matMul(MatMul()), x, w)
    #expect(product.shape == y)
    // Every matrix of the definition, by explicit indices into numpy's broadcast form.
    let rows = a.count > 1 ? a[a.count - 2] : 1
    let depth = a[a.count - 1]
    let columns = b.count > 1 ? b[b.count - 1] : 1
    let outer = Array(y.dropLast((a.count > 1 ? 1 : 0) + (b.count > 1 ? 1 : 0)))
    var expected: [Float] = []
    for batch in 0..<outer.reduce(1, *) {
      func start(_ shape: [Int], _ size: Int) -> Int {
        let own = Array(shape.dropLast(2))
        var (rest, pitch, offset) = (batch, 1, 0)
        for axis in 0..<outer.count {
          let index = rest % outer[outer.count - 1 - axis]
          rest /= outer[outer.count - 1 - axis]
          guard axis < own.count else { continue }
          offset += own[own.count - 1 - axis] == 1 ? 0 : index * pitch
          pitch *= own[own.count - 1 - axis]
        }
        return offset * size
      }
      let (first, second) = (start(a, rows * depth), start(b, depth * columns))
      for row in 0..<rows {
        for column in 0..<columns {
          var sum: Float = 0
          for k in 0..<depth {
            sum += x.floats[first + row * depth + k] * w.floats[second + k * columns + column]
          }
          expected.append(sum)
        }
      }
    }
    #expect(product.floats == expected)
  }

  @Test func biasAndRelu() throws {
    let a = f32([1, 2, 3, 4], [2, 2])
    let y = try result(of: .matMul(MatMul(relu: true)), a, a, f32(-10, 1))
    #expect(y == f32([0, 11, 5, 23], [2, 2]))
    #expect(try fault(of: .matMul(MatMul()), a, f32(1, 2, 3))?.contains("no product") == true)
    #expect(try fault(of: .matMul(MatMul()), a, f32([1], []))?.contains("scalar") == true)
  }
}
