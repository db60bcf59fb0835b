import Basics
import Program

/// Streams of a program none of which can go on.
struct Deadlock {
  private let interpreter: Interpreter
  private let program: Program
  private let positions: [StreamPosition]

  /// Describes streams that have come as far as those of `interpreter`.
  init(_ interpreter: Interpreter) {
    self.interpreter = interpreter
    program = interpreter.flow.program
    positions = interpreter.positions
  }

  /// What an instruction waits for.
  private struct Wait {
    var memory: BufferID
    var counter: CounterID
    var amount: Int
  }

  /// The circle of streams that wait for each other, or the way to one that waits for nobody.
  var diagnostic: Diagnostic {
    let waiting = positions.indices.filter { !positions[$0].hasEnded }
    // From stream to stream that has yet to advance its counter, until one comes again.
    var path = [waiting[0]]
    var next = advancer(of: waiting[0])
    while let stream = next, !path.contains(stream) {
      path.append(stream)
      next = advancer(of: stream)
    }
    var title = "deadlock: nothing advances the counter that a unit waits for"
    if let next, let start = path.firstIndex(of: next) {
      path.removeFirst(start)
      title =
        path.count == 1
        ? "deadlock: a unit waits for itself"
        : "deadlock: \(path.count) units wait for each other in a cycle"
    }
    var lines = path.map(describe)
    let others = waiting.count - path.count
    if others > 0 { lines.append("\(others) other units wait too") }
    let symbol = self.symbol(path[0])
    return Diagnostic(
      node: symbol?.node, op: symbol?.op, ([title] + lines).joined(separator: "\n"),
      help:
        "the program is faulty: compile the network again, or report this to the authors of its compiler"
    )
  }

  private func instruction(_ stream: Int) -> Instruction {
    program.streams[stream].code[positions[stream].instruction]
  }

  /// What holds up a stream.
  private func wait(of stream: Int) -> Wait? {
    let instruction = instruction(stream)
    let execution = interpreter.executions(stream, positions[stream].instruction) + 1
    for index in instruction.accesses.sources {
      let descriptor = program.descriptors[index]
      guard let counter = descriptor.counter else { continue }
      let amount = execution.saturatingProduct(descriptor.amount)
      if interpreter.counters[counter.index] < amount {
        return Wait(memory: descriptor.buffer, counter: counter, amount: amount)
      }
    }
    return nil
  }

  /// A stream that still runs and has yet to advance what `stream` waits for.
  private func advancer(of stream: Int) -> Int? {
    guard let wait = wait(of: stream) else { return nil }
    return positions.indices.first { other in
      !positions[other].hasEnded
        && remainder(of: other).contains { advances($0, wait.counter) }
    }
  }

  private func advances(_ instruction: Instruction, _ counter: CounterID) -> Bool {
    instruction.accesses.destination.map { program.descriptors[$0].counter == counter } ?? false
  }

  /// The code that a stream may still run.
  private func remainder(of stream: Int) -> ArraySlice<Instruction> {
    let (position, code) = (positions[stream], program.streams[stream].code)
    let again = position.loops.first { $0.iteration + 1 < $0.count }
    var start = again?.body ?? position.instruction
    while true {
      let targets = code[start...].filter { [.jump, .branch].contains($0.opcode) }
        .map { Int($0.operands[0]) }
      guard let least = targets.min(), least < start else { return code[start...] }
      start = least
    }
  }

  private func describe(_ stream: Int) -> String {
    let index = positions[stream].instruction
    let node = symbol(stream).map { ", node \"\($0.node)\"" } ?? ""
    let mnemonic = instruction(stream).opcode.row.mnemonic
    let line = "\(program.streams[stream].unit.text), instruction \(index) (\(mnemonic))\(node)"
    guard let wait = wait(of: stream) else { return line }
    let writer = advancer(of: stream).map { program.streams[$0].unit.text } ?? "no unit"
    return line + " waits for \(writer) to write \(name(of: wait.memory)): "
      + "counter \(wait.counter.index) is \(interpreter.counters[wait.counter.index]), not \(wait.amount)"
  }

  private func name(of memory: BufferID) -> String {
    let buffer = program.buffers[memory.index]
    return switch buffer.space {
    case .link(_, let source, let target): "the link from core \(source.index) to \(target.index)"
    case .columns: "columns"
    case .host, .gdpu: "buffer \"\(buffer.name)\""
    }
  }

  private func symbol(_ stream: Int) -> Symbol? {
    program.symbols.first {
      $0.stream == stream && $0.instructions.contains(positions[stream].instruction)
    }
  }
}
