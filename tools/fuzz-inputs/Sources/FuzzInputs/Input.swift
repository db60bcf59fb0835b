import Basics
import Driver
import Glibc

/// The bytes that libFuzzer gives.
struct Input {
  let bytes: [UInt8]

  /// The bytes as text, as far as they are text.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// One of `choices`, the same for the same bytes.
  func choice<T>(_ choices: [T]) -> T {
    choices[Int(bytes.withUnsafeBytes(CRC32C.checksum)) % choices.count]
  }

  /// Writes the bytes to a file, the name of which ends in `suffix`, and returns its path.
  ///
  /// Where an input is a finding, this is what aimcc takes.
  func file(_ suffix: String) -> String { Self.write(bytes, suffix) }

  /// Writes `bytes` to such a file.
  static func write(_ bytes: [UInt8], _ suffix: String) -> String {
    let path = folder + "/input" + suffix
    guard let file = fopen(path, "w") else { fatalError("\(path) cannot be written") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      fatalError("\(path) cannot be written")
    }
    return path
  }

  /// A folder of this process.
  private static let folder: String = {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let path = "\(parent)/fuzz-inputs-\(getpid())"
    mkdir(path, 0o700)
    return path
  }()
}

/// What swallows the reports of commands.
let silence: Console = {
  let null = open("/dev/null", O_WRONLY)
  return Console(output: null, messages: null, quiet: true)
}()

/// Ends the process, which is a finding, unless `holds`.
func require(_ holds: Bool, _ rule: String) { if !holds { fatalError(rule) } }
