import Basics

/// Where the windows over one spatial dimension lie, for a known size of the input.
///
/// Window i begins at `i · stride − begin`.
public struct ResolvedWindow: Hashable, Sendable {
  /// The elements of padding before the first.
  public var begin: Int
  /// The elements of padding after the last. A last window that counts only because of `ceil` may
  /// reach beyond them; what is there belongs neither to the input nor to the padding.
  public var end: Int
  /// The number of windows.
  public var output: Int
}

extension Window {
  /// The most elements of a window; more, as damaged files have them, would take forever.
  static let elementLimit = 1 << 22

  /// The distance from the first element of a window to behind its last one in `dimension`; `nil`
  /// where it does not fit an `Int`.
  public func extent(_ dimension: Int) -> Int? {
    kernel[dimension].subtracting(1)?.multiplied(by: dilations[dimension])?.adding(1)
  }

  /// The windows over `dimension` of an input of `size` elements there.
  ///
  /// With the extent e = dilation · (kernel − 1) + 1 and p elements of padding in all, there are
  /// ⌊(size + p − e) / stride⌋ + 1; with `ceil`, the quotient is rounded up, but a last window does
  /// not count if it begins behind the input, in the padding. With `sameUpper` and `sameLower`
  /// there are ⌈size / stride⌉, and p = max(0, (output − 1) · stride + e − size). All is as the
  /// newest ONNX operator sets have it; `valid` with `ceil`, on which their text and their shape
  /// inference differ, as the latter.
  ///
  /// Throws `Diagnostics` that name no node where no window fits or a number is out of range.
  public func resolved(
    dimension: Int, size: Int, ceil: Bool = false
  ) throws(Diagnostics) -> ResolvedWindow {
    let stride = strides[dimension]
    let outOfRange = Diagnostics(Diagnostic(.error, "has windows whose size is out of range"))
    guard size >= 0, stride > 0, let extent = extent(dimension), extent > 0 else {
      throw outOfRange
    }
    guard let count = kernel.reduce(1, { $0?.multiplied(by: $1) }), count <= Self.elementLimit
    else {
      throw Diagnostics(
        Diagnostic(
          .error, "has windows whose size is out of range",
          supported: "at most \(Self.elementLimit) elements a window"))
    }
    switch padding {
    case .sameUpper, .sameLower:
      let output = size / stride + (size % stride == 0 ? 0 : 1)
      guard output > 0 else { throw doesNotFit(dimension, size) }
      guard let reach = ((output - 1) * stride).adding(extent) else { throw outOfRange }
      let total = max(0, reach - size)
      let begin = padding == .sameUpper ? total / 2 : total - total / 2
      return ResolvedWindow(begin: begin, end: total - begin, output: output)
    case .valid, .explicit:
      let (begin, end) = explicitPadding(dimension)
      guard begin >= 0, end >= 0, let padded = size.adding(begin)?.adding(end) else {
        throw outOfRange
      }
      guard padded >= extent || ceil else { throw doesNotFit(dimension, size) }
      let (quotient, rest) = (padded - extent).quotientAndRemainder(dividingBy: stride)
      var output = quotient + 1
      if ceil {
        if rest > 0 { output += 1 }
        guard let start = (output - 1).multiplied(by: stride) else { throw outOfRange }
        if start >= size + begin { output -= 1 }
      }
      guard output > 0 else { throw doesNotFit(dimension, size) }
      return ResolvedWindow(begin: begin, end: end, output: output)
    }
  }

  /// Whether the result has as many elements as the input in `dimension`, whatever their number.
  func preservesSize(_ dimension: Int) -> Bool {
    guard strides[dimension] == 1 else { return false }
    switch padding {
    case .sameUpper, .sameLower: return true
    case .valid, .explicit:
      let (begin, end) = explicitPadding(dimension)
      return begin.adding(end)?.adding(1) == extent(dimension)
    }
  }

  /// The padding of a window whose padding does not depend on the size of the input.
  private func explicitPadding(_ dimension: Int) -> (begin: Int, end: Int) {
    guard case .explicit(let begin, let end) = padding else { return (0, 0) }
    return (begin[dimension], end[dimension])
  }

  private func doesNotFit(_ dimension: Int, _ size: Int) -> Diagnostics {
    Diagnostics(
      Diagnostic(
        .error,
        "has no window that fits spatial dimension \(dimension) of size \(size)"
          + " (kernel \(kernel[dimension]), dilation \(dilations[dimension]))"))
  }
}
