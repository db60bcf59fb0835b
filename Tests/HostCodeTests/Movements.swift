import Basics
import IR

// Operators that arrange, take and place elements.

extension Operator {
  static let arrangements = [
    Operator("concat") { draw in
      let type = draw.element(of: .concat(axis: 0))
      var shape = draw.shape(1...4)
      let axis = draw.below(shape.count)
      let parts = (0...draw.below(3)).map { index -> OperatorCase.Operand in
        shape[axis] = draw.size()
        return index == 0 ? draw.input(type, shape) : draw.any(type, shape)
      }
      return OperatorCase(.concat(axis: draw.flag() ? axis : axis - shape.count), parts)
    },
    Operator("split") { draw in
      let type = draw.element(of: .split(axis: 0))
      var shape = draw.shape(1...4)
      let axis = draw.below(shape.count)
      let sizes = (0...draw.below(3)).map { _ in draw.size(3) }
      shape[axis] = sizes.reduce(0, +)
      let op = Op.split(axis: draw.flag() ? axis : axis - shape.count)
      if draw.flag() {
        return OperatorCase(
          op, [draw.input(type, shape), draw.constant(.list(sizes))], results: sizes.count)
      }
      shape[axis] = sizes.count * draw.below(4)
      return OperatorCase(op, [draw.input(type, shape)], results: sizes.count)
    },
    Operator("slice") { draw in
      let type = draw.element(of: .slice)
      let shape = draw.shape(1...4)
      let axes = draw.axes(shape.count)
      func bounds(_ draw: inout Draw) -> OperatorCase.Operand {
        draw.constant(
          .list(
            axes.map { _ in
              draw.below(8) == 0 ? draw.one(of: [.min, .max, .max - 1]) : draw.within(-7...7)
            }))
      }
      let steps = axes.map { _ in draw.one(of: [1, 1, 2, 3, -1, -2, .min, .max]) }
      return OperatorCase(
        .slice,
        [
          draw.input(type, shape), bounds(&draw), bounds(&draw), draw.constant(.list(axes)),
          draw.flag() ? nil : draw.constant(.list(steps)),
        ])
    },
    Operator("pad") { draw in
      let mode = draw.one(of: PadMode.allCases)
      let type = draw.element(of: .pad(mode))
      let shape = draw.shape(1...4)
      let axes = draw.flag() ? nil : draw.axes(shape.count)
      let count = 2 * (axes?.count ?? shape.count)
      let pads = (0..<count).map { _ in draw.within(-3...4) }
      return OperatorCase(
        .pad(mode),
        [
          draw.input(type, shape), draw.constant(.list(pads)),
          draw.flag() ? draw.any(type, []) : nil, axes.map { draw.constant(.list($0)) },
        ])
    },
    Operator("reshape") { draw in
      let type = draw.element(of: .reshape(allowZero: false))
      let shape = draw.shape()
      var target = draw.permutation(shape.count).map { shape[$0] }
      if draw.flag(), !target.isEmpty, !target.contains(0) { target[draw.below(target.count)] = -1 }
      if draw.flag() { target.insert(1, at: draw.below(target.count + 1)) }
      return OperatorCase(
        .reshape(allowZero: shape.contains(0) || draw.flag()),
        [draw.input(type, shape), draw.constant(.list(target))])
    },
    Operator("flatten") { draw in
      let shape = draw.shape()
      let op = Op.flatten(axis: draw.below(2 * shape.count + 1) - shape.count)
      let type = draw.element(of: op)
      return OperatorCase(op, [draw.input(type, shape)])
    },
    Operator("transpose") { draw in
      let shape = draw.shape(0...6, 3)
      let op = Op.transpose(permutation: draw.permutation(shape.count))
      let type = draw.element(of: op)
      return OperatorCase(op, [draw.input(type, shape)])
    },
    Operator("squeeze") { draw in
      let shape = draw.shape().map { draw.flag() ? 1 : $0 }
      let type = draw.element(of: .squeeze)
      let ones = shape.indices.filter { shape[$0] == 1 && draw.flag() }
      return OperatorCase(
        .squeeze, [draw.input(type, shape), draw.flag() ? nil : draw.constant(.list(ones))])
    },
    Operator("unsqueeze") { draw in
      let shape = draw.shape()
      let type = draw.element(of: .unsqueeze)
      let count = draw.below(3)
      let axes = Array(draw.permutation(shape.count + count).prefix(count))
      return OperatorCase(.unsqueeze, [draw.input(type, shape), draw.constant(.list(axes))])
    },
    Operator("expand") { draw in
      let shape = draw.shape()
      let type = draw.element(of: .expand)
      let part = draw.part(of: shape)
      return OperatorCase(.expand, [draw.input(type, part), draw.constant(.list(shape))])
    },
    Operator("triangle") { draw in
      let op = Op.triangle(upper: draw.flag())
      let type = draw.element(of: op)
      let shape = draw.shape(2...4)
      let offset = draw.constant(Tensor([Int64(draw.within(-6...6))], shape: []))
      return OperatorCase(op, [draw.input(type, shape), draw.flag() ? offset : nil])
    },
    Operator("gather") { draw in
      let shape = draw.shape(1...4)
      let axis = draw.axis(shape.count)
      let op = Op.gather(axis: axis)
      let type = draw.element(of: op)
      let size = shape[axis < 0 ? axis + shape.count : axis]
      var indices = draw.shape(0...2)
      if size == 0 { indices = [0] }
      let data = draw.input(type, shape)
      return OperatorCase(
        op, [data, draw.any(draw.one(of: [.i32, .i64]), indices, .indices(size))])
    },
  ]

  static let movements = [
    Operator("gather_elements") { draw in
      let (shape, axis, indices) = draw.elementPlaces()
      let op = Op.movement(.gatherElements(axis: axis))
      let type = draw.element(of: op)
      let data = draw.input(type, shape)
      return OperatorCase(op, [data, indices])
    },
    Operator("gather_nd") { draw in
      var shape = draw.shape(1...4)
      let batch = draw.below(shape.count)
      let depth = 1 + draw.below(shape.count - batch)
      let op = Op.movement(.gatherND(batchDimensions: batch))
      let type = draw.element(of: op)
      for axis in batch..<batch + depth { shape[axis] = max(shape[axis], 1) }
      let bound = shape[batch..<batch + depth].min() ?? 1
      let indices = Array(shape[..<batch]) + draw.shape(0...2, 3) + [depth]
      let data = draw.input(type, shape)
      return OperatorCase(op, [data, draw.any(.i64, indices, .indices(bound))])
    },
    Operator("scatter_elements") { draw in
      let reduction = draw.one(of: ScatterReduction.allCases)
      let (shape, axis, indices) = draw.elementPlaces()
      let op = Op.movement(.scatterElements(axis: axis, reduction))
      let type = draw.element(of: op)
      let data = draw.input(type, shape)
      return OperatorCase(op, [data, indices, draw.any(type, indices.tensor.shape)])
    },
    Operator("scatter_nd") { draw in
      let op = Op.movement(.scatterND(draw.one(of: ScatterReduction.allCases)))
      let shape = draw.shape(1...4).map { max($0, 1) }
      let depth = 1 + draw.below(shape.count)
      let type = draw.element(of: op)
      let outer = draw.shape(0...2, 3)
      let bound = shape[..<depth].min() ?? 1
      let data = draw.input(type, shape)
      return OperatorCase(
        op,
        [
          data, draw.any(.i64, outer + [depth], .indices(bound)),
          draw.any(type, outer + shape[depth...]),
        ])
    },
    Operator("top_k") { draw in
      let shape = draw.shape(1...4)
      let axis = draw.axis(shape.count)
      let op = Op.movement(.topK(axis: axis, largest: draw.flag()))
      let type = draw.element(of: op)
      let size = shape[axis < 0 ? axis + shape.count : axis]
      return OperatorCase(
        op, [draw.input(type, shape), draw.constant(.list([draw.within(0...size)]))], results: 2)
    },
    Operator("non_zero") { draw in
      let op = Op.movement(.nonZero(isPadded: true))
      return OperatorCase(op, [draw.input(draw.element(of: op), draw.shape())])
    },
    Operator("one_hot") { draw in
      let shape = draw.shape(0...3)
      let op = Op.movement(.oneHot(axis: draw.axis(shape.count + 1)))
      let type = draw.element(of: op, operand: 2)
      let depth = 1 + draw.below(5)
      let indices = draw.input(.i64, shape, draw.flag() ? .any : .indices(depth))
      return OperatorCase(op, [indices, draw.constant(.list([depth])), draw.any(type, [2])])
    },
    Operator("compress") { draw in
      let shape = draw.shape(1...4)
      let axis = draw.flag() ? nil : draw.axis(shape.count)
      let op = Op.movement(.compress(axis: axis))
      let type = draw.element(of: op)
      let size = axis.map { shape[$0 < 0 ? $0 + shape.count : $0] } ?? shape.reduce(1, *)
      let condition = draw.tensor(.bool, [draw.below(size + 1)])
      return OperatorCase(op, [draw.input(type, shape), draw.constant(condition)])
    },
    Operator("tile") { draw in
      let shape = draw.shape()
      let op = Op.movement(.tile)
      let type = draw.element(of: op)
      let repeats = shape.map { _ in draw.size(3) }
      return OperatorCase(op, [draw.input(type, shape), draw.constant(.list(repeats))])
    },
    Operator("depth_to_space") { draw in
      let size = 1 + draw.below(3)
      let op = Op.movement(
        .depthToSpace(blockSize: size, order: draw.flag() ? .columnRowDepth : .depthColumnRow))
      let type = draw.element(of: op)
      let shape = [draw.size(2), size * size * draw.size(2), draw.size(3), draw.size(3)]
      return OperatorCase(op, [draw.input(type, shape)])
    },
    Operator("space_to_depth") { draw in
      let size = 1 + draw.below(3)
      let op = Op.movement(
        .spaceToDepth(blockSize: size, order: draw.flag() ? .columnRowDepth : .depthColumnRow))
      let type = draw.element(of: op)
      let shape = [draw.size(2), draw.size(2), size * draw.size(3), size * draw.size(3)]
      return OperatorCase(op, [draw.input(type, shape)])
    },
    Operator("reverse_sequence") { draw in
      let shape = draw.shape(2...4)
      let batchAxis = draw.below(2)
      let op = Op.movement(.reverseSequence(batchAxis: batchAxis, timeAxis: 1 - batchAxis))
      let type = draw.element(of: op)
      let lengths = draw.tensor(.i64, [shape[batchAxis]], .counts(shape[1 - batchAxis]))
      return OperatorCase(op, [draw.input(type, shape), draw.constant(lengths)])
    },
    Operator("center_crop_pad") { draw in
      let shape = draw.shape(1...4)
      let axes = draw.flag() ? nil : draw.axes(shape.count)
      let op = Op.movement(.centerCropPad(axes: axes))
      let type = draw.element(of: op)
      let sizes = (0..<(axes?.count ?? shape.count)).map { _ in draw.below(9) }
      return OperatorCase(op, [draw.input(type, shape), draw.constant(.list(sizes))])
    },
  ]
}

extension Draw {
  /// A shape, one of its axes, and indices that name elements along it.
  fileprivate mutating func elementPlaces() -> (shape: [Int], axis: Int, OperatorCase.Operand) {
    let shape = shape(1...4).map { max($0, 1) }
    let axis = axis(shape.count)
    let place = axis < 0 ? axis + shape.count : axis
    let indices = shape.indices.map { $0 == place ? size(4) : within(0...shape[$0]) }
    return (shape, axis, any(one(of: [.i32, .i64]), indices, .indices(shape[place])))
  }
}
