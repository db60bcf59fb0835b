import IR

/// What passes change of the operator of a product.
extension Op {
  /// The same product, in which negative results become 0 if `relu`.
  func rectified(_ relu: Bool) -> Op {
    switch self {
    case .conv(var convolution):
      convolution.relu = relu
      return .conv(convolution)
    case .gemm(var gemm):
      gemm.relu = relu
      return .gemm(gemm)
    case .matMul(var matMul):
      matMul.relu = relu
      return .matMul(matMul)
    default: return self
    }
  }

  /// The same convolution without padding.
  var withoutPadding: Op {
    guard case .conv(var convolution) = self else { return self }
    let none = convolution.window.kernel.map { _ in 0 }
    convolution.window.padding = .explicit(begin: none, end: none)
    return .conv(convolution)
  }
}

extension Node {
  /// Lets the node read `new` where it reads `old`.
  mutating func replace(_ old: ValueID, with new: ValueID) {
    for index in operands.indices where operands[index] == old { operands[index] = new }
  }
}
