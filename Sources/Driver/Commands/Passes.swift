/// A pass in a list.
private struct PassSummary: Encodable {
  var name: String
  var product: String
  var summary: String
}

/// Lists the passes in their order.
public func runPasses(json: Bool, console: Console) throws -> ExitStatus {
  if json {
    let list = Pass.allCases.map {
      PassSummary(name: $0.rawValue, product: $0.product, summary: $0.summary)
    }
    try console.write(Document(schema: "aimcc.passes/1", content: ["passes": list]).text())
  } else {
    var table = Table("pass<", "gives<", "what it does<")
    for pass in Pass.allCases { table.add(pass.rawValue, pass.product, pass.summary) }
    try console.write(table.text)
  }
  return .done
}
