import Basics
import IR
import Reference
import Testing

@Suite struct ReductionTests {
  /// Each kind over the rows of [[1, −2], [3, 4]], over nothing, and in integers.
  @Test(
    arguments: [
      (.sum, [-1, 7], 0, [-1, 7]), (.mean, [-0.5, 3.5], .nan, [0, 3]),
      (.max, [1, 4], -.infinity, [1, 4]), (.min, [-2, 3], .infinity, [-2, 3]),
      (.product, [-2, 12], 1, [-2, 12]), (.l1, [3, 7], 0, [3, 7]),
      (.l2, [2.236_068, 5], 0, [2, 5]), (.sumSquare, [5, 25], 0, [5, 25]),
      (.logSum, [.nan, 1.945_910_1], -.infinity, [0, 1]),
      (.logSumExp, [1.048_587_3, 4.313_262], -.infinity, [1, 4]),
    ] as [(ReduceKind, [Float], Float, [Int64])])
  func kinds(_ kind: ReduceKind, _ rows: [Float], _ ofNothing: Float, _ integers: [Int64]) throws {
    let op = Op.reduce(Reduce(kind: kind, keepsDimensions: false))
    let x = f32([1, -2, 3, 4], [2, 2])
    #expect(
      firstMismatch(try result(of: op, x, i64(-1)), with: f32(rows, [2]), relative: 1e-6) == nil)
    let nothing = try result(of: op, f32([], [2, 0]), i64(1)).floats
    #expect(nothing.allSatisfy { $0 == ofNothing || $0.isNaN && ofNothing.isNaN })
    #expect(nothing.count == 2)
    let empty = try result(of: op, f32([], [0, 3]), i64(1))
    #expect(empty.shape == [0])
    let whole = Tensor([1, -2, 3, 4] as [Int64], shape: [2, 2])
    #expect(try result(of: op, whole, i64(1)) == Tensor(integers, shape: [2]))
  }

  @Test func axes() throws {
    let x = counting([2, 3, 2])
    let keep = Op.reduce(Reduce(kind: .max))
    #expect(try result(of: keep, x, i64(0, 2)) == f32([7, 9, 11], [1, 3, 1]))
    #expect(try result(of: keep, x) == f32([11], [1, 1, 1]))
    let each = Op.reduce(Reduce(kind: .sumSquare, emptyIsIdentity: true))
    #expect(try result(of: each, f32(2, -3)) == f32(4, 9))
    let bools = Tensor([true, false, false, false] as [Bool8], shape: [2, 2])
    #expect(
      try result(of: .reduce(Reduce(kind: .max, keepsDimensions: false)), bools, i64(1))
        == Tensor([true, false] as [Bool8], shape: [2]))
    #expect(try fault(of: keep, x, i64(3))?.contains("axis 3") == true)
    #expect(try fault(of: .reduce(Reduce(kind: .sum)), bools)?.contains("bool") == true)
  }

  @Test func extrema() throws {
    let x = f32([1, 5, 5, 2, .nan, 9], [2, 3])
    func positions(_ extremum: Extremum, _ x: Tensor) throws -> [Int64] {
      try result(of: .extremum(extremum), x).integers
    }
    #expect(try positions(Extremum(kind: .max, axis: 1), x) == [1, 1])
    #expect(try positions(Extremum(kind: .max, axis: -1, takesLast: true), x) == [2, 1])
    #expect(try positions(Extremum(kind: .min, axis: 1), x) == [0, 1])
    let drop = Extremum(kind: .min, axis: 0, keepsDimension: false)
    #expect(try result(of: .extremum(drop), i64(3, 1, 1)).shape == [])
    #expect(try positions(drop, i64(3, 1, 1)) == [1])
    #expect(try fault(of: .extremum(drop), f32([], [0, 2]))?.contains("no element") == true)
  }

  /// Over 1, 2, 3.
  @Test(
    arguments: [
      (.sum, false, false, [1, 3, 6]), (.sum, true, false, [0, 1, 3]),
      (.sum, false, true, [6, 5, 3]), (.sum, true, true, [5, 3, 0]),
      (.product, false, false, [1, 2, 6]), (.product, true, true, [6, 3, 1]),
    ] as [(Cumulative.Kind, Bool, Bool, [Int64])])
  func cumulations(
    _ kind: Cumulative.Kind, _ exclusive: Bool, _ reverse: Bool, _ expected: [Int64]
  ) throws {
    let op = Op.cumulative(Cumulative(kind: kind, exclusive: exclusive, reverse: reverse))
    #expect(try result(of: op, i64(1, 2, 3), i64(-1)) == Tensor(expected, shape: [3]))
  }

  @Test func hardmax() throws {
    let x = f32([1, 3, 3, 2], [2, 2])
    #expect(try result(of: .softmax(Softmax(.hardmax, axis: 1)), x).floats == [0, 1, 1, 0])
    let flat = Softmax(.hardmax, axis: 0, flattens: true)
    #expect(try result(of: .softmax(flat), x).floats == [0, 1, 0, 0])
  }

  @Test func selections() throws {
    let mask = Tensor([true, false] as [Bool8], shape: [2, 1])
    #expect(
      try result(of: .select, mask, f32(1, 2), f32([9], []))
        == f32([1, 2, 9, 9], [2, 2]))
    #expect(try fault(of: .select, mask, f32(1), i64(1))?.contains("differ") == true)
    #expect(try result(of: .expand, f32([1, 2], [2, 1]), i64(3, 1, 2)).shape == [3, 2, 2])
    #expect(try result(of: .expand, f32([1, 2], [2, 1]), i64(2)).floats == [1, 1, 2, 2])
    #expect(try result(of: .expand, f32([1], [1]), i64(0)).shape == [0])
    #expect(try fault(of: .expand, f32(1, 2), i64(3))?.contains("broadcast") == true)
    #expect(try fault(of: .expand, f32(1), i64(-1))?.contains("negative") == true)
  }

  @Test func ranges() throws {
    func scalar(_ value: Int64) -> Tensor { Tensor(scalar: value) }
    #expect(try result(of: .range, scalar(10), scalar(4), scalar(-4)) == i64(10, 6))
    #expect(try result(of: .range, scalar(1), scalar(1), scalar(1)).shape == [0])
    #expect(try result(of: .range, f32([1], []), f32([2], []), f32([0.4], [])).count == 3)
    #expect(try fault(of: .range, scalar(0), scalar(4), scalar(0))?.contains("no end") == true)
    let all = try fault(of: .range, scalar(.min), scalar(.max), scalar(1))
    #expect(all?.contains("too long") == true)
    #expect(try fault(of: .range, scalar(0), scalar(.max), scalar(1))?.contains("large") == true)
  }

  @Test func matrices() throws {
    let x = f32([0, 2, 3, 4], [2, 2])
    #expect(try result(of: .determinant, x) == f32([-6], []))
    #expect(try result(of: .determinant, f32([1, 2, 2, 4], [1, 2, 2])).floats == [0])
    #expect(try fault(of: .determinant, f32([1, 2], [1, 2]))?.contains("square") == true)
    let grid = counting([3, 2])
    #expect(try result(of: .triangle(upper: true), grid).floats == [0, 1, 0, 3, 0, 0])
    #expect(try result(of: .triangle(upper: false), grid).floats == [0, 0, 2, 3, 4, 5])
    let shifted = try result(of: .triangle(upper: true), grid, Tensor(scalar: Int64(1)))
    #expect(shifted.floats == [0, 1, 0, 0, 0, 0])
    let far = try result(of: .triangle(upper: false), grid, Tensor(scalar: Int64.min))
    #expect(far.floats == [0, 0, 0, 0, 0, 0])
    let one = try result(of: .identityMatrix(element: .i64, offset: -1), grid)
    #expect(one == Tensor([0, 0, 1, 0, 0, 1] as [Int64], shape: [3, 2]))
  }
}
