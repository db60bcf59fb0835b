import Basics
import IR
import Program
import Reference

extension Emitter {
  /// One gather an axis for the nearest element; two, and a weighted sum, for linear interpolation.
  mutating func lower(_ resize: Resize) {
    let scales = optionalOperand(2).flatMap { graph.tensor(of: $0) }?.floats() ?? []
    let sizes = optionalOperand(3).map(integers) ?? []
    let element = graph[result].type.element
    var x = view(operand(0))
    var shape = x.shape
    guard let axes = try? resize.axes(of: shape, scales: scales, sizes: sizes) else {
      preconditionFailure("inference has resized the same axes")
    }
    for (axis, sizes) in axes.enumerated() where sizes.changes {
      shape[axis] = sizes.output
      let y = scratch("axis\(axis)", element: element, shape: shape)
      switch resize.mode {
      case .nearest:
        let indices = (0..<sizes.output).map { Int64(sizes.nearest($0, resize)) }
        take(x, axis: axis, indices, "nearest\(axis)", to: y)
      case .linear:
        let points = (0..<sizes.output).map { sizes.linear($0, resize) }
        interpolate(x, axis: axis, points, to: y)
      }
      x = y
    }
    host(.copy, to: view(result), from: [x])
  }

  private mutating func take(
    _ x: View, axis: Int, _ indices: [Int64], _ name: String, to y: View
  ) {
    gather(x, axis: axis, indices: constant(name, indices, shape: [indices.count]), to: y)
  }

  private mutating func interpolate(
    _ x: View, axis: Int, _ points: [ResizeAxis.Interpolation], to y: View
  ) {
    let element = graph[result].type.element
    let weightShape = y.shape.indices.map { $0 == axis ? points.count : 1 }
    var terms: [View] = []
    for (name, indices, weights) in [
      ("lower", points.map(\.lower), points.map { 1 - $0.fraction }),
      ("upper", points.map(\.upper), points.map(\.fraction)),
    ] {
      let term = scratch("\(name)\(axis)", element: element, shape: y.shape)
      take(x, axis: axis, indices.map(Int64.init), "\(name)\(axis)·indices", to: term)
      let weight = constant("\(name)\(axis)·weights", weights, shape: weightShape)
      combine(.mul, term, weight.broadcast(to: y.shape), to: term)
      terms.append(term)
    }
    combine(.add, terms[0], terms[1], to: y)
  }
}
