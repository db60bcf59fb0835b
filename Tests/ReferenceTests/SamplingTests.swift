import Basics
import IR
import Reference
import Testing

@Suite struct SamplingTests {
  @Test func gridsReadBetweenElements() throws {
    let x = counting([1, 1, 2, 2])
    func sampled(_ grid: GridSample, _ points: [Float]) throws -> [Float] {
      try result(of: .sampling(.grid(grid)), x, f32(points, [1, 1, points.count / 2, 2])).floats
    }
    // A grid holds the column first.
    let corners: [Float] = [-1, -1, 1, -1, -1, 1, 0, 0]
    #expect(try sampled(GridSample(alignCorners: true), corners) == [0, 1, 2, 1.5])
    #expect(try sampled(GridSample(), corners) == [0, 0.25, 0.5, 1.5])
    #expect(try sampled(GridSample(padding: .border), corners) == [0, 1, 2, 1.5])
    #expect(try sampled(GridSample(mode: .nearest, padding: .reflection), [5, -0.5]) == [1])
    #expect(try sampled(GridSample(padding: .border), [.infinity, -.infinity]) == [1])
    #expect(try sampled(GridSample(), [.nan, 0, .infinity, 0]) == [0, 0])
    let cubic = try sampled(GridSample(mode: .cubic, padding: .border, alignCorners: true), [0, 0])
    #expect(abs(cubic[0] - 1.5) < 1e-6)
    #expect(
      try fault(of: .sampling(.grid(GridSample())), x, f32([0, 0, 0], [1, 1, 1, 3]))?
        .contains("does not fit") == true)
  }

  @Test func gridsOfTransformations() throws {
    let identity = f32([1, 0, 0, 0, 1, 0], [1, 2, 3])
    let edges = try result(
      of: .sampling(.affineGrid(alignCorners: false)), identity, i64(1, 1, 2, 1))
    #expect(edges == f32([0, -0.5, 0, 0.5], [1, 2, 1, 2]))
    let shifted = f32([1, 0, 0.25, 0, 1, 0], [1, 2, 3])
    let centres = try result(
      of: .sampling(.affineGrid(alignCorners: true)), shifted, i64(1, 1, 1, 2))
    #expect(centres == f32([-0.75, -1, 1.25, -1], [1, 1, 2, 2]))
    #expect(
      try fault(of: .sampling(.affineGrid(alignCorners: true)), identity, i64(2, 1, 1, 2))?
        .contains("do not fit") == true)
  }

  @Test func regionsOfImages() throws {
    let x = counting([1, 1, 4, 4])
    var region = RegionAlign(halfPixel: false, rows: 1, columns: 1, samples: 1)
    let box = f32([1, 1, 3, 3], [1, 4])
    #expect(try result(of: .sampling(.regionAlign(region)), x, box, i64(0)).floats == [10])
    region.takesMaximum = true
    region.samples = 2
    // Samples lie at 1.5 and 2.5; the largest weighted neighbour counts.
    #expect(try result(of: .sampling(.regionAlign(region)), x, box, i64(0)).floats == [3.75])
    #expect(
      try fault(of: .sampling(.regionAlign(region)), x, box, i64(1))?.contains("batches") == true)
    let pool = Op.sampling(.regionMaximum(rows: 2, columns: 1, scale: 0.5))
    #expect(try result(of: pool, x, f32([0, 0, 0, 4, 6], [1, 5])).floats == [6, 14])
    #expect(
      try fault(of: pool, x, f32([1, 0, 0, 4, 6], [1, 5]))?.contains("batch 1") == true)
  }

  @Test func overlappingBoxesAreSuppressed() throws {
    let boxes = f32([0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 2, 1, 3], [1, 3, 4])
    let scores = f32([0.5, 0.9, 0.5], [1, 1, 3])
    let op = Op.sampling(.suppression(centered: false, isPadded: false))
    let kept = try result(of: op, boxes, scores, i64(3), f32(0.5), nil)
    #expect(kept == Tensor([0, 0, 1, 0, 0, 2] as [Int64], shape: [2, 3]))
    #expect(try result(of: op, boxes, scores, i64(1), f32(0.5), nil).shape == [1, 3])
    #expect(try result(of: op, boxes, scores, nil, nil, nil).shape == [0, 3])
    #expect(try result(of: op, boxes, scores, i64(3), f32(1), f32(0.5)).integers == [0, 0, 1])
    #expect(try fault(of: op, boxes, f32(1), i64(3))?.contains("do not fit") == true)
  }

  @Test func whatWindowsHadTakenGoesBack() throws {
    let window = Window(
      kernel: [2, 2], strides: [2, 2], dilations: [1, 1],
      padding: .explicit(begin: [0, 0], end: [0, 0]))
    let op = Op.sampling(.unpool(window))
    let positions = Tensor([1, 6] as [Int64], shape: [1, 1, 1, 2])
    let y = try result(of: op, f32([5, 7], [1, 1, 1, 2]), positions)
    #expect(y == f32([0, 5, 0, 0, 0, 0, 7, 0], [1, 1, 2, 4]))
    let wide = try result(of: op, f32([5, 7], [1, 1, 1, 2]), positions, i64(1, 1, 2, 5))
    #expect(wide == f32([0, 5, 0, 0, 0, 0, 0, 7, 0, 0], [1, 1, 2, 5]))
    let far = Tensor([1, 8] as [Int64], shape: [1, 1, 1, 2])
    #expect(try fault(of: op, f32([5, 7], [1, 1, 1, 2]), far)?.contains("position 8") == true)
    let columns = Op.sampling(.fromColumns(strides: nil, dilations: nil, pads: nil))
    let image = try result(of: columns, f32([1, 2, 3, 4], [1, 2, 2]), i64(3), i64(2))
    #expect(image == f32([1, 5, 4], [1, 1, 3]))
    #expect(
      try fault(of: columns, f32([1], [1, 1, 1]), i64(3), i64(2))?.contains("columns") == true)
  }

  @Test func poolsWithPositionsAndNorms() throws {
    let window = Window(
      kernel: [2, 2], strides: [1, 1], dilations: [1, 1],
      padding: .explicit(begin: [0, 0], end: [0, 0]))
    let x = f32([1, 5, 5, 2, 0, -3], [1, 1, 2, 3])
    func largest(_ order: ElementOrder) throws -> [Tensor] {
      try results(of: .pool(Pool(kind: .max, window: window, positions: order)), [x], count: 2)
    }
    #expect(try largest(.rows)[0].floats == [5, 5])
    #expect(try largest(.rows)[1].integers == [1, 1])
    #expect(try largest(.columns)[1].integers == [2, 2])
    let norm = Pool(kind: .norm(power: 1), window: window)
    #expect(try result(of: .pool(norm), x).floats == [8, 13])
    #expect(
      try result(of: .globalPool(.norm(power: 2)), f32([3, 0, -4, 0], [1, 1, 2, 2])).floats == [5])
    let cubes = try result(of: .globalPool(.norm(power: 3)), f32([1, -2], [1, 1, 2]))
    #expect(abs(cubes.floats[0] - 2.080_083_8) < 1e-6)
  }

  @Test(
    arguments: [
      ("ij->ji", [[2, 3]], [0, 3, 1, 4, 2, 5]), ("ij->", [[2, 3]], [15]),
      ("ii->i", [[2, 2]], [0, 3]),
      ("ij,jk", [[1, 2], [2, 2]], [2, 3]), ("i,j->ij", [[2], [2]], [0, 0, 0, 1]),
      ("...i,...i->...", [[2, 2], [1, 2]], [1, 3]), ("b, c, c -> b", [[2], [2], [2]], [0, 1]),
    ] as [(String, [[Int]], [Float])])
  func equations(_ equation: String, _ shapes: [[Int]], _ expected: [Float]) throws {
    let operands = shapes.map { counting($0) }
    #expect(try results(of: .einsum(equation: equation), operands)[0].floats == expected)
  }

  @Test(arguments: ["ij", "i->j", "i->ii", "i!", "....i", "i,i"])
  func equationsWithoutMeaning(_ equation: String) throws {
    #expect(try fault(of: .einsum(equation: equation), counting([2])) != nil)
  }

  @Test func resizingByCubicsAndCrops() throws {
    var resize = Resize(mode: .cubic, coordinates: .asymmetric)
    let x = f32([0, 1, 2, 3], [4])
    let cubic = try result(of: .resize(resize), x, nil, f32(2)).floats
    #expect(cubic[2] == 1 && abs(cubic[3] - 1.5) < 1e-6)
    resize.excludesOutside = true
    let cut = try result(of: .resize(resize), x, nil, f32(2)).floats
    #expect(cut[0] == 0 && cut.last != cubic.last)
    var shrink = Resize(mode: .linear)
    shrink.antialiases = true
    #expect(try result(of: .resize(shrink), x, nil, f32(0.5)).floats == [0.625, 2.375])
    var crop = Resize(mode: .linear, coordinates: .cropAndResize)
    crop.extrapolation = 9
    #expect(
      try result(of: .resize(crop), x, f32(0, 2), nil, i64(3)).floats == [0, 3, 9])
    #expect(try fault(of: .resize(crop), x, f32(0), nil, i64(3))?.contains("region") == true)
  }
}
