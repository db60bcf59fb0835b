import IR
import Program

/// Where the vectors of a convolution lie in its input, and its results in the result.
struct Windows: Sendable {
  /// The size of the kernel and the distances.
  let window: Window
  /// The elements of padding before each spatial dimension.
  let begin: [Int]
  /// The elements of padding after each spatial dimension.
  let end: [Int]
  /// The shape of the input: batch × channels × spatial.
  let input: [Int]
  /// The shape of the result: batch × channels × spatial.
  let output: [Int]

  /// Whether there is padding.
  var arePadded: Bool { (begin + end).contains { $0 > 0 } }

  /// The walk of im2col: a vector per output position, channels and kernel positions within it.
  var source: Descriptor {
    let spatial = input.count - 2
    var axes = [Descriptor.Axis]()
    var stride = input.reduce(1, *)
    for (axis, extent) in input.enumerated() {
      stride /= max(extent, 1)
      axes.append(.init(origin: axis < 2 ? 0 : -begin[axis - 2], extent: extent, stride: stride))
    }
    var loops = [Descriptor.Loop(count: input[0], axis: 0, step: 1)]
    for axis in 0..<spatial {
      loops.append(.init(count: output[axis + 2], axis: axis + 2, step: window.strides[axis]))
    }
    loops.append(.init(count: input[1], axis: 1, step: 1))
    for axis in 0..<spatial {
      loops.append(
        .init(count: window.kernel[axis], axis: axis + 2, step: window.dilations[axis]))
    }
    return Descriptor(buffer: BufferID(0), axes: axes, loops: loops, innerLoops: spatial + 1)
  }

  /// The walk through the result: a vector per output position.
  var destination: Descriptor {
    let spatial = output.dropFirst(2).reduce(1, *)
    return Descriptor(
      buffer: BufferID(0),
      axes: [
        .init(extent: output[0], stride: output[1] * spatial), .init(extent: spatial, stride: 1),
        .init(extent: output[1], stride: spatial),
      ],
      loops: [
        .init(count: output[0], axis: 0, step: 1), .init(count: spatial, axis: 1, step: 1),
        .init(count: output[1], axis: 2, step: 1),
      ], innerLoops: 1)
  }
}
