import Basics
import IR

extension Model {
  /// The model, and its graph with a size for every dimension.
  func sized(_ options: CompileOptions, _ data: DataSource?, _ console: Console) throws
    -> (model: Model, sized: Graph)
  {
    if !options.plan { try requireConstants() }
    var notes: [Diagnostic] = []
    func source() throws -> DataSource? {
      try data ?? TypicalData.source(options, model: path)
    }
    func sources() throws -> [DataSource] {
      let typical = try options.plan ? nil : TypicalData.source(options, model: path)
      return [data, typical].compactMap { $0 }
    }
    let sized = try graph.withSizes(
      given: options.sizes, sources: sources, file: path, notes: &notes
    ).withDecisiveInputs(from: source, file: path, notes: &notes)
    if !defaultNames.isEmpty, let source = try source() { try requireDefaults(in: source) }
    console.report(warnings + notes)
    var model = self
    model.stage?.dimensionNames = stage?.dimensionNames?.keeping(
      inputs: graph.inputs.map { sized.inputs.contains($0) })
    model.decisiveNames = graph.inputs.filter { !sized.inputs.contains($0) }.map { graph[$0].name }
    model.graph.inputs = sized.inputs
    return (model, sized)
  }
}
