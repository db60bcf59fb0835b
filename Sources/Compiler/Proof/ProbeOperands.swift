import Basics
import IR

/// Operands on which the host code of a node is tried: the same for the same node.
struct ProbeOperands {
  /// What the operands hold.
  enum Kind: CaseIterable {
    /// Numbers of ordinary magnitude.
    case ordinary
    /// Ends of ranges, zeros, infinities and what is no number among them.
    case special
  }

  let node: Node
  let graph: Graph

  /// The kinds that say something of the node. Sums of infinities say nothing, and where large numbers cancel
  /// the order of additions counts.
  var kinds: [Kind] {
    switch node.op {
    case .conv, .gemm, .matMul, .einsum, .fourier, .recurrent, .sampling, .resize, .pool,
      .globalPool,
      .reduce, .cumulative, .softmax, .movement(.scatterElements), .movement(.scatterND):
      [.ordinary]
    default: Kind.allCases
    }
  }

  /// Operand `index`: the constant that it is, else a probe; `nil` where it is left out or too large.
  func tensor(_ index: Int, _ kind: Kind) -> Tensor? {
    guard index < node.operands.count, let id = node.operands[index] else { return nil }
    if let constant = graph.tensor(of: id) { return constant }
    let type = graph[id].type
    // What the seed of a text stands for: all bits of integers, numbers from −1 on below 1.
    let drawn = Value(name: "", type: type, constant: .random(seed: UInt64(index) + 1)).tensor
    guard let drawn else { return nil }
    if let places = places(index) { return drawn.placed(within: places) }
    if type.element.isFloatingPoint {
      return drawn.numbers { number, position in
        let specials = Self.specials
        if isStep(index) { return 0.25 + number * number }
        return kind == .special && position % 2 == 1
          ? specials[position / 2 % specials.count] : 4 * number
      }
    }
    return drawn.integers { bits, position, range in
      let small = bits % 8
      let value: Int64
      switch (kind, position % 4) {
      case (.special, 1): value = range.lowerBound
      case (.special, 2): value = range.upperBound
      case (.special, 3): value = bits
      default: value = range.contains(small) ? small : -small
      }
      return value == 0 && isDivisor(index) ? 1 : value
    }
  }

  /// In single precision; in shorter types some of them are infinite or 0.
  private static let specials: [Double] = [
    0, -0.0, 1, -1, 0.5, -2.5, 1e-5, -1e-5, 0x1p-149, -0x1p-126, 9, -17, 88.5, -89.2, 1e10, -1e19,
    1e30,
    -3.4e38, .infinity, -.infinity, .nan,
  ]

  /// The number of elements that integers of an operand name, along each component of their last
  /// dimension; `nil` if it names none.
  private func places(_ index: Int) -> [Int]? {
    func shape(_ operand: Int) -> [Int] {
      node.operands[operand].flatMap { graph[$0].type.fixedShape } ?? []
    }
    func size(_ axis: Int) -> [Int]? {
      let shape = shape(0)
      return index == 1 ? [shape[axis < 0 ? axis + shape.count : axis]] : nil
    }
    switch node.op {
    case .gather(let axis), .movement(.gatherElements(let axis)),
      .movement(.scatterElements(let axis, _)):
      return size(axis)
    case .movement(.gatherND(let batch)) where index == 1:
      return Array(shape(0)[batch...].prefix(shape(1).last ?? 0))
    case .movement(.scatterND) where index == 1: return Array(shape(0).prefix(shape(1).last ?? 0))
    case .movement(.oneHot) where index == 0:
      return node.operands[1].flatMap(graph.tensor).map { [Int(firstInteger(of: $0))] }
    case .recurrent where index == 4: return [shape(0)[0] + 1]
    case .sampling(.regionAlign) where index == 2: return Array(shape(0).prefix(1))
    case .binary(.pow) where index == 1: return [4]
    case .binary(.shiftLeft) where index == 1, .binary(.shiftRight) where index == 1: return [9]
    default: return nil
    }
  }

  private func firstInteger(of tensor: Tensor) -> Int64 {
    tensor.type == .i64 ? tensor.elements(of: Int64.self).first ?? 1 : 1
  }

  private func isDivisor(_ index: Int) -> Bool {
    switch node.op {
    case .binary(.div), .binary(.mod), .binary(.fmod): index == 1
    default: false
    }
  }

  /// Whether an operand is a step between numbers.
  private func isStep(_ index: Int) -> Bool {
    switch node.op {
    case .quantize, .dequantize: index == 1
    default: false
    }
  }
}

extension Tensor {
  /// Integers below `sizes`, by turns; floating-point numbers as they are.
  fileprivate func placed(within sizes: [Int]) -> Tensor {
    guard !type.isFloatingPoint, !sizes.isEmpty else { return self }
    return integers { bits, position, _ in
      let size = Int64(max(sizes[position % sizes.count], 1))
      return (bits % size + size) % size
    }
  }

  /// The floating-point elements that `function` makes of these and their positions.
  fileprivate func numbers(_ function: (Double, Int) -> Double) -> Tensor {
    func made(_ numbers: [Double]) -> [Double] {
      numbers.enumerated().map { function($1, $0) }
    }
    switch type {
    case .f16:
      return Tensor(
        made(elements(of: Float16.self).map(Double.init)).map { Float16($0) }, shape: shape)
    case .f32:
      return Tensor(made(elements(of: Float.self).map(Double.init)).map { Float($0) }, shape: shape)
    case .f64: return Tensor(made(elements(of: Double.self)), shape: shape)
    default:
      guard let format = type.format else { return self }
      let numbers = decoded.elements(of: Float.self).map(Double.init)
      return Tensor(
        codes: made(numbers).map { format.code(of: $0, saturates: false) }, type: type, shape: shape
      )
    }
  }

  /// The integers or truth values that `function` makes of the bits of these, their positions and the range of
  /// the type.
  fileprivate func integers(_ function: (Int64, Int, ClosedRange<Int64>) -> Int64) -> Tensor {
    let range = type.integerRange ?? 0...1
    let size = type.byteCount
    let result = Bytes(count: bytes.count) { target in
      bytes.withUnsafeBytes { source in
        for position in 0..<source.count / size {
          var bits: Int64 = 0
          for byte in (0..<size).reversed() {
            bits = bits << 8 | Int64(source[position * size + byte])
          }
          bits = function(bits, position, range)
          if type == .bool { bits &= 1 }
          for byte in 0..<size {
            let value = UInt8(truncatingIfNeeded: bits >> Int64(8 * byte))
            target[position * size + byte] = type.extended(value)
          }
        }
      }
    }
    return Tensor(type: type, shape: shape, bytes: result)
  }
}
