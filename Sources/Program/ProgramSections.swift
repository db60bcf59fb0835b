import Basics

/// The sections of the file of a tile program (Specs/program.md), as they lie in it.
public struct ProgramSections {
  private let file: ELFFile

  /// Finds the sections in the bytes of a file, and checks their checksums.
  ///
  /// Throws `Diagnostics` naming `path` for whatever is damaged.
  public init(bytes: Bytes, path: String? = nil) throws {
    file = try ELFFile(bytes: bytes, path: path)
  }

  /// The names, in the order of the file.
  public var names: [String] { file.sections.map(\.name) }

  /// The content of the section `name`; `nil` if there is none.
  public subscript(name: String) -> Bytes? { file.content(of: name) }
}
