import Basics
import IR

extension Graph {
  /// The names of the dimensions that the inputs leave open, in the order in which they occur.
  var openDimensions: [String] {
    var names: [String] = []
    for input in inputs {
      for case .symbol(let name) in self[input].type.shape ?? [] where !names.contains(name) {
        names.append(name)
      }
    }
    return names
  }

  /// Whether the open dimension `name` is a batch, so that an inference can be about one of it: it is
  /// the first dimension of every input but scalars, and nowhere else, and every output has an open
  /// first dimension.
  func isBatch(_ name: String) -> Bool {
    inputs.allSatisfy { id in
      guard let shape = self[id].type.shape else { return false }
      return shape.isEmpty
        || shape[0] == .symbol(name) && !shape.dropFirst().contains(.symbol(name))
    }
      && outputs.allSatisfy { id in
        guard let first = self[id].type.shape?.first else { return self[id].type.shape == nil }
        return first.value == nil
          && self[id].type.shape?.dropFirst().contains(.symbol(name)) != true
      }
  }

  /// The graph with a size for every dimension that is left open.
  ///
  /// Sizes come from `given`, then from `known`, what data say; a batch that neither names is 1, of
  /// which `notes` tells. Throws `Diagnostics` naming every dimension that has no size or that there
  /// is not, and every input whose shape does not fit.
  func withSizes(
    given: GivenSizes, known: () throws -> [String: Int], file: String,
    notes: inout [Diagnostic]
  ) throws -> Graph {
    var faults = Diagnostics()
    let open = openDimensions
    var (graph, sizes) = withShapes(given.shapes, file: file, faults: &faults)
    for dimension in given.dimensions {
      if !open.contains(dimension.name) {
        let names = open.map { "\"\($0)\"" }.joined(separator: ", ")
        faults.append(
          Diagnostic(
            file: file, "no input has an open dimension \"\(dimension.name)\"",
            supported: open.isEmpty ? "none: all dimensions are fixed" : names))
      } else if let other = sizes.updateValue(dimension.size, forKey: dimension.name),
        other != dimension.size
      {
        faults.append(
          Diagnostic(
            file: file,
            "dimension \"\(dimension.name)\" is given as \(other) and as \(dimension.size)"))
      }
    }
    for name in open where sizes[name] == nil {
      if isBatch(name) {
        sizes[name] = 1
        notes.append(
          Diagnostic(
            .note, file: file, "dimension \"\(name)\" is taken as 1: one sample an inference",
            help: "give --dim \(name)=SIZE for another"))
      } else if let size = try known()[name] {
        sizes[name] = size
      } else {
        faults.append(
          Diagnostic(
            file: file, "dimension \"\(name)\" is left open",
            help: "give --dim \(name)=SIZE, or the shape of an input with it: --input-shape"))
      }
    }
    for input in graph.inputs where graph[input].type.shape == nil {
      let name = graph[input].name
      faults.append(
        Diagnostic(
          file: file, "input \"\(name)\" has no shape, not even a number of dimensions",
          help: "give --input-shape \(name)=SIZExSIZE…"))
    }
    try faults.throwIfErrors()
    for name in open { graph.bind(symbol: name, to: sizes[name, default: 1]) }
    return graph
  }

  /// The graph with `shapes` for inputs of which nothing is known, and the sizes that they give to
  /// open dimensions of the others.
  private func withShapes(
    _ shapes: [InputShape], file: String, faults: inout Diagnostics
  ) -> (graph: Graph, sizes: [String: Int]) {
    var graph = self
    var sizes: [String: Int] = [:]
    var named: Set<String> = []
    for shape in shapes {
      func fault(_ message: String, supported: String? = nil) {
        faults.append(Diagnostic(file: file, message, supported: supported))
      }
      if !named.insert(shape.name).inserted {
        fault("the shape of input \"\(shape.name)\" is given twice")
      }
      guard let input = inputs.first(where: { self[$0].name == shape.name }) else {
        fault(
          "there is no input \"\(shape.name)\"",
          supported: inputs.map { "\"\(self[$0].name)\"" }.joined(separator: ", "))
        continue
      }
      let text = shape.sizes.map(String.init).joined(separator: "×")
      let type = self[input].type
      guard let dimensions = type.shape else {
        graph[input].type.shape = shape.sizes.map(Dimension.fixed)
        continue
      }
      guard dimensions.count == shape.sizes.count,
        zip(dimensions, shape.sizes).allSatisfy({ $0.value ?? $1 == $1 })
      else {
        fault("input \"\(shape.name)\" is \(describe(type)), which \(text) does not fit")
        continue
      }
      for case (.symbol(let name), let size) in zip(dimensions, shape.sizes) {
        if let other = sizes.updateValue(size, forKey: name), other != size {
          fault("dimension \"\(name)\" is given as \(other) and as \(size)")
        }
      }
    }
    return (graph, sizes)
  }

  /// The inputs as data see them; all their dimensions must be known.
  var inputPorts: [DataPort] { ports(inputs) }

  /// The outputs as data see them; those of unknown dimensions have none.
  var outputPorts: [DataPort] { ports(outputs) }

  private func ports(_ ids: [ValueID]) -> [DataPort] {
    ids.map { id in
      DataPort(
        name: self[id].name, element: self[id].type.element, shape: self[id].type.fixedShape ?? [],
        hasKnownShape: self[id].type.fixedShape != nil)
    }
  }
}

extension DataSource {
  /// The sizes that the arrays give to the open dimensions of the inputs of `graph`.
  func sizes(for graph: Graph) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for (index, input) in graph.inputs.enumerated() {
      guard let dimensions = graph[input].type.shape,
        let shape = inputShape(graph[input].name, index, of: graph.inputs.count),
        shape.count == dimensions.count
      else { continue }
      for case (.symbol(let name), let size) in zip(dimensions, shape) where sizes[name] == nil {
        sizes[name] = size
      }
    }
    return sizes
  }

  private func inputShape(_ name: String, _ index: Int, of count: Int) -> [Int]? {
    switch content {
    case .array(let tensor): return tensor.shape
    case .archive(let arrays):
      let names = [name, "input_\(index)"] + (count == 1 ? ["x"] : [])
      return arrays.first { names.contains($0.name) }?.tensor.shape
    case .records(let records):
      let inputs = records.first?.inputs ?? []
      if let named = inputs.first(where: { $0.name == name }) { return named.tensor.shape }
      return index < inputs.count ? inputs[index].tensor.shape : nil
    }
  }
}
