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
  if json {
    let content = ["passes": Pass.all.map(PassSummary.init)]
    try console.write(Document(schema: "aimcc.passes/1", content: content).text())
  } else {
    try console.write(Page(table(of: Pass.all)))
  }
  return .done
}

/// A table of `passes`, as `aimcc passes` prints it where there is space.
public func passTable(_ passes: [Pass]) -> String { table(of: passes).text(within: nil) }

private func table(of passes: [Pass]) -> Table {
  var table = Table("pass<", "gives<", "what it does<")
  for pass in passes { table.add(pass.name, pass.product.name, pass.summary) }
  return table
}
