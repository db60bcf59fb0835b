import IR
import Program

/// Where the weights of a convolution lie in the matrix that computes several neighbouring positions
/// from one vector.
///
/// The vector is the box of input elements from the first that the first position meets to the last
/// that the last one meets. Column c is for output channel ⌊c / positions⌋ and position c mod
/// positions, both of them, and the elements of the box, numbered with the last dimension fastest.
struct ShiftedKernels {
  /// The size of the kernel, the positions, their distance, and the size of the box, by dimension.
  let kernel: [Int]
  let positions: [Int]
  let strides: [Int]
  let box: [Int]
  /// The number of input channels.
  let channels: Int

  /// A part of a number: of a row the channel, of a column the filter, and where it is among the rest.
  struct Place {
    let part: Int
    let coordinates: [Int]
  }

  /// The input channel of a row, and its place in the box.
  func place(ofRow row: Int) -> Place { place(row, in: box) }

  /// The output channel of a column, and its position.
  func position(ofColumn column: Int) -> Place { place(column, in: positions) }

  /// The element of the weights that is at a row and a column; `nil` for zeros.
  func weight(_ row: Place, _ column: Place) -> Int? {
    var index = column.part * channels + row.part
    for dimension in kernel.indices {
      let tap =
        row.coordinates[dimension] - column.coordinates[dimension] * strides[dimension]
      guard tap >= 0, tap < kernel[dimension] else { return nil }
      index = index * kernel[dimension] + tap
    }
    return index
  }

  private func place(_ number: Int, in sizes: [Int]) -> Place {
    let count = sizes.reduce(1, *)
    return Place(part: number / count, coordinates: coordinates(number % count, in: sizes))
  }

  private func coordinates(_ number: Int, in sizes: [Int]) -> [Int] {
    var rest = number
    var coordinates: [Int] = []
    for size in sizes.reversed() {
      coordinates.append(rest % size)
      rest /= size
    }
    return coordinates.reversed()
  }
}

extension ProductMatrix {
  /// Makes this matrix of a convolution with result `y` one that computes `positions` at a time.
  mutating func shift(_ window: Window, by positions: [Int], _ y: [Int]) throws(MatrixFault) {
    guard groups == 1, window.dilations.allSatisfy({ $0 == 1 }), positions.count == y.count - 2,
      positions.indices.allSatisfy({ positions[$0] > 0 && y[$0 + 2] % positions[$0] == 0 })
    else { throw MatrixFault("cannot compute positions \(positions) together") }
    let kernels = ShiftedKernels(
      kernel: window.kernel, positions: positions, strides: window.strides,
      box: positions.indices.map { window.kernel[$0] + (positions[$0] - 1) * window.strides[$0] },
      channels: rows / window.kernel.reduce(1, *))
    let spatial = positions.count
    for (dimension, count) in positions.enumerated() {
      source.loops[dimension + 1] = .init(
        count: y[dimension + 2] / count, axis: dimension + 2,
        step: window.strides[dimension] * count)
      source.loops[spatial + 2 + dimension].count = kernels.box[dimension]
    }
    let strides = Self.rowMajor(y).map(\.stride)
    let steps = zip(positions, strides.dropFirst(2))
    destination = Self.walk(
      [(y[0], strides[0])]
        + zip(y.dropFirst(2), steps).map { ($0 / $1.0, $1.0 * $1.1) }
        + [(y[1], strides[1])] + steps.map { ($0, $1) })
    rows = kernels.channels * kernels.box.reduce(1, *)
    columns *= positions.reduce(1, *)
    source = Descriptor(
      buffer: source.buffer, axes: source.axes, loops: source.loops, innerLoops: spatial + 1)
    destination = Descriptor(
      buffer: destination.buffer, axes: destination.axes, loops: destination.loops,
      innerLoops: spatial + 1)
    bias = bias?.flatMap { [Float](repeating: $0, count: positions.reduce(1, *)) }
    shifted = kernels
  }
}
