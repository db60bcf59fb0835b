import Basics
import Chip
import IR
import Passes

/// Where what a model computes would go, found without compiling it.
struct ModelMapping {
  /// Where a node is computed.
  enum Place: String, Encodable {
    /// On crossbars.
    case analog
    /// In host code.
    case host
    /// Nowhere at run time: it is computed when compiling, or part of another node.
    case compiler
    /// It cannot be compiled.
    case refused
  }

  /// What crossbars a network takes.
  struct Crossbars: Encodable {
    /// The chip.
    var chip: String
    /// The number of chips in series that one copy of every layer takes.
    var chips: Int
    /// The crossbars that one copy of every layer takes.
    var crossbars: Int
    /// The fewest if no two layers share one, and if cells could be shared freely.
    var crossbarsBoundSeparate: Int
    var crossbarsBoundArea: Int
    /// The multiply-accumulates on crossbars, and those of all products that the host computes.
    var analogMACs: Int
    var digitalMACs: Int
  }

  /// The network with a size for every dimension, as far as there are sizes.
  private(set) var graph: Graph
  /// What it takes; `nil` if sizes are lacking.
  private(set) var crossbars: Crossbars?
  /// Why it cannot be compiled.
  private(set) var faults: [Diagnostic] = []
  /// What the user should know about the sizes.
  private(set) var notes: [Diagnostic] = []
  private var places: [String: (place: Place, reason: String?)] = [:]
  private var isAnalysed = false

  /// Finds where the nodes of `model` go on the chip of `options`.
  ///
  /// Throws `Diagnostics` if the chip has faults; those of the model are collected.
  init(_ model: Model, options: CompileOptions) throws {
    graph = model.graph
    let chip = try Chip.load(options.chip, settings: options.settings)
    do {
      graph = try model.graph.withSizes(
        given: options.sizes,
        sources: {
          try [TypicalData.source(CompileOptions(), model: model.path)].compactMap { $0 }
        },
        file: model.path, notes: &notes)
      // What is wrong with a branch that is never taken is no fault.
      try? graph.inferTypes()
      let folded = try graph.withoutLargeElements().folded(largestConstant: Self.elementLimit)
      let form = folded.fused().legalFormInPart()
      isAnalysed = true
      for node in form.graph.nodes { note(.host, nil, of: node.name) }
      for fault in form.faults { note(.refused, fault.message, of: fault.node ?? "") }
      faults += Diagnostics(form.faults).mergingNodes().items
      // That is a fault already, and what is counted of them might not fit.
      if !form.graph.nodes.contains(where: { $0.results.contains(where: form.graph.isTooLarge) }) {
        let layouts = model.layouts.moved(from: model.graph, to: form.graph)
        map(try form.graph.partitioned(for: chip, chips: nil, layouts: layouts))
      }
    } catch let error as Diagnostics {
      faults += error.items
    }
    for index in faults.indices { faults[index].file = model.path }
  }

  /// Where `node` is computed and, where there is something to say, why; `nil` if it is not known.
  func place(of node: Node) -> (place: Place, reason: String?)? {
    isAnalysed ? places[node.name] ?? (.compiler, nil) : nil
  }

  /// The size in bytes from which the elements of constants are left alone.
  fileprivate static let elementLimit = 1 << 24

  private mutating func map(_ partition: Partition) {
    for layer in partition.layers { note(.analog, nil, of: partition.graph[layer.node].name) }
    for gates in partition.hostGates {
      note(.analog, "gates in host code: \(gates.reason)", of: partition.graph[gates.node].name)
    }
    for product in partition.digital {
      note(.host, product.reason, of: partition.graph[product.node].name)
    }
    let computed = partition.computedProducts
    for product in computed { note(.host, product.reason, of: partition.graph[product.node].name) }
    let crossbar = partition.chip.crossbar
    crossbars = Crossbars(
      chip: partition.chip.name, chips: partition.chips, crossbars: partition.blocks,
      crossbarsBoundSeparate: partition.layers.reduce(0) { $0 + $1.blocksBound(on: crossbar) },
      crossbarsBoundArea: partition.areaBound,
      analogMACs: partition.layers.reduce(0) { $0 + $1.macs },
      digitalMACs: partition.digital.reduce(0) { $0 + $1.macs }
        + computed.reduce(0) { $0 + $1.macs })
  }

  /// Notes where the node `name` goes, and with it the nodes of the model that it is a part of: those
  /// whose name stands before a dot in its own.
  private mutating func note(_ place: Place, _ reason: String?, of name: String) {
    places[name] = (place, reason)
    var whole = name[...]
    while let dot = whole.lastIndex(of: ".") {
      whole = whole[..<dot]
      let known = places[String(whole)]?.place
      if known != .refused && (known != .analog || place == .refused) {
        places[String(whole)] = (place, reason)
      }
    }
  }
}

extension Graph {
  /// The graph in which, if its constants are large, the elements of the largest are forgotten, so
  /// that nobody reads them.
  fileprivate func withoutLargeElements() -> Graph {
    var graph = self
    for index in values.indices {
      guard case .tensor(let tensor)? = values[index].constant,
        tensor.bytes.count > ModelMapping.elementLimit
      else { continue }
      graph[ValueID(index)].constant = .reference(crc32c: 0)
    }
    return graph
  }
}
