import Basics
import Program

extension Machine {
  /// Runs an instruction of the host or of a global digital unit.
  func runDigital(_ operation: Operation, _ iteration: Int) throws(RunFault) {
    statistics.digitalInstructions += lanes
    switch operation {
    case .copy(let target, let source):
      if target.memory.isFloating {
        unary(target, source, iteration) { (from: UnsafePointer<Float>, to, count) in
          to.update(from: from, count: count)
        }
      } else {
        unary(target, source, iteration) { (from: UnsafePointer<Int64>, to, count) in
          to.update(from: from, count: count)
        }
      }
    case .fill(let target, let value):
      if target.memory.isFloating {
        fill(target, value, iteration)
      } else {
        fill(target, saturated(value, to: target.memory.element), iteration)
      }
    case .cast(let target, let source): cast(target, source, iteration)
    case .map(let function, let x, let y, let target, let source):
      unary(target, source, iteration) { from, to, count in
        map(function, x, y, from, to, count)
      }
    case .zip(let function, let target, let first, let second):
      try zip(function, target, first, second, iteration)
    case .select(let target, let condition, let first, let second):
      if target.memory.isFloating {
        select(target, condition, first, second, iteration, Float.self)
      } else {
        select(target, condition, first, second, iteration, Int64.self)
      }
    case .reduce(let function, let target, let source):
      if target.memory.isFloating {
        reduce(function, target, source, iteration)
      } else {
        reduceIntegers(function, target, source, iteration)
      }
    case .contract(let target, let first, let second):
      contract(target, first, second, iteration)
    case .gather(let target, let data, let index):
      if target.memory.isFloating {
        try gather(target, data, index, iteration, Float.self)
      } else {
        try gather(target, data, index, iteration, Int64.self)
      }
    case .scatter(let function, let target, let source, let index):
      if target.memory.isFloating {
        try scatter(target, source, index, iteration) { (old: Float, new) in
          function.combine(old, new)
        }
      } else {
        let isUnsigned = target.memory.element == .u64
        try scatter(target, source, index, iteration) { (old: Int64, new) in
          function.combine(old, new, isUnsigned: isUnsigned)
        }
      }
    case .sort(let function, let target, let source):
      if source.memory.isFloating {
        sort(target, source, iteration) { (a: Float, b) in
          function == .ascending ? isBefore(a, b) : isBefore(b, a)
        }
      } else {
        let flip = source.memory.element == .u64 ? Int64.min : 0
        sort(target, source, iteration) { (a: Int64, b) in
          function == .ascending ? a ^ flip < b ^ flip : b ^ flip < a ^ flip
        }
      }
    case .control, .wait, .branch, .mvm, .affine:
      preconditionFailure("is no instruction of a digital unit")
    }
  }

  /// Calls `body` with ranges of `count` positions that fit the scratch memories.
  func forEachChunk<Fault: Error>(
    of count: Int, _ body: (Range<Int>) throws(Fault) -> Void
  ) throws(Fault) {
    let step = Self.chunk / lanes
    var start = 0
    while start < count {
      try body(start..<min(start + step, count))
      start += step
    }
  }

  private func fill<Element: StoredElement>(
    _ walk: Walk, _ value: Element, _ iteration: Int
  ) {
    var target: Operand<Element> = operand(walk, iteration, scratch: 0)
    statistics.digitalElements += walk.count * lanes
    forEachChunk(of: walk.count) { positions in
      target.select(positions)
      let to = target.target()
      to.update(repeating: value, count: positions.count * lanes)
      target.commit(to)
    }
  }

  /// Runs `kernel` over dense chunks of a source and a destination.
  func unary<From: StoredElement, To: StoredElement>(
    _ target: Walk, _ source: Walk, _ iteration: Int,
    _ kernel: (UnsafePointer<From>, UnsafeMutablePointer<To>, Int) -> Void
  ) {
    var source: Operand<From> = operand(source, iteration, scratch: 0)
    var target: Operand<To> = operand(target, iteration, scratch: 2)
    statistics.digitalElements += target.walk.count * lanes
    forEachChunk(of: target.walk.count) { positions in
      source.select(positions)
      target.select(positions)
      let to = target.target()
      kernel(source.read(), to, positions.count * lanes)
      target.commit(to)
    }
  }

  private func zip(
    _ function: ZipFunction, _ target: Walk, _ first: Walk, _ second: Walk, _ iteration: Int
  ) throws(RunFault) {
    let isUnsigned = first.memory.element == .u64
    switch (first.memory.isFloating, function.isComparison) {
    case (true, true):
      binary(target, first, second, iteration) {
        (a: UnsafePointer<Float>, b, to: UnsafeMutablePointer<Int64>, count) in
        compare(function, a, b, to, count)
      }
    case (true, false):
      binary(target, first, second, iteration) {
        (a: UnsafePointer<Float>, b, to: UnsafeMutablePointer<Float>, count) in
        Simulator.zip(function, a, b, to, count)
      }
    case (false, _):
      try binary(target, first, second, iteration) {
        (a: UnsafePointer<Int64>, b, to: UnsafeMutablePointer<Int64>, count) throws(RunFault) in
        try Simulator.zip(function, isUnsigned: isUnsigned, a, b, to, count)
      }
    }
  }

  /// Runs a `select`.
  private func select<Element: StoredElement>(
    _ target: Walk, _ condition: Walk, _ first: Walk, _ second: Walk, _ iteration: Int,
    _: Element.Type
  ) {
    var condition: Operand<Int64> = operand(condition, iteration, scratch: 3)
    var first: Operand<Element> = operand(first, iteration, scratch: 0)
    var second: Operand<Element> = operand(second, iteration, scratch: 1)
    var target: Operand<Element> = operand(target, iteration, scratch: 2)
    statistics.digitalElements += target.walk.count * lanes
    forEachChunk(of: target.walk.count) { positions in
      condition.select(positions)
      first.select(positions)
      second.select(positions)
      target.select(positions)
      let to = target.target()
      let (mask, a, b) = (condition.read(), first.read(), second.read())
      for i in 0..<positions.count * lanes { to[i] = mask[i] != 0 ? a[i] : b[i] }
      target.commit(to)
    }
  }

  /// Runs `kernel` over dense chunks of two sources and a destination.
  private func binary<From: StoredElement, To: StoredElement, Fault: Error>(
    _ target: Walk, _ first: Walk, _ second: Walk, _ iteration: Int,
    _ kernel: (
      UnsafePointer<From>, UnsafePointer<From>, UnsafeMutablePointer<To>, Int
    ) throws(Fault) -> Void
  ) throws(Fault) {
    var first: Operand<From> = operand(first, iteration, scratch: 0)
    var second: Operand<From> = operand(second, iteration, scratch: 1)
    var target: Operand<To> = operand(target, iteration, scratch: 2)
    statistics.digitalElements += target.walk.count * lanes
    try forEachChunk(of: target.walk.count) { positions throws(Fault) in
      first.select(positions)
      second.select(positions)
      target.select(positions)
      let to = target.target()
      try kernel(first.read(), second.read(), to, positions.count * lanes)
      target.commit(to)
    }
  }
}
