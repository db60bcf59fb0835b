import Driver
import Foundation
import TestSupport
import Testing

/// What `load` makes of a device whose answers are whole, and wrong.
@Suite struct UntrueAnswerTests {
  /// A simulated chip at a socket, one of whose answers says something else.
  private final class Liar: @unchecked Sendable {
    private let listener: Int32
    private var controller = Controller(SimulatedBoard(DeviceOptions(.quantized)))
    private let change: @Sendable (inout Frame) -> Void

    init(_ path: String, _ change: @escaping @Sendable (inout Frame) -> Void) throws {
      self.change = change
      listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let (size, listener) = (socklen_t(MemoryLayout<sockaddr_un>.size), listener)
      let status = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
      }
      try #require(status == 0 && listen(listener, 1) == 0)
      Thread.detachNewThread { self.serve() }
    }

    /// Serves one host.
    private func serve() {
      let host = accept(listener, nil, nil)
      var reader = FrameReader()
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = recv(host, &bytes, bytes.count, 0), count > 0 {
        reader.append(bytes[..<count])
        while let request = reader.next(), var answer = controller.answer(request) {
          change(&answer)
          let sent = answer.bytes
          _ = send(host, sent, sent.count, Int32(MSG_NOSIGNAL))
        }
      }
      close(host)
      close(listener)
    }
  }

  /// Loads a network of two steps or more onto such a device, and runs inferences.
  private func loaded(_ change: @escaping @Sendable (inout Frame) -> Void) throws -> Command {
    let (folder, model) = (try Folder(), ModelFolder(made: "network-mlp"))
    let compiled = try Command(
      ["compile", model.model, "-o", "net.aimc", "-q", "--chip", "tiny", "--chips", "4"],
      in: folder.path)
    try #require(compiled.status == 0, "\(compiled.messages)")
    let device = try Liar(folder.file("s"), change)
    defer { withExtendedLifetime(device) {} }
    return try Command("load", "net.aimc", "--device", "s", "--data", model.path, in: folder.path)
  }

  /// Sets `count` bytes at `place` of answers of a kind.
  private static func setting(
    _ kind: RequestKind, at place: Int, count: Int = 8, to byte: UInt8
  ) -> @Sendable (inout Frame) -> Void {
    { answer in
      guard answer.kind == kind.rawValue | RequestKind.answer else { return }
      answer.payload.replaceSubrange(place..<place + count, with: repeatElement(byte, count: count))
    }
  }

  @Test func sizesThatAreNotTheProgramsAreRefused() throws {
    #expect(try loaded { _ in }.status == 0)
    for (place, what) in [(32, "inputs"), (40, "outputs")] {
      for byte in [UInt8(0), 1, 0xFF] {
        let run = try loaded(Self.setting(.status, at: place, to: byte))
        #expect(
          run.status == 1 && run.messages.contains("bytes of \(what), and"), "\(run.messages)")
      }
    }
  }

  @Test func costsThatNoChipHasAreAddedUp() throws {
    // Pulses, reads, time and energy of every step.
    let run = try loaded(Self.setting(.program, at: 16, count: 32, to: 0xFF))
    #expect(run.status == 0 && run.text.contains("within 5 counts"), "\(run.messages)")
    #expect(run.text.contains("in 9,223,372,036,854,775,807 pulses"), "\(run.text)")
  }
}
