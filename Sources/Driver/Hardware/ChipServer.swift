import Basics
import CProcess
import Dispatch
import Glibc

/// Lets hosts talk to a simulated chip, one at a time, for ever.
final class ChipServer {
  private let listener: Int32
  private let worker: ControllerWorker
  private var link: Int32 = -1
  private var reader = FrameReader()
  private var buffer = [UInt8](repeating: 0, count: 1 << 17)

  /// How often a host hears that a request is being worked on, in ms.
  private static let sign = 500

  /// Listens at `address` for hosts of a board.
  ///
  /// Throws `Diagnostics` if the address is taken or cannot be used.
  init(_ address: LinkAddress, board: SimulatedBoard) throws {
    listener = try address.listening()
    if let path = address.path { _ = remember_temporary(path) }
    worker = ControllerWorker(Controller(board))
  }

  /// Serves hosts; does not return.
  func serve() -> Never {
    while true {
      let ready = waitForInput(link < 0 ? [listener] : [listener, link], milliseconds: -1)
      // A host that opens the link again may do so before the end of the old one is seen.
      if ready.contains(0) { take(accept(listener, nil, nil)) } else if ready.contains(1) { read() }
    }
  }

  private func take(_ descriptor: Int32) {
    if link >= 0 { close(link) }
    link = descriptor
    reader.clear()
  }

  private func read() {
    let count = recv(link, &buffer, buffer.count, 0)
    guard count > 0 else { return take(-1) }
    reader.append(buffer[..<count])
    while link >= 0, let request = reader.next() { answer(request) }
  }

  private func answer(_ request: Frame) {
    worker.begin(request)
    while !worker.wait(milliseconds: Self.sign) {
      // The work goes on without a host; one that comes back asks the same again.
      if !waitForInput([listener], milliseconds: 0).isEmpty { take(accept(listener, nil, nil)) }
      send(request.answer(.working))
    }
    if let answer = worker.answer { send(answer) }
  }

  private func send(_ frame: Frame) {
    guard link >= 0 else { return }
    if !frame.bytes.withUnsafeBytes({ sendAll($0, to: link) }) { take(-1) }
  }
}

/// A controller on a thread of its own, which works on one request at a time.
private final class ControllerWorker: @unchecked Sendable {
  private var controller: Controller
  private let queue = DispatchQueue(label: "controller")
  private let done = DispatchSemaphore(value: 0)
  /// The answer to the last request, once `wait` has returned true.
  private(set) var answer: Frame?

  init(_ controller: Controller) { self.controller = controller }

  func begin(_ request: Frame) {
    queue.async { [self] in
      answer = controller.answer(request)
      done.signal()
    }
  }

  /// Waits for the answer; returns whether it is there.
  func wait(milliseconds: Int) -> Bool {
    done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }
}
