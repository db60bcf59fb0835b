import Basics
import IR

/// x, [region], [scales], [sizes] → x with other sizes, each axis in turn.
///
/// Coordinates are computed in f32, as the scales are; the region concerns no mode that there is.
func resize(_ parameters: Resize, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let axes = try ResizeAxis.axes(parameters, x.shape, operands)
  let shape = axes.map(\.output)
  guard try elementCount(shape, of: x.type) > 0 else {
    return try Tensor(filling: shape, type: x.type) { _ in }
  }
  var result = x
  for (axis, sizes) in axes.enumerated() where sizes.changes {
    // Each position has an index of 64 bits, or two and a weight, while the axis is resized.
    _ = try elementCount([sizes.output, 3], of: .i64)
    guard sizes.input > 0 else {
      throw Fault("dimension \(axis) has no elements to resize")
    }
    switch parameters.mode {
    case .nearest:
      let indices = (0..<sizes.output).map { sizes.nearest($0, parameters) }
      result = try take(result, axis: axis, indices)
    case .linear:
      let points = (0..<sizes.output).map { sizes.linear($0, parameters) }
      result = try interpolate(result, axis: axis, points)
    }
  }
  return result
}

/// How one dimension is resized.
public struct ResizeAxis: Sendable {
  /// The elements of the operand.
  public var input: Int
  /// The elements of the result.
  public var output: Int
  var scale: Float

  /// Two neighbouring elements and the weight of the second.
  public struct Interpolation: Sendable {
    /// The index of the first element.
    public var lower: Int
    /// The index of the second element.
    public var upper: Int
    /// The weight of the second element; the first has what is left to 1.
    public var fraction: Float
  }

  /// Whether anything happens.
  public var changes: Bool { scale != 1 || input != output }

  /// The dimensions of a tensor of `shape`; those that nothing is said about stay.
  static func axes(
    _ parameters: Resize, _ shape: [Int], _ operands: Operands
  ) throws -> [ResizeAxis] {
    try axes(
      parameters, shape,
      scales: operands.optional(2, "scales", of: .f32)?.elements(of: Float.self) ?? [],
      sizes: operands.integers(3, "sizes") ?? [])
  }

  /// The dimensions of a tensor of `shape`; those that nothing is said about stay.
  static func axes(
    _ parameters: Resize, _ shape: [Int], scales: [Float], sizes: [Int]
  ) throws -> [ResizeAxis] {
    var result = shape.map { ResizeAxis(input: $0, output: $0, scale: 1) }
    let axes = try normalized(axes: parameters.axes ?? Array(shape.indices), rank: shape.count)
    guard scales.isEmpty != sizes.isEmpty || axes.isEmpty else {
      throw Fault("either scales or sizes have to be given")
    }
    guard scales.count + sizes.count == axes.count else {
      throw Fault("there are \(scales.count + sizes.count) scales or sizes for \(axes.count) axes")
    }
    if !scales.isEmpty {
      for (axis, scale) in zip(axes, scales) {
        let output = (Float(shape[axis]) * scale).rounded(.down)
        guard scale > 0, output <= Float(largestTensor) else {
          throw Fault("the scale \(scale) of dimension \(axis) is out of range")
        }
        result[axis] = ResizeAxis(input: shape[axis], output: Int(output), scale: scale)
      }
      return result
    }
    guard sizes.allSatisfy({ 0...largestTensor ~= $0 }) else {
      throw Fault("the sizes \(sizes) are out of range")
    }
    let ratios = zip(axes, sizes).map { Double($1) / Double(shape[$0]) }
    let common = parameters.aspect == .notLarger ? ratios.min() : ratios.max()
    guard parameters.aspect == .stretch || !axes.contains(where: { shape[$0] == 0 }) else {
      throw Fault("the aspect ratio of \(text(shape)), which is empty, cannot be kept")
    }
    for (index, axis) in axes.enumerated() {
      let input = shape[axis]
      if parameters.aspect == .stretch {
        let scale = input == 0 ? 1 : Float(sizes[index]) / Float(input)
        result[axis] = ResizeAxis(input: input, output: sizes[index], scale: scale)
      } else if let common, let best = ratios.firstIndex(of: common) {
        // The ratio is not rounded before it is multiplied, so that halves are exact.
        let size = Double(input) * Double(sizes[best]) / Double(shape[axes[best]])
        guard size <= Double(largestTensor) else {
          throw Fault("the sizes \(sizes) do not fit the shape \(text(shape))")
        }
        result[axis] = ResizeAxis(
          input: input, output: Int((size + 0.5).rounded(.down)), scale: Float(common))
      }
    }
    return result
  }

  /// The coordinate in the operand of element `index` of the result.
  func coordinate(_ index: Int, _ coordinates: Resize.Coordinates) -> Float {
    let x = Float(index)
    switch coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return output > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .asymmetric: return x / scale
    case .tensorFlowHalfPixel: return (x + 0.5) / scale
    case .alignCorners: return output > 1 ? x * Float(input - 1) / Float(output - 1) : 0
    case .halfPixelSymmetric:
      let adjustment = Float(output) / (scale * Float(input))
      let offset = Float(input) / 2 * (1 - adjustment)
      return offset + (x + 0.5) / scale - 0.5
    }
  }

  /// The element that is nearest to element `index` of the result.
  public func nearest(_ index: Int, _ parameters: Resize) -> Int {
    let x = coordinate(index, parameters.coordinates)
    let rounded =
      switch parameters.rounding {
      case .floor: x.rounded(.down)
      case .ceil: x.rounded(.up)
      case .preferFloor: x - x.rounded(.down) == 0.5 ? x.rounded(.down) : x.rounded()
      case .preferCeil: x - x.rounded(.down) == 0.5 ? x.rounded(.up) : x.rounded()
      }
    return Int(min(max(rounded, 0), Float(input - 1)))
  }

  /// The elements between which element `index` of the result lies; beyond the ends, the last one.
  public func linear(_ index: Int, _ parameters: Resize) -> Interpolation {
    let x = min(max(coordinate(index, parameters.coordinates), 0), Float(input - 1))
    let lower = min(Int(x), input - 1)
    return Interpolation(
      lower: lower, upper: min(lower + 1, input - 1), fraction: x - Float(lower))
  }
}

extension Resize {
  /// How each dimension of a tensor of `shape` is resized by `scales` or, if those are empty, to
  /// `sizes`.
  ///
  /// Throws if they do not fit the shape.
  public func axes(of shape: [Int], scales: [Float], sizes: [Int]) throws -> [ResizeAxis] {
    try ResizeAxis.axes(self, shape, scales: scales, sizes: sizes)
  }
}

private func interpolate(_ x: Tensor, axis: Int, _ points: [ResizeAxis.Interpolation]) throws
  -> Tensor
{
  switch x.type {
  case .f32: return try interpolate(Float.self, x, axis: axis, points)
  case .f64: return try interpolate(Double.self, x, axis: axis, points)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

private func interpolate<T: Real>(
  _: T.Type, _ x: Tensor, axis: Int, _ points: [ResizeAxis.Interpolation]
) throws -> Tensor {
  let inner = product(x.shape[(axis + 1)...])
  let pitch = x.shape[axis] * inner
  var shape = x.shape
  shape[axis] = points.count
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(product(shape[..<axis]), cost: points.count * inner) { blocks in
        for block in blocks {
          for (position, point) in points.enumerated() {
            let lower = block * pitch + point.lower * inner
            let upper = block * pitch + point.upper * inner
            let result = (block * points.count + position) * inner
            let (first, second) = (T(1 - point.fraction), T(point.fraction))
            for index in 0..<inner {
              y[result + index] = x[lower + index] * first + x[upper + index] * second
            }
          }
        }
      }
    }
  }
}
