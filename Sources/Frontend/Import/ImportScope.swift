import COnnx
import IR

/// What names mean in a graph or in one call of a function, while its nodes are read.
struct ImportScope {
  /// How many graphs lie around the one that its nodes go to.
  let level: Int
  /// Whether names that are not defined in it mean what they do in the scope around it.
  let isOpen: Bool
  /// The versions of the operator sets that nodes refer to, by domain.
  let versions: OpsetVersions
  /// The names of the nodes and values.
  let names: ModelNames
  /// What stands before these names in the graph that is made.
  let prefix: String
  /// The function whose body is read; `nil` outside of any.
  let function: FunctionKey?
  /// The attributes that the body of a function may refer to, by name.
  let arguments: [String: UnsafePointer<Onnx__AttributeProto>]
  /// The operands of a function that its call leaves out.
  var absent: Set<String> = []
  /// The names in the graph of values that the call of a function names.
  var renamed: [String: String] = [:]
  /// The value of each name.
  var ids: [String: ValueID] = [:]
  /// The tensors of each name that means a sequence.
  var sequences: [String: [ValueID]] = [:]
}

/// A graph that is being made: that of the model, or a region of a node.
struct ImportLevel {
  /// The graph.
  var graph: Graph
  /// The values whose types are not known because of a fault.
  var unfounded: Set<ValueID> = []
  /// The names that are taken in the graph.
  var taken = TakenNames()
  /// What is known of the elements of small values.
  var known = KnownElements()
  /// The values of the graph around a region that it reads, and its inputs for them.
  var captured: [(outer: ValueID, inner: ValueID)] = []
  /// What stands before the names of nodes in messages.
  let path: String

  /// Creates an empty graph.
  init(name: String, path: String) {
    graph = Graph(name: name)
    self.path = path
  }
}

extension GraphImporter {
  /// The value that `name` means in the scope whose nodes are being read; `nil` if it means none, or
  /// one of the graph around the one that is being made.
  func id(of name: String) -> ValueID? {
    var index = scopes.count - 1
    while scopes[index].level == enclosing.count {
      if let id = scopes[index].ids[name] { return id }
      guard scopes[index].isOpen, index > 0 else { return nil }
      index -= 1
    }
    return nil
  }

  /// Brings the value that `name` means in a graph around the one that is being made into it, as a
  /// constant or as an input; does nothing if there is none.
  mutating func capture(_ name: String) {
    guard !enclosing.isEmpty, !name.isEmpty, id(of: name) == nil else { return }
    var index = scopes.count - 1
    while scopes[index].ids[name] == nil {
      guard scopes[index].isOpen, index > 0 else { return }
      index -= 1
    }
    guard var id = scopes[index].ids[name] else { return }
    for depth in scopes[index].level + 1...enclosing.count {
      let outer = enclosing[depth - 1]
      id =
        depth == enclosing.count
        ? level.bring(id, from: outer) : enclosing[depth].bring(id, from: outer)
      if let root = scopes.firstIndex(where: { $0.level == depth }) { scopes[root].ids[name] = id }
    }
  }
}

extension ImportLevel {
  /// The value for `id` of the graph around this one: a constant like it, or an input.
  fileprivate mutating func bring(_ id: ValueID, from outer: ImportLevel) -> ValueID {
    if let known = captured.first(where: { $0.outer == id }) { return known.inner }
    var value = outer.graph[id]
    value.name = taken.fresh(value.name)
    let inner = graph.addValue(value)
    if value.constant == nil { add(input: inner, for: id) }
    if outer.unfounded.contains(id) { unfounded.insert(inner) }
    known[inner] = outer.known[id]
    return inner
  }

  /// Makes `inner` the input for `id` of the graph around this one.
  mutating func add(input inner: ValueID, for id: ValueID) {
    graph.inputs.append(inner)
    captured.append((outer: id, inner: inner))
  }
}

/// The versions of the operator sets that a model or a function imports.
struct OpsetVersions {
  /// The version of each domain; ONNX's own is "".
  private(set) var byDomain: [String: Int] = [:]
  /// Whether ONNX's own is given twice, and differently.
  private(set) var isAmbiguous = false

  /// Reads what a model or a function says.
  init(_ imports: [UnsafePointer<Onnx__OperatorSetIdProto>]) {
    for entry in imports {
      let domain = OnnxNode.domain(string(entry.pointee.domain))
      let version = Int(entry.pointee.version)
      let older = byDomain.updateValue(version, forKey: domain)
      if domain.isEmpty, let older, older != version { isAmbiguous = true }
    }
  }

  /// The version of ONNX's own operators; `nil` if none is said.
  var onnx: Int? { byDomain[""] }

  /// The version of the operators of `domain`; `nil` if none is said.
  subscript(domain: String) -> Int? { byDomain[domain] }
}
