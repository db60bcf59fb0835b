import Basics

/// The operands of one node, by position.
struct Operands {
  private let tensors: [Tensor?]

  /// Creates the operands of a node.
  init(_ tensors: [Tensor?]) { self.tensors = tensors }

  /// The operand at `index`, or `nil` if it is left out.
  subscript(index: Int) -> Tensor? { index < tensors.count ? tensors[index] : nil }

  /// The number of operands, those left out included.
  var count: Int { tensors.count }

  /// The operand at `index`; throws a fault that names it by its `role` if it is left out.
  func required(_ index: Int, _ role: String) throws -> Tensor {
    guard let tensor = self[index] else { throw Fault("operand \(role) is missing") }
    return tensor
  }

  /// The operand at `index`, which must be of `type`, or `nil` if it is left out.
  func optional(_ index: Int, _ role: String, of type: ElementType) throws -> Tensor? {
    guard let tensor = self[index] else { return nil }
    guard tensor.type == type else {
      throw Fault("\(role) is of type \(tensor.type.rawValue), not \(type.rawValue)")
    }
    return tensor
  }

  /// The integers of the operand at `index` (i64 or i32), or `nil` if it is left out.
  func integers(_ index: Int, _ role: String) throws -> [Int]? {
    guard let tensor = self[index] else { return nil }
    switch tensor.type {
    case .i64: return tensor.withElements(of: Int64.self) { $0.map { Int($0) } }
    case .i32: return tensor.withElements(of: Int32.self) { $0.map { Int($0) } }
    default: throw Fault("\(role) is of type \(tensor.type.rawValue)", supported: "i64, i32")
    }
  }

  /// The integers of the operand at `index`, which must be given.
  func requiredIntegers(_ index: Int, _ role: String) throws -> [Int] {
    guard let integers = try integers(index, role) else {
      throw Fault("operand \(role) is missing")
    }
    return integers
  }

  /// These operands with those of type f16 and bf16 widened to f32, which is exact.
  func widened() throws -> Operands {
    Operands(try tensors.map { try $0.map { $0.type.isHalf ? try cast($0, to: .f32) : $0 } })
  }
}

extension ElementType {
  /// Whether the type is a floating-point type of 16 bits, which is computed in f32.
  var isHalf: Bool { self == .f16 || self == .bf16 }
}

/// `axis` counted from the front; throws a fault if it is outside −rank ..< rank.
func normalized(axis: Int, rank: Int) throws -> Int {
  guard axis >= -rank, axis < rank else {
    throw Fault("axis \(axis) is out of range for \(rank) dimensions")
  }
  return axis < 0 ? axis + rank : axis
}

/// `axes` counted from the front; throws a fault if one is out of range or given twice.
func normalized(axes: [Int], rank: Int) throws -> [Int] {
  var seen = [Bool](repeating: false, count: rank)
  return try axes.map { axis in
    let positive = try normalized(axis: axis, rank: rank)
    guard !seen[positive] else { throw Fault("axis \(axis) is given twice") }
    seen[positive] = true
    return positive
  }
}
