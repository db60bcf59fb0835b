/// Which of Python's packages are there that some tests need.
public enum Python {
  /// Whether the packages of `tools/requirements.txt` are there in their versions, on which depends what is
  /// expected.
  public static let hasRequirements = (try? Command(tool: "check-requirements"))?.status == 0

  /// What to do without them.
  public static let help = "python3 lacks packages: pip install -r tools/requirements.txt"

  /// Whether `package` can be imported.
  public static func imports(_ package: String) -> Bool {
    (try? Command(program: "python3", ["-c", "import \(package)"]))?.status == 0
  }
}
