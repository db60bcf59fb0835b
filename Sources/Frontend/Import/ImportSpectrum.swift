import Basics
import IR

extension OperatorImport {
  /// DFT, STFT and windows.
  static let spectra = [
    OperatorImport("DFT", since: 17) { transform(&$0) },
    OperatorImport("STFT", since: 17) { shortTransform(&$0) },
    OperatorImport("HannWindow", since: 17) { window(&$0, [0.5, 0.5, 0]) },
    OperatorImport("HammingWindow", since: 17) { window(&$0, [25.0 / 46, 21.0 / 46, 0]) },
    OperatorImport("BlackmanWindow", since: 17) { window(&$0, [0.42, 0.5, 0.08]) },
  ]

  /// DFT, whose axis is an attribute before operator set 20.
  private static func transform(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...(node.opset >= 20 ? 3 : 2))
    node.expectOneResult()
    let axis: ImportedOperand =
      node.opset >= 20 ? .given(2) : .whole("axis", node.integer("axis", default: 1))
    let fourier = Fourier(isInverse: node.flag("inverse"), isOneSided: node.flag("onesided"))
    return .operation(.fourier(fourier), [.given(0), .given(1), axis])
  }

  /// STFT: the transforms of frames of the signal, each times a window.
  private static func shortTransform(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...4)
    node.expectOneResult()
    let isOneSided = node.flag("onesided", default: true)
    if !node.isGiven(2) && !node.isGiven(3) {
      node.fault("has neither a window nor a length of frames")
    }
    var steps = ImportedSteps()
    func scalar(_ x: ImportedOperand, _ index: Int) -> ImportedOperand {
      let type = node.operands[index]?.type.element
      return steps.cast(steps.reshape(x, []), from: type ?? .i64, to: .i64)
    }
    let step = scalar(.given(1), 1)
    let length =
      node.isGiven(3) ? scalar(.given(3), 3) : steps.squeeze(steps.shape(.given(2)), axes: [0])
    let size = steps.squeeze(steps.shape(.given(0), 1..<2), axes: [0])
    // The frames that fit, each beginning a step after the one before it.
    let room = steps.binary(.sub, size, length)
    let last = steps.binary(.add, steps.binary(.div, room, step), .whole("one", 1))
    let zero = ImportedOperand.whole("zero", 0)
    let frames = steps.add(.range, [zero, last, .whole("one", 1)], name: "range")
    let starts = steps.unsqueeze(steps.binary(.mul, frames, step), axes: [1])
    let within = steps.add(.range, [zero, length, .whole("one", 1)], name: "range")
    let places = steps.binary(.add, starts, within)
    var signal = steps.add(.gather(axis: 1), [.given(0), places], name: "gather")
    if node.isGiven(2) {
      signal = steps.binary(.mul, signal, steps.unsqueeze(.given(2), axes: [1]))
    }
    let fourier = Fourier(isOneSided: isOneSided)
    let result = steps.add(
      .fourier(fourier), [signal, .none, .whole("axis", 2)], name: "")
    return .steps(steps, results: [result])
  }

  /// A window: terms[0] − terms[1]·cos 2πi/n + terms[2]·cos 4πi/n, computed in single precision.
  private static func window(_ node: inout NodeImport, _ terms: [Float]) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let isPeriodic = node.flag("periodic", default: true)
    let type = node.integer("output_datatype", default: 1)
    let element = Int32(exactly: type).flatMap { OnnxElementType(rawValue: $0).elementType }
    if element == nil { node.fault("attribute output_datatype is \(type)") }
    var steps = ImportedSteps()
    let size = steps.cast(steps.reshape(.given(0), []), to: .f32)
    func number(_ name: String, _ value: Float) -> ImportedOperand {
      .made(name, Tensor(scalar: value))
    }
    let places = steps.add(.range, [number("zero", 0), size, number("one", 1)], name: "range")
    let period = isPeriodic ? size : steps.binary(.sub, size, number("one", 1))
    let turn = steps.binary(.mul, places, number("turn", 2 * Float.pi))
    let angle = steps.binary(.div, turn, period)
    let first = steps.binary(
      .mul, steps.unary(.cos, angle), number("first", -terms[1]))
    var sum = steps.binary(.add, first, number("constant", terms[0]))
    if terms[2] != 0 {
      let double = steps.unary(.cos, steps.binary(.mul, angle, number("two", 2)))
      let second = steps.binary(.mul, double, number("second", terms[2]))
      sum = steps.binary(.add, sum, second)
    }
    let result = steps.cast(sum, to: element ?? .f32, name: "")
    return .steps(steps, results: [result])
  }
}
