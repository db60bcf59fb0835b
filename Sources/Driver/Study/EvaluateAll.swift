import Basics
import IR
import Reference

/// Evaluates `graph` on every inference of `data`.
///
/// The result has a tensor for each output: as many times its shape as there are inferences. Where `shapes` say so,
/// they are padded to those, as the outputs of a program are. Inferences
/// run side by side; the results do not depend on how many do. Throws `Diagnostics` of the first
/// inference that cannot be evaluated.
func evaluateAll(
  _ graph: Graph, _ data: DataSet, shapes: [[Int]]? = nil, console: Console
) throws -> [Tensor] {
  let evaluator = try Evaluator(graph)
  let ports = graph.inputPorts
  var progress = Progress(
    "reference: inferences", total: data.count, console: console, tellsTimeLeft: true)
  try progress.begin()
  defer { progress.finish() }
  var outputs: [[Tensor]] = graph.outputs.map { _ in [] }
  let chunk = 64
  for start in stride(from: 0, to: data.count, by: chunk) {
    let range = start..<min(start + chunk, data.count)
    let evaluated = mappedInParallel(range.count, cost: .max) { offset in
      Result { try evaluator.evaluate(data.inference(range.lowerBound + offset, ports)) }
    }
    for results in evaluated {
      for (index, result) in try results.get().padded(to: shapes).enumerated() {
        outputs[index].append(result.reshaped([1] + result.shape))
      }
    }
    try progress.update(range.upperBound)
  }
  return try zip(outputs, graph.outputs).map { parts, id in
    guard parts.allSatisfy({ $0.shape == parts[0].shape }) else {
      throw Diagnostics(
        Diagnostic(.error, "output \"\(graph[id].name)\" has another shape in every inference"))
    }
    return concatenate(parts)
  }
}

extension [Tensor] {
  /// The outputs of an inference with as much room as outputs of these shapes have, where that is more.
  func padded(to shapes: [[Int]]?) -> [Tensor] {
    guard let shapes else { return self }
    return zip(self, shapes).map { $0.fits($1) ? $0.padded(to: $1) : $0 }
  }
}

extension DataSet {
  /// What each input port receives in inference `index`, in the shape of the port.
  func inference(_ index: Int, _ ports: [DataPort]) -> [Tensor] {
    zip(inputs(index..<index + 1), ports).map { $0.reshaped($1.shape) }
  }
}
