import IR
import Program

/// A tensor as it lies in a memory, on its way to becoming an address descriptor.
///
/// Dimension i of the view is loop i of the walk; transposing, slicing and broadcasting change the
/// walk, never the memory.
struct View {
  /// The memory.
  var buffer: BufferID
  /// The element at coordinates 0.
  var base = 0
  /// What `base` grows by with each step of the loop that the code is in.
  var advance = 0
  /// The axes of the memory.
  var axes: [Descriptor.Axis]
  /// The dimensions.
  var loops: [Descriptor.Loop]
  /// What is read outside the axes.
  var fill: Float = 0

  /// A whole tensor of `shape` in row-major order.
  init(_ buffer: BufferID, shape: [Int]) {
    self.buffer = buffer
    axes = []
    loops = []
    var stride = 1
    for count in shape.reversed() {
      axes.append(.init(extent: count, stride: stride))
      stride *= count
    }
    axes.reverse()
    for (axis, count) in shape.enumerated() {
      loops.append(.init(count: count, axis: axis, step: 1))
    }
  }

  /// The size of each dimension.
  var shape: [Int] { loops.map(\.count) }

  /// Whether there is nothing to walk through.
  var isEmpty: Bool { loops.contains { $0.count == 0 } }

  /// Dimension i of the result is dimension `permutation[i]` of this view.
  func transposed(_ permutation: [Int]) -> View {
    var view = self
    view.loops = permutation.map { loops[$0] }
    return view
  }

  /// The view repeated along new leading dimensions and dimensions of size 1 until it has `shape`.
  func broadcast(to shape: [Int]) -> View {
    var view = self
    let leading = shape.count - loops.count
    view.loops = shape.indices.map { index in
      let loop = index < leading ? nil : loops[index - leading]
      if let loop, loop.count == shape[index] { return loop }
      return Descriptor.Loop(count: shape[index], axis: loop?.axis ?? 0, step: 0)
    }
    if view.axes.isEmpty { view.axes = [.init(extent: 1, stride: 1)] }
    return view
  }

  /// `count` elements of dimension `index` from `start` on, every `step`-th; elements outside the
  /// memory read as `fill`.
  func sliced(_ index: Int, start: Int, count: Int, step: Int = 1) -> View {
    var view = self
    let loop = loops[index]
    view.axes[loop.axis].origin += start * loop.step
    view.loops[index].count = count
    view.loops[index].step *= step
    return view
  }

  /// The view with dimension `index` cut into a number of windows and the positions in each.
  ///
  /// The windows stay at `index`; the positions become the last dimension.
  func windowed(
    _ index: Int, origin: Int, count: Int, stride: Int, kernel: Int, dilation: Int
  ) -> View {
    var view = self
    let loop = loops[index]
    view.axes[loop.axis].origin += origin * loop.step
    view.loops[index] = .init(count: count, axis: loop.axis, step: loop.step * stride)
    view.loops.append(.init(count: kernel, axis: loop.axis, step: loop.step * dilation))
    return view
  }

  /// The descriptor of a walk whose last `inner` dimensions make one vector, in its simplest form.
  ///
  /// Returns `nil` if it takes more loops or axes than a descriptor has.
  func descriptor(inner: Int) -> Descriptor? {
    var simple = self
    var inner = inner
    simple.rebaseAxesInBounds()
    simple.dropSingleLoops(&inner)
    simple.mergeLoops(&inner)
    simple.dropUnusedAxes()
    guard max(simple.loops.count, simple.axes.count) <= Descriptor.maximumRank else { return nil }
    var descriptor = Descriptor(
      buffer: buffer, axes: simple.axes, loops: simple.loops, innerLoops: inner, fill: fill)
    descriptor.base = simple.base
    descriptor.advance = advance
    return descriptor
  }

  /// The least and greatest coordinate that the walk reaches along an axis.
  private func reach(_ axis: Int) -> ClosedRange<Int> {
    var low = axes[axis].origin
    var high = low
    for loop in loops where loop.axis == axis {
      let last = max(loop.count - 1, 0) * loop.step
      low += min(last, 0)
      high += max(last, 0)
    }
    return low...high
  }

  /// Gives each loop over an axis that the walk never leaves an axis of its own, which starts at the
  /// loop's first element and has the loop's stride.
  private mutating func rebaseAxesInBounds() {
    for axis in axes.indices {
      let reach = reach(axis)
      guard reach.lowerBound >= 0, reach.upperBound < axes[axis].extent else { continue }
      base += axes[axis].origin * axes[axis].stride
      for index in loops.indices where loops[index].axis == axis {
        axes.append(
          .init(extent: loops[index].count, stride: axes[axis].stride * loops[index].step))
        loops[index].axis = axes.count - 1
        loops[index].step = 1
      }
    }
  }

  private mutating func dropSingleLoops(_ inner: inout Int) {
    for index in loops.indices.reversed() where loops[index].count == 1 {
      if index >= loops.count - inner { inner -= 1 }
      loops.remove(at: index)
    }
  }

  /// Joins neighbouring loops that walk their memory as one loop would.
  private mutating func mergeLoops(_ inner: inout Int) {
    for index in loops.indices.dropLast().reversed() {
      let boundary = loops.count - inner
      let outerLoop = loops[index]
      let innerLoop = loops[index + 1]
      guard index + 1 != boundary, isWhole(index), isWhole(index + 1),
        outerLoop.count * innerLoop.count < Descriptor.maximumSteps,
        axes[outerLoop.axis].stride == axes[innerLoop.axis].stride * innerLoop.count
      else { continue }
      axes[innerLoop.axis].extent *= outerLoop.count
      loops[index + 1].count *= outerLoop.count
      loops.remove(at: index)
      if index >= boundary { inner -= 1 }
    }
  }

  /// Whether a loop is the only one over its axis and walks it from end to end.
  private func isWhole(_ index: Int) -> Bool {
    let loop = loops[index]
    return axes[loop.axis].origin == 0 && loop.step == 1 && axes[loop.axis].extent == loop.count
      && loops.count { $0.axis == loop.axis } == 1
  }

  /// Removes the axes that no loop moves along; those in bounds are in `base` already.
  private mutating func dropUnusedAxes() {
    var kept: [Descriptor.Axis] = []
    var place = [Int?](repeating: nil, count: axes.count)
    for index in axes.indices {
      let used = loops.contains { $0.axis == index }
      let outside = axes[index].origin < 0 || axes[index].origin >= axes[index].extent
      if used || outside {
        place[index] = kept.count
        kept.append(axes[index])
      }
    }
    for index in loops.indices { loops[index].axis = place[loops[index].axis]! }
    axes = kept
  }
}
