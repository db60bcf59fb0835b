import Compiler

/// A pass in a list.
private struct PassSummary: Encodable {
  var name: String
  var product: String
  var summary: String

  init(_ pass: Pass) { (name, product, summary) = (pass.name, pass.product.name, pass.summary) }
}

/// Lists the passes in their order.
public func runPasses(json: Bool, console: Console) throws -> ExitStatus {
  try console.write(
    json
      ? Document(schema: "aimcc.passes/1", content: ["passes": Pass.all.map(PassSummary.init)])
        .text() : passTable(Pass.all))
  return .done
}

/// A table of `passes`, for a terminal.
public func passTable(_ passes: [Pass]) -> String {
  var table = Table("pass<", "gives<", "what it does<")
  for pass in passes { table.add(pass.name, pass.product.name, pass.summary) }
  return table.text
}
