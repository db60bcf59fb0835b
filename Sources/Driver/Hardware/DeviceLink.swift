import AIMCLoader
import Basics
import Compiler
import Glibc

/// A host's end of a link to a device, over a socket: `AIMCLink` with what a process has.
final class DeviceLink {
  let address: LinkAddress
  private let socket: SocketTransport
  private var link = aimc_link()
  private let memory: UnsafeMutableRawPointer

  /// Opens a link to the device at `address`.
  ///
  /// Throws `Diagnostics` if nothing listens there, or if it is no device.
  init(_ address: LinkAddress) throws {
    self.address = address
    guard let descriptor = address.connected() else {
      throw Diagnostics(
        Diagnostic(
          file: address.description, "no device listens here: \(String(cString: strerror(errno)))",
          help: "start one, as with aimcc chip --listen \(shellWord(address.description))"))
    }
    socket = SocketTransport(address, descriptor)
    let size = 2 * (Int(AIMC_FRAME_HEADER) + Int(AIMC_MAXIMUM_PAYLOAD) + Int(AIMC_FRAME_TRAILER))
    memory = .allocate(byteCount: size, alignment: 8)
    var transport = socket.transport
    // Any number will do that no other host has: it changes nothing of what a device does.
    let session = UInt32.random(in: 1...(.max))
    try require(aimc_link_open(&link, &transport, session, memory, size))
  }

  deinit { memory.deallocate() }

  var state: aimc_device_state { link.state }
  /// The requests that were sent again, and the times that the link was opened again.
  var repeats: Int { Int(link.repeats) }
  var reopenings: Int { Int(link.reopenings) }

  /// Loads a program: what of it the device does not have.
  ///
  /// Throws `Diagnostics` if the device refuses it, or if the link is lost for good.
  func load(
    _ file: MappedFile,
    progress: (aimc_load_phase, Int, Int, aimc_step_report?) -> Void
  ) throws {
    typealias Told = (aimc_load_phase, Int, Int, aimc_step_report?) -> Void
    try withoutActuallyEscaping(progress) { progress in
      var told: Told = progress
      try file.withUnsafeBytes { bytes in
        var source = aimc_source()
        source.size = UInt64(bytes.count)
        source.bytes = bytes.baseAddress
        let error = withUnsafeMutablePointer(to: &told) { told in
          aimc_link_load(
            &link, &source,
            { context, phase, done, total, report in
              context!.assumingMemoryBound(to: Told.self).pointee(
                phase, Int(done), Int(total), report?.pointee)
            }, told)
        }
        try require(error)
      }
    }
  }

  /// The report of a step that is done.
  func report(of step: Int) throws -> aimc_step_report {
    var report = aimc_step_report()
    try require(aimc_link_program(&link, UInt32(step), &report))
    return report
  }

  /// `count` bytes of a memory from the first on.
  func read(_ memory: aimc_memory, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try require(aimc_link_read(&link, memory, 0, &bytes, count))
    return bytes
  }

  /// Tests a core, counted over all chips.
  func test(core: Int, pattern: Int) throws {
    try require(aimc_link_test(&link, UInt32(core), UInt64(pattern)))
  }

  /// Lets a simulated device be so old.
  func setTime(_ time: TimeSpan) throws {
    let milliseconds = min(max(time.seconds * 1e3, 0), 0x1p62).rounded()
    try require(aimc_link_set_time(&link, UInt64(milliseconds)))
  }

  /// Calibrates the device; returns the vectors that were multiplied.
  func calibrate() throws -> Int {
    var multiplications: UInt64 = 0
    try require(aimc_link_calibrate(&link, &multiplications))
    return Int(clamping: multiplications)
  }

  /// Runs `count` inferences from number `first` on; returns the bytes of their outputs.
  func run(first: Int, count: Int, inputs: [UInt8]) throws -> [UInt8] {
    precondition(inputs.count == count * Int(link.state.input_size))
    var outputs = [UInt8](repeating: 0, count: count * Int(link.state.output_size))
    try require(aimc_link_run(&link, UInt64(first), UInt32(count), inputs, &outputs))
    return outputs
  }

  private func require(_ error: aimc_link_error) throws {
    guard error != AIMC_LINK_OK else { return }
    var text = String(cString: aimc_link_text(error))
    if error == AIMC_LINK_REFUSED {
      text = "the device refuses: \(String(cString: aimc_status_text(link.refusal)))"
      let said = UnsafeBufferPointer(start: link.refusal_text, count: link.refusal_count)
      if !said.isEmpty { text += ":\n\(String(decoding: said, as: UTF8.self))" }
    }
    throw Diagnostics(Diagnostic(file: address.description, text))
  }
}

/// A socket as the C library takes it.
private final class SocketTransport {
  private let address: LinkAddress
  private var descriptor: Int32

  init(_ address: LinkAddress, _ descriptor: Int32) {
    self.address = address
    self.descriptor = descriptor
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The functions; valid as long as `self` is.
  var transport: aimc_transport {
    aimc_transport(
      context: Unmanaged.passUnretained(self).toOpaque(),
      send: { context, bytes, count in
        SocketTransport.from(context).send(UnsafeRawBufferPointer(start: bytes, count: count))
      },
      receive: { context, bytes, count, milliseconds, received in
        SocketTransport.from(context).receive(
          UnsafeMutableRawBufferPointer(start: bytes, count: count), milliseconds,
          &received!.pointee)
      },
      reopen: { context in SocketTransport.from(context).reopen() })
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> SocketTransport {
    Unmanaged.fromOpaque(context!).takeUnretainedValue()
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    descriptor >= 0 && sendAll(bytes, to: descriptor)
  }

  private func receive(
    _ bytes: UnsafeMutableRawBufferPointer, _ milliseconds: UInt32, _ received: inout Int
  ) -> Bool {
    received = 0
    guard descriptor >= 0 else { return false }
    guard !waitForInput([descriptor], milliseconds: Int32(clamping: milliseconds)).isEmpty else {
      return true
    }
    let count = recv(descriptor, bytes.baseAddress, bytes.count, 0)
    received = max(count, 0)
    return count > 0 || (count < 0 && errno == EINTR)
  }

  private func reopen() -> Bool {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if let found = address.connected() {
      descriptor = found
      return true
    }
    usleep(250_000)
    return false
  }
}
