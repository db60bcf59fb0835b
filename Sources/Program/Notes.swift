import Basics

/// What the note section says of a program.
struct Notes {
  var version = FormatVersion.current
  var compiler = ""
  var network = ""
  var chipName = ""
  var chipHash: UInt32 = 0
  var chipCount = 0
  var counterCount = 0

  /// Reads the notes of `file`.
  ///
  /// Throws `Diagnostics` if the version is one that this reader does not know, or a note is not
  /// what it must be.
  init(file: ELFFile, path: String?) throws {
    func failure(_ message: String) -> Diagnostics {
      Diagnostics(Diagnostic(file: path, at: .section(SectionName.note), message))
    }
    guard let content = file.content(of: SectionName.note)?.copied else {
      throw failure("the section is missing")
    }
    var rest = content[...]
    for type in NoteType.allCases {
      guard let note = Self.note(type, from: &rest) else {
        throw failure("note \(type.rawValue) is missing or out of order")
      }
      var reader = RecordReader(note)
      switch type {
      case .version:
        guard note.count == 8 else { throw failure("the note of the format version is invalid") }
        version = FormatVersion(major: reader.get(), minor: reader.get())
        guard FormatVersion.current.reads(version) else {
          throw Diagnostics(
            Diagnostic(
              file: path, at: .section(SectionName.note), "the format version is \(version)",
              supported: "versions up to \(FormatVersion.current) of major version "
                + "\(FormatVersion.current.major)",
              help: "use the aimcc that compiled it, or compile the network again"))
        }
      case .compiler, .network:
        guard let text = String(validating: note, as: UTF8.self) else {
          throw failure("note \(type.rawValue) is not UTF-8")
        }
        if type == .compiler { compiler = text } else { network = text }
      case .chip:
        guard note.count >= 4,
          let text = String(validating: note.dropFirst(4), as: UTF8.self)
        else { throw failure("the note of the chip is invalid") }
        chipHash = reader.get()
        chipName = text
      case .counts:
        guard note.count == 8 else { throw failure("the note of counts is invalid") }
        chipCount = Int(reader.get() as UInt32)
        counterCount = Int(reader.get() as UInt32)
        guard (1...Program.maximumChips).contains(chipCount) else {
          throw failure("the number of chips is \(chipCount)")
        }
      }
    }
    guard rest.isEmpty else { throw failure("bytes follow the last note") }
  }

  /// Takes the next note, if it is one of `type`.
  private static func note(_ type: NoteType, from rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard rest.count >= 12 else { return nil }
    var reader = RecordReader(Array(rest.prefix(12)))
    let owner = NoteType.owner
    let ownerSize = Int(reader.get() as UInt32)
    let size = Int(reader.get() as UInt32)
    guard ownerSize == owner.count, reader.get() == type.rawValue else { return nil }
    rest = rest.dropFirst(12)
    let paddedOwner = (owner.count + 3) / 4 * 4
    guard rest.count >= paddedOwner, rest.prefix(owner.count).elementsEqual(owner),
      rest.prefix(paddedOwner).dropFirst(owner.count).allSatisfy({ $0 == 0 })
    else { return nil }
    rest = rest.dropFirst(paddedOwner)
    let padded = (size + 3) / 4 * 4
    guard rest.count >= padded,
      rest.prefix(padded).dropFirst(size).allSatisfy({ $0 == 0 })
    else { return nil }
    let content = Array(rest.prefix(size))
    rest = rest.dropFirst(padded)
    return content
  }
}
