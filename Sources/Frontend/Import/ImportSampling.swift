import IR

extension OperatorImport {
  /// Operators that sample images, and those about regions.
  static let samplings = [
    OperatorImport("GridSample", since: 16) { gridSample(&$0) },
    OperatorImport("AffineGrid", since: 20) { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      return .operation(
        .sampling(.affineGrid(alignCorners: node.flag("align_corners"))), [.given(0), .given(1)])
    },
    OperatorImport("RoiAlign", since: 10) { roiAlign(&$0) },
    OperatorImport("MaxRoiPool") { maxRoiPool(&$0) },
    OperatorImport("NonMaxSuppression", since: 10) { node in
      node.expectOperands(2...5)
      node.expectOneResult()
      return .operation(
        .sampling(.suppression(centered: node.flag("center_point_box"), isPadded: false)),
        (0..<5).map(ImportedOperand.given))
    },
    OperatorImport("MaxUnpool", since: 9) { node in
      node.expectOperands(2...3)
      node.expectOneResult()
      let kernel = node.requiredIntegers("kernel_shape")
      return .operation(
        .sampling(.unpool(node.explicitWindow(kernel: kernel))), (0..<3).map(ImportedOperand.given))
    },
    OperatorImport("Col2Im", since: 18) { node in
      node.expectOperands(3...3)
      node.expectOneResult()
      let op = Sampling.fromColumns(
        strides: node.integers("strides"), dilations: node.integers("dilations"),
        pads: node.integers("pads"))
      return .operation(.sampling(op), (0..<3).map(ImportedOperand.given))
    },
    OperatorImport("Einsum", since: 12) { node in
      node.expectOperands(1...Int.max)
      node.expectOneResult()
      let equation = node.text("equation") ?? ""
      return .operation(
        .einsum(equation: equation), node.operands.indices.map(ImportedOperand.given))
    },
  ]

  /// GridSample, whose modes have other names before operator set 20.
  private static func gridSample(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let modes: [(String, GridSample.Mode)] =
      node.opset >= 20
      ? [("linear", .linear), ("nearest", .nearest), ("cubic", .cubic)]
      : [("bilinear", .linear), ("nearest", .nearest), ("bicubic", .cubic)]
    let mode = node.word("mode", of: modes.map(\.0))
    let padding = node.word("padding_mode", of: GridSample.Padding.allCases.map(\.rawValue))
    let sample = GridSample(
      mode: modes.first { $0.0 == mode }?.1 ?? .linear,
      padding: GridSample.Padding(rawValue: padding) ?? .zeros,
      alignCorners: node.flag("align_corners"))
    return .operation(.sampling(.grid(sample)), [.given(0), .given(1)])
  }

  private static func roiAlign(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...3)
    node.expectOneResult()
    var region = RegionAlign()
    region.takesMaximum = node.word("mode", of: ["avg", "max"]) == "max"
    region.halfPixel =
      node.opset >= 16
      && node.word("coordinate_transformation_mode", of: ["half_pixel", "output_half_pixel"])
        == "half_pixel"
    region.rows = node.size("output_height", default: 1, least: 1)
    region.columns = node.size("output_width", default: 1, least: 1)
    region.samples = node.size("sampling_ratio", default: 0, least: 0)
    region.scale = node.float("spatial_scale", default: 1)
    return .operation(.sampling(.regionAlign(region)), (0..<3).map(ImportedOperand.given))
  }

  private static func maxRoiPool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let shape = node.requiredIntegers("pooled_shape")
    if node.faults.isEmpty, shape.count != 2 || !shape.allSatisfy({ 1...Int(Int32.max) ~= $0 }) {
      node.fault("attribute pooled_shape is \(shape)")
    }
    let scale = node.float("spatial_scale", default: 1)
    return .operation(
      .sampling(.regionMaximum(rows: shape.first ?? 1, columns: shape.last ?? 1, scale: scale)),
      [.given(0), .given(1)])
  }
}

extension NodeImport {
  /// A size that must be between `least` and what fits 31 bits.
  fileprivate mutating func size(_ name: String, default value: Int, least: Int) -> Int {
    let size = integer(name, default: value)
    if !(least...Int(Int32.max) ~= size) { fault("attribute \(name) is \(size)") }
    return size
  }
}
