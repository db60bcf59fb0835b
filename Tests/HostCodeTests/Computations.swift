import Basics
import IR

// Operators that sum, compare and sample.

extension Operator {
  static let reductions: [Operator] =
    Softmax.Kind.allCases.map { kind in
      Operator(kind.rawValue) { draw in
        let shape = draw.shape(1...4)
        let op = Op.softmax(
          Softmax(kind, axis: draw.axis(shape.count), flattens: draw.below(3) == 0))
        let type = draw.element(of: op)
        return OperatorCase(op, [draw.input(type, shape)])
      }
    }
    + ReduceKind.allCases.map { kind in
      Operator(Op.reduce(Reduce(kind: kind)).mnemonic) { draw in
        let op = Op.reduce(
          Reduce(kind: kind, keepsDimensions: draw.flag(), emptyIsIdentity: draw.flag()))
        let type = draw.element(of: op)
        let shape = draw.shape()
        return OperatorCase(op, [draw.input(type, shape), draw.optionalAxes(shape.count)])
      }
    }
    + Extremum.Kind.allCases.map { kind in
      Operator(Op.extremum(Extremum(kind: kind, axis: 0)).mnemonic) { draw in
        let shape = draw.shape(1...4)
        let op = Op.extremum(
          Extremum(
            kind: kind, axis: draw.axis(shape.count), keepsDimension: draw.flag(),
            takesLast: draw.flag()))
        let type = draw.element(of: op)
        return OperatorCase(op, [draw.input(type, shape)])
      }
    }
    + Cumulative.Kind.allCases.map { kind in
      Operator(Op.cumulative(Cumulative(kind: kind)).mnemonic) { draw in
        let op = Op.cumulative(
          Cumulative(kind: kind, exclusive: draw.flag(), reverse: draw.flag()))
        let type = draw.element(of: op)
        let shape = draw.shape(1...4)
        let axis = Tensor([Int64(draw.axis(shape.count))], shape: [])
        return OperatorCase(op, [draw.input(type, shape), draw.constant(axis)])
      }
    }
    + [PoolKind.max, .average, .norm(power: 2)].flatMap { kind in
      [
        Operator(Op.globalPool(kind).mnemonic) { draw in
          let op = Op.globalPool(draw.power(of: kind))
          let type = draw.element(of: op)
          return OperatorCase(op, [draw.input(type, draw.shape(3...5))])
        },
        Operator(Op.pool(Pool(kind: kind, window: .single)).mnemonic) { draw in
          let spatial = 1 + draw.below(3)
          let pool = Pool(
            kind: draw.power(of: kind), window: draw.window(spatial), ceil: draw.flag(),
            includesPadding: draw.flag())
          let type = draw.element(of: .pool(pool))
          let shape = [draw.size(2), draw.size(3)] + (0..<spatial).map { _ in 1 + draw.below(7) }
          return OperatorCase(.pool(pool), [draw.input(type, shape)])
        },
      ]
    }

  static let products: [Operator] = [
    Operator("conv") { draw in
      let spatial = 1 + draw.below(3)
      let groups = 1 + draw.below(3)
      let window = draw.window(spatial)
      let op = Op.conv(Convolution(window: window, groups: groups))
      let type = draw.one(of: [ElementType.f32, .f16, .bf16])
      let (depth, filters) = (draw.size(3), groups * draw.size(2))
      let x =
        [draw.size(2), groups * depth] + (0..<spatial).map { _ in 1 + draw.below(7) }
      return OperatorCase(
        op,
        [
          draw.input(type, x, .ordinary),
          draw.input(type, [filters, depth] + window.kernel, .ordinary),
          draw.flag() ? draw.any(type, [filters], .ordinary) : nil,
        ])
    },
    Operator("gemm") { draw in
      let (rows, inner, columns) = (draw.size(), draw.size(9), draw.size())
      let type = draw.factorType()
      let gemm = Gemm(
        alpha: draw.one(of: type.isFloatingPoint ? [1, 0.5, -2] : [1, 3]),
        beta: draw.one(of: type.isFloatingPoint ? [1, 0, 0.25] : [1, 0]),
        transposeA: draw.flag(), transposeB: draw.flag())
      let a = gemm.transposeA ? [inner, rows] : [rows, inner]
      let b = gemm.transposeB ? [columns, inner] : [inner, columns]
      let c = draw.part(of: [rows, columns])
      return OperatorCase(
        .gemm(gemm),
        [
          draw.input(type, a, .ordinary), draw.input(type, b, .ordinary),
          draw.flag() ? draw.any(type, c, .ordinary) : nil,
        ])
    },
    Operator("matmul") { draw in
      let inner = draw.size(9)
      let batch = draw.shape(0...2, 3)
      var a = draw.part(of: batch) + [draw.size(), inner]
      var b = draw.part(of: batch) + [inner, draw.size()]
      if a.count == 2 && draw.below(3) == 0 { a.removeFirst() }
      if b.count == 2 && draw.below(3) == 0 { b.removeLast() }
      let type = draw.factorType()
      return OperatorCase(
        .matMul(MatMul()), [draw.input(type, a, .ordinary), draw.input(type, b, .ordinary)])
    },
    Operator("einsum") { draw in
      let equation = draw.one(of: [
        "ij,jk->ik", "bij,bjk->bik", "ij->ji", "ii->i", "ij->", "i,j->ij", "ij,ij->i",
        "bhid,bhjd->bhij",
        "...ij,...jk->...ik", "ij,jk,kl->il", "ii->", "ij,j", "i,i->", "ijk->k", "ij,ik,il->jkl",
      ])
      let size = draw.size(3)
      let operands = equation.split(separator: "-")[0].split(separator: ",").map { term in
        draw.input(
          .f32, term.filter(\.isLetter).map { $0 == "k" ? 2 : size }, .ordinary)
      }
      return OperatorCase(.einsum(equation: equation), operands)
    },
    Operator("fourier") { draw in
      let isInverse = draw.flag()
      let op = Op.fourier(Fourier(isInverse: isInverse, isOneSided: draw.flag()))
      var shape = draw.shape(1...3).map { max($0, 2) }
      let axis = draw.below(shape.count)
      shape.append(1 + draw.below(2))
      let length = Tensor([Int64(1 + draw.below(8))], shape: [])
      return OperatorCase(
        op,
        [
          draw.input(draw.one(of: [.f32, .f16, .bf16]), shape, .ordinary),
          draw.flag() ? draw.constant(length) : nil,
          draw.constant(Tensor([Int64(axis)], shape: [])),
        ])
    },
    recurrent("lstm", .lstm(couplesForget: false), .lstm(couplesForget: true)),
    recurrent("gru", .gru(linearBeforeReset: false), .gru(linearBeforeReset: true)),
    recurrent("rnn", .rnn),
  ]

  private static func recurrent(_ name: String, _ cells: Recurrent.Cell...) -> Operator {
    Operator(name) { draw in
      let cell = draw.one(of: cells)
      let functions = Recurrent.Activation.Function.allCases.filter { $0 != .thresholdedRelu }
      let activations = cell.usualActivations.map { usual in
        draw.flag() ? usual : Recurrent.Activation(draw.one(of: functions))
      }
      let op = Op.recurrent(
        Recurrent(
          cell: cell, reverse: draw.flag(), activations: activations,
          clip: draw.below(3) == 0 ? 0.75 : nil))
      let (steps, batch) = (draw.size(3), draw.size(3))
      let (depth, hidden) = (1 + draw.below(3), 1 + draw.below(3))
      let gates = cell.gates
      let type = draw.one(of: [ElementType.f32, .f16, .bf16])
      func small(_ shape: [Int], _ draw: inout Draw) -> OperatorCase.Operand {
        draw.constant(draw.tensor(type, shape, .ordinary))
      }
      var operands: [OperatorCase.Operand?] = [
        draw.input(type, [steps, batch, depth], .ordinary),
        small([1, gates * hidden, depth], &draw), small([1, gates * hidden, hidden], &draw),
        draw.flag() ? small([1, 2 * gates * hidden], &draw) : nil,
        draw.flag() ? draw.any(.i32, [batch], .counts(steps)) : nil,
        draw.flag() ? draw.any(type, [1, batch, hidden], .ordinary) : nil,
      ]
      if cell.stateCount == 2 {
        operands += [
          draw.flag() ? draw.any(type, [1, batch, hidden], .ordinary) : nil,
          draw.flag() ? small([1, 3 * hidden], &draw) : nil,
        ]
      }
      return OperatorCase(op, operands, results: 1 + cell.stateCount)
    }
  }

  static let samplings = [
    Operator("grid_sample") { draw in
      let sample = GridSample(
        mode: draw.one(of: GridSample.Mode.allCases),
        padding: draw.one(of: GridSample.Padding.allCases), alignCorners: draw.flag())
      let spatial = sample.mode == .cubic ? 2 : 1 + draw.below(3)
      let sizes = (0..<spatial).map { _ in 1 + draw.below(5) }
      let batch = draw.size(2)
      let type = draw.one(of: [ElementType.f32, .f16, .bf16])
      let grid = [batch] + (0..<spatial).map { _ in draw.size(3) } + [spatial]
      return OperatorCase(
        .sampling(.grid(sample)),
        [
          draw.input(type, [batch, draw.size(2)] + sizes, .ordinary),
          draw.any(type, grid, .ordinary),
        ])
    },
    Operator("affine_grid") { draw in
      let spatial = 2 + draw.below(2)
      let batch = draw.size(2)
      let sizes = [batch, 2] + (0..<spatial).map { _ in draw.size(4) }
      let type = draw.one(of: [ElementType.f32, .f16, .bf16])
      return OperatorCase(
        .sampling(.affineGrid(alignCorners: draw.flag())),
        [
          draw.input(type, [batch, spatial, spatial + 1], .ordinary), draw.constant(.list(sizes)),
        ])
    },
    Operator("roi_align") { draw in
      let region = RegionAlign(
        takesMaximum: draw.flag(), halfPixel: draw.flag(), rows: 1 + draw.below(3),
        columns: 1 + draw.below(3), samples: draw.one(of: [0, 0, 1, 2, 3, 9]),
        scale: draw.one(of: [1, 0.5, 3, 20]))
      let (batch, regions) = (1 + draw.below(2), draw.size(4))
      let type = draw.one(of: [ElementType.f32, .f16, .bf16])
      let shape = [batch, draw.size(3), 1 + draw.below(7), 1 + draw.below(7)]
      return OperatorCase(
        .sampling(.regionAlign(region)),
        [
          draw.input(type, shape, .ordinary), draw.any(type, [regions, 4], .ordinary),
          draw.any(.i64, [regions], .counts(batch - 1)),
        ])
    },
    Operator("non_max_suppression") { draw in
      let (batch, classes, boxes) = (draw.size(2), draw.size(3), draw.size(9))
      func number(_ choices: [Float], _ draw: inout Draw) -> OperatorCase.Operand? {
        let tensor = Tensor([draw.one(of: choices)], shape: draw.flag() ? [] : [1])
        return draw.below(4) == 0 ? nil : .init(tensor: tensor, isConstant: draw.flag())
      }
      let count = Tensor([draw.one(of: [Int64(1), 2, 3, 100, .max, 0, -1])], shape: [1])
      return OperatorCase(
        .sampling(.suppression(centered: draw.flag(), isPadded: true)),
        [
          draw.input(.f32, [batch, boxes, 4], .ordinary),
          draw.input(.f32, [batch, classes, boxes]), draw.constant(count),
          number([0, 0.1, 0.3, 0.7, 1], &draw), number([0, -1, 0.5, -.infinity], &draw),
        ])
    },
    Operator("resize") { draw in
      var resize = Resize(
        mode: draw.one(of: Resize.Mode.allCases),
        coordinates: draw.one(of: Resize.Coordinates.allCases),
        rounding: draw.one(of: Resize.Rounding.allCases))
      let shape = draw.shape(1...4).map { max($0, 1) }
      resize.antialiases = resize.mode != .nearest && draw.below(3) == 0
      resize.excludesOutside = draw.below(3) == 0
      resize.extrapolation = draw.one(of: [0, 1.5])
      let types: [ElementType] =
        resize.mode == .nearest
        ? ElementType.allCases.filter { $0 != .f64 } : [.f32, .f16, .bf16, .i8, .u8, .i16, .u16]
      let type = draw.one(of: types)
      let region =
        shape.map { _ in Float(draw.below(3)) * 0.1 }
        + shape.map { _ in 1 - Float(draw.below(3)) * 0.1 }
      var operands: [OperatorCase.Operand?] = [
        draw.input(type, shape, .ordinary), draw.constant(Tensor(region, shape: [region.count])),
      ]
      if draw.flag() {
        let scales = shape.map { _ in draw.one(of: [Float(1), 0.5, 2, 1.5, 0.7, 3, 1]) }
        operands.append(draw.constant(Tensor(scales, shape: [scales.count])))
      } else {
        resize.aspect = draw.one(of: Resize.Aspect.allCases)
        let sizes = shape.map { draw.flag() ? $0 : 1 + draw.below(8) }
        operands += [nil, draw.constant(.list(sizes))]
      }
      return OperatorCase(.resize(resize), operands)
    },
  ]
}

extension Draw {
  /// An element type of matrices.
  fileprivate mutating func factorType() -> ElementType {
    one(of: [.f32, .f32, .f16, .bf16, .i32, .i64, .u32, .u64])
  }

  fileprivate mutating func power(of kind: PoolKind) -> PoolKind {
    if case .norm = kind { .norm(power: 1 + below(4)) } else { kind }
  }

  fileprivate mutating func window(_ spatial: Int) -> Window {
    func numbers(_ bound: Int) -> [Int] { (0..<spatial).map { _ in 1 + below(bound) } }
    let kernel = numbers(3)
    let padding: Window.Padding =
      switch below(5) {
      case 0: .sameUpper
      case 1: .sameLower
      case 2: .valid
      default:
        .explicit(begin: kernel.map { below($0 + 1) }, end: kernel.map { below($0 + 1) })
      }
    return Window(kernel: kernel, strides: numbers(3), dilations: numbers(2), padding: padding)
  }
}

extension Window {
  fileprivate static let single = Window(kernel: [1], strides: [1], dilations: [1], padding: .valid)
}
