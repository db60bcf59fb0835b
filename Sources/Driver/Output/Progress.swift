import Basics

/// A line on the terminal that says how far the work is; nothing where messages go to a file.
struct Progress {
  private let console: Console
  private let title: String
  private let total: Int
  private var isShown = false
  private var last: ContinuousClock.Instant
  /// When the work began, if the time that is left is told.
  private let start: ContinuousClock.Instant?

  /// Creates the progress of `total` steps of what `title` says.
  init(_ title: String, total: Int, console: Console, tellsTimeLeft: Bool = false) {
    self.console = console
    self.title = title
    self.total = total
    last = .now
    start = tellsTimeLeft ? last : nil
  }

  /// Says that `done` steps are done; the line is rewritten ten times a second at most.
  mutating func update(_ done: Int) {
    guard console.isTerminal, !console.quiet, total > 0 else { return }
    let now = ContinuousClock.now
    guard now - last > .milliseconds(100) else { return }
    last = now
    isShown = true
    let left = start.flatMap { done > 0 ? (now - $0) / done * (total - done) : nil }
    let time = left.map { ", \(readable($0)) left" } ?? ""
    console.show("\r\(title): \(done) of \(total)\(time)\u{1B}[K")
  }

  /// Removes the line.
  mutating func finish() {
    if isShown { console.show("\r\u{1B}[K") }
    isShown = false
  }
}

extension Console {
  /// Shows `text` where progress is shown, until something else is; nothing removes what is there.
  func status(_ text: String) {
    guard isTerminal, !quiet else { return }
    show("\r\(printable(text))\u{1B}[K")
  }
}
