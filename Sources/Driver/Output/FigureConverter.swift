import Basics
import Foundation

/// The form of a figure, which the end of its name tells.
public enum FigureForm: String, CaseIterable, Sendable {
  case svg, pdf, png

  /// The form of the figure at `path`; standard output, `-`, takes SVG. `nil` if the name tells none.
  public init?(path: String) {
    let name = path.lowercased()
    let named = Self.allCases.first { name.hasSuffix(".\($0.rawValue)") }
    guard let form = path == "-" ? .svg : named else { return nil }
    self = form
  }

  /// What makes bytes of this form from a drawing in SVG.
  ///
  /// Throws `Diagnostics` if the program for it is not installed.
  func converter() throws -> FigureConverter? {
    self == .svg ? nil : try FigureConverter(form: self)
  }
}

/// Makes PDF or PNG of drawings in SVG with rsvg-convert, which is part of librsvg.
struct FigureConverter {
  private static let program = "rsvg-convert"
  /// Pixels of a PNG per inch; a drawing has 96.
  private static let resolution = 300.0
  /// The chunk of a PNG that says so, per metre, with its length and checksum: programs that place the picture on paper
  /// take its size from there, and rsvg-convert leaves it out.
  private static let resolutionChunk: [UInt8] = [
    0, 0, 0, 9, 0x70, 0x48, 0x59, 0x73, 0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1, 0x78, 0xA5, 0x3F,
    0x76,
  ]
  /// The length of the signature of a PNG and of its first chunk.
  private static let headLength = 33

  private let form: FigureForm
  private let executable: String

  /// Looks for the program as a shell would, but not in the current folder.
  ///
  /// Throws `Diagnostics` if it is not there.
  init(form: FigureForm) throws {
    self.form = form
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let places = folders.filter { $0.hasPrefix("/") }.map { join(String($0), Self.program) }
    guard let place = places.first(where: FileManager.default.isExecutableFile) else {
      throw Diagnostics(
        Diagnostic(
          .error, "\(form.rawValue.uppercased()) needs \(Self.program), which is not installed",
          help: "apt-get install librsvg2-bin, or give the figure a name that ends in .svg"))
    }
    executable = place
  }

  /// The bytes of the drawing `svg` in the form.
  ///
  /// Throws `Diagnostics` if the program fails; what it says of that goes to standard error.
  func converted(_ svg: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = ["--format", form.rawValue]
    if form == .png { process.arguments? += ["--zoom", "\(Self.resolution / 96)"] }
    // The date in a PDF, the same in every run unless the caller sets it.
    process.environment = ProcessInfo.processInfo.environment
      .merging(["SOURCE_DATE_EPOCH": "0"]) { given, _ in given }
    let output = Pipe()
    process.standardOutput = output
    // A file, not a pipe: whether the program takes all of it or ends early, nothing waits.
    let bytes = try Array(svg.utf8).withUnsafeBytes { bytes in
      try StandardInput.withFile(of: bytes) { path in
        process.standardInput = FileHandle(forReadingAtPath: path)
        do { try process.run() } catch {
          throw failure("cannot be started: \(error.localizedDescription)")
        }
        return [UInt8](output.fileHandleForReading.readDataToEndOfFile())
      }
    }
    process.waitUntilExit()
    let start = form == .pdf ? Array("%PDF-".utf8) : [0x89] + Array("PNG\r\n\u{1A}\n".utf8)
    guard process.terminationStatus == 0, bytes.starts(with: start), bytes.count > Self.headLength
    else { throw failure("gives no \(form.rawValue.uppercased()) (\(process.terminationStatus))") }
    guard form == .png else { return bytes }
    return bytes[..<Self.headLength] + Self.resolutionChunk + bytes[Self.headLength...]
  }

  private func failure(_ message: String) -> Diagnostics {
    Diagnostics(Diagnostic(file: executable, message))
  }
}
