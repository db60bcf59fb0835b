import Basics
import IR

extension Graph {
  /// The names of open first dimensions, which may be those of one batch.
  private var openFirstDimensions: [String] { openDimensions(amongFirst: 1) }

  /// The graph with a size for every dimension that is left open.
  ///
  /// Sizes come from `given`; a batch that it does not name is 1, of which `notes` tells; other sizes
  /// are those of the arrays in the first of `sources`, with which all others have to agree. Throws
  /// `Diagnostics` naming every dimension that has no size or that there is not, and every input whose
  /// shape does not fit.
  func withSizes(
    given: GivenSizes, sources: () throws -> [DataSource], file: String,
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
    let firsts = openFirstDimensions
    try graph.takeSizes(
      of: open.filter { !firsts.contains($0) }, into: &sizes, sources, file, &faults)
    if firsts.contains(where: { sizes[$0] == nil }) {
      var sized = graph
      for (name, size) in sizes where !firsts.contains(name) { sized.bind(symbol: name, to: size) }
      if let obstacle = sized.obstacleToBatch(Set(firsts)) {
        try graph.takeSizes(
          of: firsts, into: &sizes, sources, file, &faults, obstacle: obstacle)
      } else {
        // Several names are one batch: one size is that of all.
        let size = firsts.lazy.compactMap { sizes[$0] }.first ?? 1
        for name in firsts where sizes[name] == nil {
          sizes[name] = size
          notes.append(
            Diagnostic(
              .note, file: file,
              "dimension \"\(name)\" is taken as \(size): "
                + (size == 1
                  ? "one sample per inference"
                  : "as many samples per inference as other inputs have"),
              help: "give --dim \(name)=SIZE for another"))
        }
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

  /// Gives each of `names` that has no size yet the one that the arrays of `sources` have.
  ///
  /// A network is compiled for one size, so that all arrays must have it. `obstacle` says why a first
  /// dimension is no batch.
  private func takeSizes(
    of names: [String], into sizes: inout [String: Int], _ sources: () throws -> [DataSource],
    _ file: String, _ faults: inout Diagnostics, obstacle: String? = nil
  ) throws {
    let unknown = names.filter { sizes[$0] == nil }
    guard !unknown.isEmpty else { return }
    let shapes = try sources().flatMap { $0.inputShapes(of: self) }
    for name in unknown {
      for (input, path, shape) in shapes {
        for case (.symbol(name), let size) in zip(self[input].type.shape ?? [], shape) {
          if sizes[name] == nil { sizes[name] = size }
          guard let other = sizes[name], other != size else { continue }
          faults.append(
            Diagnostic(
              file: path,
              "dimension \"\(name)\" of input \"\(self[input].name)\" is \(size), but \(other) in the data "
                + "before", supported: "one size, for which the network is compiled",
              help: "take data of each size by itself"
                + (obstacle == nil ? "" : ", or add a first dimension for several inferences")))
        }
      }
      guard sizes[name] == nil else { continue }
      faults.append(
        Diagnostic(
          file: file,
          "dimension \"\(name)\" is left open"
            + (obstacle.map { ", and cannot be a batch of 1: \($0)" } ?? ""),
          help: "give its size with --dim \(name)=SIZE, with --input-shape, or with data: "
            + "--data, --calibrate"))
    }
  }

  /// The graph with `shapes` for inputs of which nothing is known, or of another batch, and the sizes that
  /// they give to open dimensions of the others.
  private func withShapes(
    _ shapes: [InputShape], file: String, faults: inout Diagnostics
  ) -> (graph: Graph, sizes: [String: Int]) {
    var graph = self
    var sizes: [String: Int] = [:]
    var named: Set<String> = []
    var batches: [(input: ValueID, size: Int)] = []
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
      let differing = zip(dimensions, shape.sizes).enumerated().filter {
        $0.element.0.value ?? $0.element.1 != $0.element.1
      }.map(\.offset)
      guard dimensions.count == shape.sizes.count, differing.allSatisfy({ $0 == 0 }) else {
        fault("input \"\(shape.name)\" is \(describe(type)), which \(text) does not fit")
        continue
      }
      if !differing.isEmpty { batches.append((input, shape.sizes[0])) }
      for case (.symbol(let name), let size) in zip(dimensions, shape.sizes) {
        if let other = sizes.updateValue(size, forKey: name), other != size {
          fault("dimension \"\(name)\" is given as \(other) and as \(size)")
        }
      }
    }
    graph.changeBatch(batches, file: file, faults: &faults)
    return (graph, sizes)
  }

  /// Gives the first dimension of all inputs, which is fixed, the size that `batches` says for some, if it is
  /// a batch.
  private mutating func changeBatch(
    _ batches: [(input: ValueID, size: Int)], file: String, faults: inout Diagnostics
  ) {
    guard let first = batches.first else { return }
    let name = "\(self[first.input].name)·batch"
    func fault(_ message: String) -> Diagnostic {
      Diagnostic(
        file: file,
        "the first dimension of input \"\(self[first.input].name)\", \(describe(self[first.input].type)), "
          + "cannot become \(first.size): \(message)",
        help: "export the model with an open batch")
    }
    if let other = batches.first(where: { $0.size != first.size }) {
      return faults.append(fault("that of \"\(self[other.input].name)\" becomes \(other.size)"))
    }
    var changed = self
    for input in inputs where self[input].type.shape?.first == self[first.input].type.shape?.first {
      changed[input].type.shape?[0] = .symbol(name)
    }
    for node in changed.nodes { for id in node.results { changed[id].type.shape = nil } }
    if let obstacle = changed.obstacleToBatch([name]) { return faults.append(fault(obstacle)) }
    changed.bind(symbol: name, to: first.size)
    do throws(Diagnostics) {
      try changed.inferTypes()
      self = changed
    } catch {
      faults.items += error.items
    }
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
  /// The shape that one inference has of each input of `graph`, of every array that is there: a further
  /// first dimension counts inferences.
  func inputShapes(of graph: Graph) -> [(input: ValueID, path: String, shape: [Int])] {
    var found: [(ValueID, String, [Int])] = []
    for (index, input) in graph.inputs.enumerated() {
      guard let rank = graph[input].type.shape?.count else { continue }
      for (path, shape) in shapes(graph[input].name, index, of: graph.inputs.count) {
        if shape.count == rank { found.append((input, path, shape)) }
        if shape.count == rank + 1 { found.append((input, path, Array(shape.dropFirst()))) }
      }
    }
    return found
  }

  private func shapes(_ name: String, _ index: Int, of count: Int) -> [(String, [Int])] {
    switch content {
    case .array(let tensor): return [(path, tensor.shape)]
    case .archive(let arrays):
      let names = [name, "input_\(index)"] + (count == 1 ? ["x"] : [])
      return arrays.first { names.contains($0.name) }.map { [(path, $0.tensor.shape)] } ?? []
    case .records(let records):
      return records.compactMap { record in
        let named = record.inputs.first { $0.name == name }
        let array = named ?? (index < record.inputs.count ? record.inputs[index] : nil)
        return array.map { (record.path, $0.tensor.shape) }
      }
    }
  }
}
