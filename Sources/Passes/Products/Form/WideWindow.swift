import IR
import Program

/// A window of a convolution that is as wide as several neighbouring ones together, and computes the
/// positions of all from one vector.
///
/// Column `(output channel · positions + position)` has the kernel shifted to where the window of that
/// position begins, and zeros elsewhere: shifted and duplicated kernels (Zhang et al. 2020; with
/// positions along both dimensions, Rhe et al. 2022).
struct WideWindow: Sendable {
  /// Where the windows of one position lie.
  let narrow: Windows
  /// The positions along each dimension.
  let positions: [Int]
  /// The size of the wide window.
  let extent: [Int]

  /// The window that computes these positions of a convolution; `nil` if that is one position, or if the
  /// convolution cannot compute them together.
  init?(_ product: Product, positions: [Int]) {
    guard positions.contains(where: { $0 > 1 }), product.canCompute(positions: positions),
      let narrow = product.windows
    else { return nil }
    self.narrow = narrow
    self.positions = positions
    extent = positions.indices.map {
      narrow.window.kernel[$0] + (positions[$0] - 1) * narrow.window.strides[$0]
    }
  }

  private var window: Window { narrow.window }
  /// The number of input channels.
  private var channels: Int { narrow.input[1] }
  /// The number of output channels.
  private var filters: Int { narrow.output[1] }
  /// The number of positions.
  var count: Int { positions.reduce(1, *) }
  /// The rows of the matrix.
  var rows: Int { channels * extent.reduce(1, *) }
  /// The columns of the matrix.
  var columns: Int { filters * count }
  /// The elements of the matrix that no weight is for.
  var zeros: Int {
    columns * channels * (extent.reduce(1, *) - window.kernel.reduce(1, *))
  }

  /// How vectors lie in the input.
  var source: Descriptor {
    var wide = window
    wide.kernel = extent
    var places = narrow.output
    for (dimension, count) in positions.enumerated() {
      wide.strides[dimension] *= count
      places[dimension + 2] /= count
    }
    return Windows(
      window: wide, begin: narrow.begin, end: narrow.end, input: narrow.input, output: places
    ).source
  }

  /// How results lie in the output: channels, then positions.
  var destination: Descriptor {
    let output = narrow.output
    var axes: [Descriptor.Axis] = []
    var stride = output.reduce(1, *)
    for size in output {
      stride /= max(size, 1)
      axes.append(.init(extent: size, stride: stride))
    }
    var loops = [Descriptor.Loop(count: output[0], axis: 0, step: 1)]
    for (dimension, count) in positions.enumerated() {
      loops.append(
        .init(count: output[dimension + 2] / count, axis: dimension + 2, step: count))
    }
    loops.append(.init(count: filters, axis: 1, step: 1))
    for (dimension, count) in positions.enumerated() {
      loops.append(.init(count: count, axis: dimension + 2, step: 1))
    }
    return Descriptor(
      buffer: BufferID(0), axes: axes, loops: loops, innerLoops: positions.count + 1)
  }

  /// The bias of every column.
  func bias(_ elements: [Float]) -> [Float] {
    elements.flatMap { [Float](repeating: $0, count: count) }
  }

  /// The weights of a block, row by row, of those of the convolution.
  func block(rows: Range<Int>, columns: Range<Int>, of weights: Singles) -> [Float] {
    let (size, area) = (window.kernel.reduce(1, *), extent.reduce(1, *))
    let elements = (0..<count).map(placesOfKernel)
    let present = rows.lowerBound / area..<(rows.upperBound + area - 1) / area
    var block = [Float](repeating: 0, count: rows.count * columns.count)
    for (j, column) in columns.enumerated() {
      let places = elements[column % count]
      for channel in present {
        let first = (column / count * channels + channel) * size
        for (element, place) in places.enumerated() {
          let row = channel * area + place
          guard rows.contains(row) else { continue }
          block[(row - rows.lowerBound) * columns.count + j] = weights[first + element]
        }
      }
    }
    return block
  }

  /// Where each element of the kernel of a position lies in the wide window.
  private func placesOfKernel(_ position: Int) -> [Int] {
    var places = [0]
    var distance = extent.reduce(1, *)
    var rest = count
    for dimension in positions.indices {
      distance /= extent[dimension]
      rest /= positions[dimension]
      let start = position / rest % positions[dimension] * window.strides[dimension]
      places = places.flatMap { place in
        (0..<window.kernel[dimension]).map { place + (start + $0) * distance }
      }
    }
    return places
  }
}

extension Product {
  /// Whether a vector can compute so many neighbouring positions along each spatial dimension: those of a
  /// convolution without groups, with one range for all rows, the elements of whose kernel lie side by side, and
  /// whose result they make up.
  func canCompute(positions: [Int]) -> Bool {
    guard let windows, groups == 1, windows.window.dilations.allSatisfy({ $0 == 1 }),
      !ranges.differByRow
    else { return false }
    let sizes = windows.output.dropFirst(2)
    return positions.count == sizes.count
      && zip(positions, sizes).allSatisfy { $0 > 0 && $1.isMultiple(of: $0) }
  }
}
