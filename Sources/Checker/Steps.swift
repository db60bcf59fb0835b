import Program

/// A counted loop of a stream, which must not have another one in it.
struct StepLoop: Hashable {
  var stream: Int
  /// The number of its `loop` instruction.
  var start: Int
  /// How often its body runs.
  var count: Int
}

extension Prover {
  /// The loop around each instruction of each stream; nothing, with a fault, where code jumps or has
  /// loops in loops, or more steps than any value of the network has elements along an axis.
  mutating func findLoops() -> Bool {
    let mostSteps = graph.values.flatMap { $0.type.fixedShape ?? [] }.max() ?? 0
    for (stream, code) in program.streams.map(\.code).enumerated() {
      var loop: StepLoop?
      var around: [StepLoop?] = []
      for (number, instruction) in code.enumerated() {
        let place = Place(stream: stream, instruction: number)
        switch instruction.opcode {
        case .jump, .branch:
          report(at: place, "\(instruction.opcode.row.mnemonic) cannot be followed")
        case .loop where loop != nil: report(at: place, "a loop in a loop cannot be followed")
        default: break
        }
        around.append(instruction.opcode == .next ? nil : loop)
        if instruction.opcode == .loop {
          if instruction.operands[0] > mostSteps {
            report(
              at: place,
              "runs \(instruction.operands[0]) times, and no node has more than \(mostSteps) steps")
          }
          loop = StepLoop(stream: stream, start: number, count: Int(instruction.operands[0]))
        }
        if instruction.opcode == .next { loop = nil }
      }
      loops.append(around)
    }
    return faults.isEmpty
  }

  /// The loop around an instruction.
  func loop(_ place: Place) -> StepLoop? { loops[place.stream][place.instruction] }
}

/// In which order the instructions of loops run whose steps several streams take together.
///
/// An edge says that an instruction comes after another one: of the same step, with distance 0, or of
/// the step before, with distance 1. Code of one stream is in order, from step to step too.
struct StepOrder {
  private var edges: [Place: [(target: Place, distance: Int)]] = [:]

  init(_ loops: [[StepLoop?]]) {
    for (stream, around) in loops.enumerated() {
      for (number, loop) in around.enumerated() {
        guard let loop else { continue }
        let place = Place(stream: stream, instruction: number)
        if number + 1 < around.count, around[number + 1] == loop {
          add(place, Place(stream: stream, instruction: number + 1), 0)
        } else {
          add(place, Place(stream: stream, instruction: loop.start + 1), 1)
        }
      }
    }
  }

  /// Notes that `target` comes after `source` of the step that is `distance` steps before.
  mutating func add(_ source: Place, _ target: Place, _ distance: Int) {
    edges[source, default: []].append((target, distance))
  }

  /// The places that come after `source` in the same step, with 0, or at the latest in the next one,
  /// with 1.
  func distances(from source: Place) -> [Place: Int] {
    var distances = [source: 0]
    var waiting: [[Place]] = [[source], []]
    for distance in 0...1 {
      while let place = waiting[distance].popLast() {
        for edge in edges[place] ?? [] {
          let total = distance + edge.distance
          if total > 1 || distances[edge.target].map({ $0 <= total }) == true { continue }
          distances[edge.target] = total
          waiting[total].append(edge.target)
        }
      }
    }
    return distances
  }
}
