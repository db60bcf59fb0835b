import Basics
import IR
import Program

extension Emitter {
  mutating func lower(_ movement: Movement) {
    switch movement {
    case .tile: lowerTile()
    case .depthToSpace(let size, let order): lowerDepthToSpace(size, order)
    case .spaceToDepth(let size, let order): lowerSpaceToDepth(size, order)
    case .reverseSequence, .compress: lowerByTable(moving: [0])
    case .gatherElements, .gatherND, .scatterElements, .scatterND: lowerIndexing(movement)
    case .topK(let axis, let largest): lowerTopK(axis, largest: largest)
    case .oneHot(let axis): lowerOneHot(axis)
    case .centerCropPad: lowerCenterCropPad()
    case .nonZero: lowerNonZero()
    case .unique:
      preconditionFailure("\(movement) is refused before")
    }
  }

  /// Copies x into each of its places; dimensions that are not repeated are walked as one.
  private mutating func lowerTile() {
    let shape = shape(operand(0))
    let output = self.shape(result)
    var (from, to) = (view(operand(0)), view(result))
    // Each dimension becomes its repetitions, then the elements of x.
    var (sources, targets): ([Descriptor.Loop], [Descriptor.Loop]) = ([], [])
    for axis in shape.indices {
      let times = shape[axis] == 0 ? 0 : output[axis] / shape[axis]
      sources += [.init(count: times, axis: axis, step: 0), from.loops[axis]]
      targets += [.init(count: times, axis: axis, step: shape[axis])]
      targets += [.init(count: shape[axis], axis: axis, step: 1)]
    }
    (from.loops, to.loops) = (sources, targets)
    host(.copy, to: to, from: [from])
  }

  /// As many elements are cut or added before as behind, an odd one behind.
  private mutating func lowerCenterCropPad() {
    let (x, y) = (shape(operand(0)), shape(result))
    lowerPad(begin: zip(x, y).map { ($1 - $0) / 2 }, value: nil)
  }

  private mutating func lowerDepthToSpace(_ size: Int, _ order: DepthOrder) {
    let y = shape(result)
    let (height, width) = (y[2] / size, y[3] / size)
    let x: View
    switch order {
    case .depthColumnRow:
      x = View(memory(of: operand(0)), shape: [y[0], size, size, y[1], height, width])
        .transposed([0, 3, 4, 1, 5, 2])
    case .columnRowDepth:
      x = View(memory(of: operand(0)), shape: [y[0], y[1], size, size, height, width])
        .transposed([0, 1, 4, 2, 5, 3])
    }
    host(
      .copy, to: View(memory(of: result), shape: [y[0], y[1], height, size, width, size]),
      from: [x])
  }

  private mutating func lowerSpaceToDepth(_ size: Int, _ order: DepthOrder) {
    let x = shape(operand(0))
    let (height, width) = (x[2] / size, x[3] / size)
    let parts = View(memory(of: operand(0)), shape: [x[0], x[1], height, size, width, size])
    let permutation = order == .depthColumnRow ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
    let source = parts.transposed(permutation)
    host(.copy, to: View(memory(of: result), shape: source.shape), from: [source])
  }
}
