/// The version of the file format of tile programs (Specs/program.md).
///
/// The major number rises when a reader of the older version would misread a file, the minor number
/// when something is added that an older reader does not know.
public struct FormatVersion: Hashable, Sendable, CustomStringConvertible {
  /// Rises with changes that older readers misread.
  public var major: UInt32
  /// Rises with additions that older readers do not know.
  public var minor: UInt32

  /// Creates a version.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// The newest version that this module reads and writes. A program is written in the oldest one that
  /// can hold it.
  public static let current = FormatVersion(major: 2, minor: 2)

  /// Whether files of this version have the section of lines.
  var hasLines: Bool { minor >= 2 }

  /// Whether a reader of this version can read a file of version `file`: of the same major version,
  /// and with no additions that it does not know.
  public func reads(_ file: FormatVersion) -> Bool { file.major == major && file.minor <= minor }

  public var description: String { "\(major).\(minor)" }
}
