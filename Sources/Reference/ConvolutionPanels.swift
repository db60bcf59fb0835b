/// Computes one group of a convolution as a product of its kernels with the elements under eight
/// windows at a time, those of all images counted through.
func convolvePanels<T: Real>(
  _ shape: ConvolutionShape, _ group: Int, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>,
  _ bias: [T], _ y: UnsafeMutablePointer<T>
) {
  let (taps, inputs, outputs) = (shape.windows.kernelCount, shape.inputs, shape.outputs)
  let (inputCount, outputCount) = (shape.windows.inputCount, shape.windows.outputCount)
  let depth = taps * inputs
  let rows = PackedRows(
    weights + group * outputs * depth, count: outputs, depth: depth, rowStride: depth,
    depthStride: 1)
  let offsets = WindowOffsets(shape.windows)
  let columns = shape.batch * outputCount
  let imagePitch = shape.groups * inputs * inputCount
  let source = x + group * inputs * inputCount
  // The results of such windows lie as the elements do, from row to row.
  let isPointwise = shape.windows.isPointwise
  multiply(rows, columns: columns) { column, panel in
    let lanes = WindowLanes(from: column, of: columns, shape.windows)
    offsets.forEachTap(of: lanes) { tap, offset in
      // Between two ends of a row that are no padding there is none.
      if lanes.isRow || isPointwise, offset[0] >= 0, offset[7] &- offset[0] == 7 {
        let start = source + lanes.image[0] * imagePitch + Int(offset[0])
        for input in 0..<inputs {
          panel[input * taps + tap] = UnsafeRawPointer(start + input * inputCount)
            .loadUnaligned(as: SIMD8<T>.self)
        }
        return
      }
      var addresses = lanes.image &* imagePitch
      var padding = SIMDMask<SIMD8<T.SIMDMaskScalar>>(repeating: false)
      for lane in 0..<8 {
        if offset[lane] >= 0 { addresses[lane] &+= Int(offset[lane]) } else { padding[lane] = true }
      }
      for input in 0..<inputs {
        let start = source + input * inputCount
        let elements = SIMD8(
          start[addresses[0]], start[addresses[1]], start[addresses[2]], start[addresses[3]],
          start[addresses[4]], start[addresses[5]], start[addresses[6]], start[addresses[7]])
        panel[input * taps + tap] = elements.replacing(with: 0, where: padding)
      }
    }
  } store: { row, column, sums in
    let image = column / outputCount
    let position = column - image * outputCount
    for index in 0..<min(4, outputs - row) {
      let channel = group * outputs + row + index
      var values = sums[index] + bias[channel]
      if shape.relu { values.replace(with: 0, where: values .< 0) }
      let plane = y + (image * shape.groups * outputs + channel) * outputCount
      if position + 8 <= outputCount {
        UnsafeMutableRawPointer(plane + position).storeBytes(of: values, as: SIMD8<T>.self)
      } else {
        for lane in 0..<min(8, columns - column) {
          let (images, window) = (position + lane).quotientAndRemainder(dividingBy: outputCount)
          plane[images * shape.groups * outputs * outputCount + window] = values[lane]
        }
      }
    }
  }
}

/// Eight neighbouring windows: the image of each and its positions in the three dimensions.
private struct WindowLanes {
  var image = SIMD8<Int>()
  var z = SIMD8<Int>()
  var y = SIMD8<Int>()
  var x = SIMD8<Int>()
  /// Whether they are eight and lie in one row.
  var isRow: Bool

  /// Creates the windows from `column` on, of `count` in all; the last is repeated at the end.
  @inline(__always)
  init(from column: Int, of count: Int, _ windows: Windows) {
    let (depth, height, width) = (
      windows.axes[0].output, windows.axes[1].output, windows.axes[2].output
    )
    var x = column % width
    var y = column / width % height
    var z = column / (width * height) % depth
    var image = column / (width * height * depth)
    isRow = x + 8 <= width
    for lane in 0..<8 {
      (self.image[lane], self.z[lane], self.y[lane], self.x[lane]) = (image, z, y, x)
      guard column + lane + 1 < count else { continue }
      x += 1
      if x == width { (x, y) = (0, y + 1) }
      if y == height { (y, z) = (0, z + 1) }
      if z == depth { (z, image) = (0, image + 1) }
    }
  }
}

/// The offsets in a channel that each window and element of it has, one table a dimension.
///
/// The sum of the three offsets of an element is negative exactly if it lies in the padding.
struct WindowOffsets {
  /// Whether there can be tables: offsets are of 32 bits, and the tables have to stay small beside
  /// the operands.
  static func fit(_ windows: Windows) -> Bool {
    windows.inputCount < 1 << 28
      && windows.axes.allSatisfy { $0.output < 1 << 26 / $0.kernel }
  }

  private let kernel: [Int]
  private let tables: [[Int32]]

  /// Creates the tables.
  init(_ windows: Windows) {
    let axes = windows.axes
    kernel = axes.map(\.kernel)
    let pitches: [Int] = [axes[1].input * axes[2].input, axes[2].input, 1]
    tables = zip(axes, pitches).map { axis, pitch in
      (0..<axis.output).flatMap { window in
        (0..<axis.kernel).map { tap in
          let position = axis.position(window, tap)
          return 0..<axis.input ~= position ? Int32(position * pitch) : -(1 << 29)
        }
      }
    }
  }

  /// Calls `body` with each element of eight windows, in the order of the kernel: its index there
  /// and the offsets in the channel.
  @inline(__always)
  fileprivate func forEachTap(
    of lanes: WindowLanes, _ body: (_ tap: Int, _ offsets: SIMD8<Int32>) -> Void
  ) {
    let (depth, height, width) = (kernel[0], kernel[1], kernel[2])
    var tap = 0
    tables[0].withUnsafeBufferPointer { planes in
      tables[1].withUnsafeBufferPointer { lines in
        tables[2].withUnsafeBufferPointer { columns in
          for i in 0..<depth {
            for j in 0..<height {
              let start =
                gathered(planes, lanes.z &* depth &+ i) &+ gathered(lines, lanes.y &* height &+ j)
              for k in 0..<width {
                body(tap, start &+ gathered(columns, lanes.x &* width &+ k))
                tap += 1
              }
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func gathered(
    _ table: UnsafeBufferPointer<Int32>, _ indices: SIMD8<Int>
  ) -> SIMD8<Int32> {
    SIMD8(
      table[indices[0]], table[indices[1]], table[indices[2]], table[indices[3]],
      table[indices[4]], table[indices[5]], table[indices[6]], table[indices[7]])
  }
}
