import Basics
import IR

/// Attributes of the larger families of operators.
extension ExportedOperator {
  /// Operators along axes.
  mutating func addReduction(_ op: Op) {
    switch op {
    case .reduce(let reduce):
      attributes.add("keepdims", reduce.keepsDimensions)
      attributes.add("noop_with_empty_axes", reduce.emptyIsIdentity)
    case .extremum(let extremum):
      attributes.add("axis", extremum.axis)
      attributes.add("keepdims", extremum.keepsDimension)
      attributes.add("select_last_index", extremum.takesLast)
    case .cumulative(let cumulative):
      attributes.add("exclusive", cumulative.exclusive)
      attributes.add("reverse", cumulative.reverse)
      if cumulative.kind == .product { need(26) }
    case .fourier(let fourier):
      attributes.add("inverse", fourier.isInverse)
      attributes.add("onesided", fourier.isOneSided)
    case .triangle(let upper): attributes.add("upper", upper)
    case .identityMatrix(let element, let offset):
      if let element { attributes.add("dtype", element) }
      attributes.add("k", offset)
    default: break
    }
  }

  /// Operators that move elements or make them.
  mutating func addLayout(_ op: Op) {
    switch op {
    case .concat(let axis), .split(let axis), .flatten(let axis), .gather(let axis):
      attributes.add("axis", axis)
    case .pad(let mode): attributes.add("mode", mode.rawValue)
    case .reshape(let allowZero): attributes.add("allowzero", allowZero)
    case .transpose(let permutation): attributes.add("perm", permutation)
    case .shape(let start, let end):
      attributes.add("start", start)
      if let end { attributes.add("end", end) }
    case .cast(let element, let saturates, let rounding):
      attributes.add("to", element)
      attributes.add("saturate", saturates)
      if rounding != .up {
        attributes.add("round_mode", rounding.rawValue)
        need(24)
      }
    case .constantOfShape(let element, let bits):
      attributes.add(
        "value",
        Tensor(
          type: element, shape: [1],
          bytes: Bytes(
            copying: (0..<element.byteCount).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })))
    default: break
    }
  }

  /// Recurrent layers in one direction.
  mutating func add(_ recurrent: Recurrent) {
    attributes.add("direction", recurrent.reverse ? "reverse" : "forward")
    let functions = recurrent.activations
    attributes.add("activations", functions.map(\.function.onnxName))
    let alphas = functions.filter { $0.function.usualParameters.alpha != nil }.map(\.alpha)
    let betas = functions.filter { $0.function.usualParameters.beta != nil }.map(\.beta)
    if !alphas.isEmpty { attributes.add("activation_alpha", alphas) }
    if !betas.isEmpty { attributes.add("activation_beta", betas) }
    if let clip = recurrent.clip { attributes.add("clip", clip) }
    switch recurrent.cell {
    case .lstm(let couplesForget): attributes.add("input_forget", couplesForget)
    case .gru(let linearBeforeReset): attributes.add("linear_before_reset", linearBeforeReset)
    case .rnn: break
    }
  }

  mutating func add(_ movement: Movement) {
    switch movement {
    case .gatherElements(let axis), .oneHot(let axis): attributes.add("axis", axis)
    case .gatherND(let count): attributes.add("batch_dims", count)
    case .scatterElements(let axis, let reduction):
      attributes.add("axis", axis)
      attributes.add("reduction", reduction.rawValue)
    case .scatterND(let reduction): attributes.add("reduction", reduction.rawValue)
    case .topK(let axis, let largest):
      attributes.add("axis", axis)
      attributes.add("largest", largest)
    case .nonZero(let isPadded): if isPadded { refusal = "results with room for the most" }
    case .compress(let axis): if let axis { attributes.add("axis", axis) }
    case .unique(let axis, let isSorted):
      if let axis { attributes.add("axis", axis) }
      attributes.add("sorted", isSorted)
    case .tile: break
    case .depthToSpace(let size, let order):
      attributes.add("blocksize", size)
      attributes.add("mode", order == .depthColumnRow ? "DCR" : "CRD")
    case .spaceToDepth(let size, let order):
      attributes.add("blocksize", size)
      if order != .depthColumnRow { refusal = "the order of its channels" }
    case .reverseSequence(let batchAxis, let timeAxis):
      attributes.add("batch_axis", batchAxis)
      attributes.add("time_axis", timeAxis)
    case .centerCropPad(let axes): if let axes { attributes.add("axes", axes) }
    }
  }

  mutating func add(_ sampling: Sampling) {
    switch sampling {
    case .grid(let sample):
      attributes.add("mode", sample.mode.rawValue)
      attributes.add("padding_mode", sample.padding.rawValue)
      attributes.add("align_corners", sample.alignCorners)
    case .affineGrid(let alignCorners): attributes.add("align_corners", alignCorners)
    case .regionAlign(let region):
      attributes.add("mode", region.takesMaximum ? "max" : "avg")
      attributes.add(
        "coordinate_transformation_mode", region.halfPixel ? "half_pixel" : "output_half_pixel")
      attributes.add("output_height", region.rows)
      attributes.add("output_width", region.columns)
      attributes.add("sampling_ratio", region.samples)
      attributes.add("spatial_scale", region.scale)
    case .regionMaximum(let rows, let columns, let scale):
      attributes.add("pooled_shape", [rows, columns])
      attributes.add("spatial_scale", scale)
    case .suppression(let centered, let isPadded):
      attributes.add("center_point_box", centered)
      if isPadded { refusal = "results with room for the most" }
    case .unpool(let window): add(window, withDilations: false)
    case .fromColumns(let strides, let dilations, let pads):
      if let strides { attributes.add("strides", strides) }
      if let dilations { attributes.add("dilations", dilations) }
      if let pads { attributes.add("pads", pads) }
    }
  }
}

extension Recurrent.Activation.Function {
  /// The name in ONNX.
  fileprivate var onnxName: String {
    switch self {
    case .affine: "Affine"
    case .relu: "Relu"
    case .sigmoid: "Sigmoid"
    case .tanh: "Tanh"
    case .softsign: "Softsign"
    case .softplus: "Softplus"
    case .leakyRelu: "LeakyRelu"
    case .thresholdedRelu: "ThresholdedRelu"
    case .scaledTanh: "ScaledTanh"
    case .hardSigmoid: "HardSigmoid"
    case .elu: "Elu"
    }
  }
}
