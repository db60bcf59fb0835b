import Basics
import Program

/// Where a stream is.
private struct Position {
  var instruction = 0
  /// The iteration of the loop around it, from 0.
  var iteration = 0
}

extension Prover {
  /// Checks that all streams come to their ends: with counters alone, which say who waits for whom.
  ///
  /// What an instruction waits for and adds does not depend on values, and units that go on never take
  /// anything from others, so that one order of running stands for all.
  mutating func checkProgress() {
    var counters = [Int](repeating: 0, count: program.counterCount)
    var positions = [Position](repeating: Position(), count: program.streams.count)
    var isRunning = true
    while isRunning {
      isRunning = false
      for stream in positions.indices {
        if run(stream, &positions[stream], &counters) { isRunning = true }
      }
    }
    let held = positions.indices.filter {
      positions[$0].instruction < program.streams[$0].code.count
    }
    guard let first = held.first else { return }
    let place = Place(stream: first, instruction: positions[first].instruction)
    report(
      at: place,
      held.count == 1
        ? "waits forever" : "waits forever, and so do \(held.count - 1) other units")
  }

  /// Runs a stream until it waits or ends. Returns whether it got anywhere.
  private func run(_ stream: Int, _ position: inout Position, _ counters: inout [Int]) -> Bool {
    let code = program.streams[stream].code
    var hasMoved = false
    while position.instruction < code.count {
      let instruction = code[position.instruction]
      let count = position.iteration + 1
      let kinds = instruction.opcode.row.operands
      for (operand, kind) in zip(instruction.operands, kinds)
      where kind == .source || kind == .optionalSource && operand != Instruction.none {
        let descriptor = program.descriptors[Int(operand)]
        guard let counter = descriptor.counter else { continue }
        if counters[counter.index] < count.saturatingProduct(descriptor.amount) { return hasMoved }
      }
      if kinds.first == .destination {
        let descriptor = program.descriptors[Int(instruction.operands[0])]
        if let counter = descriptor.counter?.index {
          counters[counter] = counters[counter].saturatingSum(descriptor.amount)
        }
      }
      advance(&position, behind: instruction, of: stream)
      hasMoved = true
    }
    return hasMoved
  }

  private func advance(
    _ position: inout Position, behind instruction: Instruction, of stream: Int
  ) {
    let last = Place(stream: stream, instruction: position.instruction - 1)
    position.instruction += 1
    guard instruction.opcode == .next, last.instruction >= 0 else { return }
    // The instruction before `next` is in the loop, or is the `loop` of an empty one.
    guard let loop = loop(last) else { return position.iteration = 0 }
    position.iteration += 1
    if position.iteration < loop.count {
      position.instruction = loop.start + 1
    } else {
      position.iteration = 0
    }
  }
}
