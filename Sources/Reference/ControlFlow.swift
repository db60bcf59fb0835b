import Basics
import IR

/// The iterations after which a loop is given up.
private let iterationLimit = 1 << 24

/// Evaluates a branch, a loop or a scan.
///
/// Faults of a region are named after `node`, a dot and the node there.
func evaluate(_ control: ControlFlow, of node: Node, _ operands: Operands) throws -> [Tensor] {
  do {
    switch control {
    case .conditional(let then, let otherwise):
      let isTrue = try truth(operands.required(0, "condition"), "condition")
      let inputs = try operands.all(from: 1)
      return try Evaluator(isTrue ? then : otherwise).evaluateUnchecked(inputs)
    case .loop(let loop): return try evaluate(loop, operands)
    case .scan(let scan): return try evaluate(scan, operands)
    }
  } catch let diagnostics as Diagnostics {
    throw diagnostics.inside(node)
  }
}

private func evaluate(_ loop: Loop, _ operands: Operands) throws -> [Tensor] {
  let body = try Evaluator(loop.body)
  let maximum = try operands.integers(0, "maximum").map { counts in
    guard counts.count == 1 else { throw Fault("maximum has \(counts.count) elements") }
    return counts[0]
  }
  var goesOn = try operands[1].map { try truth($0, "condition") } ?? true
  let values = try operands.all(from: 2)
  guard 0...values.count ~= loop.carriedCount, loop.body.outputs.count > loop.carriedCount else {
    throw Fault("carries \(loop.carriedCount) of \(values.count) values")
  }
  var carried = Array(values.prefix(loop.carriedCount))
  let captured = values.dropFirst(loop.carriedCount)
  var collected = [[Tensor]](
    repeating: [], count: loop.body.outputs.count - 1 - loop.carriedCount)
  var iteration = 0
  while goesOn && iteration < maximum ?? .max {
    guard iteration < iterationLimit else {
      throw Fault("does not end within \(iterationLimit) iterations")
    }
    let outputs = try body.evaluateUnchecked(
      [Tensor(scalar: Int64(iteration)), Tensor(scalar: Bool8(goesOn))] + carried + captured)
    goesOn = try truth(outputs[0], "the condition of the body")
    carried = Array(outputs[1..<1 + loop.carriedCount])
    for index in collected.indices {
      collected[index].append(outputs[1 + loop.carriedCount + index])
    }
    iteration += 1
  }
  return try carried
    + collected.enumerated().map { index, parts in
      let output = loop.body.outputs[1 + loop.carriedCount + index]
      return try stacked(parts, axis: 0, of: loop.body[output].type)
    }
}

private func evaluate(_ scan: Scan, _ operands: Operands) throws -> [Tensor] {
  let body = try Evaluator(scan.body)
  let values = try operands.all(from: 0)
  let count = scan.stateCount
  guard 0...values.count ~= count, scan.scanned.count <= values.count - count,
    scan.body.outputs.count == count + scan.collected.count
  else {
    throw Fault("scans \(scan.scanned.count) of \(values.count) values behind \(count) states")
  }
  var states = Array(values.prefix(count))
  let scanned = Array(values[count..<count + scan.scanned.count])
  let captured = values.dropFirst(count + scan.scanned.count)
  let axes = try zip(scan.scanned, scanned).map {
    try normalized(axis: $0.axis, rank: $1.shape.count)
  }
  let lengths = zip(scanned, axes).map { $0.shape[$1] }
  guard let length = lengths.first, lengths.allSatisfy({ $0 == length }) else {
    throw Fault("operands of \(text(lengths)) elements are scanned side by side")
  }
  var collected = [[Tensor]](repeating: [], count: scan.collected.count)
  for step in 0..<length {
    let elements = try scanned.indices.map { index in
      let position = scan.scanned[index].isReversed ? length - 1 - step : step
      return try gather(
        axis: axes[index], Operands([scanned[index], Tensor(scalar: Int64(position))]))
    }
    let outputs = try body.evaluateUnchecked(states + elements + captured)
    states = Array(outputs[..<count])
    for index in collected.indices { collected[index].append(outputs[count + index]) }
  }
  return try states
    + collected.enumerated().map { index, parts in
      let axis = scan.collected[index]
      let output = scan.body.outputs[count + index]
      return try stacked(
        axis.isReversed ? parts.reversed() : parts, axis: axis.axis, of: scan.body[output].type)
    }
}

/// `parts` side by side along a new dimension `axis`; `type` is that of one part, which tells the
/// shape where there is none.
private func stacked(_ parts: [Tensor], axis: Int, of type: ValueType) throws -> Tensor {
  guard let first = parts.first else {
    guard var shape = type.fixedShape else {
      throw Fault("collects nothing, of elements whose shape is not known")
    }
    shape.insert(0, at: try normalized(axis: axis, rank: shape.count + 1))
    return Tensor(type: type.element, shape: shape, bytes: Bytes(count: 0) { _ in })
  }
  let axis = try normalized(axis: axis, rank: first.shape.count + 1)
  return try concat(
    axis: axis,
    Operands(
      parts.map { part in
        var shape = part.shape
        shape.insert(1, at: min(axis, shape.count))
        return part.reshaped(shape)
      }))
}

/// The only element of a condition.
private func truth(_ tensor: Tensor, _ role: String) throws -> Bool {
  guard tensor.type == .bool, tensor.count == 1 else {
    throw Fault("\(role) is \(tensor.type)[\(text(tensor.shape))], not one truth value")
  }
  return tensor.elements(of: Bool8.self)[0].value
}

extension Operands {
  /// The operands from `index` on, none of which may be left out.
  fileprivate func all(from index: Int) throws -> [Tensor] {
    try (min(index, count)..<count).map { try required($0, "\($0)") }
  }
}
