import Basics
import IR

/// How one dimension is resized.
public struct ResizeAxis: Sendable {
  /// The elements of the operand.
  public var input: Int
  /// The elements of the result.
  public var output: Int
  /// The size of the result for one of the operand.
  var scale: Float
  /// The size of the result before it was rounded.
  var length: Float
  /// The size of the result for one of the operand as a fraction of sizes, where sizes say it.
  var ratio: Ratio?
  /// The part of the operand that is resized, where its first and last elements are 0 and 1.
  var region: (start: Float, end: Float) = (0, 1)
  /// Whether `region` is looked at.
  var isCropped = false

  /// An element and its weight.
  public struct Tap: Sendable {
    /// The index of the element.
    public var index: Int
    /// The weight; those of one position add up to 1.
    public var weight: Float
  }

  init(input: Int, output: Int, scale: Float, length: Float? = nil, ratio: Ratio? = nil) {
    self.input = input
    self.output = output
    self.scale = scale
    self.length = length ?? Float(output)
    self.ratio = ratio
  }

  /// Whether anything happens.
  public var changes: Bool {
    scale != 1 || input != output || (isCropped && (region.start != 0 || region.end != 1))
  }

  /// The positions of the result whose coordinates are not outside of the operand.
  public var inside: Range<Int> {
    guard isCropped && changes else { return 0..<output }
    let within = (0..<output).filter {
      let x = coordinate($0, .cropAndResize)
      return x >= 0 && x <= Float(input - 1)
    }
    // Coordinates rise or fall from one position to the next.
    return within.first.map { $0..<$0 + within.count } ?? 0..<0
  }

  /// The dimensions of a tensor of `shape`; those that nothing is said about stay.
  static func axes(
    _ parameters: Resize, _ shape: [Int], _ operands: Operands
  ) throws -> [ResizeAxis] {
    let region = try operands[1].map { try cast($0, to: .f32).elements(of: Float.self) } ?? []
    return try axes(
      parameters, shape, region: region,
      scales: operands.optional(2, "scales", of: .f32)?.elements(of: Float.self) ?? [],
      sizes: operands.integers(3, "sizes") ?? [])
  }

  /// The dimensions of a tensor of `shape`; those that nothing is said about stay.
  static func axes(
    _ parameters: Resize, _ shape: [Int], region: [Float], scales: [Float], sizes: [Int]
  ) throws -> [ResizeAxis] {
    let axes = try normalized(axes: parameters.axes ?? Array(shape.indices), rank: shape.count)
    var result = try self.axes(axes, parameters.aspect, shape, scales: scales, sizes: sizes)
    guard parameters.coordinates == .cropAndResize else { return result }
    guard region.count == 2 * axes.count else {
      throw Fault("the region has \(region.count) numbers for \(axes.count) axes")
    }
    for (position, axis) in axes.enumerated() {
      result[axis].region = (region[position], region[axes.count + position])
      guard result[axis].region.start.isFinite, result[axis].region.end.isFinite else {
        throw Fault("the region of dimension \(axis) is not finite")
      }
      result[axis].isCropped = true
    }
    return result
  }

  private static func axes(
    _ axes: [Int], _ aspect: Resize.Aspect, _ shape: [Int], scales: [Float], sizes: [Int]
  ) throws -> [ResizeAxis] {
    var result = shape.map { ResizeAxis(input: $0, output: $0, scale: 1) }
    guard scales.isEmpty != sizes.isEmpty || axes.isEmpty else {
      throw Fault("either scales or sizes have to be given")
    }
    guard scales.count + sizes.count == axes.count else {
      throw Fault("there are \(scales.count + sizes.count) scales or sizes for \(axes.count) axes")
    }
    if !scales.isEmpty {
      for (axis, scale) in zip(axes, scales) {
        let length = Float(shape[axis]) * scale
        guard scale > 0, length <= Float(largestTensor) else {
          throw Fault("the scale \(scale) of dimension \(axis) is out of range")
        }
        result[axis] = ResizeAxis(
          input: shape[axis], output: Int(length.rounded(.down)), scale: scale, length: length)
      }
      return result
    }
    guard sizes.allSatisfy({ 0...largestTensor ~= $0 }) else {
      throw Fault("the sizes \(sizes) are out of range")
    }
    let ratios = zip(axes, sizes).map { Double($1) / Double(shape[$0]) }
    let common = aspect == .notLarger ? ratios.min() : ratios.max()
    guard aspect == .stretch || !axes.contains(where: { shape[$0] == 0 }) else {
      throw Fault("the aspect ratio of \(text(shape)), which is empty, cannot be kept")
    }
    for (index, axis) in axes.enumerated() {
      let input = shape[axis]
      if aspect == .stretch {
        let scale = input == 0 ? 1 : Float(sizes[index]) / Float(input)
        result[axis] = ResizeAxis(
          input: input, output: sizes[index], scale: scale, ratio: Ratio(sizes[index], input))
      } else if let common, let best = ratios.firstIndex(of: common) {
        // The ratio is not rounded before it is multiplied, so that halves are exact.
        let size = Double(input) * Double(sizes[best]) / Double(shape[axes[best]])
        guard size <= Double(largestTensor) else {
          throw Fault("the sizes \(sizes) do not fit the shape \(text(shape))")
        }
        result[axis] = ResizeAxis(
          input: input, output: Int((size + 0.5).rounded(.down)), scale: Float(common),
          length: Float(size), ratio: Ratio(sizes[best], shape[axes[best]]))
      }
    }
    return result
  }

  /// The coordinate in the operand of element `index` of the result.
  func coordinate(_ index: Int, _ coordinates: Resize.Coordinates) -> Float {
    let x = Float(index)
    let last = Float(input - 1)
    switch coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return output > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .asymmetric: return x / scale
    case .tensorFlowHalfPixel: return (x + 0.5) / scale
    case .alignCorners: return length == 1 || output == 1 ? 0 : x * last / (length - 1)
    case .halfPixelSymmetric:
      let adjustment = Float(output) / (scale * Float(input))
      let offset = Float(input) / 2 * (1 - adjustment)
      return offset + (x + 0.5) / scale - 0.5
    case .cropAndResize:
      let extent = (region.end - region.start) * last
      let start = region.start * last
      return length == 1 || output == 1 ? start + extent / 2 : start + x * extent / (length - 1)
    }
  }

  /// How many elements make one of the result; throws a fault if they are too many.
  public func tapCount(_ parameters: Resize) throws -> Int {
    let reach = self.reach(parameters)
    guard reach <= Double(largestTensor) else {
      throw Fault("the scale \(scale) makes one element of \(reach) others")
    }
    return 2 - 2 * firstTap(reach)
  }

  /// The elements that make element `index` of the result by linear or cubic interpolation; beyond
  /// the ends, the element there. There are as many taps for every position.
  ///
  /// Interpolation weighs the element at distance t by a kernel of t; with antialiasing, where the
  /// tensor shrinks, of t · scale.
  public func taps(_ index: Int, _ parameters: Resize) -> [Tap] {
    let x = coordinate(index, parameters.coordinates)
    let base = min(max(x.rounded(.up) - 1, -0x1p40), 0x1p40)
    let ratio = min(max(Double(x) - Double(base), 0), 1)
    let first = firstTap(reach(parameters))
    let shrink = parameters.antialiases ? Double(min(scale, 1)) : 1
    var indices: [Float] = []
    var weights: [Double] = []
    for offset in first..<2 - first {
      let position = base + Float(offset)
      let distance = ((Double(offset) - ratio) * shrink).magnitude
      let isOutside = position < 0 || position > Float(input - 1)
      indices.append(position)
      weights.append(
        isOutside && parameters.excludesOutside ? 0 : Self.kernel(distance, parameters))
    }
    var sum = 1.0
    if parameters.antialiases || parameters.excludesOutside { sum = weights.reduce(0, +) }
    if sum == 0 { sum = 1 }
    return zip(indices, weights).map { Tap(index: clamped($0), weight: Float($1 / sum)) }
  }

  func clamped(_ position: Float) -> Int { Int(min(max(position, 0), Float(input - 1))) }

  /// The distance from which on elements have no weight.
  private func reach(_ parameters: Resize) -> Double {
    let radius = parameters.mode == .cubic ? 2.0 : 1
    return parameters.antialiases ? radius / Double(min(scale, 1)) : radius
  }

  /// The first element with a weight, counted from the one before the coordinate.
  private func firstTap(_ reach: Double) -> Int { Int((-reach).rounded(.down)) + 1 }

  /// The weight of an element at `distance`: a triangle, or the cubic convolution of Keys.
  private static func kernel(_ distance: Double, _ parameters: Resize) -> Double {
    guard parameters.mode == .cubic else { return max(0, 1 - distance) }
    let a = Double(parameters.cubicCoefficient)
    let t = distance
    if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
  }
}

extension Resize {
  /// How each dimension of a tensor of `shape` is resized by `scales` or, if those are empty, to
  /// `sizes`, within `region` if coordinates are those of a crop.
  ///
  /// Throws if they do not fit the shape.
  public func axes(
    of shape: [Int], region: [Float] = [], scales: [Float], sizes: [Int]
  ) throws -> [ResizeAxis] {
    try ResizeAxis.axes(self, shape, region: region, scales: scales, sizes: sizes)
  }
}
