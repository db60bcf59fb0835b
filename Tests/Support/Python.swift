/// Which of Python's packages are there that some tests need.
public enum Python {
  /// Whether ONNX's own test cases can be made: they are those of one version of its package.
  public static let hasONNX =
    (try? Command(program: "python3", ["-c", "import onnx; print(onnx.__version__)"]))?.text
    == "1.23.0\n"

  /// Whether ONNX Runtime is there as well.
  public static let hasRuntime = hasONNX && imports("onnxruntime")

  /// Whether `package` can be imported.
  public static func imports(_ package: String) -> Bool {
    (try? Command(program: "python3", ["-c", "import \(package)"]))?.status == 0
  }
}
