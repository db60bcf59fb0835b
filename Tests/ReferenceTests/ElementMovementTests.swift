import Basics
import IR
import Reference
import Testing

@Suite struct ElementMovementTests {
  private func indices(_ elements: [Int64], _ shape: [Int]) -> Tensor {
    Tensor(elements, shape: shape)
  }

  @Test func gatheringElements() throws {
    let x = counting([2, 3])
    let y = try result(
      of: .movement(.gatherElements(axis: 1)), x, indices([2, -3, 1, 1], [2, 2]))
    #expect(y == f32([2, 0, 4, 4], [2, 2]))
    let empty = try result(
      of: .movement(.gatherElements(axis: 0)), f32([], [0, 3]), indices([], [0, 3]))
    #expect(empty.shape == [0, 3])
    for (shape, elements, part) in [
      ([2, 2], [0, 0, 3, 0], "index 3"), ([2, 2], [0, -4, 0, 0], "index -4"),
      ([3, 1], [0, 0, 0], "do not fit"), ([2], [0, 0], "do not fit"),
    ] {
      let given = indices(elements.map(Int64.init), shape)
      #expect(try fault(of: .movement(.gatherElements(axis: 1)), x, given)?.contains(part) == true)
    }
    let far = indices([.min], [1, 1])
    #expect(try fault(of: .movement(.gatherElements(axis: 0)), x, far)?.contains("range") == true)
  }

  @Test func gatheringParts() throws {
    let x = counting([2, 2, 3])
    func gathered(_ count: Int, _ elements: [Int64], _ shape: [Int]) throws -> Tensor {
      try result(
        of: .movement(.gatherND(batchDimensions: count)), x, indices(elements, shape))
    }
    #expect(try gathered(0, [0, 1, -1, 0], [2, 2]) == f32([3, 4, 5, 6, 7, 8], [2, 3]))
    #expect(try gathered(0, [1, 1, 2], [1, 3]) == f32([11], [1]))
    #expect(try gathered(1, [1, 0], [2, 1]) == f32([3, 4, 5, 6, 7, 8], [2, 3]))
    #expect(try gathered(2, [0, 1, 2, 0], [2, 2, 1]) == f32([0, 4, 8, 9], [2, 2]))
    let op = Op.movement(.gatherND(batchDimensions: 0))
    #expect(try fault(of: op, x, i64(2))?.contains("index 2") == true)
    #expect(try fault(of: op, x, i64(0, 0, 0, 0))?.contains("do not fit") == true)
    #expect(try fault(of: op, x, Tensor(scalar: Int64(0)))?.contains("do not fit") == true)
    #expect(
      try fault(of: .movement(.gatherND(batchDimensions: 1)), x, i64(0))?.contains("do not fit")
        == true)
  }

  /// Two updates name the first element.
  @Test(
    arguments: [
      (.replace, [6, 7, 2]), (.add, [12, 8, 2]), (.mul, [30, 7, 2]), (.max, [6, 7, 2]),
      (.min, [1, 1, 2]),
    ] as [(ScatterReduction, [Float])])
  func scattering(_ reduction: ScatterReduction, _ expected: [Float]) throws {
    let elements = Op.movement(.scatterElements(axis: 0, reduction))
    let parts = Op.movement(.scatterND(reduction))
    let data = f32(1, 1, 2)
    #expect(try result(of: elements, data, i64(0, 1, -3), f32(5, 7, 6)).floats == expected)
    #expect(
      try result(of: parts, data, indices([0, 1, -3], [3, 1]), f32(5, 7, 6)).floats == expected)
    let integers = [Int64](expected.map { Int64($0) })
    #expect(
      try result(of: elements, i64(1, 1, 2), i64(0, 1, -3), i64(5, 7, 6)).integers == integers)
    #expect(try result(of: elements, data, i64(), f32()) == data)
    #expect(try fault(of: elements, data, i64(3), f32(1))?.contains("index 3") == true)
    #expect(try fault(of: elements, data, i64(0), f32(1, 2))?.contains("updates") == true)
    #expect(try fault(of: parts, data, i64(-4), f32([1], []))?.contains("index -4") == true)
    #expect(try fault(of: parts, data, i64(0), f32(1))?.contains("updates") == true)
  }

  @Test func scatteringParts() throws {
    let y = try result(
      of: .movement(.scatterND(.add)), counting([2, 2]), indices([1, 1], [2, 1]),
      f32([1, 2, 3, 4], [2, 2]))
    #expect(y == f32([0, 1, 6, 9], [2, 2]))
    let whole = try result(
      of: .movement(.scatterND(.replace)), counting([2]), indices([], [1, 0]), f32([5, 6], [1, 2]))
    #expect(whole == f32(5, 6))
    let half = Tensor([1, 2048] as [Float16], shape: [2])
    let sum = try result(
      of: .movement(.scatterElements(axis: 0, .add)), half, i64(1, 1),
      Tensor([1, 1] as [Float16], shape: [2]))
    #expect(sum == Tensor([1, 2050] as [Float16], shape: [2]))
  }

  @Test func largestElements() throws {
    let x = f32([3, .nan, 1, 3, -.infinity, 2], [2, 3])
    let largest = try results(
      of: .movement(.topK(axis: 1, largest: true)), [x, i64(2)], count: 2)
    #expect(largest[0].floats.map(\.description) == ["nan", "3.0", "3.0", "2.0"])
    #expect(largest[1] == indices([1, 0, 0, 2], [2, 2]))
    let smallest = try results(
      of: .movement(.topK(axis: 0, largest: false)), [f32([1, 2, 1, 0], [2, 2]), i64(1)], count: 2)
    #expect(smallest[0] == f32([1, 0], [1, 2]) && smallest[1] == indices([0, 1], [1, 2]))
    let wide = Tensor([.max, 1, .max - 1] as [UInt64], shape: [3])
    let unsigned = try results(
      of: .movement(.topK(axis: -1, largest: true)), [wide, i64(3)], count: 2)
    #expect(unsigned[1].integers == [0, 2, 1])
    let none = try results(
      of: .movement(.topK(axis: 0, largest: true)), [f32(1), i64(0)], count: 2)
    #expect(none.map(\.shape) == [[0], [0]])
    let op = Op.movement(.topK(axis: 1, largest: true))
    #expect(try fault(of: op, x, i64(4))?.contains("of 3") == true)
    #expect(try fault(of: op, x, i64(-1))?.contains("-1") == true)
    #expect(try fault(of: op, x, i64(1, 1))?.contains("[1, 1]") == true)
  }

  @Test func differentElements() throws {
    let x = f32(2, 1, 1, 3, 4, 3)
    let sorted = try results(of: .movement(.unique(axis: nil, isSorted: true)), [x], count: 4)
    #expect(sorted[0].floats == [1, 2, 3, 4])
    #expect(
      sorted.dropFirst().map(\.integers) == [[1, 0, 3, 4], [1, 0, 0, 2, 3, 2], [2, 1, 2, 1]])
    let met = try results(of: .movement(.unique(axis: nil, isSorted: false)), [x], count: 4)
    #expect(met[0].floats == [2, 1, 3, 4])
    #expect(met.dropFirst().map(\.integers) == [[0, 1, 3, 4], [0, 1, 1, 2, 3, 2], [1, 2, 2, 1]])
    let rows = try results(
      of: .movement(.unique(axis: 0, isSorted: true)), [f32([1, 0, 0, 9, 1, 0], [3, 2])], count: 4)
    #expect(rows[0] == f32([0, 9, 1, 0], [2, 2]))
    #expect(rows.dropFirst().map(\.integers) == [[1, 0], [1, 0, 1], [1, 2]])
    let none = try results(
      of: .movement(.unique(axis: nil, isSorted: true)), [f32()], count: 4)
    #expect(none.map(\.count) == [0, 0, 0, 0])
  }

  @Test func chosenElements() throws {
    let x = f32([0, 1, .nan, -0.0, 5, 0], [2, 3])
    #expect(
      try result(of: .movement(.nonZero(isPadded: false)), x)
        == indices([0, 0, 1, 1, 2, 1], [2, 3]))
    #expect(
      try result(of: .movement(.nonZero(isPadded: false)), f32([7], [])) == indices([0], [1, 1]))
    #expect(try result(of: .movement(.nonZero(isPadded: false)), f32([], [0, 2])).shape == [2, 0])
    let condition = Tensor([false, true] as [Bool8], shape: [2])
    let y = try result(of: .movement(.compress(axis: -1)), counting([2, 3]), condition)
    #expect(y == f32([1, 4], [2, 1]))
    #expect(
      try result(of: .movement(.compress(axis: nil)), counting([2, 3]), condition) == f32(1))
    #expect(
      try fault(of: .movement(.compress(axis: 0)), counting([1, 3]), condition)?
        .contains("2 conditions") == true)
  }

  @Test func hotElements() throws {
    let values = f32(-1, 8)
    let y = try result(
      of: .movement(.oneHot(axis: 0)), i64(1, -1, 3, .min), i64(2), values)
    #expect(y == f32([-1, -1, -1, -1, 8, 8, -1, -1], [2, 4]))
    #expect(
      try result(of: .movement(.oneHot(axis: -1)), Tensor(scalar: Int64(0)), i64(2), values)
        == f32(8, -1))
    let op = Op.movement(.oneHot(axis: -1))
    #expect(try fault(of: op, i64(1), i64(0), values)?.contains("depth") == true)
    #expect(try fault(of: op, i64(1), i64(2), f32(1))?.contains("values") == true)
  }

  @Test func blocksAndRepetitions() throws {
    let x = counting([1, 2])
    #expect(
      try result(of: .movement(.tile), x, i64(2, 2))
        == f32([0, 1, 0, 1, 0, 1, 0, 1], [2, 4]))
    #expect(try result(of: .movement(.tile), x, i64(0, 2)).shape == [0, 4])
    #expect(try fault(of: .movement(.tile), x, i64(1, -1))?.contains("repeats") == true)
    #expect(try fault(of: .movement(.tile), x, i64(1 << 32, 1 << 32))?.contains("large") == true)
    let image = counting([1, 8, 1, 2])
    for order in DepthOrder.allCases {
      let y = try result(of: .movement(.depthToSpace(blockSize: 2, order: order)), image)
      #expect(y.shape == [1, 2, 2, 4])
      let first: [Float] = order == .depthColumnRow ? [0, 4, 1, 5] : [0, 2, 1, 3]
      #expect(Array(y.floats[..<4]) == first)
      #expect(try result(of: .movement(.spaceToDepth(blockSize: 2, order: order)), y) == image)
    }
    #expect(
      try fault(of: .movement(.depthToSpace(blockSize: 3, order: .depthColumnRow)), image)?
        .contains("blocks") == true)
    #expect(
      try fault(of: .movement(.spaceToDepth(blockSize: 0, order: .depthColumnRow)), image)?
        .contains("blocks") == true)
  }

  @Test func reversalsAndCrops() throws {
    let x = counting([2, 3])
    let op = Op.movement(.reverseSequence(batchAxis: 0, timeAxis: 1))
    #expect(try result(of: op, x, i64(3, 2)).floats == [2, 1, 0, 4, 3, 5])
    #expect(try result(of: op, x, i64(0, 1)) == x)
    #expect(try fault(of: op, x, i64(4, 1))?.contains("lengths") == true)
    #expect(try fault(of: op, x, i64(1))?.contains("lengths") == true)
    let crop = Op.movement(.centerCropPad(axes: nil))
    #expect(try result(of: crop, x, i64(1, 4)) == f32([0, 1, 2, 0], [1, 4]))
    #expect(
      try result(of: .movement(.centerCropPad(axes: [-1])), x, i64(2))
        == f32([0, 1, 3, 4], [2, 2]))
    #expect(try fault(of: crop, x, i64(-1, 4))?.contains("sizes") == true)
  }
}
