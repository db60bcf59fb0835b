import Basics
import IR

/// One node on the way of a batch through a graph, of which at least one operand holds samples.
struct BatchStep {
  let node: Node
  /// Which of its results is looked at.
  let number: Int
  /// The graph with all sizes, which are those of some batch.
  let graph: Graph
  let known: KnownElements
  /// The dimension of each operand along which samples lie; `nil` for operands that are the same for all.
  let axes: [Int?]
  /// Whether an operand is made of the number of samples.
  let isSize: [Bool]

  /// Whether the node treats each sample by itself, so that they lie along dimension `axis` of `result`
  /// in the same order.
  func isApart(to result: ValueID, _ axis: Int) -> Bool {
    guard let y = graph[result].type.fixedShape else { return false }
    for (index, isSize) in isSize.enumerated() where isSize && !takesSize(index) { return false }
    switch node.op {
    case .unary, .cast, .determinant, .transpose, .reduce, .extremum:
      // A dimension that is reduced is not there any more, or has size 1.
      return isOnly(0)
    case .clip, .quantize, .dequantize: return isOnly(0)
    case .binary, .select, .expand: return isAligned(to: y, axis)
    case .conv: return isOnly(0) && axes[0] == 0
    case .pool(let pool):
      return isOnly(0) && axes[0]! < 2 && (number == 0 || pool.positions == nil)
    case .globalPool: return isOnly(0) && axes[0]! < 2
    case .gemm(let gemm): return isApart(gemm, axis)
    case .matMul: return isMatrixProductApart(y, axis)
    case .batchNormalization: return isOnly(0) && axes[0] != 1
    case .softmax(let softmax):
      guard isOnly(0) else { return false }
      let first = normalized(softmax.axis, rank(0))
      return softmax.flattens ? axes[0]! < first : axes[0] != first
    case .cumulative:
      return isOnly(0) && numbers(1).map { normalized($0[0], rank(0)) != axes[0] } ?? false
    case .fourier:
      let given = operand(2) == nil ? [-2] : numbers(2)
      return isOnly(0) && axes[0] != rank(0) - 1
        && given.map { normalized($0[0], rank(0)) != axes[0] } ?? false
    case .triangle: return isOnly(0) && axes[0]! < rank(0) - 2
    case .concat(let concatenated):
      return axes.allSatisfy { $0 == axes[0] } && normalized(concatenated, rank(0)) != axes[0]
    case .split(let split): return isOnly(0) && normalized(split, rank(0)) != axes[0]
    case .slice: return isOnly(0) && isSliceApart()
    case .pad: return isOnly(0) && isPadApart()
    case .reshape, .flatten, .squeeze, .unsqueeze:
      return isOnly(0)
        && shape(0)[..<axes[0]!].reduce(1, *) == y[..<axis].reduce(1, *)
    case .gather(let gathered):
      if let data = axes[0] { return isOnly(0) && normalized(gathered, rank(0)) != data }
      return isOnly(1)
    case .resize(let resize):
      return isOnly(0) && axes[0] == axis && shape(0)[axis] == y[axis]
        && resize.coordinates != .cropAndResize && isScaledByOne(axis, resize)
    case .recurrent: return isRecurrenceApart()
    case .movement(let movement): return isApart(movement, y, axis)
    case .sampling(.grid): return axes == [0, 0]
    case .sampling(.affineGrid), .sampling(.fromColumns): return isOnly(0) && axes[0] == 0
    case .einsum(let equation): return isApart(einsum: equation, axis)
    case .sampling, .control, .shape, .constantOfShape, .identityMatrix, .range: return false
    }
  }

  /// Whether the operand at `index` may be made of the number of samples.
  private func takesSize(_ index: Int) -> Bool {
    switch node.op {
    case .reshape, .expand, .sampling(.affineGrid): index == 1
    case .resize: index == 3
    case .slice: index == 1 || index == 2
    default: false
    }
  }

  private func operand(_ index: Int) -> ValueID? {
    index < node.operands.count ? node.operands[index] : nil
  }

  /// The dimensions of an operand that is given.
  private func shape(_ index: Int) -> [Int] {
    operand(index).flatMap { graph[$0].type.fixedShape } ?? []
  }

  private func rank(_ index: Int) -> Int { shape(index).count }

  private func normalized(_ axis: Int, _ rank: Int) -> Int { axis < 0 ? axis + rank : axis }

  /// The elements of a small operand of integers, if they are known and there are any.
  private func numbers(_ index: Int) -> [Int]? {
    guard let id = operand(index) else { return nil }
    if let numbers = known.numbers(of: id) { return numbers.isEmpty ? nil : numbers }
    guard let tensor = graph.tensor(of: id), tensor.count > 0, tensor.count <= 4096 else {
      return nil
    }
    switch tensor.type {
    case .i64: return tensor.elements(of: Int64.self).map { Int($0) }
    case .i32: return tensor.elements(of: Int32.self).map { Int($0) }
    default: return nil
    }
  }

  /// Whether the operand at `index` alone holds samples.
  private func isOnly(_ index: Int) -> Bool {
    axes.indices.allSatisfy { (axes[$0] != nil) == ($0 == index) }
  }

  /// Whether the samples of all operands meet the same of the result, to whose shape they are broadcast.
  private func isAligned(to y: [Int], _ axis: Int) -> Bool {
    axes.indices.allSatisfy { index in
      axes[index].map { y.count - rank(index) + $0 == axis } ?? true
    }
  }

  private func isApart(_ gemm: Gemm, _ axis: Int) -> Bool {
    if let addend = axes.count > 2 ? axes[2] : nil, 2 - rank(2) + addend != axis { return false }
    if let a = axes[0] { return axes[1] == nil && axis == 0 && a == (gemm.transposeA ? 1 : 0) }
    return axes[1] == (gemm.transposeB ? 0 : 1) && axis == 1
  }

  private func isMatrixProductApart(_ y: [Int], _ axis: Int) -> Bool {
    guard rank(0) >= 2, rank(1) >= 2, axes.count < 3 || axes[2] == nil else { return false }
    let columnsOfA = axes[0] == rank(0) - 1
    let rowsOfB = axes[1] == rank(1) - 2
    // A row of one and a column of the other are no samples together.
    let isBoth = axes[0] != nil && axes[1] != nil
    return !columnsOfA && !rowsOfB && isAligned(to: y, axis) && !(isBoth && axis >= y.count - 2)
  }

  /// Whether a slice takes all samples in their order, and depends on their number in nothing else.
  private func isSliceApart() -> Bool {
    let count = shape(1).first ?? 0
    guard let given = operand(3) == nil ? Array(0..<count) : numbers(3),
      let steps = operand(4) == nil ? given.map({ _ in 1 }) : numbers(4), steps.count == given.count
    else { return false }
    let sliced = given.map { normalized($0, rank(0)) }
    let usesSize = isSize.contains(true)
    guard let place = sliced.firstIndex(of: axes[0]!) else { return !usesSize }
    guard steps[place] == 1, !usesSize || sliced.count == 1 else { return false }
    // Only a slice of all has as many elements.
    return graph[node.results[0]].type.fixedShape?[axes[0]!] == shape(0)[axes[0]!]
  }

  private func isPadApart() -> Bool {
    guard let pads = numbers(1),
      let padded = operand(3) == nil ? Array(0..<rank(0)) : numbers(3),
      pads.count == 2 * padded.count
    else { return false }
    guard let place = padded.firstIndex(where: { normalized($0, rank(0)) == axes[0] }) else {
      return true
    }
    return pads[place] == 0 && pads[padded.count + place] == 0
  }

  /// Whether the scale along `axis` is 1, where scales are given.
  private func isScaledByOne(_ axis: Int, _ resize: Resize) -> Bool {
    guard let id = operand(2) else { return true }
    let resized = (resize.axes ?? Array(0..<rank(0))).map { normalized($0, rank(0)) }
    guard let place = resized.firstIndex(of: axis) else { return true }
    guard let tensor = graph.tensor(of: id), tensor.type == .f32, place < tensor.count else {
      return false
    }
    return tensor.elements(of: Float.self)[place] == 1
  }

  /// The sequences of a recurrent layer are dimension 1 of x and of states, and 0 of lengths.
  private func isRecurrenceApart() -> Bool {
    axes.indices.allSatisfy { index in
      switch index {
      case 0: axes[0] == 1
      case 4: axes[4] == nil || axes[4] == 0
      case 5, 6: axes[index] == nil || axes[index] == 1
      default: axes[index] == nil
      }
    }
  }

  private func isApart(_ movement: Movement, _ y: [Int], _ axis: Int) -> Bool {
    switch movement {
    case .gatherElements(let along):
      return axes[0] == axes[1] && normalized(along, rank(0)) != axes[0]
    case .scatterElements(let along, _):
      return axes.allSatisfy { $0 == axes[0] } && normalized(along, rank(0)) != axes[0]
    case .gatherND(let count):
      if axes[0] != nil && axes[1] != nil { return count > 0 && axes[0] == 0 && axes[1] == 0 }
      if axes[0] == nil { return count == 0 && axes[1]! < rank(1) - 1 }
      return count == 0 && axes[0]! >= (shape(1).last ?? 0)
    case .topK(let along, _): return isOnly(0) && normalized(along, rank(0)) != axes[0]
    case .oneHot: return isOnly(0)
    case .compress(let along):
      return isOnly(0) && along.map { normalized($0, rank(0)) != axes[0] } ?? false
    case .tile, .centerCropPad:
      return isOnly(0) && axes[0] == axis && shape(0)[axis] == y[axis]
    case .depthToSpace, .spaceToDepth: return isOnly(0) && axes[0] == 0
    case .reverseSequence(let batch, let time):
      guard let samples = axes[0], normalized(time, rank(0)) != samples else { return false }
      return normalized(batch, rank(0)) == samples ? axes[1] == 0 : axes[1] == nil
    case .scatterND, .nonZero, .unique: return false
    }
  }

  private func isApart(einsum equation: String, _ axis: Int) -> Bool {
    guard let einsum = try? Einsum(equation, ranks: node.operands.indices.map(rank)),
      einsum.result.indices.contains(axis)
    else { return false }
    let label = einsum.result[axis]
    return axes.indices.allSatisfy { index in
      axes[index].map { einsum.operands[index][$0] == label }
        ?? !einsum.operands[index].contains(label)
    }
  }
}
