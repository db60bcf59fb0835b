import Basics
import IR
import Reference
import Testing

@Suite struct ResizeTests {
  private func resized(
    _ parameters: Resize, _ x: Tensor, scales: [Float]? = nil, sizes: [Int64]? = nil
  ) throws -> Tensor {
    try result(
      of: .resize(parameters), x, nil, scales.map { Tensor($0, shape: [$0.count]) },
      sizes.map { Tensor($0, shape: [$0.count]) })
  }

  @Test(
    arguments: [
      (.asymmetric, .floor, [1, 1, 2, 2, 3, 3]), (.asymmetric, .preferCeil, [1, 2, 2, 3, 3, 3]),
      (.asymmetric, .preferFloor, [1, 1, 2, 2, 3, 3]), (.halfPixel, .floor, [1, 1, 1, 2, 2, 3]),
      (.halfPixel, .ceil, [1, 2, 2, 3, 3, 3]), (.halfPixel, .preferFloor, [1, 1, 2, 2, 3, 3]),
      (.alignCorners, .floor, [1, 1, 1, 2, 2, 3]),
      (.tensorFlowHalfPixel, .floor, [1, 1, 2, 2, 3, 3]),
      (.pytorchHalfPixel, .ceil, [1, 2, 2, 3, 3, 3]),
      (.halfPixelSymmetric, .preferFloor, [1, 1, 2, 2, 3, 3]),
    ] as [(Resize.Coordinates, Resize.Rounding, [Float])])
  func nearest(
    coordinates: Resize.Coordinates, rounding: Resize.Rounding, expected: [Float]
  ) throws {
    let parameters = Resize(mode: .nearest, coordinates: coordinates, rounding: rounding)
    #expect(try resized(parameters, f32(1, 2, 3), scales: [2]).floats == expected)
  }

  /// Coordinates by sizes are fractions; the nearest element is found here by comparing whole numbers.
  @Test(arguments: [Resize.Coordinates.halfPixel, .asymmetric, .pytorchHalfPixel, .alignCorners])
  func nearestBySizes(coordinates: Resize.Coordinates) throws {
    for input in 1...20 {
      for output in 1...20 {
        for rounding in Resize.Rounding.allCases {
          let expected = (0..<output).map { index -> Float in
            // The coordinate is a / b.
            let (a, b) =
              switch coordinates {
              case .asymmetric: (2 * index * input, 2 * output)
              case .alignCorners where output > 1: (index * (input - 1), output - 1)
              case .halfPixel: ((2 * index + 1) * input - output, 2 * output)
              case .pytorchHalfPixel where output > 1:
                ((2 * index + 1) * input - output, 2 * output)
              default: (0, 1)
              }
            let fits: (Int) -> Bool =
              switch rounding {
              case .floor: { $0 * b <= a && a < ($0 + 1) * b }
              case .ceil: { ($0 - 1) * b < a && a <= $0 * b }
              case .preferFloor: { (2 * $0 - 1) * b < 2 * a && 2 * a <= (2 * $0 + 1) * b }
              case .preferCeil: { (2 * $0 - 1) * b <= 2 * a && 2 * a < (2 * $0 + 1) * b }
              }
            let nearest = (-2...input + 1).first(where: fits)!
            return Float(min(max(nearest, 0), input - 1))
          }
          let parameters = Resize(mode: .nearest, coordinates: coordinates, rounding: rounding)
          let x = Tensor((0..<input).map { Float($0) }, shape: [input])
          #expect(try resized(parameters, x, sizes: [Int64(output)]).floats == expected)
        }
      }
    }
  }

  @Test(
    arguments: [
      (.halfPixel, [10, 12.5, 17.5, 20]), (.asymmetric, [10, 15, 20, 20]),
      (.pytorchHalfPixel, [10, 12.5, 17.5, 20]), (.halfPixelSymmetric, [10, 12.5, 17.5, 20]),
      (.tensorFlowHalfPixel, [12.5, 17.5, 20, 20]),
    ] as [(Resize.Coordinates, [Float])])
  func linear(coordinates: Resize.Coordinates, expected: [Float]) throws {
    let parameters = Resize(mode: .linear, coordinates: coordinates)
    #expect(try resized(parameters, f32(10, 20), scales: [2]).floats == expected)
  }

  @Test func alignedCorners() throws {
    let parameters = Resize(mode: .linear, coordinates: .alignCorners)
    #expect(try resized(parameters, f32(0, 4), sizes: [5]).floats == [0, 1, 2, 3, 4])
    #expect(try resized(parameters, f32(3, 4), sizes: [1]).floats == [3])
    let square = try resized(parameters, f32([0, 2, 4, 6], [1, 1, 2, 2]), sizes: [1, 1, 3, 3])
    #expect(square.floats == [0, 1, 2, 2, 3, 4, 4, 5, 6])
  }

  @Test func aspectAndAxes() throws {
    let x = counting([1, 2, 4])
    let smaller = Resize(mode: .nearest, axes: [2, -2], aspect: .notLarger)
    #expect(try resized(smaller, x, sizes: [6, 6]).shape == [1, 3, 6])
    let larger = Resize(mode: .nearest, axes: [1, 2], aspect: .notSmaller)
    #expect(try resized(larger, x, sizes: [6, 6]).shape == [1, 6, 12])
    #expect(try resized(Resize(mode: .nearest), x, scales: [1, 0.5, 0.6]).shape == [1, 1, 2])
    let halves = Tensor([0, 1] as [Float16], shape: [2])
    #expect(
      try resized(Resize(mode: .linear), halves, scales: [2]).elements(of: Float16.self)
        == [0, 0.25, 0.75, 1])
    let bytes = Tensor([1, 2] as [UInt8], shape: [2])
    #expect(
      try resized(Resize(mode: .nearest), bytes, scales: [2]).elements(of: UInt8.self)
        == [1, 1, 2, 2])
  }

  /// Values of onnx's reference evaluator: all axes are resized before integers are rounded, and cut to their type.
  @Test(
    arguments: [
      (
        .linear,
        [
          0, 64, 191, 193, 69, 7, 49, 82, 149, 161, 120, 100, 124, 111, 83, 113, 200, 243, 199, 157,
          72, 63, 128, 161, 255, 192, 66, 25, 69, 91,
        ]
      ),
      (
        .cubic,
        [
          0, 63, 239, 238, 59, 0, 23, 75, 163, 186, 131, 99, 128, 104, 63, 104, 206, 255, 231, 160,
          41, 31, 135, 197, 255, 202, 50, 0, 51, 87,
        ]
      ),
    ] as [(Resize.Mode, [UInt8])]) func integersAreRoundedOnce(mode: Resize.Mode, expected: [UInt8])
    throws
  {
    let x = Tensor([0, 255, 7, 128, 64, 250, 255, 3, 91] as [UInt8], shape: [1, 1, 3, 3])
    let y = try resized(
      Resize(mode: mode, coordinates: .halfPixel), x, scales: [1, 1, 1.7, 2])
    #expect(y.shape == [1, 1, 5, 6])
    #expect(y.elements(of: UInt8.self) == expected)
  }

  @Test func faults() throws {
    let op = Op.resize(Resize(mode: .linear))
    #expect(try fault(of: op, f32(1))?.contains("scales or sizes") == true)
    #expect(try fault(of: op, f32(1), nil, f32(1), i64(1))?.contains("scales or sizes") == true)
    #expect(try fault(of: op, f32(1), nil, f32(1, 1))?.contains("2 scales") == true)
    #expect(try fault(of: op, f32(1), nil, f32(.nan))?.contains("out of range") == true)
    #expect(try fault(of: op, f32(1), nil, f32(.infinity))?.contains("out of range") == true)
    #expect(try fault(of: op, f32(1), nil, nil, i64(-1))?.contains("out of range") == true)
    #expect(try fault(of: op, f32([], [0]), nil, nil, i64(2))?.contains("no elements") == true)
    #expect(try fault(of: op, i64(1), nil, f32(2))?.contains("i64") == true)
  }
}
