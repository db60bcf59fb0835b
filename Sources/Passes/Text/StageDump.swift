import Basics
import Chip
import IR

/// A stage of compilation as a text holds it: a graph and what later stages have added to it.
public enum StageDump: Sendable {
  case graph(Graph)
  case partition(Partition)
  case placement(Placement)

  /// The graph of the stage.
  public var graph: Graph {
    switch self {
    case .graph(let graph): graph
    case .partition(let partition): partition.graph
    case .placement(let placement): placement.partition.graph
    }
  }

  /// The text form.
  public var text: String {
    switch self {
    case .graph(let graph): graph.text
    case .partition(let partition): partition.text
    case .placement(let placement): placement.text
    }
  }

  /// Reads a graph and the sections that follow it; `chip` finds the chip of a name.
  ///
  /// Throws `Diagnostics` with the faults of the text, and with what does not fit the graph or the
  /// chip.
  public init(text: String, file: String? = nil, chip: (String) throws -> Chip) throws {
    var cursor = TextCursor(text: text, file: file)
    let parsed = ParsedGraph(from: &cursor)
    self = .graph(parsed.graph)
    do {
      if !cursor.faults.hasErrors && cursor.token.text == "partition" {
        let partition = try Partition(of: parsed, from: &cursor, chip: chip)
        self = .partition(partition)
        try Diagnostics(partition.verify()).throwIfErrors()
        if cursor.token.text == "placement" {
          let placement = try Placement(of: partition, from: &cursor)
          self = .placement(placement)
          try Diagnostics(placement.verify()).throwIfErrors()
        }
      }
    } catch let fault as TextFault {
      cursor.report(fault)
    }
    try cursor.finish()
  }
}
