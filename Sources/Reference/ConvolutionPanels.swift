import Basics

/// Computes a convolution as products of its kernels with the elements under 16 windows at a time,
/// those of the images of a chunk counted through.
func convolvePanels<T: Real>(
  _ shape: ConvolutionShape, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ bias: [T],
  _ y: UnsafeMutablePointer<T>
) {
  let depth = shape.windows.kernelCount * shape.inputs
  /// The packed rows of one group after the other.
  let rows = [T](
    unsafeUninitializedCapacity: shape.groups * shape.outputs * depth
  ) { packed, initialized in
    for group in 0..<shape.groups {
      let start = group * shape.outputs * depth
      PackedRows.pack(
        weights + start, count: shape.outputs, depth: depth, rowStride: depth, depthStride: 1,
        to: packed.baseAddress! + start)
    }
    initialized = packed.count
  }
  let channels = shape.groups * shape.inputs
  let area = PaddedArea(shape.windows)
  let pitch = channels * area.count
  let chunk = max(1, min(shape.batch, (1 << 21) / max(pitch, 1)))
  for first in stride(from: 0, to: shape.batch, by: chunk) {
    let images = min(chunk, shape.batch - first)
    let source = x + first * channels * shape.windows.inputCount
    let target = y + first * shape.groups * shape.outputs * shape.windows.outputCount
    guard !area.isUnpadded else {
      convolve(shape, images, source, area, rows, bias, target)
      continue
    }
    withUnsafeTemporaryAllocation(of: T.self, capacity: images * pitch) { padded in
      area.pad(source, planes: images * channels, to: padded.baseAddress!)
      convolve(shape, images, padded.baseAddress!, area, rows, bias, target)
    }
  }
}

/// Convolves `count` images that hold whatever windows reach.
private func convolve<T: Real>(
  _ shape: ConvolutionShape, _ count: Int, _ images: UnsafePointer<T>, _ area: PaddedArea,
  _ rows: UnsafePointer<T>, _ bias: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>
) {
  let (inputs, outputs, groups) = (shape.inputs, shape.outputs, shape.groups)
  let outputCount = shape.windows.outputCount
  let columns = count * outputCount
  let panels = (columns + panelLanes - 1) / panelLanes
  let offsets = area.offsets(shape.windows, channels: inputs)
  let depth = offsets.count
  let cost = panelLanes * (depth + 1) * outputs
  let begins = WindowBegins(shape.windows, area, pitch: groups * inputs * area.count)
  inParallel(panels * groups, cost: cost) { items in
    withPanelMemory(of: T.self, depth, ends: outputs) { panel, ends in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: panelLanes) { lanes in
        let lanes = lanes.baseAddress!
        for item in items {
          let (number, group) = item.quotientAndRemainder(dividingBy: groups)
          let column = number * panelLanes
          // The windows of a panel are found once for all groups.
          if group == 0 || item == items.lowerBound {
            begins.write(from: column, of: columns, to: lanes)
          }
          T.gather(
            images + group * inputs * area.count, lanes: lanes, offsets: offsets, depth: depth,
            to: panel)
          let (image, position) = column.quotientAndRemainder(dividingBy: outputCount)
          let isWhole = position + panelLanes <= outputCount
          let plane = y + (image * groups + group) * outputs * outputCount
          T.multiply(
            rows + group * outputs * depth, count: outputs, panel, step: panelLanes, depth: depth,
            to: PanelTarget(
              first: isWhole ? plane + position : ends, step: isWhole ? outputCount : panelLanes,
              bias: bias + group * outputs, relu: shape.relu))
          guard !isWhole else { continue }
          for lane in 0..<min(panelLanes, columns - column) {
            let (images, window) = (position + lane).quotientAndRemainder(dividingBy: outputCount)
            let first = plane + images * groups * outputs * outputCount + window
            for row in 0..<outputs { first[row * outputCount] = ends[row * panelLanes + lane] }
          }
        }
      }
    }
  }
}

/// The part of a channel with its padding that windows reach, so that the elements of all windows
/// have the same distances.
struct PaddedArea {
  /// The sizes of the three dimensions.
  let sizes: [Int]
  /// The number of elements.
  var count: Int { sizes[0] * sizes[1] * sizes[2] }
  /// Whether it is the channel as it lies in memory.
  let isUnpadded: Bool

  private let axes: [WindowAxis]

  /// Creates the area of channels that fit `windows`.
  init(_ windows: Windows) {
    axes = windows.axes
    let reached = axes.map(PaddedArea.size)
    isUnpadded = zip(axes, reached).allSatisfy { $0.begin == 0 && $1 <= $0.input }
    sizes = isUnpadded ? axes.map(\.input) : reached
  }

  /// Whether the area takes not much more memory than the channel.
  static func fits(_ windows: Windows) -> Bool {
    let count = windows.axes.map { Double(size($0)) }.reduce(1, *)
    return count <= 4 * Double(windows.inputCount) + 4096
      && windows.axes.allSatisfy { $0.begin >= 0 }
  }

  private static func size(_ axis: WindowAxis) -> Int {
    axis.position(axis.output - 1, axis.kernel - 1) + axis.begin + 1
  }

  /// Copies `planes` channels, with 0 in the padding.
  func pad<T: Real>(_ x: UnsafePointer<T>, planes: Int, to area: UnsafeMutablePointer<T>) {
    let inputs = axes.map(\.input)
    /// What of a dimension lies in the area, and where it begins there.
    let kept = zip(axes, sizes).map { axis, size in min(axis.input, size - axis.begin) }
    let (depth, height, width) = (axes[0].begin, axes[1].begin, axes[2].begin)
    inParallel(planes, cost: count) { planes in
      for plane in planes {
        let (from, to) = (x + plane * inputs[0] * inputs[1] * inputs[2], area + plane * count)
        to.update(repeating: 0, count: count)
        for z in 0..<max(0, kept[0]) {
          for y in 0..<max(0, kept[1]) where kept[2] > 0 {
            let line = ((z + depth) * sizes[1] + y + height) * sizes[2] + width
            (to + line).update(from: from + (z * inputs[1] + y) * inputs[2], count: kept[2])
          }
        }
      }
    }
  }

  /// How far the elements of a window over `channels` channels are from its first.
  func offsets(_ windows: Windows, channels: Int) -> [Int] {
    var offsets: [Int] = []
    for channel in 0..<channels {
      for i in 0..<axes[0].kernel {
        for j in 0..<axes[1].kernel {
          for k in 0..<axes[2].kernel {
            let line = (channel * sizes[0] + i * axes[0].dilation) * sizes[1] + j * axes[1].dilation
            offsets.append(line * sizes[2] + k * axes[2].dilation)
          }
        }
      }
    }
    return offsets
  }
}

/// Where windows begin in images that are counted through.
private struct WindowBegins {
  private let outputs: [Int]
  private let steps: [Int]
  private let pitch: Int

  /// Creates the windows of images of which channels have `area`, and which are `pitch` apart.
  init(_ windows: Windows, _ area: PaddedArea, pitch: Int) {
    outputs = windows.axes.map(\.output)
    steps = zip(windows.axes, [area.sizes[1] * area.sizes[2], area.sizes[2], 1]).map {
      $0.stride * $1
    }
    self.pitch = pitch
  }

  /// Writes where 16 windows from `column` on, of `count` in all, begin; the last is repeated at the end.
  func write(from column: Int, of count: Int, to lanes: UnsafeMutablePointer<Int>) {
    let (depth, height, width) = (outputs[0], outputs[1], outputs[2])
    let (plane, line, step) = (steps[0], steps[1], steps[2])
    var x = column % width
    var y = column / width % height
    var z = column / (width * height) % depth
    var image = column / (width * height * depth)
    for lane in 0..<panelLanes {
      lanes[lane] = image * pitch + z * plane + y * line + x * step
      guard column + lane + 1 < count else { continue }
      x += 1
      if x == width { (x, y) = (0, y + 1) }
      if y == height { (y, z) = (0, z + 1) }
      if z == depth { (z, image) = (0, image + 1) }
    }
  }
}
