import Basics

/// The affine functions of a program after a calibration on a chip.
///
/// As a file (`.aimcal`) it is text: `aimcal 1`, `program` with the checksum of the program's bytes,
/// then for each function a line `affine N`, and its gains and offsets on a line each.
public struct CalibrationPatch: Hashable, Sendable {
  /// The functions; each replaces the one of the same number in the program.
  public var affines: [Affine]

  /// Creates a patch.
  public init(affines: [Affine]) { self.affines = affines }

  /// The text of the patch, which belongs to `program`.
  ///
  /// Throws `Diagnostics` if the program cannot be encoded.
  public func text(for program: Program) throws -> String {
    var text = try Self.header(of: program)
    func line(_ word: String, _ values: [Float]) -> String {
      ([word] + values.map(\.description)).joined(separator: " ") + "\n"
    }
    for (number, affine) in affines.enumerated() {
      text += "affine \(number)\n" + line("gains", affine.gain) + line("offsets", affine.offset)
    }
    return text
  }

  /// Reads the text of a patch that belongs to `program`.
  ///
  /// Throws `Diagnostics` naming `file` if the text is not a patch, or is that of another program.
  public init(text: String, for program: Program, file: String?) throws {
    func fault(_ line: Int, _ message: String) -> Diagnostics {
      Diagnostics(
        Diagnostic(
          file: file, "line \(line): \(message)", supported: "calibrations that aimcc has written"))
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let header = try Self.header(of: program).split(separator: "\n").map(String.init)
    guard lines.first == header[0] else { throw fault(1, "is not a calibration of version 1") }
    guard lines.count > 1, lines[1] == header[1] else {
      throw fault(2, "is the calibration of another program")
    }
    affines = []
    var number = 2
    func values(_ word: String, _ count: Int) throws -> [Float] {
      let words = number < lines.count ? lines[number].split(separator: " ") : []
      let values = words.dropFirst().compactMap { Float($0) }
      guard words.first.map(String.init) == word, values.count == count,
        words.count == count + 1, values.allSatisfy(\.isFinite)
      else { throw fault(number + 1, "should be \"\(word)\" and \(count) numbers") }
      number += 1
      return values
    }
    for (index, affine) in program.affines.enumerated() {
      guard number < lines.count, lines[number] == "affine \(index)" else {
        throw fault(number + 1, "should be \"affine \(index)\"")
      }
      number += 1
      var patched = affine
      patched.gain = try values("gains", affine.gain.count)
      patched.offset = try values("offsets", affine.offset.count)
      affines.append(patched)
    }
    guard number == lines.count - 1, lines[number].isEmpty else {
      throw fault(number + 1, "follows the last line")
    }
  }

  private static func header(of program: Program) throws -> String {
    let checksum = CRC32C.checksum(try program.encoded())
    return "aimcal 1\nprogram \(AssemblyText.hexadecimal(checksum))\n"
  }
}
