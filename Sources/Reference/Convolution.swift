import Basics
import IR

/// A convolution of x, weights, [bias] in the form of batch × channels × spatial.
///
/// Integers are convolved in f64, in which their sums are exact as far as they stay below 2⁵³, and
/// the sums wrap.
func convolution(_ parameters: Convolution, _ operands: Operands) throws -> Tensor {
  let x = try operands.required(0, "x")
  let weights = try operands.required(1, "weights")
  let bias = try operands.optional(2, "bias", of: x.type)
  let shape = try ConvolutionShape(parameters, x, weights, bias)
  switch x.type {
  case .f32: return try convolution(Float.self, shape, x, weights, bias)
  case .f64: return try convolution(Double.self, shape, x, weights, bias)
  case .i32:
    let wide = try [x, weights, bias].map { try $0.map { try cast($0, to: .f64) } }
    return try cast(cast(convolution(parameters, Operands(wide)), to: .i64), to: .i32)
  default: throw Fault.unsupported(x.type, supported: ElementType.floating + [.i32])
  }
}

/// The sizes of a convolution.
struct ConvolutionShape {
  /// The windows.
  var windows: Windows
  /// The number of images.
  var batch: Int
  /// The number of groups.
  var groups: Int
  /// The number of channels of a group of the operand.
  var inputs: Int
  /// The number of channels of a group of the result.
  var outputs: Int
  /// Whether negative results become 0.
  var relu: Bool

  /// Creates the sizes; throws a fault if the operands do not fit.
  init(_ parameters: Convolution, _ x: Tensor, _ weights: Tensor, _ bias: Tensor?) throws {
    guard x.shape.count >= 3, weights.shape.count == x.shape.count else {
      throw Fault("x of shape \(text(x.shape)) and weights of \(text(weights.shape)) do not fit")
    }
    guard weights.type == x.type else {
      throw Fault("weights are of type \(weights.type.rawValue), x of \(x.type.rawValue)")
    }
    guard Array(weights.shape[2...]) == parameters.window.kernel else {
      throw Fault("the kernel is \(text(parameters.window.kernel)), not \(text(weights.shape))")
    }
    groups = parameters.groups
    guard groups > 0, weights.shape[0] % groups == 0,
      x.shape[1] % groups == 0, weights.shape[1] == x.shape[1] / groups
    else {
      throw Fault(
        "\(x.shape[1]) channels in \(groups) groups do not fit weights of \(text(weights.shape))")
    }
    if let bias, bias.shape != [weights.shape[0]] {
      throw Fault("the bias has shape \(text(bias.shape)), not \(weights.shape[0])")
    }
    windows = try Windows(parameters.window, over: x.shape[2...])
    batch = x.shape[0]
    inputs = weights.shape[1]
    outputs = weights.shape[0] / groups
    relu = parameters.relu
  }

  /// The shape of the result.
  var result: [Int] { [batch, groups * outputs] + windows.outputs }
}

private func convolution<T: Real>(
  _: T.Type, _ shape: ConvolutionShape, _ x: Tensor, _ weights: Tensor, _ bias: Tensor?
) throws -> Tensor {
  let channels = shape.groups * shape.outputs
  let bias = bias?.elements(of: T.self) ?? [T](repeating: 0, count: channels)
  return try Tensor(filling: shape.result, of: T.self) { y in
    x.withElements(of: T.self) { x in
      weights.withElements(of: T.self) { weights in
        // Without channels to sum over there is neither an image nor a kernel in memory.
        guard let image = x.baseAddress, let kernel = weights.baseAddress, shape.inputs > 0,
          shape.windows.inputCount > 0
        else { return fillChannels(shape, bias, y) }
        // An infinite weight makes no number of the 0 of padding, which a sum of rows leaves out.
        let leavesOut = shape.outputs < 4 && !weights.allSatisfy(\.isFinite)
        if leavesOut || !PaddedArea.fits(shape.windows) {
          convolveRows(shape, image, kernel, bias, y.baseAddress!)
        } else {
          convolvePanels(shape, image, kernel, bias, y.baseAddress!)
        }
      }
    }
  }
}

/// The result where there is nothing but the bias.
private func fillChannels<T: Real>(
  _ shape: ConvolutionShape, _ bias: [T], _ y: UnsafeMutableBufferPointer<T>
) {
  let count = shape.windows.outputCount
  for plane in 0..<shape.batch * bias.count {
    let value = bias[plane % bias.count]
    for index in 0..<count { y[plane * count + index] = shape.relu && value < 0 ? 0 : value }
  }
}

/// Sums weighted rows of x into rows of y, which suits depthwise convolutions.
private func convolveRows<T: Real>(
  _ shape: ConvolutionShape, _ x: UnsafePointer<T>, _ weights: UnsafePointer<T>, _ bias: [T],
  _ y: UnsafeMutablePointer<T>
) {
  let windows = shape.windows
  let (inputCount, outputCount, taps) = (
    windows.inputCount, windows.outputCount, windows.kernelCount
  )
  let (width, stride) = (windows.axes[2].output, windows.axes[2].stride)
  let channels = shape.groups * shape.outputs
  inParallel(shape.batch * channels, cost: outputCount * taps * shape.inputs) { planes in
    for plane in planes {
      let channel = plane % channels
      let first = (plane / channels * shape.groups + channel / shape.outputs) * shape.inputs
      for row in 0..<windows.rowCount {
        let sums = y + plane * outputCount + row * width
        for input in 0..<shape.inputs {
          let image = x + (first + input) * inputCount
          let kernel = weights + (channel * shape.inputs + input) * taps
          windows.forEachTap(ofRow: row) { tap, range, offset in
            let (weight, line, target) = (kernel[tap], image + offset, sums + range.lowerBound)
            if stride == 1 {
              for index in 0..<range.count { target[index] += weight * line[index] }
            } else {
              for index in 0..<range.count { target[index] += weight * line[index &* stride] }
            }
          }
        }
        let addend = bias[channel]
        for column in 0..<width {
          let value = sums[column] + addend
          sums[column] = shape.relu && value < 0 ? 0 : value
        }
      }
    }
  }
}
