import Basics
import Program

extension Machine {
  /// Why no stream gets on: the streams that wait for each other, or for nobody.
  func deadlock() -> Diagnostic {
    let waiting = plan.streams.indices.filter { !states[$0].hasEnded }
    // From stream to stream that could advance its counter, until one comes again.
    var path = [waiting[0]]
    while let next = path.last.flatMap(advancer), !path.contains(next) { path.append(next) }
    var lines: [String] = []
    var title = "no unit can go on"
    if let last = path.last, let next = advancer(of: last), let start = path.firstIndex(of: next) {
      path.removeFirst(start)
      title += ": \(path.count == 1 ? "one waits for itself" : "they wait for each other")"
    } else {
      title += ": nothing advances what is awaited"
    }
    for stream in path { lines.append(describe(stream)) }
    let others = waiting.count - path.count
    if others > 0 { lines.append("\(others) other units wait too") }
    let symbol = self.symbol(path[0])
    return Diagnostic(
      node: symbol?.node, op: symbol?.op, ([title] + lines).joined(separator: "\n"),
      help: "the program is faulty: compile the network again, or report this to the compiler")
  }

  /// The counter that holds up a stream.
  private func shortage(of stream: Int) -> PlannedInstruction.Count? {
    let state = states[stream]
    let planned = plan.streams[stream]
    let execution = executions[planned.firstInstruction + state.instruction] + 1
    return planned.code[state.instruction].waits.first {
      counters[$0.counter] < execution * $0.amount
    }
  }

  /// A stream that still runs and has an instruction that advances what `stream` waits for.
  private func advancer(of stream: Int) -> Int? {
    guard let shortage = shortage(of: stream) else { return nil }
    return plan.streams.indices.first { other in
      !states[other].hasEnded
        && plan.streams[other].code.contains { $0.advances?.counter == shortage.counter }
    }
  }

  private func describe(_ stream: Int) -> String {
    let planned = plan.streams[stream]
    let index = states[stream].instruction
    let execution = executions[planned.firstInstruction + index] + 1
    let node = symbol(stream).map { ", node \"\($0.node)\"" } ?? ""
    let mnemonic = plan.program.streams[stream].code[index].opcode.row.mnemonic
    var line = "\(planned.unit.text), instruction \(index) (\(mnemonic))\(node)"
    if let shortage = shortage(of: stream) {
      line +=
        " waits until counter \(shortage.counter) is \(execution * shortage.amount); it is "
        + "\(counters[shortage.counter])"
    }
    return line
  }

  private func symbol(_ stream: Int) -> Symbol? {
    plan.program.symbols.first {
      $0.stream == stream && $0.instructions.contains(states[stream].instruction)
    }
  }
}
