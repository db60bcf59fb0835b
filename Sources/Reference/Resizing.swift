import Basics
import IR

/// x, [region], [scales], [sizes] → x with other sizes, each axis in turn.
///
/// Coordinates are computed in f32, as the scales are. Sums of integers keep their fractions until all axes are
/// resized, and become the nearest integers of the type then.
func resize(_ parameters: Resize, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let axes = try ResizeAxis.axes(parameters, x.shape, operands)
  let shape = axes.map(\.output)
  guard try elementCount(shape, of: x.type) > 0 else {
    return try Tensor(filling: shape, type: x.type) { _ in }
  }
  let isSum = parameters.mode != .nearest
  var result = isSum ? try cast(x, to: typeOfSums(of: x.type)) : x
  for (axis, sizes) in axes.enumerated() where sizes.changes {
    guard sizes.input > 0 else {
      throw Fault("dimension \(axis) has no elements to resize")
    }
    let count = try sizes.tapCount(parameters)
    // Each tap of a position has an index and a weight while the axis is resized.
    _ = try elementCount([sizes.output, count, 2], of: .i64)
    if parameters.mode == .nearest {
      let indices = (0..<sizes.output).map { sizes.nearest($0, parameters) }
      result = try take(result, axis: axis, indices)
    } else {
      let points = (0..<sizes.output).map { sizes.taps($0, parameters) }
      result = try interpolate(result, axis: axis, points)
    }
  }
  if result.type != x.type {
    let rounded: Tensor =
      result.type == .f32
      ? try mapElements(result) { (x: Float) in x.rounded(.toNearestOrEven) }
      : try mapElements(result) { (x: Double) in x.rounded(.toNearestOrEven) }
    result = try cast(rounded, to: x.type)
  }
  guard parameters.coordinates == .cropAndResize else { return result }
  return try extrapolate(parameters.extrapolation, result, axes)
}

/// How much an error of `x`, or of the sums along an axis, grows at most through the axes that follow: weights
/// that are negative, or made larger where others are left out, magnify it.
func growth(of parameters: Resize, _ operands: Operands) throws -> Double {
  guard parameters.mode != .nearest else { return 1 }
  let axes = try ResizeAxis.axes(parameters, operands.required(0, "x").shape, operands)
  return axes.filter { $0.changes && $0.input > 0 }.reduce(1) { growth, axis in
    let sums = (0..<axis.output).map { index in
      axis.taps(index, parameters).reduce(0) { $0 + Double($1.weight.magnitude) }
    }
    return growth * max(1, sums.filter(\.isFinite).max() ?? 1)
  }
}

/// `x` with `value` wherever a coordinate is outside of what was resized.
private func extrapolate(_ value: Float, _ x: Tensor, _ axes: [ResizeAxis]) throws -> Tensor {
  let inside = axes.map(\.inside)
  let (shape, strides) = (inside.map(\.count), denseStrides(x.shape))
  guard shape != x.shape else { return x }
  let offset = zip(inside, strides).map { $0.isEmpty ? 0 : $0.lowerBound * $1 }.reduce(0, +)
  let filling = try cast(Tensor(scalar: value), to: x.type)
  let placement = Placement(offset: offset, strides: strides)
  return try Tensor(filling: x.shape, type: x.type) { result in
    fill(result, type: x.type, bits: bits(of: filling))
    x.bytes.withUnsafeBytes {
      copyBox(
        shape, elementSize: x.type.byteCount, from: $0, at: placement, to: result, at: placement)
    }
  }
}

/// The type in which elements of `type` are added up; f32 holds integers of 16 bits.
private func typeOfSums(of type: ElementType) throws -> ElementType {
  switch type {
  case .f32, .f64: type
  case .i8, .u8, .i16, .u16: .f32
  case .i32: .f64
  default:
    throw Fault.unsupported(type, supported: ElementType.floating + [.i8, .u8, .i16, .u16, .i32])
  }
}

private func interpolate(_ x: Tensor, axis: Int, _ points: [[ResizeAxis.Tap]]) throws -> Tensor {
  x.type == .f32
    ? try interpolate(Float.self, x, axis: axis, points)
    : try interpolate(Double.self, x, axis: axis, points)
}

private func interpolate<T: Real>(
  _: T.Type, _ x: Tensor, axis: Int, _ points: [[ResizeAxis.Tap]]
) throws -> Tensor {
  let inner = product(x.shape[(axis + 1)...])
  let pitch = x.shape[axis] * inner
  let cost = points.count * inner * (points.first?.count ?? 1)
  var shape = x.shape
  shape[axis] = points.count
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      inParallel(product(shape[..<axis]), cost: cost) { blocks in
        for block in blocks {
          for (position, taps) in points.enumerated() {
            let result = (block * points.count + position) * inner
            for (number, tap) in taps.enumerated() {
              let (source, weight) = (block * pitch + tap.index * inner, T(tap.weight))
              for index in 0..<inner {
                let product = x[source + index] * weight
                y[result + index] = number == 0 ? product : y[result + index] + product
              }
            }
          }
        }
      }
    }
  }
}
