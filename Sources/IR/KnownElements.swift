import Basics

/// What inference knows of the elements of small integer values that are no constants, such as the
/// shape of a value with a symbolic batch: it lets a reshape by a computed shape keep the symbol.
struct KnownElements {
  /// The greatest number of elements looked at.
  static let limit = 4096

  private var table: [ValueID: [Dimension]] = [:]

  subscript(id: ValueID) -> [Dimension]? {
    get { table[id] }
    set { table[id] = newValue }
  }
}

extension Inference {
  /// The elements of the only result, in row-major order, where they follow from known ones.
  func resultElements(_ types: [ValueType]) -> [Dimension]? {
    guard types.count == 1, types[0].element == .i64 || types[0].element == .i32,
      let count = types[0].count, count <= KnownElements.limit
    else { return nil }
    guard let elements = computedElements(count), elements.count == count else { return nil }
    let fits =
      types[0].element == .i64
      || elements.allSatisfy { $0.value.map { Int32(exactly: $0) != nil } ?? true }
    return fits ? elements : nil
  }

  private func computedElements(_ count: Int) -> [Dimension]? {
    switch node.op {
    case .shape(let start, let end):
      return shape(0).map { Array($0[Self.bounds(start, end, $0.count)]) }
    case .unary(.identity), .cast, .reshape, .flatten, .squeeze, .unsqueeze: return elements(0)
    case .concat:
      var joined: [Dimension] = []
      for index in node.operands.indices {
        guard shape(index)?.count == 1, let elements = elements(index) else { return nil }
        joined += elements
      }
      return joined
    case .gather:
      guard shape(0)?.count == 1, let data = elements(0), let indices = integers(1) else {
        return nil
      }
      return indices.map { data[$0 < 0 ? $0 + data.count : $0] }
    case .slice: return slicedElements()
    case .binary(let function):
      guard let a = elements(0), let b = elements(1), shape(0)?.count ?? 2 <= 1,
        shape(1)?.count ?? 2 <= 1
      else { return nil }
      var result: [Dimension] = []
      for index in 0..<count {
        guard a.count == 1 || index < a.count, b.count == 1 || index < b.count,
          let value = Self.computed(
            function, a[a.count == 1 ? 0 : index], b[b.count == 1 ? 0 : index])
        else { return nil }
        result.append(value)
      }
      return result
    case .constantOfShape(.i64, let bits):
      return [Dimension](repeating: .fixed(Int(truncatingIfNeeded: bits)), count: count)
    default: return nil
    }
  }

  private func slicedElements() -> [Dimension]? {
    guard shape(0)?.count == 1, let data = elements(0), let start = integers(1)?.first,
      let end = integers(2)?.first,
      let step = operand(4) == nil ? 1 : integers(4)?.first,
      let slice = ResolvedSlice(size: data.count, start: start, end: end, step: step)
    else { return nil }
    return (0..<slice.count).map { data[slice.start + $0 * slice.step] }
  }

  /// One element of a function of two; `nil` where it is not known or does not fit.
  private static func computed(
    _ function: BinaryFunction, _ a: Dimension, _ b: Dimension
  ) -> Dimension? {
    switch (function, a, b) {
    case (.add, let x, .fixed(0)), (.add, .fixed(0), let x), (.sub, let x, .fixed(0)),
      (.mul, let x, .fixed(1)), (.mul, .fixed(1), let x), (.div, let x, .fixed(1)):
      return x
    case (_, .fixed(let x), .fixed(let y)):
      switch function {
      case .add: return x.adding(y).map(Dimension.fixed)
      case .sub: return x.subtracting(y).map(Dimension.fixed)
      case .mul: return x.multiplied(by: y).map(Dimension.fixed)
      case .div:
        guard y != 0, !(x == .min && y == -1) else { return nil }
        return .fixed(x / y)
      case .max: return .fixed(max(x, y))
      case .min: return .fixed(min(x, y))
      case .prelu: return nil
      }
    default: return nil
    }
  }
}
