import Basics
import IR

/// The windows over the spatial dimensions of an operand of batch × channels × spatial.
struct Windows {
  /// The spatial dimensions, outermost first; always three, missing ones having a single element.
  var axes: [WindowAxis]
  /// The number of spatial dimensions of the operand.
  var rank: Int

  /// Creates windows over dimensions of sizes `spatial`; throws a fault if they do not fit.
  init(_ window: Window, over spatial: ArraySlice<Int>, ceil: Bool = false) throws {
    let rank = spatial.count
    guard 1...3 ~= rank else {
      throw Fault("there are \(rank) spatial dimensions", supported: "1, 2 or 3")
    }
    var counts = [window.kernel.count, window.strides.count, window.dilations.count]
    if case .explicit(let begins, let ends) = window.padding {
      counts += [begins.count, ends.count]
    }
    guard counts.allSatisfy({ $0 == rank }) else {
      throw Fault("kernel, strides, dilations and pads are not of \(rank) dimensions")
    }
    self.rank = rank
    axes = [WindowAxis](repeating: .single, count: 3 - rank)
    for (index, input) in spatial.enumerated() {
      let resolved = try window.resolved(dimension: index, size: input, ceil: ceil)
      // Within these bounds no position overflows.
      let steps = [window.kernel[index], window.strides[index], window.dilations[index]]
      let sizes = [resolved.begin, resolved.end, window.extent(index) ?? .max]
      guard steps.allSatisfy({ 1...1 << 40 ~= $0 }), sizes.allSatisfy({ $0 <= 1 << 40 }) else {
        throw Fault("the windows of spatial dimension \(index) are out of range")
      }
      axes.append(
        WindowAxis(
          input: input, output: resolved.output, kernel: window.kernel[index],
          stride: window.strides[index], dilation: window.dilations[index], begin: resolved.begin,
          end: resolved.end))
    }
    _ = try elementCount(window.kernel, of: .u8)
  }

  /// The sizes of the result.
  var outputs: [Int] { axes.suffix(rank).map(\.output) }
  /// The number of elements of one channel of the operand.
  var inputCount: Int { axes[0].input * axes[1].input * axes[2].input }
  /// The number of windows.
  var outputCount: Int { axes[0].output * axes[1].output * axes[2].output }
  /// The number of elements of a window.
  var kernelCount: Int { axes[0].kernel * axes[1].kernel * axes[2].kernel }

  /// Whether each window holds just the element at its own place.
  var isPointwise: Bool {
    kernelCount == 1 && axes.allSatisfy { $0.stride == 1 && $0.input == $0.output }
  }

  /// The number of rows: windows that differ in the last dimension only share one.
  var rowCount: Int { axes[0].output * axes[1].output }

  /// Calls `body` with each element of the windows of `row`: its index in the kernel, those windows
  /// for which it is no padding, and the offset in the channel that it has for the first of them.
  @inline(__always)
  func forEachTap(
    ofRow row: Int, _ body: (_ tap: Int, _ windows: Range<Int>, _ offset: Int) -> Void
  ) {
    let (depth, height, width) = (axes[0], axes[1], axes[2])
    let (z, y) = (row / height.output, row % height.output)
    for i in depth.taps(of: z) {
      let plane = depth.position(z, i)
      for j in height.taps(of: y) {
        let line = height.position(y, j)
        let start = (plane * height.input + line) * width.input
        for k in 0..<width.kernel {
          let windows = width.windows(of: k)
          guard !windows.isEmpty else { continue }
          body(
            (i * height.kernel + j) * width.kernel + k, windows,
            start + width.position(windows.lowerBound, k))
        }
      }
    }
  }
}
