import IR
import Program

extension Emitter {
  /// What is read along one axis for each point: the number of an element and its weight.
  private struct Tap {
    var place: View
    var weight: View
  }

  /// Σ weight · element over the elements around each point, which one gather each fetches.
  mutating func lower(_ sample: GridSample) {
    let shape = shape(operand(0))
    let grid = self.shape(operand(1))
    let (batch, channels, sizes) = (shape[0], shape[1], Array(shape[2...]))
    let pixels = sizes.reduce(1, *)
    let points = grid[1..<(grid.count - 1)].reduce(1, *)
    let y = View(memory(of: result), shape: [batch, channels, points]).transposed([0, 2, 1])
    guard !y.isEmpty else { return }
    var x = View(memory(of: operand(0)), shape: [batch, channels, pixels])
    if element(of: x) != .f32 {
      let wide = scratch("wide", element: .f32, shape: x.shape)
      host(.cast, to: wide, from: [x])
      x = wide
    }
    let strides = View(x.buffer, shape: sizes).axes.map(\.stride)
    let taps = sizes.indices.map { axis in
      // The coordinates of a grid begin with the last axis.
      var coordinate = View(memory(of: operand(1)), shape: [batch, points, sizes.count])
        .sliced(2, start: sizes.count - 1 - axis, count: 1)
      coordinate.loops.removeLast()
      return self.taps(
        of: coordinate, sizes[axis], stride: strides[axis], sample, "axis\(axis)")
    }
    let images = constant("images", (0..<batch).map { Int64($0 * pixels) }, shape: [batch, 1])
    let place = scratch("place", element: .i64, shape: [batch, points])
    let weight = scratch("weight", element: .f32, shape: [batch, points])
    let term = scratch("term", element: .f32, shape: y.shape)
    let sum = scratch("sum", element: .f32, shape: y.shape)
    host(.fill, to: sum, from: [], immediates: [0])
    for combination in 0..<taps.reduce(1, { $0 * $1.count }) {
      host(.copy, to: place, from: [images.broadcast(to: place.shape)])
      host(.fill, to: weight, from: [], immediates: [1])
      var rest = combination
      var chosen: [Tap] = []
      for axis in taps.reversed() {
        chosen.insert(axis[rest % axis.count], at: 0)
        rest /= axis.count
      }
      for tap in chosen {
        combine(.add, place, tap.place, to: place)
        combine(.mul, weight, tap.weight, to: weight)
      }
      host(.gather, to: (term, 1), from: [(x.transposed([0, 2, 1]), 1), (place, 2)])
      combine(.mul, weight.appendingDimensions([channels]), term, to: term)
      combine(.add, sum, term, to: sum)
    }
    host(.cast, to: y, from: [sum])
  }

  /// The elements that are read along an axis of `size` elements for coordinates between −1 and 1.
  ///
  /// Each step rounds as the reference does, so that the same element is the nearest.
  private mutating func taps(
    of coordinate: View, _ size: Int, stride: Int, _ sample: GridSample, _ name: String
  ) -> [Tap] {
    let length = Float(size)
    let ends: (low: Float, high: Float) =
      sample.alignCorners ? (0, length - 1) : (-0.5, length - 0.5)
    let x = scratch(name, element: .f32, shape: coordinate.shape)
    apply(.affine, coordinate, to: x, 1, 1)
    if sample.alignCorners {
      apply(.affine, x, to: x, 0.5, 0)
      apply(.affine, x, to: x, length - 1, 0)
    } else {
      apply(.affine, x, to: x, length, 0)
      apply(.affine, x, to: x, 1, -1)
      apply(.affine, x, to: x, 0.5, 0)
    }
    if sample.mode == .nearest { apply(.round, x, to: x) }
    switch sample.padding {
    case .zeros: break
    case .border:
      let inside = scratch("\(name)·inside", element: .f32, shape: x.shape)
      apply(.clip, x, to: inside, 0, length - 1)
      host(.select, to: x, from: [beyond(ends, x, name).isOutside, inside, x])
    case .reflection: reflect(x, ends, name)
    }
    // What is no number, or too far away, reads as 0.
    let isNear = scratch("\(name)·near", element: .bool, shape: x.shape)
    let base = scratch("\(name)·base", element: .f32, shape: x.shape)
    let fraction = scratch("\(name)·fraction", element: .f32, shape: x.shape)
    apply(.abs, x, to: base)
    combine(.less, base, number(1 << 22, .f32), to: isNear)
    host(.select, to: x, from: [isNear, x, number(0, .f32).broadcast(to: x.shape)])
    apply(.floor, x, to: base)
    combine(.sub, x, base, to: fraction)
    let offsets: [Float] =
      switch sample.mode {
      case .nearest: [0]
      case .linear: [0, 1]
      case .cubic: [-1, 0, 1, 2]
      }
    return offsets.map { offset in
      let name = "\(name)·tap\(Int(offset))"
      let position = scratch("\(name)·position", element: .f32, shape: x.shape)
      let kept = scratch("\(name)·kept", element: .f32, shape: x.shape)
      let place = scratch("\(name)·place", element: .i64, shape: x.shape)
      let weight = scratch("\(name)·weight", element: .f32, shape: x.shape)
      let isRead = scratch("\(name)·read", element: .bool, shape: x.shape)
      apply(.affine, base, to: position, 1, offset)
      if sample.padding == .reflection { reflect(position, ends, name) }
      apply(.clip, position, to: kept, 0, length - 1)
      host(.copy, to: isRead, from: [isNear])
      if sample.padding == .zeros {
        let isInside = scratch("\(name)·inside", element: .bool, shape: x.shape)
        combine(.equal, kept, position, to: isInside)
        combine(.and, isRead, isInside, to: isRead)
      }
      writeWeight(sample.mode, offset, of: fraction, to: weight, name)
      host(.select, to: weight, from: [isRead, weight, number(0, .f32).broadcast(to: x.shape)])
      host(.cast, to: place, from: [kept])
      combine(.mul, place, number(Int64(stride), .i64), to: place)
      return Tap(place: place, weight: weight)
    }
  }

  /// How far x is beyond the nearer end, and whether it is.
  private mutating func beyond(
    _ ends: (low: Float, high: Float), _ x: View, _ name: String
  ) -> (distance: View, isOutside: View) {
    let distance = scratch("\(name)·distance", element: .f32, shape: x.shape)
    let above = scratch("\(name)·above", element: .f32, shape: x.shape)
    let isOutside = scratch("\(name)·outside", element: .bool, shape: x.shape)
    apply(.affine, x, to: distance, -1, ends.low)
    apply(.affine, x, to: above, 1, -ends.high)
    combine(.max, distance, above, to: distance)
    combine(.less, number(0, .f32), distance, to: isOutside)
    return (distance, isOutside)
  }

  /// Reflects x at both ends until it is between them.
  private mutating func reflect(_ x: View, _ ends: (low: Float, high: Float), _ name: String) {
    let (distance, isOutside) = beyond(ends, x, name)
    let fromLow = scratch("\(name)·low", element: .f32, shape: x.shape)
    let fromHigh = scratch("\(name)·high", element: .f32, shape: x.shape)
    guard ends.high > ends.low else {
      apply(.clip, x, to: fromLow, ends.low, ends.low)
      return host(.select, to: x, from: [isOutside, fromLow, x])
    }
    let range = constant("\(name)·range", [ends.high - ends.low], shape: [])
    let turns = scratch("\(name)·turns", element: .f32, shape: x.shape)
    let isEven = scratch("\(name)·even", element: .bool, shape: x.shape)
    let isBelow = scratch("\(name)·below", element: .bool, shape: x.shape)
    combine(.div, distance, range, to: turns)
    apply(.floor, turns, to: turns)
    combine(.rem, turns, number(2, .f32), to: turns)
    combine(.equal, turns, number(0, .f32), to: isEven)
    combine(.less, x, constant("\(name)·end", [ends.low], shape: []), to: isBelow)
    combine(.equal, isEven, isBelow, to: isEven)
    combine(.rem, distance, range, to: distance)
    apply(.affine, distance, to: fromLow, 1, ends.low)
    apply(.affine, distance, to: fromHigh, -1, ends.high)
    host(.select, to: fromLow, from: [isEven, fromLow, fromHigh])
    host(.select, to: x, from: [isOutside, fromLow, x])
  }

  /// The weight of the element at `offset` from that before the point.
  private mutating func writeWeight(
    _ mode: GridSample.Mode, _ offset: Float, of fraction: View, to weight: View, _ name: String
  ) {
    switch mode {
    case .nearest: host(.fill, to: weight, from: [], immediates: [1])
    case .linear: apply(.affine, fraction, to: weight, offset == 0 ? -1 : 1, 1 - offset)
    case .cubic:
      // Cubic convolution with the coefficient −¾, at the distance t of the element.
      let a: Float = -0.75
      let isInner = offset == 0 || offset == 1
      let t = scratch("\(name)·t", element: .f32, shape: fraction.shape)
      apply(.affine, fraction, to: t, offset <= 0 ? 1 : -1, offset.magnitude)
      apply(.affine, t, to: weight, isInner ? a + 2 : a, isInner ? -(a + 3) : -5 * a)
      combine(.mul, weight, t, to: weight)
      if !isInner { apply(.affine, weight, to: weight, 1, 8 * a) }
      combine(.mul, weight, t, to: weight)
      apply(.affine, weight, to: weight, 1, isInner ? 1 : -4 * a)
    }
  }

  /// Transformation · (x, y, …, 1) of every element's coordinates.
  mutating func lowerAffineGrid(alignCorners: Bool) {
    let shape = shape(result)
    let sizes = Array(shape[1..<(shape.count - 1)])
    let (batch, rank, points) = (shape[0], sizes.count, sizes.reduce(1, *))
    var coordinates: [Float] = []
    coordinates.reserveCapacity(points * (rank + 1))
    for point in 0..<points {
      var rest = point
      // The columns of a transformation begin with the last axis.
      for size in sizes.reversed() {
        let place = Float(rest % size)
        rest /= size
        let length = Float(size)
        coordinates.append(
          alignCorners
            ? (size > 1 ? 2 * place / (length - 1) - 1 : -1) : (2 * place + 1) / length - 1)
      }
      coordinates.append(1)
    }
    let inner = [batch, points, rank, rank + 1]
    let table = constant("coordinates", coordinates, shape: [1, points, 1, rank + 1])
    let theta = View(memory(of: operand(0)), shape: [batch, 1, rank, rank + 1])
    host(
      .contract, to: (View(memory(of: result), shape: [batch, points, rank]), 0),
      from: [(theta.broadcast(to: inner), 1), (table.broadcast(to: inner), 1)])
  }
}
