/// The elements that a slice takes along one axis of known size: `start`, `start + step`, …,
/// `count` of them.
public struct ResolvedSlice: Hashable, Sendable {
  /// The first element; without meaning where there is none.
  public var start: Int
  /// The distance between neighbours; negative to go backwards.
  public var step: Int
  /// The number of elements.
  public var count: Int

  /// Resolves the bounds of the ONNX operator Slice against the `size` of the axis: negative ones
  /// count from the end, and what lies outside is moved to the nearest bound. `nil` if `step` is 0.
  public init?(size: Int, start: Int, end: Int, step: Int) {
    guard step != 0, size >= 0 else { return nil }
    let first = start < 0 ? start + size : start
    let last = end < 0 ? end + size : end
    let distance: Int
    if step > 0 {
      self.start = min(max(first, 0), size)
      distance = min(max(last, 0), size) - self.start
    } else {
      self.start = min(max(first, 0), size - 1)
      distance = self.start - min(max(last, -1), size - 1)
    }
    self.step = step
    count = distance > 0 ? Int((UInt(distance) - 1) / step.magnitude) + 1 : 0
  }
}
