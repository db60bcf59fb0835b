import Basics
import IR

/// What the first line of a case, `// test: <name> [<argument>…]`, can ask for.
struct Command: Sendable {
  let name: String
  /// Turns the graph of the case into the text that is expected; throws what should fail.
  let run: @Sendable (Graph, [String]) throws -> String

  static let all = [
    Command(name: "print") { graph, _ in graph.text },
    Command(name: "verify") { graph, _ in
      try Diagnostics(graph.verify()).throwIfErrors()
      return graph.text
    },
    Command(name: "infer") { graph, _ in
      var graph = graph
      try graph.inferTypes()
      try Diagnostics(graph.verify()).throwIfErrors()
      return graph.text
    },
    Command(name: "bind") { graph, arguments in
      var graph = graph
      for argument in arguments {
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let size = Int(parts[1]) else {
          throw Diagnostics(Diagnostic(.error, "bind takes arguments of the form N=1"))
        }
        graph.bind(symbol: String(parts[0]), to: size)
      }
      try graph.inferTypes()
      return graph.text
    },
  ]
}
