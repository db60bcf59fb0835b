import Basics
import IR

extension OperatorImport {
  /// ConvTranspose.
  static let transposedConvolutions = [OperatorImport("ConvTranspose") { convTranspose(&$0) }]

  /// A transposed convolution becomes one convolution for each phase of the strides: results whose
  /// position has the same remainder come from the same taps of the kernel, and as a convolution
  /// without stride. So no zero is multiplied, and the phases share the crossbars that the weights
  /// need. The phases' results are then interleaved.
  private static func convTranspose(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    let groups = node.integer("group", default: 1)
    let weights = node.operands[1]?.type.fixedShape
    let axes = node.transposedAxes(weights: weights)
    guard let weights, weights.count == axes.count + 2, !axes.isEmpty else {
      node.operandFault("takes weights whose shape is known, and 1 to 3 spatial dimensions")
      return .operation(.unary(.identity), [.given(0)])
    }
    if groups < 1 || weights[0] % max(groups, 1) != 0 {
      node.fault("attribute group is \(groups), for \(weights[0]) channels")
    }
    let phases = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.stride).partialValue }
    let tooMany = axes.contains { $0.stride > 64 } || phases > 1024
    if tooMany { node.fault("has strides \(axes.map(\.stride))", supported: "up to 1024 phases") }
    guard node.faults.isEmpty else { return .operation(.unary(.identity), [.given(0)]) }

    var steps = ImportedSteps()
    let hasBias = node.isGiven(2)
    let isWhole = axes.allSatisfy { axis in axis.phases.allSatisfy { $0 != nil } }
    let kernel = steps.convolutionWeights(weights, groups: groups)
    var results = phaseIndices(axes).map { index -> ImportedOperand? in
      steps.phase(
        index, of: axes, kernel: kernel, groups: groups,
        bias: hasBias && isWhole ? .given(2) : .none)
    }
    if !isWhole, let some = results.first(where: { $0 != nil }) ?? nil {
      let zeros = steps.zeros(like: some, node.operands[0]?.type.element ?? .f32)
      results = results.map { $0 ?? zeros }
    }
    var result = steps.interleaved(results.compactMap { $0 }, axes)
    result = steps.cut(result, axes)
    result = steps.cutToOpenSizes(result, axes)
    if hasBias && !isWhole {
      let bias = steps.unsqueeze(.given(2), axes: Array(1...axes.count))
      result = steps.binary(.add, result, bias)
    }
    return .steps(steps, results: [result])
  }

  /// The remainders along all axes, the last changing fastest.
  private static func phaseIndices(_ axes: [TransposedAxis]) -> [[Int]] {
    axes.reduce([[]]) { indices, axis in
      indices.flatMap { index in (0..<axis.stride).map { index + [$0] } }
    }
  }
}

extension NodeImport {
  /// The spatial dimensions of a transposed convolution; none if there is a fault.
  fileprivate mutating func transposedAxes(weights: [Int]?) -> [TransposedAxis] {
    let kernel = integers("kernel_shape") ?? weights.map { Array($0.dropFirst(2)) } ?? []
    let rank = kernel.count
    if let weights, Array(weights.dropFirst(2)) != kernel {
      operandFault("attribute kernel_shape is \(kernel), but its weights have \(weights)")
    }
    let ones = [Int](repeating: 1, count: rank)
    let zeros = [Int](repeating: 0, count: rank)
    let mode = word("auto_pad", of: ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])
    let strides = bounded("strides", default: ones, from: 1)
    let dilations = bounded("dilations", default: ones, from: 1)
    let pads = bounded("pads", default: zeros + zeros, from: 0)
    let outputPadding = bounded("output_padding", default: zeros, from: 0)
    let outputShape = integers("output_shape")
    let sizes = operands[0]?.type.shape?.dropFirst(2).map(\.value) ?? []
    if kernel.contains(where: { !(1...Self.largest).contains($0) }) {
      fault("attribute kernel_shape holds \(kernel)")
    }
    // Batch and channels may come before the spatial sizes.
    let wanted = outputShape.map { Array($0.suffix(rank)) }
    if let wanted, let size = wanted.first(where: { !(1...Self.largest).contains($0) }) {
      fault("attribute output_shape holds \(size)")
      return []
    }
    if outputShape != nil, operands[0]?.type.shape == nil {
      operandFault("has an output_shape, and an operand 0 of an unknown number of dimensions")
      return []
    }
    if let wanted, wanted.count != rank || sizes.count != rank {
      operandFault("attribute output_shape holds \(wanted), for \(sizes.count) spatial dimensions")
      return []
    }
    guard faults.isEmpty, (1...3).contains(rank) else { return [] }
    return (0..<rank).map { axis in
      var result = TransposedAxis(
        kernel: kernel[axis], stride: strides[axis], dilation: dilations[axis])
      // How far the results of one more element of padding would reach.
      let reach = result.span - result.stride + outputPadding[axis]
      var total = pads[axis] + pads[rank + axis]
      result.begin = pads[axis]
      if let wanted {
        result.wanted = wanted[axis]
        guard let size = sizes[axis] else {
          result.begin = 0
          // The model may ask for less than one stride more than there is.
          result.end = reach + result.stride - 1
          result.cut = TransposedAxis.OpenCut(
            excess: reach - wanted[axis], takesMoreAtEnd: mode == "SAME_UPPER")
          return result
        }
        total = result.stride * size + reach - wanted[axis]
      } else if mode == "SAME_UPPER" || mode == "SAME_LOWER" {
        total = reach
      } else if mode == "VALID" {
        total = 0
        result.begin = 0
      }
      if wanted != nil || mode.hasPrefix("SAME") {
        let half = max(total, 0) / 2
        result.begin = mode == "SAME_UPPER" ? half : max(total, 0) - half
      }
      result.end = reach - (total - result.begin)
      return result
    }
  }

  /// The greatest entry of a list that says where windows lie.
  private static let largest = 1 << 20

  /// A list of as many integers as `values` has, each from `least` to 2²⁰.
  private mutating func bounded(
    _ name: String, default values: [Int], from least: Int
  ) -> [Int] {
    guard let list = integers(name) else { return values }
    if list.count != values.count {
      fault("attribute \(name) has \(list.count) entries instead of \(values.count)")
      return values
    }
    if let entry = list.first(where: { !(least...Self.largest).contains($0) }) {
      fault("attribute \(name) holds \(entry)")
    }
    return list
  }
}

/// One spatial dimension of a transposed convolution.
///
/// Element i of the operand and tap t of the kernel meet in position i·stride + t·dilation; the result
/// is the positions from `begin` to size·stride + `end`, less what `cut` takes away.
private struct TransposedAxis {
  var kernel: Int
  var stride: Int
  var dilation: Int
  var begin = 0
  var end = 0
  /// The size of the result that the model states.
  var wanted: Int?
  /// What is cut off once the size of the operand is known.
  var cut: OpenCut?

  /// What is cut off at both ends together: size·stride + `excess` positions, or none if that is negative.
  struct OpenCut {
    var excess: Int
    /// Whether the end loses more than the beginning where an odd number of positions is cut off.
    var takesMoreAtEnd: Bool
  }

  /// How many positions the kernel covers.
  var span: Int { (kernel - 1) * dilation + 1 }

  /// The taps that meet in positions of one remainder: every `step`-th from `first` on. The first of
  /// them is `shift` elements late, each further one `dilation` elements more.
  struct Phase {
    var first: Int
    var step: Int
    var count: Int
    var shift: Int
    var dilation: Int
    /// How many elements late the last tap is.
    var latest: Int { shift + (count - 1) * dilation }
  }

  /// The phase of each remainder; `nil` where no tap meets.
  var phases: [Phase?] {
    (0..<stride).map { remainder in
      let first = (0..<min(kernel, stride)).first { $0 * dilation % stride == remainder }
      guard let first else { return nil }
      let common = greatestCommonDivisor(stride, dilation)
      let step = stride / common
      return Phase(
        first: first, step: step, count: (kernel - first + step - 1) / step,
        shift: (first * dilation - remainder) / stride, dilation: dilation / common)
    }
  }

  /// The first position of every phase that is computed, in strides.
  var first: Int { min(begin / stride, phases.compactMap { $0?.latest }.min() ?? 0) }

  /// How many more positions than the operand has every phase goes to.
  var excess: Int {
    let end = end > 0 ? (end + stride - 1) / stride : end / stride
    return max(end, phases.compactMap { $0?.shift }.max() ?? 0)
  }
}

extension ImportedSteps {
  /// The weights, inputs × outputs of a group × kernel, as a convolution has them: outputs × inputs
  /// of a group × kernel.
  fileprivate mutating func convolutionWeights(_ shape: [Int], groups: Int) -> ImportedOperand {
    let kernel = Array(shape[2...])
    let spatial = Array(2..<shape.count)
    guard groups > 1 else { return transpose(.given(1), [1, 0] + spatial) }
    let inputs = shape[0] / groups
    let grouped = reshape(.given(1), [groups, inputs, shape[1]] + kernel)
    let turned = transpose(grouped, [0, 2, 1] + spatial.map { $0 + 1 })
    return reshape(turned, [groups * shape[1], inputs] + kernel)
  }

  /// The convolution of one phase; `nil` if no tap meets.
  fileprivate mutating func phase(
    _ index: [Int], of axes: [TransposedAxis], kernel: ImportedOperand, groups: Int,
    bias: ImportedOperand
  ) -> ImportedOperand? {
    let phases = zip(axes, index).compactMap { axis, remainder in axis.phases[remainder] }
    guard phases.count == axes.count else { return nil }
    // A convolution meets its taps in the other order.
    let weights = slice(
      kernel, axes: Array(2..<axes.count + 2),
      starts: phases.map { $0.first + ($0.count - 1) * $0.step },
      ends: axes.map { -$0.kernel - 1 }, steps: phases.map { -$0.step })
    let window = Window(
      kernel: phases.map(\.count), strides: axes.map { _ in 1 }, dilations: phases.map(\.dilation),
      padding: .explicit(
        begin: zip(axes, phases).map { axis, phase in phase.latest - axis.first },
        end: zip(axes, phases).map { axis, phase in axis.excess - phase.shift }))
    let name = axes.allSatisfy { $0.stride == 1 } ? "" : "phase"
    return add(
      .conv(Convolution(window: window, groups: groups)), [.given(0), weights, bias], name: name)
  }

  /// Zeros in the shape of `x`.
  fileprivate mutating func zeros(like x: ImportedOperand, _ element: ElementType)
    -> ImportedOperand
  {
    let shape = shape(x)
    return add(.constantOfShape(element: element, bits: 0), [shape], name: "zeros")
  }

  /// The results of all phases, batch × channels × positions, in one.
  fileprivate mutating func interleaved(
    _ phases: [ImportedOperand], _ axes: [TransposedAxis]
  ) -> ImportedOperand {
    let rank = axes.count + 2
    var parts = phases
    for (axis, transposed) in axes.enumerated().reversed() where transposed.stride > 1 {
      let stride = transposed.stride
      // The dimension and the remainders are merged at the end, where no size has to be known.
      let others = (0..<rank).filter { $0 != axis + 2 }
      let back = (0..<rank).map { $0 == axis + 2 ? rank - 1 : $0 < axis + 2 ? $0 : $0 - 1 }
      parts = grouped(parts, by: stride).map { group in
        let columns = group.map { unsqueeze($0, axes: [rank]) }
        let stacked = concat(columns, axis: rank)
        let turned = transpose(stacked, others + [axis + 2, rank])
        let merged = reshape(turned, [Int](repeating: 0, count: rank - 1) + [-1])
        return transpose(merged, back)
      }
    }
    return parts[0]
  }

  /// What of the positions is asked for.
  fileprivate mutating func cut(_ x: ImportedOperand, _ axes: [TransposedAxis]) -> ImportedOperand {
    let cuts = axes.enumerated().compactMap { axis, transposed -> (Int, Int, Int)? in
      let start = transposed.begin - transposed.first * transposed.stride
      let end = transposed.end - transposed.excess * transposed.stride
      return start == 0 && end == 0 ? nil : (axis + 2, start, end == 0 ? Int.max : end)
    }
    guard !cuts.isEmpty else { return x }
    return slice(x, axes: cuts.map(\.0), starts: cuts.map(\.1), ends: cuts.map(\.2))
  }
}

extension ImportedSteps {
  /// What of the positions is asked for along axes whose size the model leaves open.
  fileprivate mutating func cutToOpenSizes(
    _ x: ImportedOperand, _ axes: [TransposedAxis]
  ) -> ImportedOperand {
    var result = x
    for (axis, transposed) in axes.enumerated() {
      guard let cut = transposed.cut else { continue }
      let size = shape(.given(0), axis + 2..<axis + 3)
      let positions = binary(.mul, size, .whole("stride", transposed.stride))
      let total = binary(.add, positions, .whole("excess", cut.excess))
      // Where one stride more or above is wanted than there is, the shape at the end does not fit.
      let most = binary(.max, total, .whole("none", 0))
      let half = binary(.div, most, .whole("two", 2))
      let start = cut.takesMoreAtEnd ? half : binary(.sub, most, half)
      let end = binary(.add, start, .whole("wanted", transposed.wanted ?? 0))
      result = add(
        .slice, [result, start, end, .list("axes", [axis + 2]), .none], name: "slice")
    }
    guard axes.contains(where: { $0.cut != nil }) else { return x }
    return reshape(result, [0, 0] + axes.compactMap(\.wanted))
  }
}

/// `items` in groups of `count`.
private func grouped<T>(_ items: [T], by count: Int) -> [[T]] {
  stride(from: 0, to: items.count, by: count).map { Array(items[$0..<$0 + count]) }
}
