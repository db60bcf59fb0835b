import Basics
import Compiler
import Frontend
import IR
import Passes

/// A network of an ONNX file, in which every dimension has a size.
public struct Network: Sendable {
  /// The network.
  public let graph: Graph
  /// The names of the dimensions that the file leaves open.
  public let names: DimensionNames
  /// What the file has that is worth knowing, although it stops nothing.
  public let warnings: [Diagnostic]

  /// Reads the ONNX file at `path`.
  ///
  /// Open dimensions have the sizes of `sizes`; a batch that it does not name is 1. Throws `Diagnostics` with
  /// every fault of the file, and every dimension that has no size.
  public init(onnx path: String, sizes: GivenSizes = GivenSizes()) throws {
    let model = try Model(path: path)
    var notes: [Diagnostic] = []
    graph = try model.graph.withSizes(given: sizes, sources: { [] }, file: path, notes: &notes)
    names = DimensionNames(of: model.graph)
    warnings = model.warnings + notes
  }

  /// The data at `path`, an NPY file, an NPZ archive or ONNX test data sets, matched with the inputs and outputs.
  ///
  /// Throws `Diagnostics` listing every array that is missing or does not fit.
  public func data(_ path: String) throws -> DataSet {
    try DataSet(
      DataSource(path: path), inputs: graph.inputPorts, outputs: graph.outputPorts)
  }

  /// Up to `limit` of the inferences of `data`, evenly spread, as typical inputs.
  public func typicalInputs(_ data: DataSet, limit: Int = TypicalInputs.limit) -> TypicalInputs {
    TypicalInputs(data, (0..<data.count).evenlySpread(upTo: limit), ports: graph.inputPorts)
  }
}
