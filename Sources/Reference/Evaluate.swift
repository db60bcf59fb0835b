import Basics
import IR

/// Computes the results of one node from its operands; `nil` stands for one that is left out.
///
/// Each element type has its own arithmetic: f16 and bf16 are computed in f32 and each result
/// rounded, f64 in double precision, integers wrap. Sums run in a fixed order, so that the results are the same
/// on every machine. Shapes are those of the operands, whatever the types in a graph say.
///
/// Throws `Diagnostics` that name node and operator if the operands do not fit.
public func evaluate(_ node: Node, operands: [Tensor?]) throws -> [Tensor] {
  do {
    for case let operand? in operands { _ = try elementCount(operand.shape, of: operand.type) }
    if case .control(let control) = node.op {
      return try evaluate(control, of: node, Operands(operands))
    }
    return try evaluate(node.op, Operands(operands), resultCount: node.results.count)
  } catch let fault as Fault {
    throw Diagnostics(
      Diagnostic(
        node: node.name, op: node.op.onnxName, fault.message, supported: fault.supported))
  } catch var diagnostics as Diagnostics {
    for index in diagnostics.items.indices where diagnostics.items[index].node == nil {
      diagnostics.items[index].node = node.name
      diagnostics.items[index].op = node.op.onnxName
    }
    throw diagnostics
  }
}

private func evaluate(_ op: Op, _ operands: Operands, resultCount: Int) throws -> [Tensor] {
  guard op.isArithmetic, let type = operands[0]?.type, type.isHalf else {
    return try results(of: op, operands, count: resultCount)
  }
  // Truth values and positions are results as they are.
  return try results(of: op, operands.widened(), count: resultCount).map {
    $0.type == .f32 ? try cast($0, to: type) : $0
  }
}

private func results(of op: Op, _ operands: Operands, count: Int) throws -> [Tensor] {
  switch op {
  case .split(let axis): try split(axis: axis, count: count, operands)
  case .movement(let movement): try evaluate(movement, operands)
  case .pool(let parameters): try pool(parameters, operands)
  case .recurrent(let parameters): try recurrence(parameters, operands)
  default: [try evaluate(op, operands)]
  }
}

private func evaluate(_ op: Op, _ operands: Operands) throws -> Tensor {
  switch op {
  case .conv(let parameters): try convolution(parameters, operands)
  case .gemm(let parameters): try gemm(parameters, operands)
  case .matMul(let parameters): try matMul(parameters, operands)
  case .batchNormalization(let epsilon): try batchNormalization(epsilon: epsilon, operands)
  case .unary(let function): try unary(function, operands)
  case .binary(let function): try binary(function, operands)
  case .clip: try clip(operands)
  case .softmax(let parameters): try softmax(parameters, operands)
  case .pool(let parameters): try pool(parameters, operands)[0]
  case .globalPool(let kind): try globalPool(kind, operands)
  case .reduce(let parameters): try reduce(parameters, operands)
  case .extremum(let parameters): try extremum(parameters, operands)
  case .cumulative(let parameters): try cumulative(parameters, operands)
  case .select: try select(operands)
  case .expand: try expand(operands)
  case .determinant: try determinant(operands)
  case .fourier(let parameters): try fourier(parameters, operands)
  case .triangle(let upper): try triangle(upper: upper, operands)
  case .identityMatrix(let element, let offset):
    try identityMatrix(element: element, offset: offset, operands)
  case .range: try range(operands)
  case .concat(let axis): try concat(axis: axis, operands)
  case .split(let axis): try split(axis: axis, count: 1, operands)[0]
  case .slice: try slice(operands)
  case .pad(let mode): try pad(mode, operands)
  case .reshape(let allowZero): try reshape(allowZero: allowZero, operands)
  case .flatten(let axis): try flatten(axis: axis, operands)
  case .transpose(let permutation): try transpose(permutation: permutation, operands)
  case .squeeze: try squeeze(operands)
  case .unsqueeze: try unsqueeze(operands)
  case .gather(let axis): try gather(axis: axis, operands)
  case .shape(let start, let end): try shape(start: start, end: end, operands)
  case .cast(let type, let saturates, let rounding):
    try cast(operands.required(0, "x"), to: type, saturates: saturates, rounding: rounding)
  case .quantize(let parameters): try quantize(parameters, operands)
  case .dequantize(let parameters): try dequantize(parameters, operands)
  case .constantOfShape(let element, let bits):
    try constantOfShape(element: element, bits: bits, operands)
  case .resize(let parameters): try resize(parameters, operands)
  case .recurrent(let parameters): try recurrence(parameters, operands)[0]
  case .movement(let movement): try evaluate(movement, operands)[0]
  case .control: preconditionFailure("regions are evaluated with their node")
  case .sampling(let sampling): try evaluate(sampling, operands)
  case .einsum(let equation): try einsum(equation, operands)
  }
}

extension Op {
  /// Whether results are computed, not only moved, so that f16 and bf16 have to be widened.
  fileprivate var isArithmetic: Bool {
    switch self {
    case .conv, .gemm, .matMul, .batchNormalization, .binary, .clip, .softmax, .pool, .globalPool,
      .reduce, .extremum, .cumulative, .determinant, .fourier, .range, .resize, .recurrent,
      .sampling, .einsum:
      true
    case .unary(let function): function != .identity
    case .concat, .split, .slice, .pad, .reshape, .flatten, .transpose, .squeeze, .unsqueeze,
      .gather, .shape, .cast, .quantize, .dequantize, .constantOfShape, .select, .expand, .triangle,
      .identityMatrix,
      .movement, .control:
      false
    }
  }
}
