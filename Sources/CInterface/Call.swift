import Basics
import CAIMCC
import Commands
import Compiler
import Driver
import Synchronization

/// One call of the interface: what it is told, and whom it tells.
struct Call {
  /// The options, as words of the command line.
  let words: [String]
  /// Where diagnostics and progress go.
  let console: Console
  /// By what messages and reports call the arrays; `nil` if the caller does not say.
  let dataName: String?

  /// Does `body`, and returns a handle of what comes out, be it a fault.
  static func result(
    _ options: UnsafePointer<aimcc_options>? = nil, _ body: (Call) throws -> CallContent
  ) -> OpaquePointer? {
    let told = Told()
    var content = CallContent()
    var status = AIMCC_DONE
    do {
      let name = try options?.pointee.data_name.map { try text($0, "the name of the data") }
      let call = Call(
        words: try options.map { try words(of: $0.pointee) } ?? [],
        console: Console(listener(options, told)), dataName: name)
      content = try body(call)
    } catch let faults as Diagnostics {
      told.add(faults.items)
      status = AIMCC_INPUT_FAULT
    } catch let fault as UsageFault {
      told.add([Diagnostic(.error, fault.message)])
      status = AIMCC_USAGE
    } catch is Stopped {
      told.add([Diagnostic(.error, "the work was stopped")])
      status = AIMCC_STOPPED
    } catch {
      told.add([
        Diagnostic(
          .error, "internal error: \(error)",
          help: "this is a fault of aimcc, not of your input; please report it")
      ])
      status = AIMCC_INTERNAL_ERROR
    }
    return Handles.new(.result(CallResult(status: status, content, diagnostics: told.items)))
  }

  /// Throws `UsageFault` for words that are none.
  private static func words(of options: aimcc_options) throws -> [String] {
    let count = try size(options.word_count, atMost: 1 << 16, "word_count")
    guard count > 0 else { return [] }
    guard let words = options.words else { throw UsageFault(message: "words is NULL") }
    return try (0..<count).map { try text(words[$0], "a word of the options") }
  }

  private static func listener(
    _ options: UnsafePointer<aimcc_options>?, _ told: Told
  ) -> ConsoleListener {
    // The caller answers for what it gives to several threads.
    nonisolated(unsafe) let context = options?.pointee.context
    let progress = options?.pointee.progress
    return ConsoleListener {
      told.add([$0])
    } follows: { state in
      guard let progress else { return true }
      return state.title.withCString {
        progress(context, $0, state.done, UInt64(max(state.total, 0))) == 0
      }
    }
  }
}

/// The text at `pointer`, which is `what`.
///
/// Throws `UsageFault` for NULL and for bytes that are no UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws -> String {
  guard let pointer else { throw UsageFault(message: "\(what) is NULL") }
  guard let text = String(validatingCString: pointer) else {
    throw UsageFault(message: "\(what) is not UTF-8")
  }
  return text
}

/// The number `value` of C's type size_t, of which Swift sees those from 2⁶³ on as negative.
///
/// Throws `UsageFault` if it is beyond `most`.
func size(_ value: Int, atMost most: Int, _ what: String) throws -> Int {
  guard (0...most).contains(value) else {
    throw UsageFault(message: "\(what) is \(UInt(bitPattern: value)), beyond \(most)")
  }
  return value
}

/// The bytes at `pointer`.
///
/// Throws `UsageFault` for NULL where there are some.
func memory(_ pointer: UnsafeRawPointer?, _ count: Int, _ what: String) throws
  -> UnsafeRawBufferPointer
{
  let count = try size(count, atMost: .max, "the size of \(what)")
  guard pointer != nil || count == 0 else { throw UsageFault(message: "\(what) is NULL") }
  return UnsafeRawBufferPointer(start: pointer, count: count)
}

/// What a call has told so far.
private final class Told: Sendable {
  private let list = Mutex<[Diagnostic]>([])
  var items: [Diagnostic] { list.withLock { $0 } }
  func add(_ items: [Diagnostic]) { list.withLock { $0 += items } }
}
