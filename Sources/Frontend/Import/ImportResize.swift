import Basics
import IR

extension OperatorImport {
  /// Resize.
  static let resizing = [
    OperatorImport("Resize", since: 10) { $0.opset >= 11 ? resize(&$0) : oldResize(&$0) }
  ]

  private static func resize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...4)
    node.expectOneResult()
    let mode = Resize.Mode(rawValue: node.word("mode", of: ["nearest", "linear"])) ?? .nearest
    var coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    if node.opset < 13 { coordinates.append("tf_half_pixel_for_nn") }
    if node.opset >= 19 { coordinates.append("half_pixel_symmetric") }
    let transformation = node.word("coordinate_transformation_mode", of: coordinates)
    let rounding = node.word("nearest_mode", of: Resize.Rounding.allCases.map(\.rawValue))
    // These two are about cubic interpolation and about crops.
    node.ignore("cubic_coeff_a")
    node.ignore("extrapolation_value")
    if node.flag("exclude_outside") && mode != .nearest {
      node.fault("attribute exclude_outside is 1, which is not supported", supported: "0")
    }
    var aspect = Resize.Aspect.stretch
    var axes: [Int]?
    if node.opset >= 18 {
      if node.flag("antialias") {
        node.fault("attribute antialias is 1, which is not supported", supported: "0")
      }
      axes = node.integers("axes")
      let policy = node.word(
        "keep_aspect_ratio_policy", of: Resize.Aspect.allCases.map(\.rawValue))
      aspect = Resize.Aspect(rawValue: policy) ?? .stretch
    }
    let resize = Resize(
      mode: mode, coordinates: Resize.Coordinates(rawValue: transformation) ?? .halfPixel,
      rounding: Resize.Rounding(rawValue: rounding) ?? .preferFloor, axes: axes, aspect: aspect)
    // Before operator set 13 scales that are not wanted are an empty tensor.
    let isGiven = (0..<4).map { index in
      index < node.operands.count && node.operands[index].map { $0.constant?.count != 0 } ?? false
    }
    if isGiven[2] == isGiven[3] {
      node.operandFault(isGiven[2] ? "has both scales and sizes" : "has neither scales nor sizes")
    }
    // The region is about crops.
    return .operation(
      .resize(resize),
      [.given(0), .none, isGiven[2] ? .given(2) : .none, isGiven[3] ? .given(3) : .none])
  }

  /// Resize of operator set 10, which has no attributes for coordinates and rounding: an output
  /// position is divided by the scale and rounded down, or up where the tensor shrinks, as ONNX
  /// Runtime does.
  private static func oldResize(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let mode = Resize.Mode(rawValue: node.word("mode", of: ["nearest", "linear"])) ?? .nearest
    var rounding = Resize.Rounding.floor
    if mode == .nearest, node.operands.count == 2, let scales = node.operands[1] {
      if let constant = scales.constant, constant.type == .f32 {
        let factors = constant.elements(of: Float.self)
        if factors.contains(where: { $0 < 1 }) {
          rounding = .ceil
          if factors.contains(where: { $0 > 1 }) {
            node.fault("shrinks one dimension and enlarges another, which is not supported")
          }
        }
      } else {
        node.operandFault("has scales that are no constant of type f32, which is not supported")
      }
    }
    return .operation(
      .resize(Resize(mode: mode, coordinates: .asymmetric, rounding: rounding)),
      [.given(0), .none, .given(1), .none])
  }
}
