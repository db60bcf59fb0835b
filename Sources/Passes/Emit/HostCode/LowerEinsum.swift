import Basics
import IR
import Program

extension Graph {
  /// The multiply-accumulates of an Einsum: its operands are combined one after the other.
  func einsumOperations(of node: Node, _ equation: String) -> Int {
    let shapes = node.operands.map { $0.flatMap { self[$0].type.fixedShape } ?? [] }
    guard let einsum = try? Einsum(equation, ranks: shapes.map(\.count)) else { return 0 }
    var sizes: [Einsum.Label: Int] = [:]
    for (labels, shape) in zip(einsum.operands, shapes) {
      for (label, size) in zip(labels, shape) { sizes[label] = max(sizes[label] ?? 1, size) }
    }
    return sizes.values.reduce(1) { product, size in
      let (result, overflow) = product.multipliedReportingOverflow(by: size)
      return overflow ? .max : result
    }
  }
}

extension Emitter {
  /// Contracts two operands, then what comes of them with the next one, and so on.
  mutating func lowerEinsum(_ equation: String) {
    let shapes = node.operands.indices.map { shape(operand($0)) }
    guard let einsum = try? Einsum(equation, ranks: shapes.map(\.count)) else {
      preconditionFailure("inference has read the same equation")
    }
    var sizes: [Einsum.Label: Int] = [:]
    for (labels, shape) in zip(einsum.operands, shapes) {
      for (label, size) in zip(labels, shape) where sizes[label] ?? 1 == 1 { sizes[label] = size }
    }
    let element = stepElement
    var left: (view: View, labels: [Einsum.Label])?
    for (index, labels) in einsum.operands.enumerated() {
      let right = diagonal(view(operand(index)), labels)
      let isLast = index == einsum.operands.count - 1
      guard let first = left else {
        if isLast { sum(right, to: einsum.result, sizes) } else { left = right }
        continue
      }
      // A label stays as long as the result or a later operand has it.
      let later = Set(einsum.operands[(index + 1)...].joined()).union(einsum.result)
      let all = first.labels + right.labels.filter { !first.labels.contains($0) }
      let kept = isLast ? einsum.result : all.filter(later.contains)
      let summed = all.filter { !kept.contains($0) }
      let shape = kept.map { sizes[$0] ?? 1 }
      let y =
        isLast ? view(result) : scratch("product\(index)", element: element, shape: shape)
      let order = kept + summed
      let walks = [first, right].map { walk($0, order, sizes) }
      contract(walks[0], walks[1], inner: summed.count, to: y)
      left = (y, kept)
    }
  }

  private mutating func sum(
    _ x: (view: View, labels: [Einsum.Label]), to labels: [Einsum.Label],
    _ sizes: [Einsum.Label: Int]
  ) {
    let summed = x.labels.filter { !labels.contains($0) }
    reduce(.sum, walk(x, labels + summed, sizes), inner: summed.count, to: view(result))
  }

  /// The view with one dimension for each label; a label that is there twice makes a diagonal.
  private func diagonal(
    _ x: View, _ labels: [Einsum.Label]
  ) -> (view: View, labels: [Einsum.Label]) {
    var kept: [Einsum.Label] = []
    var strides: [Int] = []
    var counts: [Int] = []
    for (axis, label) in labels.enumerated() {
      let (stride, count) = (x.axes[axis].stride, x.loops[axis].count)
      if let place = kept.firstIndex(of: label) {
        if count > 1 {
          strides[place] = counts[place] == 1 ? stride : strides[place] + stride
          counts[place] = count
        }
      } else {
        kept.append(label)
        strides.append(stride)
        counts.append(count)
      }
    }
    var view = x
    view.axes = zip(strides, counts).map { .init(extent: $1, stride: $0) }
    view.loops = counts.enumerated().map { .init(count: $1, axis: $0, step: 1) }
    return (view, kept)
  }

  /// The view with its dimensions in the order of `labels`, repeated along those that it lacks.
  private func walk(
    _ x: (view: View, labels: [Einsum.Label]), _ labels: [Einsum.Label],
    _ sizes: [Einsum.Label: Int]
  ) -> View {
    var view = x.view
    if view.axes.isEmpty { view.axes = [.init(extent: 1, stride: 1)] }
    view.loops = labels.map { label in
      let size = sizes[label] ?? 1
      guard let place = x.labels.firstIndex(of: label) else {
        return .init(count: size, axis: 0, step: 0)
      }
      let loop = x.view.loops[place]
      return loop.count == size ? loop : .init(count: size, axis: loop.axis, step: 0)
    }
    return view
  }
}
