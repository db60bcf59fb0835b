import Basics
import Reference
import Testing

@Suite struct CompareTests {
  @Test func norms() {
    let comparison = compare(f32(3, 4.001), with: f32(3, 4))
    #expect(abs(comparison.relativeError - 0.0002) < 1e-6)
    #expect(abs(comparison.largestDifference - 0.001) < 1e-6)
    #expect(comparison.isEqual(within: 1e-3) && !comparison.isEqual())
    // Against nothing but zeros, the norm counts as 10⁻⁶ for each element.
    let zeros = compare(f32(2e-6, 0, 0, 0), with: f32(0, 0, 0, 0))
    #expect(abs(zeros.relativeError - 1) < 1e-6)
    #expect(compare(f32([], [0]), with: f32([], [0])).isEqual())
    let halves = Tensor([1, 2] as [Float16], shape: [2])
    #expect(compare(halves, with: halves).relativeError == 0)
  }

  @Test func notFinite() {
    let odd = f32(.nan, .infinity, -.infinity, 1)
    #expect(compare(odd, with: odd).isEqual())
    #expect(firstMismatch(odd, with: odd) == nil)
    for other in [f32(1, .infinity, -.infinity, 1), f32(.nan, .infinity, .infinity, 1)] {
      #expect(!compare(other, with: odd).isEqual(within: .infinity))
      #expect(firstMismatch(other, with: odd) != nil)
      #expect(!compare(odd, with: other).isEqual(within: .infinity))
    }
  }

  @Test func exactness() {
    #expect(compare(i64(1, 2), with: i64(1, 2)).isEqual())
    let mismatch = compare(
      Tensor([1, 2, 3, 4] as [Int64], shape: [2, 2]),
      with: Tensor([1, 2, 3, 5] as [Int64], shape: [2, 2])
    ).mismatch
    #expect(mismatch == "element [1, 1] is 4 instead of 5")
    #expect(compare(i64(1), with: f32(1)).mismatch?.contains("type") == true)
    #expect(compare(f32(1), with: f32([1], [])).mismatch?.contains("shape") == true)
    let yes = Tensor([true] as [Bool8], shape: [1])
    let no = Tensor([false] as [Bool8], shape: [1])
    #expect(firstMismatch(yes, with: no) == "element [0] is true instead of false")
  }

  @Test func elementByElement() {
    #expect(firstMismatch(f32(1.0009, 0.000009), with: f32(1, 0)) == nil)
    #expect(firstMismatch(f32(1.0011, 0), with: f32(1, 0))?.contains("[0]") == true)
    #expect(firstMismatch(f32(1, 0.000011), with: f32(1, 0))?.contains("[1]") == true)
    #expect(firstMismatch(f32(1.5), with: f32(1), relative: 0.6, absolute: 0) == nil)
  }
}
