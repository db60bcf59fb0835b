import Basics
import Frontend
import IR

extension DataSource {
  /// The array called `name`: one, or one of each record that has it.
  func arrays(named name: String) -> [Tensor] {
    switch content {
    case .array: []
    case .archive(let arrays): arrays.filter { $0.name == name }.map(\.tensor)
    case .records(let records):
      records.compactMap { record in record.inputs.first { $0.name == name }?.tensor }
    }
  }

  /// The source without the inputs called `names`.
  func removing(_ names: [String]) -> DataSource {
    var source = self
    switch content {
    case .array: break
    case .archive(let arrays):
      source.content = .archive(arrays.filter { !names.contains($0.name) })
    case .records(let records):
      source.content = .records(
        records.map { record in
          var record = record
          record.inputs.removeAll { names.contains($0.name) }
          return record
        })
    }
    return source
  }
}

extension Model {
  /// The arrays of `source` that are to take the place of initializers that are inputs too, by name;
  /// those that are the same are left out.
  ///
  /// Throws `Diagnostics` naming every one of another type or shape, or of which records hold different
  /// ones.
  func replacements(in source: DataSource) throws -> [String: Tensor] {
    var replacements: [String: Tensor] = [:]
    var faults = Diagnostics()
    for id in onnx?.defaults ?? [] {
      let value = graph[id]
      let given = source.arrays(named: value.name)
      guard let first = given.first else { continue }
      let wanted = ValueType(first.type, fixed: first.shape)
      if wanted != value.type {
        faults.append(
          Diagnostic(
            file: source.path, "\"\(value.name)\" is \(describe(first))",
            supported: "\(value.type), as the initializer that it replaces"))
      } else if given.contains(where: { $0 != first }) {
        faults.append(
          Diagnostic(
            file: source.path, "holds different arrays \"\(value.name)\" in its records",
            supported: "one for all records, since it replaces an initializer",
            help: "give one record at a time"))
      } else if graph.tensor(of: id) != first {
        replacements[value.name] = first
      }
    }
    try faults.throwIfErrors()
    return replacements
  }

  /// The names of the initializers that are inputs too.
  var defaultNames: [String] { (onnx?.defaults ?? []).map { graph[$0].name } }

  /// Throws `Diagnostics` naming every array of `source` that would take the place of an initializer.
  func requireDefaults(in source: DataSource) throws {
    try Diagnostics(
      replacements(in: source).keys.sorted().map { name in
        Diagnostic(
          file: source.path,
          "holds another \"\(name)\" than the model, which is compiled as a constant",
          supported: "the initializer of the model; 'aimcc run' takes others",
          help: "put the new elements into the model, or take the array out of the data")
      }
    ).throwIfErrors()
  }
}

extension Graph {
  /// The graph in which the inputs that shapes or code depend on are constants, as far as the data hold
  /// one value of each for all inferences.
  ///
  /// `notes` tells of each.
  func withDecisiveInputs(
    from source: () throws -> DataSource?, file: String, notes: inout [Diagnostic]
  ) throws -> Graph {
    let decisive = decisiveInputs()
    guard !decisive.isEmpty, let source = try source() else { return self }
    var graph = self
    for id in decisive {
      let given = source.arrays(named: self[id].name)
      guard let first = given.first, given.allSatisfy({ $0 == first }),
        ValueType(first.type, fixed: first.shape) == self[id].type
      else { continue }
      graph[id].constant = .tensor(first)
      graph.inputs.removeAll { $0 == id }
      notes.append(
        Diagnostic(
          .note, file: file,
          "input \"\(self[id].name)\" is taken as the constant that the data hold: shapes or code "
            + "depend on it"))
    }
    return graph
  }
}
