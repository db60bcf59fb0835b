import Basics
import IR

extension OperatorImport {
  /// Resize and what was there before it.
  static let resizing = [
    OperatorImport("Resize", since: 10) { $0.opset >= 11 ? resize(&$0) : oldResize(&$0) },
    OperatorImport("Upsample") { upsample(&$0) },
  ]

  /// Upsample, whose scales are an attribute before operator set 9, and which operator set 10 ends.
  private static func upsample(_ node: inout NodeImport) -> ImportedNode {
    node.expectOneResult()
    if node.opset >= 10 { node.fault("is not in this operator set", help: "use Resize") }
    let mode = Resize.Mode(rawValue: node.word("mode", of: ["nearest", "linear"])) ?? .nearest
    let op = Op.resize(Resize(mode: mode, coordinates: .asymmetric, rounding: .floor))
    guard node.opset < 9 else {
      node.expectOperands(2...2)
      return .operation(op, [.given(0), .none, .given(1), .none])
    }
    node.expectOperands(1...1)
    let scales = node.floats("scales") ?? []
    if scales.isEmpty { node.fault("attribute scales is missing") }
    return .operation(
      op, [.given(0), .none, .made("scales", Tensor(scales, shape: [scales.count])), .none])
  }

  private static func resize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...4)
    node.expectOneResult()
    let words = Resize.Mode.allCases.map(\.rawValue)
    let mode = Resize.Mode(rawValue: node.word("mode", of: words)) ?? .nearest
    var coordinates = [
      "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    ]
    if node.opset < 13 { coordinates.append("tf_half_pixel_for_nn") }
    if node.opset >= 19 { coordinates.append("half_pixel_symmetric") }
    let transformation = node.word("coordinate_transformation_mode", of: coordinates)
    let rounding = node.word("nearest_mode", of: Resize.Rounding.allCases.map(\.rawValue))
    var resize = Resize(
      mode: mode, coordinates: Resize.Coordinates(rawValue: transformation) ?? .halfPixel,
      rounding: Resize.Rounding(rawValue: rounding) ?? .preferFloor)
    resize.cubicCoefficient = node.float("cubic_coeff_a", default: -0.75)
    resize.extrapolation = node.float("extrapolation_value", default: 0)
    resize.excludesOutside = node.flag("exclude_outside") && mode != .nearest
    if node.opset >= 18 {
      resize.antialiases = node.flag("antialias")
      if resize.antialiases && mode == .nearest {
        node.fault("attribute antialias is 1 in mode nearest", supported: "linear and cubic")
      }
      resize.axes = node.integers("axes")
      let policy = node.word(
        "keep_aspect_ratio_policy", of: Resize.Aspect.allCases.map(\.rawValue))
      resize.aspect = Resize.Aspect(rawValue: policy) ?? .stretch
    }
    // Before operator set 13 scales that are not wanted are an empty tensor.
    let isGiven = (0..<4).map { index in
      node.operands[index].map { $0.constant?.count != 0 } ?? false
    }
    if isGiven[2] == isGiven[3] {
      node.operandFault(isGiven[2] ? "has both scales and sizes" : "has neither scales nor sizes")
    }
    let isCropped = resize.coordinates == .cropAndResize
    return .operation(
      .resize(resize),
      [
        .given(0), isCropped ? .given(1) : .none, isGiven[2] ? .given(2) : .none,
        isGiven[3] ? .given(3) : .none,
      ])
  }

  /// Resize of operator set 10, which has no attributes for coordinates and rounding: an output
  /// position is divided by the scale and rounded down, or up along an axis that shrinks, as ONNX
  /// Runtime does.
  private static func oldResize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let mode = Resize.Mode(rawValue: node.word("mode", of: ["nearest", "linear"])) ?? .nearest
    func op(_ rounding: Resize.Rounding) -> Op {
      .resize(Resize(mode: mode, coordinates: .asymmetric, rounding: rounding))
    }
    guard mode == .nearest, node.operands.count == 2, let scales = node.operands[1] else {
      return .operation(op(.floor), [.given(0), .none, .given(1), .none])
    }
    guard let constant = scales.constant, constant.type == .f32 else {
      node.operandFault("has scales that are no constant of type f32, which is not supported")
      return .operation(op(.floor), [.given(0), .none, .given(1), .none])
    }
    let factors = constant.elements(of: Float.self)
    let rounding: Resize.Rounding = factors.contains { $0 < 1 } ? .ceil : .floor
    guard rounding == .ceil, factors.contains(where: { $0 > 1 }) else {
      return .operation(op(rounding), [.given(0), .none, .given(1), .none])
    }
    // The nearest element is found for each axis by itself.
    func part(_ name: String, _ keeps: (Float) -> Bool) -> ImportedOperand {
      .made(name, Tensor(factors.map { keeps($0) ? $0 : 1 }, shape: [factors.count]))
    }
    var steps = ImportedSteps()
    let smaller = steps.add(
      op(.ceil), [.given(0), .none, part("smaller", { $0 < 1 }), .none], name: "smaller")
    let larger = steps.add(
      op(.floor), [smaller, .none, part("larger", { $0 > 1 }), .none], name: "")
    return .steps(steps, results: [larger])
  }
}
