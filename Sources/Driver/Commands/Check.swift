import Basics
import Compiler
import IR
import Passes
import Program

/// Proves the tile program at `path` against the model at `model`, as the passes over the network leave it with
/// these options, on the chip that the program describes.
///
/// Open dimensions have the sizes that the program names, unless the options give others. Throws
/// `Diagnostics` with every fault of the input.
public func runCheck(
  program path: String, model: String, options: CompileOptions, json: Bool, console: Console
) throws -> ExitStatus {
  try requireFile(path, "a tile program (.aimc)")
  let file = try MappedFile(path: path)
  let program = try ValidProgram(file: file)
  var options = options
  options.stopAfter = .lastOverNetwork
  let given = Set(options.sizes.dimensions.map(\.name))
  if options.sizes.shapes.isEmpty {
    options.sizes.dimensions += program.fixedDimensions.filter { !given.contains($0.name) }
  }
  let compilation = try CompiledModel(
    model, chip: program.chip, options: options, console: console
  ).compilation
  let faults = program.faults(
    computing: compilation.graph, layouts: compilation.layouts,
    limits: RunLimits().limits(size: file.count))
  console.report(
    faults.map { fault in
      var fault = fault
      fault.file = fault.file ?? path
      return fault
    })
  let report = ProofReport(program, faults: faults)
  try console.write(report, as: "aimcc.check/1", json: json)
  return faults.isEmpty ? .done : .verificationFailed
}

/// What `check` prints.
private struct ProofReport: Report {
  /// Why a program is not proved.
  struct Fault: Encodable {
    var node: String?
    var op: String?
    var message: String
  }

  var network: String
  var chip: String
  /// Whether everything that Specs/checker.md lists holds.
  var proved: Bool
  /// The products on crossbars, and the blocks and tiles that hold them.
  var products: Int
  var blocks: Int
  var tiles: Int
  var faults: [Fault]

  init(_ program: ValidProgram, faults: [Diagnostic]) {
    network = program.network
    chip = program.chip.name
    proved = faults.isEmpty
    products = Set(program.blocks.map(\.node)).count
    blocks = program.blocks.count
    tiles = program.tiles.count
    self.faults = faults.map { Fault(node: $0.node, op: $0.op, message: $0.message) }
  }

  var page: Page {
    let found = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
    return Page(
      proved
        ? "PROVED \(products) products in \(blocks) blocks on \(tiles) tiles are those of the network\n"
        : "NOT PROVED \(found): the program is not of this network, or was compiled with other options\n"
    )
  }
}

extension Program {
  /// The dimensions that the model leaves open, with the sizes that were fixed when compiling, in order.
  fileprivate var fixedDimensions: [DimensionSize] {
    var known: Set<String> = []
    return inputs.flatMap { zip($0.dimensionNames, $0.shape) }.compactMap { name, size in
      name.flatMap { known.insert($0).inserted ? DimensionSize(name: $0, size: size) : nil }
    }
  }
}
