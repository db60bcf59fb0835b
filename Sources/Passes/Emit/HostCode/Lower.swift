import Basics
import IR
import Program

extension Emitter {
  /// Writes the host code of a node in terms of the closed set of instructions.
  mutating func lower(_ node: Node) {
    self.node = node
    let element = graph[result].type.element
    guard node.op.takesSteps, element.isFloatingPoint, element != .f32 else { return lowerOp() }
    // Only the result is rounded to its type, not what it is computed of.
    let value = result
    let wide = scratch("wide", element: .f32, shape: shape(value))
    setMemory(of: value, to: wide.buffer)
    lowerOp()
    setMemory(of: value, to: nil)
    host(.cast, to: view(value), from: [wide])
  }

  private mutating func lowerOp() {
    switch node.op {
    case .conv(let convolution): lower(convolution)
    case .gemm(let gemm): lower(gemm)
    case .matMul(let matMul): lower(matMul)
    case .unary(let function): lower(function)
    case .binary(let function): lower(function)
    case .clip: lowerClip()
    case .softmax(let softmax): lower(softmax)
    case .pool(let pool): lower(pool)
    case .globalPool(let kind): lowerGlobalPool(kind)
    case .reduce(let reduce): lower(reduce)
    case .concat(let axis): lowerConcat(axis)
    case .split(let axis): lowerSplit(axis)
    case .slice: lowerSlice()
    case .pad(let mode): lowerPad(mode)
    case .reshape, .flatten, .squeeze, .unsqueeze: share(operand(0), with: result)
    case .transpose(let permutation):
      host(.copy, to: view(result), from: [view(operand(0)).transposed(permutation)])
    case .gather(let axis): lowerGather(axis)
    case .cast: host(.cast, to: view(result), from: [view(operand(0))])
    case .quantize(let quantize): lower(quantize)
    case .dequantize(let dequantize): lower(dequantize)
    case .resize(let resize): lower(resize)
    case .movement(let movement): lower(movement)
    case .extremum(let extremum): lower(extremum)
    case .cumulative(let cumulative): lower(cumulative)
    case .select: lowerSelect()
    case .expand: lowerExpand()
    case .triangle(let upper): lowerTriangle(upper: upper)
    case .einsum(let equation): lowerEinsum(equation)
    case .recurrent(let recurrent): lower(recurrent, on: nil)
    case .fourier: lowerFourier()
    case .sampling(.grid(let sample)): lower(sample)
    case .sampling(.affineGrid(let alignCorners)): lowerAffineGrid(alignCorners: alignCorners)
    case .sampling(.suppression(let centered, _)): lowerSuppression(centered: centered)
    case .sampling(.regionAlign(let region)): lower(region)
    case .determinant, .identityMatrix, .range, .batchNormalization, .shape, .constantOfShape,
      .control, .sampling:
      preconditionFailure("\(node.op) is rewritten or refused before")
    }
  }

  /// The element type of what is kept between the instructions of the node: single precision for
  /// floating-point numbers, else that of the result.
  var stepElement: ElementType {
    let element = graph[result].type.element
    return element.isFloatingPoint ? .f32 : element
  }

  /// Operand `index` of the node, which the verifier has found to be there.
  func operand(_ index: Int) -> ValueID { node.operands[index]! }

  /// Operand `index` of the node, if it is given.
  func optionalOperand(_ index: Int) -> ValueID? {
    index < node.operands.count ? node.operands[index] : nil
  }

  /// The only result of the node.
  var result: ValueID { node.results[0] }

  /// The dimensions of a value, which legalization has found to be known.
  func shape(_ value: ValueID) -> [Int] { graph[value].type.fixedShape! }

  /// A constant operand of integers, which legalization has found to be constant.
  func integers(_ value: ValueID) -> [Int] {
    let tensor = graph.tensor(of: value)!
    return tensor.type == .i32
      ? tensor.elements(of: Int32.self).map(Int.init)
      : tensor.elements(of: Int64.self).map(Int.init)
  }

  /// `axis` counted from the front.
  func normalized(_ axis: Int, rank: Int) -> Int { axis < 0 ? axis + rank : axis }
}

extension Op {
  /// Whether its host code rounds more than once.
  fileprivate var takesSteps: Bool {
    switch self {
    case .conv, .gemm, .matMul, .softmax, .pool, .globalPool, .reduce, .cumulative: true
    case .resize(let resize): resize.mode != .nearest
    default: false
    }
  }
}
