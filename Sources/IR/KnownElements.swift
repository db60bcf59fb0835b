import Basics

/// What inference knows of the elements of small integer values that are no constants, such as the
/// shape of a value with a symbolic batch: it lets a reshape by a computed shape keep the symbol.
public struct KnownElements: Sendable {
  /// The greatest number of elements looked at.
  static let limit = 4096

  private var table: [ValueID: [Dimension]] = [:]

  /// Creates the knowledge of nothing.
  public init() {}

  /// The elements of `id` if all of them are numbers, not only names of sizes.
  public func numbers(of id: ValueID) -> [Int]? {
    guard let elements = table[id] else { return nil }
    let values = elements.compactMap(\.value)
    return values.count == elements.count ? values : nil
  }

  /// What is known of the elements of a value, in row-major order.
  public subscript(id: ValueID) -> [Dimension]? {
    get { table[id] }
    set { table[id] = newValue }
  }
}

extension Inference {
  /// The elements of the only result, in row-major order, where they follow from known ones.
  func resultElements(_ types: [ValueType]) -> [Dimension]? {
    guard types.count == 1, let count = types[0].count, count <= KnownElements.limit,
      [.i64, .i32, .bool].contains(types[0].element),
      let elements = computedElements(count), elements.count == count
    else { return nil }
    let fits = elements.allSatisfy { element in
      switch types[0].element {
      case .i32: element.value.map { Int32(exactly: $0) != nil } ?? true
      case .bool: element == .fixed(0) || element == .fixed(1)
      default: true
      }
    }
    return fits ? elements : nil
  }

  private func computedElements(_ count: Int) -> [Dimension]? {
    switch node.op {
    case .shape(let start, let end):
      return shape(0).map { Array($0[Self.bounds(start, end, $0.count)]) }
    case .unary(.identity), .reshape, .flatten, .squeeze, .unsqueeze: return elements(0)
    case .cast(.bool, _, _):
      // A symbol may stand for 0.
      return integers(0)?.map { .fixed($0 == 0 ? 0 : 1) }
    case .cast: return elements(0)
    case .unary(let function):
      guard let elements = elements(0) else { return nil }
      let results = elements.compactMap { function.applied(to: $0) }
      return results.count == elements.count ? results : nil
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
      guard let a = broadcastElements(0, count), let b = broadcastElements(1, count) else {
        return nil
      }
      let results = zip(a, b).compactMap { function.applied(to: $0, $1) }
      return results.count == count ? results : nil
    case .movement(.tile):
      guard shape(0)?.count == 1, let data = elements(0), !data.isEmpty || count == 0 else {
        return nil
      }
      return (0..<count).map { data[$0 % data.count] }
    case .movement(.gatherElements):
      guard shape(0)?.count == 1, let data = elements(0), let indices = integers(1) else {
        return nil
      }
      return indices.map { data[$0 < 0 ? $0 + data.count : $0] }
    case .constantOfShape(.i64, let bits):
      return [Dimension](repeating: .fixed(Int(truncatingIfNeeded: bits)), count: count)
    case .constantOfShape(.i32, let bits):
      let value = Int32(truncatingIfNeeded: bits)
      return [Dimension](repeating: .fixed(Int(value)), count: count)
    case .constantOfShape(.bool, let bits):
      return [Dimension](repeating: .fixed(bits == 0 ? 0 : 1), count: count)
    case .expand: return broadcastElements(0, count)
    case .select:
      guard let conditions = broadcastElements(0, count), let x = broadcastElements(1, count),
        let y = broadcastElements(2, count)
      else { return nil }
      let results = conditions.indices.compactMap { index in
        conditions[index].value.map { $0 == 0 ? y[index] : x[index] }
          ?? (x[index] == y[index] ? x[index] : nil)
      }
      return results.count == count ? results : nil
    case .reduce(let reduce): return reducedElements(reduce.kind)
    case .range:
      guard let start = integers(0)?.first, let step = integers(2)?.first else { return nil }
      let results = (0..<count).compactMap { index in
        index.multiplied(by: step).flatMap(start.adding).map(Dimension.fixed)
      }
      return results.count == count ? results : nil
    default: return nil
    }
  }

  /// The elements of a scalar or vector operand, broadcast to a vector of `count`.
  private func broadcastElements(_ index: Int, _ count: Int) -> [Dimension]? {
    guard let elements = elements(index), shape(index)?.count ?? 2 <= 1 else { return nil }
    if elements.count == count { return elements }
    return elements.count == 1 ? [Dimension](repeating: elements[0], count: count) : nil
  }

  /// The only element that a vector is reduced to.
  private func reducedElements(_ kind: ReduceKind) -> [Dimension]? {
    let function: BinaryFunction
    var result: Dimension?
    switch kind {
    case .sum: (function, result) = (.add, .fixed(0))
    case .product: (function, result) = (.mul, .fixed(1))
    case .max: function = .max
    case .min: function = .min
    default: return nil
    }
    guard shape(0)?.count == 1, isAbsent(1) || integers(1)?.count == 1, let elements = elements(0)
    else { return nil }
    for element in elements {
      guard let before = result else {
        result = element
        continue
      }
      guard let next = function.applied(to: before, element) else { return nil }
      result = next
    }
    return result.map { [$0] }
  }

  private func slicedElements() -> [Dimension]? {
    guard shape(0)?.count == 1, let data = elements(0), let start = integers(1)?.first,
      let end = integers(2)?.first,
      let step = operand(4) == nil ? 1 : integers(4)?.first,
      let slice = ResolvedSlice(size: data.count, start: start, end: end, step: step)
    else { return nil }
    return (0..<slice.count).map { data[slice.start + $0 * slice.step] }
  }
}
