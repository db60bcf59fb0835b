import Basics
import IR

/// x read at the coordinates of a grid.
func gridSample(_ parameters: GridSample, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let grid = try cast(operands.required(1, "grid"), to: x.type)
  let rank = x.shape.count - 2
  guard rank >= 1, grid.shape.count == x.shape.count, grid.shape.last == rank,
    grid.shape[0] == x.shape[0]
  else {
    throw Fault("a grid of shape \(text(grid.shape)) does not fit x of shape \(text(x.shape))")
  }
  switch x.type {
  case .f32: return try gridSample(Float.self, parameters, x, grid)
  case .f64: return try gridSample(Double.self, parameters, x, grid)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating)
  }
}

/// The taps along one axis: positions, `nil` for what reads as 0, and weights.
private typealias Taps<T> = [(position: Int?, weight: T)]

private func gridSample<T: Real>(
  _: T.Type, _ parameters: GridSample, _ x: Tensor, _ grid: Tensor
) throws -> Tensor {
  let sizes = Array(x.shape[2...])
  let (rank, channels) = (sizes.count, x.shape[1])
  let points = product(grid.shape[1...rank])
  let shape = [x.shape[0], channels] + grid.shape[1...rank]
  let (inputCount, strides) = (product(sizes[...]), denseStrides(sizes))
  guard inputCount > 0 || x.shape[0] * points == 0 else {
    throw Fault("x of shape \(text(x.shape)) has no elements to read")
  }
  return try Tensor(filling: shape, of: T.self) { y in
    x.withElements(of: T.self) { x in
      grid.withElements(of: T.self) { grid in
        for batch in 0..<shape[0] {
          for point in 0..<points {
            let place = (batch * points + point) * rank
            // The coordinates of a grid begin with the last axis.
            let taps = (0..<rank).map {
              axisTaps(grid[place + rank - 1 - $0], sizes[$0], parameters)
            }
            let counts = taps.map(\.count)
            for channel in 0..<channels {
              let image = (batch * channels + channel) * inputCount
              var sum: T = 0
              forEachIndex(counts) { index, _ in
                var (offset, weight): (Int, T) = (image, 1)
                for (axis, tap) in index.enumerated() {
                  guard let position = taps[axis][tap].position else { return }
                  offset += position * strides[axis]
                  weight *= taps[axis][tap].weight
                }
                sum += weight * x[offset]
              }
              y[(batch * channels + channel) * points + point] = sum
            }
          }
        }
      }
    }
  }
}

/// The elements that are read for a coordinate between −1 and 1 of an axis of `size` elements.
private func axisTaps<T: Real>(_ coordinate: T, _ size: Int, _ parameters: GridSample) -> Taps<T> {
  let length = T(size)
  let (low, high): (T, T) = parameters.alignCorners ? (0, length - 1) : (-0.5, length - 0.5)
  var x =
    parameters.alignCorners
    ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2
  if parameters.mode == .nearest { x.round(.toNearestOrEven) }
  if x < low || x > high {
    switch parameters.padding {
    case .zeros: break
    case .border: x = min(max(x, 0), length - 1)
    case .reflection: x = reflected(x, low, high)
    }
  }
  // What is no number, or too far away, reads as 0.
  guard x.magnitude < T(1 << 22) else { return [(nil, 1)] }
  let base = x.rounded(.down)
  let fraction = x - base
  let weights: [T]
  let first: Int
  switch parameters.mode {
  case .nearest: (weights, first) = ([1], Int(x))
  case .linear: (weights, first) = ([1 - fraction, fraction], Int(base))
  case .cubic:
    weights = [1 + fraction, fraction, 1 - fraction, 2 - fraction].map(cubicWeight)
    first = Int(base) - 1
  }
  return weights.enumerated().map { index, weight in
    let position = first + index
    guard position < 0 || position >= size else { return (position, weight) }
    switch parameters.padding {
    case .zeros: return (nil, weight)
    case .border: return (min(max(position, 0), size - 1), weight)
    case .reflection:
      let reflected = reflected(T(position), low, high)
      return (min(max(Int(reflected), 0), size - 1), weight)
    }
  }
}

/// `x` reflected at both ends until it is between them.
private func reflected<T: Real>(_ x: T, _ low: T, _ high: T) -> T {
  let range = high - low
  guard range > 0, x.isFinite else { return range > 0 ? x : low }
  let isBelow = x < low
  guard isBelow || x > high else { return x }
  let distance = isBelow ? low - x : x - high
  let rest = distance.truncatingRemainder(dividingBy: range)
  let turns = (distance / range).rounded(.towardZero)
  let isEven = turns.truncatingRemainder(dividingBy: 2) == 0
  return isEven == isBelow ? low + rest : high - rest
}

/// The weight of an element at distance t ≥ 0 in cubic convolution with the coefficient −¾.
private func cubicWeight<T: Real>(_ t: T) -> T {
  let a: T = -0.75
  if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
  return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
}

/// The coordinates of the elements of an image under transformations of each batch.
func affineGrid(alignCorners: Bool, _ operands: Operands) throws -> Tensor {
  let theta = try operands.required(0, "transformations")
  let size = try operands.requiredIntegers(1, "size")
  let rank = size.count - 2
  guard 2...3 ~= rank, theta.shape == [size[0], rank, rank + 1],
    size.allSatisfy({ 0...largestTensor ~= $0 })
  else {
    throw Fault("transformations of shape \(text(theta.shape)) do not fit the size \(size)")
  }
  switch theta.type {
  case .f32: return try affineGrid(Float.self, alignCorners, theta, Array(size[2...]))
  case .f64: return try affineGrid(Double.self, alignCorners, theta, Array(size[2...]))
  default: throw Fault.unsupported(theta.type, supported: ElementType.floating)
  }
}

private func affineGrid<T: Real>(
  _: T.Type, _ alignCorners: Bool, _ theta: Tensor, _ sizes: [Int]
) throws -> Tensor {
  let rank = sizes.count
  let points = try elementCount(sizes, of: theta.type)
  return try Tensor(filling: [theta.shape[0]] + sizes + [rank], of: T.self) { result in
    theta.withElements(of: T.self) { theta in
      for batch in 0..<theta.count / (rank * (rank + 1)) {
        forEachIndex(sizes) { index, point in
          for row in 0..<rank {
            let start = (batch * rank + row) * (rank + 1)
            var sum = theta[start + rank]
            for (axis, position) in index.enumerated() {
              let (place, size) = (T(position), T(sizes[axis]))
              let coordinate =
                alignCorners
                ? (sizes[axis] > 1 ? 2 * place / (size - 1) - 1 : -1) : (2 * place + 1) / size - 1
              // The columns of a transformation begin with the last axis.
              sum += theta[start + rank - 1 - axis] * coordinate
            }
            result[(batch * points + point) * rank + row] = sum
          }
        }
      }
    }
  }
}
