extension Unicode.Scalar {
  /// Whether it is not seen where text is shown, or can change how what follows is shown: controls (C0, C1
  /// and DEL), formats such as those of the direction of writing, separators of lines and paragraphs,
  /// and what has no agreed meaning.
  public var isHidden: Bool {
    if value < 0x7F { return value < 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: true
    default: false
    }
  }
}

/// `text` with everything hidden escaped, so that a name from a file can neither drive a terminal nor
/// look like another; line feeds are left in it if `lines` says so.
///
/// All text that goes to standard output or standard error passes through this.
public func printable(_ text: String, lines: Bool = false) -> String {
  func isShown(_ scalar: Unicode.Scalar) -> Bool { !scalar.isHidden || lines && scalar == "\n" }
  if text.unicodeScalars.allSatisfy(isShown) { return text }
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n" where lines: shown.append(scalar)
    case "\n": shown.append(contentsOf: "\\n".unicodeScalars)
    case "\r": shown.append(contentsOf: "\\r".unicodeScalars)
    case "\t": shown.append(contentsOf: "\\t".unicodeScalars)
    case _ where scalar.isHidden:
      let digits = String(scalar.value, radix: 16, uppercase: true)
      shown.append(contentsOf: "\\u{\(digits)}".unicodeScalars)
    default: shown.append(scalar)
    }
  }
  return String(shown)
}
