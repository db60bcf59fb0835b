extension CompileOption {
  /// The table of options in Specs/cli.md.
  public static var page: String {
    let heading = "| option | what it does | commands |\n|---|---|---|\n"
    return heading
      + table.map { option in
        let value = option.valueName.map { " " + $0.uppercased() } ?? ""
        let commands = option.commands.map(\.rawValue).joined(separator: ", ")
        return
          "| `--\(option.name)`\(value.escaped) | \(option.wholeHelp.escaped) | \(commands) |\n"
      }.joined()
  }

  /// The name of its value; `nil` of a flag.
  public var valueName: String? {
    switch form {
    case .flag: nil
    case .value(let name), .values(let name): name
    }
  }
}

extension String {
  /// The text in a cell of a table.
  fileprivate var escaped: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
