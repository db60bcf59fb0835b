import Basics
import IR
import Program
import Reference

extension Emitter {
  /// One gather an axis for the nearest element; else one for each element that makes one of the
  /// result, and a weighted sum.
  mutating func lower(_ resize: Resize) {
    let region = optionalOperand(1).flatMap { graph.tensor(of: $0) }?.floats() ?? []
    let scales = optionalOperand(2).flatMap { graph.tensor(of: $0) }?.floats() ?? []
    let sizes = optionalOperand(3).map(integers) ?? []
    let type = graph[result].type.element
    let element = resize.mode == .nearest ? type : .f32
    var x = view(operand(0))
    var shape = x.shape
    if self.element(of: x) != element {
      let wide = scratch("wide·x", element: element, shape: shape)
      host(.cast, to: wide, from: [x])
      x = wide
    }
    guard
      let axes = try? resize.axes(of: shape, region: region, scales: scales, sizes: sizes)
    else { preconditionFailure("inference has resized the same axes") }
    for (axis, sizes) in axes.enumerated() where sizes.changes {
      shape[axis] = sizes.output
      let y = scratch("axis\(axis)", element: element, shape: shape)
      if resize.mode == .nearest {
        let indices = (0..<sizes.output).map { Int64(sizes.nearest($0, resize)) }
        take(x, axis: axis, indices, "nearest\(axis)", to: y)
      } else {
        interpolate(x, axis: axis, (0..<sizes.output).map { sizes.taps($0, resize) }, to: y)
      }
      x = y
    }
    if resize.mode != .nearest, let range = type.integerRange {
      let whole = scratch("whole", element: .f32, shape: shape)
      apply(.round, x, to: whole)
      apply(.clip, whole, to: whole, Float(range.lowerBound), Float(range.upperBound))
      x = whole
    }
    var y = view(result)
    if axes.contains(where: { $0.inside.count != $0.output }) {
      host(.fill, to: y, from: [], immediates: [resize.extrapolation])
      for (axis, sizes) in axes.enumerated() {
        let inside = sizes.inside
        x = x.sliced(axis, start: inside.lowerBound, count: inside.count)
        y = y.sliced(axis, start: inside.lowerBound, count: inside.count)
      }
    }
    host(self.element(of: x) == self.element(of: y) ? .copy : .cast, to: y, from: [x])
  }

  private mutating func take(
    _ x: View, axis: Int, _ indices: [Int64], _ name: String, to y: View
  ) {
    gather(x, axis: axis, indices: constant(name, indices, shape: [indices.count]), to: y)
  }

  private mutating func interpolate(
    _ x: View, axis: Int, _ points: [[ResizeAxis.Tap]], to y: View
  ) {
    let weightShape = y.shape.indices.map { $0 == axis ? points.count : 1 }
    for tap in (points.first ?? []).indices {
      let name = "axis\(axis)·tap\(tap)"
      let term = tap == 0 ? y : scratch(name, element: .f32, shape: y.shape)
      take(x, axis: axis, points.map { Int64($0[tap].index) }, "\(name)·indices", to: term)
      let weight = constant("\(name)·weights", points.map { $0[tap].weight }, shape: weightShape)
      combine(.mul, term, weight.broadcast(to: y.shape), to: term)
      if tap > 0 { combine(.add, y, term, to: y) }
    }
  }
}
