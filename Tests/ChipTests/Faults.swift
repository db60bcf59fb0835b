import Basics
import Chip
import Testing

/// The diagnostics that `body` throws, each on one line: its line in the file, the message, the help.
func faults(_ body: () throws -> Chip) -> [String] {
  do {
    let chip = try body()
    return ["accepted as \(chip.name)"]
  } catch let diagnostics as Diagnostics {
    return diagnostics.items.map { item in
      var place = ""
      if case .line(let line, _) = item.location { place = "\(line): " }
      return place + item.message + (item.help.map { " (\($0))" } ?? "")
    }
  } catch {
    return ["\(error)"]
  }
}

/// The faults of the YAML text `yaml`.
func faults(of yaml: String) -> [String] { faults { try Chip(yaml: yaml) } }

/// The canonical text of `tiny` with `old`, which it holds once, replaced by `new`.
func tiny(_ old: String, _ new: String) throws -> String {
  let pieces = try Chip.named("tiny").yaml.split(separator: old, omittingEmptySubsequences: false)
  try #require(pieces.count == 2)
  return pieces.joined(separator: new)
}
