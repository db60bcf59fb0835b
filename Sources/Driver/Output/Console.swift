import Basics
import Glibc

/// Where a command writes: data to one stream, messages to the other.
///
/// All text passes `printable`, so that no name of a file, a chip or a network can drive a terminal.
public struct Console: Sendable {
  /// The file descriptor of the data.
  let output: Int32
  /// The file descriptor of the messages.
  let messages: Int32
  /// Whether notes and progress are left out.
  var quiet: Bool
  /// The longest line of tables and reports; `nil` for lines of any length.
  let columns: Int?
  /// The longest line of diagnostics; `nil` for lines of any length, as in files, where each can be searched for.
  let messageColumns: Int?
  /// Who hears of messages and progress instead of the stream.
  let listener: ConsoleListener?

  /// Standard output and standard error; `wide` for lines of any length.
  public init(quiet: Bool = false, wide: Bool = false) {
    output = STDOUT_FILENO
    messages = STDERR_FILENO
    self.quiet = quiet
    columns = wide ? nil : Self.columns(of: output)
    messageColumns = wide || isatty(messages) == 0 ? nil : Self.columns(of: messages)
    listener = nil
  }

  /// The file descriptors `output` and `messages`.
  public init(output: Int32, messages: Int32, quiet: Bool = false) {
    self.output = output
    self.messages = messages
    self.quiet = quiet
    (columns, messageColumns) = (nil, nil)
    listener = nil
  }

  /// No streams: `listener` hears of diagnostics and progress.
  package init(_ listener: ConsoleListener) {
    (output, messages) = (-1, -1)
    quiet = false
    (columns, messageColumns) = (nil, nil)
    self.listener = listener
  }

  /// The columns that the variable COLUMNS tells, or the terminal behind `descriptor`; 80 where neither does.
  private static func columns(of descriptor: Int32) -> Int {
    if let text = getenv("COLUMNS"), let given = Int(String(cString: text)), given > 0 {
      return given
    }
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  /// Writes `page` as data, in lines that fit the terminal.
  ///
  /// Throws `Diagnostics` if it cannot be written.
  func write(_ page: Page) throws { try write(page.text(within: columns)) }

  /// Writes `text` as data.
  ///
  /// Throws `Diagnostics` if it cannot be written, as on a full disk.
  public func write(_ text: String) throws {
    guard put(printable(text, lines: true), to: output) else { throw Self.failure() }
  }

  /// Writes `bytes` as data.
  ///
  /// Throws `Diagnostics` if they cannot be written.
  public func write(_ bytes: Bytes) throws {
    guard bytes.withUnsafeBytes({ writeAll($0, to: output) }) else { throw Self.failure() }
  }

  private static func failure() -> Diagnostics {
    Diagnostics(
      Diagnostic(.error, "standard output cannot be written: \(String(cString: strerror(errno)))"))
  }

  /// Writes `text` and a line feed as a message.
  public func report(_ text: String) { _ = put(printable(text, lines: true) + "\n", to: messages) }

  /// Writes `page` as a message, in lines that fit the terminal.
  func report(_ page: Page) {
    _ = put(printable(page.text(within: columns), lines: true), to: messages)
  }

  /// Writes every diagnostic as a message; notes only if the user wants them.
  public func report(_ diagnostics: [Diagnostic]) {
    for item in diagnostics where !(quiet && item.severity == .note) {
      if let listener { listener.hears(item) } else { explain(item.description) }
    }
  }

  /// Writes `text` as a message, in lines that fit if messages go to a terminal.
  public func explain(_ text: String) {
    report(messageColumns.map { text.wrapped(within: $0, margin: 4) } ?? text)
  }

  /// Whether messages go to a terminal.
  var isTerminal: Bool { messages >= 0 && isatty(messages) == 1 }

  /// Writes `text`, which moves the cursor, where progress is shown.
  func show(_ text: String) { _ = put(text, to: messages) }

  private func put(_ text: String, to descriptor: Int32) -> Bool {
    if listener != nil { return true }
    var text = text
    return text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
  }
}
