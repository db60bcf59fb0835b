import CProcess

/// Makes a trap, which is always a fault of this program, end with exit code 70 and a request to
/// report it, and lets every signal that ends the process remove temporary files.
///
/// A closed pipe ends the program without a word, as it does other tools. A file that became shorter
/// while it was read is a fault of the input.
public func installCrashReport() { catch_signals() }
