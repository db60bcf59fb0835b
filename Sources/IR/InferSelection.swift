import Basics

/// Operators that put elements together or take some of them.
extension Inference {
  func concat(_ axis: Int) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    guard var result = node.operands.indices.lazy.compactMap({ self.shape($0) }).first else {
      return ValueType(element, nil)
    }
    let axis = try resolve(axis: axis, rank: result.count)
    var sum: Int? = 0
    var isOutOfRange = false
    for index in node.operands.indices {
      guard let shape = shape(index) else {
        sum = nil
        continue
      }
      guard shape.count == result.count else {
        throw fault("joins \(type(0)) and \(type(index)), which differ in rank")
      }
      for other in shape.indices where other != axis {
        guard let common = unified(result[other], shape[other]) else {
          throw fault(
            "joins \(type(0)) and \(type(index)) along axis \(axis), but they differ in"
              + " dimension \(other)")
        }
        result[other] = common
      }
      if let known = sum, let size = shape[axis].value {
        sum = known.adding(size)
        isOutOfRange = sum == nil
      } else {
        sum = nil
      }
    }
    if isOutOfRange { throw fault("has a number of elements that is out of range") }
    if let sum {
      result[axis] = .fixed(sum)
    } else if node.operands.count > 1 {
      result[axis] = unknown(axis)
    }
    return ValueType(element, result)
  }

  func split(_ axis: Int) throws(Diagnostics) -> [ValueType] {
    let element = type(0).element
    let count = node.results.count
    let length = try vectorLength(1)
    if operand(1) != nil, let length, length != count {
      throw fault("has \(count) results, but \(length) sizes")
    }
    guard let shape = shape(0) else {
      return [ValueType](repeating: ValueType(element, nil), count: count)
    }
    let axis = try resolve(axis: axis, rank: shape.count)
    let sizes = try splitSizes(shape[axis], count)
    return (0..<count).map { part in
      var result = shape
      result[axis] = sizes?[part] ?? unknown(axis, result: part)
      return ValueType(element, result)
    }
  }

  private func splitSizes(_ size: Dimension, _ count: Int) throws(Diagnostics) -> [Dimension]? {
    if operand(1) != nil {
      guard let sizes = elements(1), sizes.count == count else { return nil }
      for case .fixed(let part) in sizes where part < 0 { throw fault("has size \(part)") }
      if let size = size.value, let parts = integers(1) {
        var sum: Int? = 0
        for part in parts { sum = sum?.adding(part) }
        guard sum == size else {
          throw fault("splits \(size) elements into parts of \(text(sizes))")
        }
      }
      return sizes
    }
    guard let total = size.value else { return count == 1 ? [size] : nil }
    let part = total / count + (total % count == 0 ? 0 : 1)
    guard let others = part.multiplied(by: count - 1), others <= total else {
      throw fault("cannot split \(total) elements into \(count) parts of \(part)")
    }
    return [Dimension](repeating: .fixed(part), count: count - 1) + [.fixed(total - others)]
  }

  func slice() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    var lengths: [Int] = []
    for index in 1...4 where operand(index) != nil {
      if let length = try vectorLength(index) { lengths.append(length) }
    }
    if let first = lengths.first, lengths.contains(where: { $0 != first }) {
      throw fault("has starts, ends, axes and steps of different lengths \(lengths)")
    }
    guard let shape = shape(0) else { return ValueType(element, nil) }
    guard
      let axes = operand(3) == nil ? lengths.first.map({ Array(0..<$0) }) : integers(3)
    else { return ValueType(element, shape.indices.map { unknown($0) }) }
    if axes.count > shape.count { throw fault("slices \(axes.count) axes of \(type(0))") }
    let (starts, ends) = (integers(1), integers(2))
    let steps = operand(4) == nil ? [Int](repeating: 1, count: axes.count) : integers(4)
    var result = shape
    for (index, axis) in try resolve(axes: axes, rank: shape.count).enumerated() {
      guard let starts, let ends, let steps, starts.count == axes.count, ends.count == axes.count,
        steps.count == axes.count
      else {
        result[axis] = unknown(axis)
        continue
      }
      guard steps[index] != 0 else { throw fault("has a step of 0 along axis \(axis)") }
      result[axis] = sliced(shape[axis], starts[index], ends[index], steps[index], axis)
    }
    return ValueType(element, result)
  }

  private func sliced(
    _ size: Dimension, _ start: Int, _ end: Int, _ step: Int, _ axis: Int
  ) -> Dimension {
    // As exporters write "to the end" and "to before the beginning".
    let open = Int(Int32.max)
    switch size {
    case .fixed(let size):
      return .fixed(ResolvedSlice(size: size, start: start, end: end, step: step)?.count ?? 0)
    case .symbol where step == 1 && start == 0 && end >= open: return size
    case .symbol where step == -1 && (start == -1 || start >= open) && end <= -open: return size
    case .symbol: return unknown(axis)
    }
  }

  func pad() throws(Diagnostics) -> ValueType {
    let element = type(0).element
    let length = try vectorLength(1)
    if let value = shape(2), !value.isEmpty, value != [.fixed(1)] {
      throw fault("takes \(operandName(2)) that is a scalar, not \(type(2))")
    }
    let axesLength = operand(3) == nil ? shape(0)?.count : try vectorLength(3)
    if let length, let axesLength, axesLength.multiplied(by: 2) != length {
      throw fault("has \(length) pads for \(axesLength) axes; there are two for each")
    }
    guard let shape = shape(0) else { return ValueType(element, nil) }
    guard let pads = integers(1),
      let axes = operand(3) == nil ? Array(shape.indices) : integers(3),
      pads.count == 2 * axes.count
    else { return ValueType(element, shape.indices.map { unknown($0) }) }
    var result = shape
    for (index, axis) in try resolve(axes: axes, rank: shape.count).enumerated() {
      guard let total = pads[index].adding(pads[index + axes.count]),
        let padded = (shape[axis].value ?? 0).adding(total)
      else { throw fault("has pads that are out of range along axis \(axis)") }
      if shape[axis].value == nil {
        if total != 0 { result[axis] = unknown(axis) }
      } else if padded < 0 {
        throw fault("removes more than there is along axis \(axis) of \(type(0))")
      } else {
        result[axis] = .fixed(padded)
      }
    }
    return ValueType(element, result)
  }

  func gather(_ axis: Int) throws(Diagnostics) -> ValueType {
    let element = type(0).element
    guard let shape = shape(0) else { return ValueType(element, nil) }
    let axis = try resolve(axis: axis, rank: shape.count)
    if let size = shape[axis].value, let indices = integers(1) {
      for index in indices where index < -size || index >= size {
        throw fault("takes element \(index) of \(size) along axis \(axis)")
      }
    }
    guard let indices = self.shape(1) else { return ValueType(element, nil) }
    return ValueType(element, shape[..<axis] + indices + shape[(axis + 1)...])
  }
}
