import Foundation

/// A page of `Specs`, for tests that hold the program to its examples and tables.
public struct SpecificationPage: Sendable {
  /// Where it is.
  public let path: String
  /// The whole page.
  public var text: String

  /// Reads the page `name`, such as `ir.md`.
  public init(_ name: String) throws {
    path = Repository.path("Specs/\(name)")
    text = try String(contentsOfFile: path, encoding: .utf8)
  }

  /// The contents of the code blocks in `language`.
  public func blocks(_ language: String) -> [String] {
    text.components(separatedBy: "\n```\(language)\n").dropFirst().map {
      $0.components(separatedBy: "\n```")[0] + "\n"
    }
  }

  /// The cells of the first table that has the heading of columns `line`, or stands under a heading `line`;
  /// without its head.
  public func rows(_ line: String) throws -> [[String]] {
    let lines = text.components(separatedBy: "\n")
    let starts = lines.indices.filter { lines[$0] == line }
    guard let start = starts.first, starts.count == 1 else { throw NoTable(line: line) }
    let head = lines[start...].drop { !$0.hasPrefix("|") }
    return head.dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
      line.dropFirst().dropLast().components(separatedBy: "|").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
  }

  /// There is not one table of that heading.
  struct NoTable: Error {
    let line: String
  }
}
