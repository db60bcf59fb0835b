/// Lists the operators that models may use, as a table, as JSON or as the page Specs/operators.md.
public func runOperators(markdown: Bool, json: Bool, console: Console) throws -> ExitStatus {
  if markdown {
    try console.write(operatorPage())
  } else if json {
    let content = ["operators": OperatorEntry.all]
    try console.write(Document(schema: "aimcc.operators/1", content: content).text())
  } else {
    var table = Table("operator<", "since", "element types<", "where<", "restrictions<")
    for entry in OperatorEntry.all {
      table.add(
        entry.name, "\(entry.since)", entry.typesText, entry.place.rawValue, entry.restrictions)
    }
    try console.write(Page(table))
  }
  return .done
}
