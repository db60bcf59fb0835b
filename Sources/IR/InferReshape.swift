import Basics

/// Operators that keep the elements and change the dimensions, and those about shapes.
extension Inference {
  func reshape(allowZero: Bool) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try vectorLength(1)
    let input = shape(0)
    guard let target = elements(1) else { return ValueType(element, unknownShape(length)) }
    var result: [Dimension] = []
    var hole: Int?
    for (axis, dimension) in target.enumerated() {
      switch dimension {
      case .fixed(-1):
        if hole != nil { throw fault("has more than one -1 in its shape \(text(target))") }
        if allowZero && target.contains(.fixed(0)) {
          throw fault("has both -1 and 0 in its shape \(text(target)), where 0 means no elements")
        }
        hole = axis
        result.append(unknown(axis))
      case .fixed(0) where !allowZero:
        if let input, axis >= input.count {
          throw fault(
            "copies dimension \(axis) in its shape \(text(target)), but \(operandName(0))"
              + " has \(input.count)")
        }
        result.append(input?[axis] ?? unknown(axis))
      case .fixed(let size) where size < 0:
        throw fault("has a negative size in its shape \(text(target))")
      default: result.append(dimension)
      }
    }
    guard let input else { return ValueType(element, result) }
    let others = result.indices.filter { $0 != hole }.map { result[$0] }
    guard var total = DimensionProduct(input), var rest = DimensionProduct(others) else {
      throw fault("has a number of elements that is out of range")
    }
    DimensionProduct.cancel(&total, &rest)
    let isKnown = total.symbols.isEmpty && rest.symbols.isEmpty
    let mismatch = fault("cannot give \(type(0)) the shape \(text(target))")
    guard let hole else {
      if isKnown && total.coefficient != rest.coefficient { throw mismatch }
      return ValueType(element, result)
    }
    if rest.coefficient == 0 {
      throw fault("cannot find the size for -1 in its shape \(text(target)): others are 0")
    }
    if total.coefficient % rest.coefficient != 0 {
      if isKnown { throw mismatch }
    } else if rest.symbols.isEmpty {
      total.coefficient /= rest.coefficient
      result[hole] = total.dimension ?? unknown(hole)
    }
    return ValueType(element, result)
  }

  func flatten(_ axis: Int) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    guard let shape = shape(0) else { return ValueType(element, unknownShape(2)) }
    guard axis >= -shape.count && axis <= shape.count else {
      throw fault("has axis \(axis), but there are \(shape.count) dimensions")
    }
    let split = axis < 0 ? axis + shape.count : axis
    guard let rows = DimensionProduct(shape[..<split]),
      let columns = DimensionProduct(shape[split...])
    else { throw fault("has a number of elements that is out of range") }
    return ValueType(
      element, [rows.dimension ?? unknown(0), columns.dimension ?? unknown(1)])
  }

  func transpose(_ permutation: [Int]) throws(Diagnostics) -> ValueType {
    guard permutation.sorted() == Array(permutation.indices) else {
      throw fault("has \(permutation), which is not a permutation")
    }
    try require(0, rank: permutation.count)
    return ValueType(
      type(0).element, permutation.indices.map { shape(0)?[permutation[$0]] ?? unknown($0) })
  }

  func squeeze() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try axisCount(1)
    guard var shape = shape(0) else { return ValueType(element, nil) }
    if isAbsent(1) {
      // A symbol may stand for 1.
      guard shape.allSatisfy({ $0.value != nil }) else { return ValueType(element, nil) }
      return ValueType(element, shape.filter { $0 != .fixed(1) })
    }
    guard let given = integers(1) else {
      guard let length, length <= shape.count else { return ValueType(element, nil) }
      return ValueType(element, unknownShape(shape.count - length))
    }
    for axis in try resolve(axes: given, rank: shape.count).sorted(by: >) {
      guard unified(shape[axis], .fixed(1)) != nil else {
        throw fault("removes dimension \(axis) of \(type(0)), which is not 1")
      }
      shape.remove(at: axis)
    }
    return ValueType(element, shape)
  }

  func unsqueeze() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try axisCount(1)
    guard var shape = shape(0) else { return ValueType(element, nil) }
    guard let given = integers(1) else {
      return ValueType(element, unknownShape(length.flatMap(shape.count.adding)))
    }
    for axis in try resolve(axes: given, rank: shape.count + given.count).sorted() {
      shape.insert(.fixed(1), at: axis)
    }
    return ValueType(element, shape)
  }

  /// The number of axes that the operand at `index` names; a scalar, which the functions of ONNX itself
  /// use, names one.
  private func axisCount(_ index: Int) throws(Diagnostics) -> Int? {
    shape(index)?.isEmpty == true ? 1 : try vectorLength(index)
  }

  func shapeOf(start: Int, end: Int?) -> ValueType {
    guard let rank = shape(0)?.count else { return ValueType(.i64, [unknown(0)]) }
    return ValueType(.i64, fixed: [Self.bounds(start, end, rank).count])
  }

  /// The dimensions that Shape gives: bounds count from the end if negative, and are clamped.
  static func bounds(_ start: Int, _ end: Int?, _ rank: Int) -> Range<Int> {
    func clamped(_ bound: Int) -> Int { min(max(bound < 0 ? bound + rank : bound, 0), rank) }
    let first = clamped(start)
    return first..<max(first, clamped(end ?? rank))
  }

  func constantOfShape(_ element: ElementType, _ bits: UInt64) throws(Diagnostics) -> ValueType {
    guard element.hasElement(bits) else {
      throw fault("has a value that is not an element of type \(element)")
    }
    let length = try vectorLength(0)
    guard let dimensions = elements(0) else {
      return ValueType(element, unknownShape(length))
    }
    for case .fixed(let size) in dimensions where size < 0 {
      throw fault("has a negative size in its shape \(text(dimensions))")
    }
    return ValueType(element, dimensions)
  }

  /// A shape of `rank` unknown dimensions; `nil` if that is unknown or too many.
  func unknownShape(_ rank: Int?) -> [Dimension]? {
    guard let rank, rank <= Self.rankLimit else { return nil }
    return (0..<rank).map { unknown($0) }
  }

  func text(_ dimensions: [Dimension]) -> String {
    "[\(dimensions.map(\.description).joined(separator: ", "))]"
  }
}
