import Basics
import Program

/// The conductances of a program's layers as the Fusion chip takes them and gives them back: Specs/exchange.md,
/// "Conductances for Fusion".
struct FusionTable {
  /// A layer: each conductance in µS, output by output, of each the inputs.
  struct Layer {
    var name: String
    /// The class that it has in the toolkit.
    var type: String
    var outputs: Int
    var inputs: Int
    var conductances: [Double]
  }

  var layers: [Layer]

  /// The range of the largest conductance that the chip takes, in µS, and the usual one.
  static let possible = 10.0...40.0
  static let usual = 40.0

  /// The conductances of `program`: in each column the largest weight is `gMax` µS.
  ///
  /// Throws `Diagnostics` naming every layer that the form has no room for.
  init(_ program: Program, gMax: Double) throws {
    let matrices = try FusionMatrix.all(of: program)
    layers = matrices.map { matrix in
      Layer(
        name: matrix.node, type: matrix.isConvolution ? "AnalogConv2d" : "AnalogLinear",
        outputs: matrix.columns, inputs: matrix.rows,
        conductances: matrix.weights.indices.map { place in
          let largest = matrix.largest[place / matrix.rows]
          return largest > 0 ? gMax * (Double(matrix.weights[place]).magnitude / largest) : 0
        })
    }
  }

  /// The lines before the conductances: numbers, classes, sizes and names of the layers.
  private var heading: [String] {
    [
      layers.indices.map { "\($0 + 1)" }, layers.map(\.type),
      layers.map { "\($0.inputs * $0.outputs)" }, layers.map { "\($0.outputs)" },
      layers.map { "\($0.inputs)" }, layers.map { Self.quoted($0.name) },
    ].map { $0.joined(separator: ",") }
  }

  /// The file.
  var text: String {
    var text = heading.map { $0 + "\n" }.joined()
    for layer in layers {
      text += layer.conductances.map { "\(Float($0))" }.joined(separator: ",") + "\n"
    }
    return text
  }

  /// A cell of a line.
  private static func quoted(_ name: String) -> String {
    name.contains { ",\"\n\r".contains($0) }
      ? "\"" + name.replacing("\"", with: "\"\"") + "\"" : name
  }

  /// The same layers with the conductances of a file, which the chip gave.
  ///
  /// Throws `Diagnostics` where the file is not of these layers.
  func read(_ text: String, file: String) throws -> FusionTable {
    var faults = Diagnostics()
    func fault(_ line: Int, _ message: String, help: String? = nil) {
      faults.append(
        Diagnostic(file: file, at: .line(line + 1, column: 1), message, help: help))
    }
    let lines = text.split(whereSeparator: \.isNewline)
    let expected = heading
    for (index, line) in expected.enumerated() where index >= lines.count || lines[index] != line {
      fault(
        index, "is not the line \"\(line.prefix(80))\" of this program",
        help: "give the program that the file was exported from")
    }
    try faults.throwIfErrors()
    var table = self
    guard lines.count == expected.count + layers.count else {
      fault(
        lines.count - 1,
        "has conductances of \(lines.count - expected.count) layers, not of \(layers.count)")
      throw faults
    }
    for (index, layer) in layers.enumerated() {
      let values = lines[expected.count + index].split(
        separator: ",", omittingEmptySubsequences: false
      ).map { Double($0) }
      let found = values.compactMap { $0 }.filter { $0.isFinite && $0.magnitude <= 1e6 }
      guard found.count == values.count, found.count == layer.conductances.count else {
        fault(
          expected.count + index,
          "has \(found.count) conductances in µS, not \(layer.conductances.count)")
        continue
      }
      table.layers[index].conductances = found
    }
    try faults.throwIfErrors()
    return table
  }
}

/// The weights of a layer as one matrix, output by output.
struct FusionMatrix {
  var node: String
  var isConvolution: Bool
  var rows: Int
  var columns: Int
  /// Weight of row r in column c at place c · rows + r.
  var weights: [Float]
  /// The largest magnitude of each column.
  var largest: [Double]

  /// The matrices of all layers of `program`, in the order of their blocks.
  ///
  /// Throws `Diagnostics` naming those that have no whole matrix, or columns for errors.
  static func all(of program: Program) throws -> [FusionMatrix] {
    var faults = Diagnostics()
    var matrices: [FusionMatrix] = []
    var operators: [String: String] = [:]
    for symbol in program.symbols { operators[symbol.node] = symbol.op }
    var names: [String] = []
    for block in program.blocks where !names.contains(block.node) { names.append(block.node) }
    for name in names {
      let blocks = program.blocks.filter { $0.node == name }
      func fault(_ message: String, help: String? = nil) {
        faults.append(Diagnostic(node: name, op: operators[name], message, help: help))
      }
      if blocks.contains(where: { $0.residual != nil }) {
        fault("has columns for errors, which Fusion lacks", help: "compile without --residual")
        continue
      }
      if blocks.contains(where: { !$0.decoding.isEmpty }) {
        fault(
          "has targets that expect drift, which Fusion lacks", help: "compile without --predistort")
        continue
      }
      let rows = blocks.map(\.rows.upperBound).max() ?? 0
      let columns = blocks.map(\.columns.upperBound).max() ?? 0
      guard blocks.reduce(0, { $0 + $1.rows.count * $1.columns.count }) == rows * columns else {
        fault("is grouped, which the form lacks", help: "compile with --digital for this layer")
        continue
      }
      var matrix = FusionMatrix(
        node: name, isConvolution: operators[name] == "Conv", rows: rows, columns: columns,
        weights: Array(repeating: 0, count: rows * columns),
        largest: Array(repeating: 0, count: columns))
      for block in blocks {
        block.forEachWeight { row, column, weight in
          matrix.weights[column * rows + row] = weight
          matrix.largest[column] = max(matrix.largest[column], Double(weight.magnitude))
        }
      }
      matrices.append(matrix)
    }
    try faults.throwIfErrors()
    return matrices
  }
}

extension ConductanceBlock {
  /// Calls `body` with the row and the column in the layer's matrix of each weight, and the weight.
  fileprivate func forEachWeight(_ body: (Int, Int, Float) -> Void) {
    conductances.withUnsafeBytes { bytes in
      for index in 0..<bytes.count / 4 {
        let (row, column) = index.quotientAndRemainder(dividingBy: columns.count)
        let g = bytes.single(index)
        body(
          rows.lowerBound + row, columns.lowerBound + column,
          g * columnScale[column])
      }
    }
  }
}

extension Program {
  /// The program with what the chip made of its conductances: `found`, where `wanted` were exported.
  ///
  /// Signs stay. In each column, what is found is divided by the factor with which it is nearest to what was wanted, in
  /// least squares. What is beyond the largest conductance of a column counts as that. Returns the error of the weights
  /// too, in parts of their root mean square.
  func holding(
    _ found: FusionTable, inPlaceOf wanted: FusionTable
  ) -> (program: Program, error: Double) {
    var program = self
    var (sum, squares) = (0.0, 0.0)
    for (layer, target) in zip(found.layers, wanted.layers) {
      let rows = layer.inputs
      let factors = (0..<layer.outputs).map { column -> Double in
        var (products, squares) = (0.0, 0.0)
        for place in column * rows..<(column + 1) * rows {
          products += layer.conductances[place] * target.conductances[place]
          squares += target.conductances[place] * target.conductances[place]
        }
        return products > 0 && squares > 0 ? products / squares : 1
      }
      for index in blocks.indices where blocks[index].node == layer.name {
        let block = blocks[index]
        let old = block.conductances.withUnsafeBytes { bytes in
          (0..<bytes.count / 4).map { bytes.single($0) }
        }
        let new = old.enumerated().map { place, g -> Float in
          let (row, column) = place.quotientAndRemainder(dividingBy: block.columns.count)
          let cell = (block.columns.lowerBound + column) * rows + block.rows.lowerBound + row
          let wanted = target.conductances[cell]
          guard wanted > 0 else { return 0 }
          let ratio = layer.conductances[cell] / factors[block.columns.lowerBound + column] / wanted
          let value = min(max(Double(g) * max(ratio, 0), -1), 1)
          sum += (value - Double(g)) * (value - Double(g))
          squares += Double(g) * Double(g)
          return Float(value)
        }
        program.blocks[index].conductances = Bytes(copying: new)
      }
    }
    return (program, squares > 0 ? (sum / squares).squareRoot() : 0)
  }
}
