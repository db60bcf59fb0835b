import Basics
import IR
import Program

extension Emitter {
  /// A convolution in host code: every output is the product of a window and a kernel.
  mutating func lower(_ convolution: Convolution) {
    guard case .explicit(let begin, _) = convolution.window.padding else {
      preconditionFailure("padding is made explicit before")
    }
    let groups = convolution.groups
    let input = shape(operand(0))
    let weights = shape(operand(1))
    let output = shape(result)
    let spatial = input.count - 2
    let groupInputs = input[1] / groups
    let groupOutputs = output[1] / groups
    let positions = Array(output.dropFirst(2))

    // Dimensions: batch, group, channel of the group, positions | input channel, kernel.
    var x = View(
      memory(of: operand(0)), shape: [input[0], groups, groupInputs] + input.dropFirst(2))
    for axis in 0..<spatial {
      x = x.windowed(
        axis + 3, origin: -begin[axis], count: positions[axis],
        stride: convolution.window.strides[axis], kernel: weights[axis + 2],
        dilation: convolution.window.dilations[axis])
    }
    let channel = x.loops.remove(at: 2)
    x.loops.insert(channel, at: 2 + spatial)
    x.loops.insert(.init(count: groupOutputs, axis: 0, step: 0), at: 2)

    var w = View(
      memory(of: operand(1)), shape: [groups, groupOutputs, groupInputs] + weights.dropFirst(2))
    let repeated = positions.map { Descriptor.Loop(count: $0, axis: 0, step: 0) }
    w.loops.insert(contentsOf: repeated, at: 2)
    w.loops.insert(.init(count: input[0], axis: 0, step: 0), at: 0)

    let y = View(
      memory(of: result), shape: [output[0], groups, groupOutputs] + positions)
    host(.contract, to: (y, 0), from: [(x, spatial + 1), (w, spatial + 1)])
    if let bias = optionalOperand(2) {
      let aligned = View(
        memory(of: bias), shape: [output[1]] + Array(repeating: 1, count: spatial))
      combine(.add, view(result), aligned.broadcast(to: output), to: view(result))
    }
    if convolution.relu { rectify() }
  }

  mutating func lower(_ gemm: Gemm) {
    let output = shape(result)
    let a = view(operand(0)).transposed(gemm.transposeA ? [1, 0] : [0, 1])
    let b = view(operand(1)).transposed(gemm.transposeB ? [0, 1] : [1, 0])
    multiply(a, b, to: view(result))
    if gemm.alpha != 1 { scale(view(result), by: gemm.alpha, to: view(result)) }
    if let addend = optionalOperand(2) {
      var c = view(addend).broadcast(to: output)
      if gemm.beta != 1 {
        let scaled = scratch("beta", element: stepElement, shape: output)
        scale(c, by: gemm.beta, to: scaled)
        c = scaled
      }
      combine(.add, view(result), c, to: view(result))
    }
    if gemm.relu { rectify() }
  }

  mutating func lower(_ matMul: MatMul) {
    var left = shape(operand(0))
    var right = shape(operand(1))
    if left.count == 1 { left.insert(1, at: 0) }
    if right.count == 1 { right.append(1) }
    var batch: [Int] = []
    let rank = max(left.count, right.count)
    for dimension in 0..<rank - 2 {
      let a = dimension - (rank - left.count)
      let b = dimension - (rank - right.count)
      let sizes = [a >= 0 ? left[a] : 1, b >= 0 ? right[b] : 1]
      batch.append(sizes[0] == 1 ? sizes[1] : sizes[0])
    }
    let rows = left[left.count - 2]
    let columns = right[right.count - 1]
    let inner = left[left.count - 1]
    let a = View(memory(of: operand(0)), shape: left).broadcast(to: batch + [rows, inner])
    var b = View(memory(of: operand(1)), shape: right).broadcast(to: batch + [inner, columns])
    b = b.transposed(Array(batch.indices) + [batch.count + 1, batch.count])
    multiply(a, b, to: View(memory(of: result), shape: batch + [rows, columns]))
    if let bias = optionalOperand(2) {
      combine(.add, view(result), view(bias).broadcast(to: shape(result)), to: view(result))
    }
    if matMul.relu { rectify() }
  }

  /// Products of every row of `a` with every row of `b`, whose leading dimensions are equal.
  mutating func multiply(_ a: View, _ b: View, to y: View) {
    var a = a
    var b = b
    let rank = a.loops.count
    a.loops.insert(.init(count: y.shape[rank - 1], axis: 0, step: 0), at: rank - 1)
    b.loops.insert(.init(count: y.shape[rank - 2], axis: 0, step: 0), at: rank - 2)
    contract(a, b, inner: 1, to: y)
  }

  private mutating func rectify() {
    let y = view(result)
    if isFloating(y) {
      apply(.clip, y, to: y, 0, .infinity)
    } else {
      combine(.max, y, number(0, element(of: y)), to: y)
    }
  }

  /// Multiplies by a factor that the element type has.
  private mutating func scale(_ x: View, by factor: Float, to y: View) {
    if isFloating(y) {
      apply(.affine, x, to: y, factor, 0)
    } else {
      combine(.mul, x, number(Int64(factor), element(of: y)), to: y)
    }
  }
}
