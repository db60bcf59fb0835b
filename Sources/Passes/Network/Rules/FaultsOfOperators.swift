import Basics
import IR
import Reference

extension Graph {
  /// What is wrong with a conversion between element types.
  func faultOfConversion(_ node: Node) -> Diagnostic? {
    switch node.op {
    case .quantize(let quantize):
      guard quantize.element.isInteger || quantize.saturates else {
        return fault(
          node, "does not saturate, to elements of type \(quantize.element.rawValue)",
          supported: "saturating conversion")
      }
    case .cast(let element, let saturates, let rounding):
      guard element.format != nil, element != .bf16 else { break }
      guard saturates, rounding == .up || element != .f8e8m0 else {
        return fault(
          node, "does not saturate, or round up, to elements of type \(element.rawValue)",
          supported: "saturating conversion")
      }
      guard
        element != .f8e8m0 || node.operands[0].map({ self[$0].type.element.isLongInteger }) != true
      else {
        return fault(
          node, "makes powers of two of long integers",
          supported: "floating-point numbers, and integers of up to 16 bits",
          help: "cast to f32 before")
      }
    default: break
    }
    return nil
  }

  /// What is wrong with the element types or the parameters with which an operator computes.
  func faultOfArithmetic(_ node: Node) -> Diagnostic? {
    switch node.op {
    case .reduce(let reduce) where reduce.kind.isOfRealNumbers:
      guard let x = node.operands[0], !self[x].type.element.isFloatingPoint else { break }
      return fault(
        node, "computes with elements of type \(self[x].type.element.rawValue)",
        supported: "f32, f16 and bf16: the host has no double precision",
        help: "cast its operand to f32")
    case .resize(let resize) where resize.mode != .nearest:
      guard let x = node.operands[0], !Self.interpolated.contains(self[x].type.element) else {
        break
      }
      return fault(
        node, "interpolates elements of type \(self[x].type.element.rawValue)",
        supported: "f32, f16, bf16 and integers of 8 and 16 bits; the mode nearest of all",
        help: "cast its operand to f32")
    case .unary(.shrink(let bias, _)):
      guard let x = node.operands[0], self[x].type.element.isInteger, bias != 0,
        self[x].type.element.byteCount > 2
      else { break }
      return fault(
        node, "has the bias \(bias) for elements of type \(self[x].type.element.rawValue)",
        supported: "a bias of 0, floating-point numbers, and integers of up to 16 bits")
    case .binary(.pow):
      guard let a = node.operands[0], let b = node.operands[1], self[a].type.element.isInteger,
        self[b].type.element.isFloatingPoint, !hasSmallWholeNumbers(b)
      else { break }
      return fault(
        node, "raises integers to powers of type \(self[b].type.element.rawValue)",
        supported: "integer powers, and constant whole ones from 0 to 63",
        help: "cast the base to f32, or the power to i64")
    case .conv:
      guard let result = node.results.first, !self[result].type.element.isFloatingPoint else {
        break
      }
      return fault(
        node, "multiplies elements of type \(self[result].type.element.rawValue)",
        supported: "convolutions of f32, f16 and integers of 8 bits")
    case .gemm(let gemm) where !gemm.factorsAre(self[node.results[0]].type.element):
      return fault(
        node,
        "has the factors \(gemm.alpha) and \(gemm.beta) for elements of type "
          + self[node.results[0]].type.element.rawValue,
        supported: "factors that the type has")
    default: break
    }
    return nil
  }

  /// What is wrong with the size or the form of what an operator makes.
  func faultOfForm(_ node: Node) -> Diagnostic? {
    switch node.op {
    case .constantOfShape where node.operands[0].flatMap { self[$0].constant } != nil,
      .identityMatrix:
      return fault(
        node, "fills more memory than folding allows",
        supported: "tensors that are computed when compiling, up to 1 GiB")
    case .fourier where fourierTableCount(of: node) ?? .max > Self.largestFourierTable:
      return fault(
        node, "transforms too many elements",
        supported: "transforms whose matrix has up to \(Self.largestFourierTable) elements",
        help: "split the transform, or leave it out of the network")
    case .sampling(.regionAlign(let region)):
      let shape = node.operands[0].flatMap { self[$0].type.fixedShape } ?? []
      guard shape.count == 4,
        region.samples > Self.mostSamples
          || region.tableCount(height: shape[2], width: shape[3]) > Self.largestTable
      else { break }
      return fault(
        node, "takes too many samples",
        supported:
          "a sampling_ratio of up to \(Self.mostSamples); of large images one that is not 0",
        help: "export the model with a sampling_ratio, such as 2")
    case let op
    where op.isAboutWindows
      && node.operands.compactMap { $0 }.allSatisfy {
        self[$0].type.fixedShape?.contains(0) == false
      }:
      return fault(
        node, "has windows that no table can list",
        supported: "up to \(Window.tableLimit) elements of all windows, each with one of the image",
        help: "give smaller sizes with --input-shape, or leave it out of the network")
    case .shape: return fault(node, "is not folded", supported: "a graph after folding")
    case .recurrent(let recurrent)
    where recurrent.activations.contains { $0.function == .thresholdedRelu }:
      return fault(
        node, "has the activation ThresholdedRelu",
        supported: "Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, Softplus, "
          + "Softsign, Tanh")
    default: break
    }
    return nil
  }

  /// The element types between whose numbers host code resizes.
  private static let interpolated: [ElementType] = [.f32, .f16, .bf16, .i8, .u8, .i16, .u16]

  /// Whether a value is a constant of whole numbers from 0 to 63.
  private func hasSmallWholeNumbers(_ value: ValueID) -> Bool {
    guard let tensor = tensor(of: value) else { return false }
    let cast = Node(name: "", op: .cast(to: .f32), operands: [value], results: [])
    let numbers = try? evaluate(cast, operands: [tensor]).first?.elements(of: Float.self)
    return numbers?.allSatisfy { 0...63 ~= $0 && $0 == $0.rounded() } ?? false
  }

  /// The most samples along each axis of a part of a region, and the most elements of a table of their weights.
  private static let (mostSamples, largestTable) = (256, 1 << 26)

  /// The most elements of the matrix of a Fourier transform.
  private static let largestFourierTable = 1 << 24

  /// The number of elements of the matrix by which host code transforms.
  private func fourierTableCount(of node: Node) -> Int? {
    let given = node.operands.count > 2 ? node.operands[2].flatMap(tensor) : nil
    guard let x = node.operands[0].flatMap({ self[$0].type.fixedShape }),
      let y = self[node.results[0]].type.fixedShape, x.count == y.count, let parts = x.last,
      let results = y.last
    else { return nil }
    var axis = -2
    if let given, given.type == .i64, let first = given.elements(of: Int64.self).first {
      axis = Int(first)
    }
    let place = axis < 0 ? axis + x.count : axis
    guard x.indices.contains(place) else { return nil }
    return elementCount([x[place], parts, y[place], results])
  }
}

extension Gemm {
  /// Whether alpha and beta are numbers of an element type.
  fileprivate func factorsAre(_ element: ElementType) -> Bool {
    guard let range = element.integerRange else { return true }
    return [alpha, beta].allSatisfy { factor in
      Int64(exactly: factor).map { $0 >= 0 || range.lowerBound < 0 } ?? false
    }
  }
}

extension ElementType {
  /// Whether the type is an integer of which f32 has not all numbers.
  fileprivate var isLongInteger: Bool { isInteger && byteCount > 2 }
}

extension ReduceKind {
  /// Whether results have fractions, also of integers.
  fileprivate var isOfRealNumbers: Bool {
    switch self {
    case .l2, .logSum, .logSumExp: true
    case .sum, .mean, .max, .min, .product, .l1, .sumSquare: false
    }
  }
}
