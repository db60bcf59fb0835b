import Basics

/// A line on the terminal that says how far the work is; nothing where messages go to a file.
struct Progress {
  private let console: Console
  private let title: String
  private let total: Int
  private var isShown = false
  private var last: ContinuousClock.Instant
  /// What is known so far; empty for nothing.
  var news = ""
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

  /// Says at once that work begins, of which nothing is done.
  ///
  /// Throws `Stopped` if the listener of the console does not want it.
  mutating func begin() throws { try show(0, 0, .now) }

  /// Says that `done` steps are done, and a part from 0 to 1 of the next one; the line is rewritten ten times a second
  /// at most.
  ///
  /// Throws `Stopped` if the listener of the console wants no more.
  mutating func update(_ done: Int, part: Double = 0) throws {
    let now = ContinuousClock.now
    if now - last > .milliseconds(100) { try show(done, part, now) }
  }

  private mutating func show(_ done: Int, _ part: Double, _ now: ContinuousClock.Instant) throws {
    if let listener = console.listener {
      last = now
      let state = ProgressState(title: title, done: Double(done) + part, total: total)
      if !listener.follows(state) { throw Stopped() }
    }
    guard console.isTerminal, !console.quiet, total > 0 else { return }
    last = now
    isShown = true
    let share = (Double(done) + part) / Double(total)
    let left = start.flatMap { share > 0 ? (now - $0) * ((1 - share) / share) : nil }
    let time = left.map { ", \(readable($0)) left" } ?? ""
    let news = news.isEmpty ? "" : ", \(news)"
    console.show("\r\(title): \(done) of \(total)\(news)\(time)\u{1B}[K")
  }

  /// Removes the line.
  mutating func finish() {
    if isShown { console.show("\r\u{1B}[K") }
    isShown = false
  }
}

extension Console {
  /// Shows `text` where progress is shown, until something else is; nothing removes what is there.
  ///
  /// Throws `Stopped` if the listener wants no more.
  func status(_ text: String) throws {
    if let listener, !listener.follows(ProgressState(title: text, done: 0, total: 0)) {
      throw Stopped()
    }
    if isTerminal && !quiet { show("\r\(printable(text))\u{1B}[K") }
  }

  /// Removes what `status` shows.
  func clearStatus() {
    if isTerminal && !quiet { show("\r\u{1B}[K") }
  }
}
