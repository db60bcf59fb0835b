import IR

/// Where windows lie along one spatial dimension.
struct WindowAxis {
  /// The number of elements of the operand.
  var input: Int
  /// The number of windows.
  var output: Int
  /// The number of elements of a window.
  var kernel: Int
  /// The distance between neighbouring windows.
  var stride: Int
  /// The distance between neighbouring elements of a window.
  var dilation: Int
  /// The number of elements of padding before the operand.
  var begin: Int
  /// The number of elements of padding after the operand.
  var end: Int

  /// A dimension of one element, as the missing dimensions of fewer than three have.
  static let single = WindowAxis(
    input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, begin: 0, end: 0)

  /// The windows whose element `tap` is an element of the operand, not padding.
  func windows(of tap: Int) -> Range<Int> {
    let shift = begin - tap * dilation
    let first = shift <= 0 ? 0 : (shift + stride - 1) / stride
    let last = input - 1 + shift
    let end = last < 0 ? 0 : min(last / stride + 1, output)
    return min(first, end)..<end
  }

  /// The position in the operand of element `tap` of `window`; outside of it in the padding.
  func position(_ window: Int, _ tap: Int) -> Int { window * stride + tap * dilation - begin }

  /// The elements of `window` that are elements of the operand or, if padding counts, at least of
  /// the operand with its padding.
  func taps(of window: Int, includesPadding: Bool = false) -> Range<Int> {
    let bounds = includesPadding ? -begin..<input + end : 0..<input
    let start = position(window, 0)
    let before = bounds.lowerBound - start
    let room = bounds.upperBound - 1 - start
    let first = before <= 0 ? 0 : (before + dilation - 1) / dilation
    let last = room < 0 ? 0 : min(room / dilation + 1, kernel)
    return min(first, last)..<last
  }
}
