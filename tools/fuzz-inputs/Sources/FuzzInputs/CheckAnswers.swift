import Basics
import Compiler
import Driver
import Glibc

/// What commands make of the answers of a device: those of a simulated chip, changed as the input says, in frames that
/// are whole.
func checkAnswers(_ input: Input) throws {
  guard let choice = input.bytes.first else { return }
  let device = AnsweringDevice.one
  device.begin(choice, input.bytes.dropFirst())
  switch choice % 3 {
  case 0:
    _ = try runLoad(
      program: loadedFile, device: device.path, time: TimeSpan("1h"), data: loadedData, output: nil,
      check: nil, json: choice & 0x40 != 0, console: silence)
  case 1: try runSelfTest(device: device.path, output: nil, json: false, console: silence)
  default: try runRecalibrate(device: device.path, time: nil, json: false, console: silence)
  }
}

/// The program that is loaded, and the inferences that are run then.
private let loadedFile = Input.write(servedBytes, "-loaded.aimc")
private let loadedData: String = made {
  let path = Input.write([], "-loaded.npz")
  let stacks = try TypicalInputs.syntheticStacks(for: Sample.served.network().graph)
  try writeNPZ(
    stacks.enumerated().map { NamedTensor(name: "input_\($0.offset)", tensor: $0.element) },
    to: path)
  return path
}

/// A device that listens in this process.
private final class AnsweringDevice: @unchecked Sendable {
  static let one = AnsweringDevice()

  let path = Input.write([], ".socket")
  private let listener: Int32
  /// Guards what follows.
  private var lock = pthread_mutex_t()
  private var controller = ServedDevice.all[0].controller
  private var changes: ArraySlice<UInt8> = []
  /// The answers before the next that is changed; `nil` if no more are.
  private var left: Int?

  private init() {
    pthread_mutex_init(&lock, nil)
    listener = Self.listening(path)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        AnsweringDevice.one.serve()
        return nil
      }, nil)
  }

  private static func listening(_ path: String) -> Int32 {
    unlink(path)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = withUnsafePointer(to: address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    require(status == 0 && listen(descriptor, 1) == 0, "no device can listen at \(path)")
    return descriptor
  }

  /// Takes the place of the device before, as far as `choice` says, and changes answers as `changes` say.
  func begin(_ choice: UInt8, _ changes: ArraySlice<UInt8>) {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    controller = ServedDevice.all[Int(choice / 3) % ServedDevice.all.count].controller
    self.changes = changes
    left = self.changes.popFirst().map(Int.init)
  }

  private func serve() {
    while true {
      let host = accept(listener, nil, nil)
      guard host >= 0 else { continue }
      var reader = FrameReader()
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = recv(host, &bytes, bytes.count, 0), count > 0 {
        reader.append(bytes[..<count])
        while let request = reader.next() {
          for answer in answers(to: request) {
            let sent = answer.bytes
            _ = send(host, sent, sent.count, Int32(MSG_NOSIGNAL))
          }
        }
      }
      close(host)
    }
  }

  /// The answers to a request: more than one where the first says that there will be another.
  private func answers(to request: Frame) -> [Frame] {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    framesSent += 1
    guard let answer = controller.answer(request) else { return [] }
    guard let number = left else { return [answer] }
    left = number > 0 ? number - 1 : nil
    guard number == 0 else { return [answer] }
    let changed = changed(answer)
    left = changes.popFirst().map(Int.init)
    return changed.status == 1 ? [changed, answer] : [changed]
  }

  private func changed(_ answer: Frame) -> Frame {
    var answer = answer
    func next() -> UInt8 { changes.popFirst() ?? 0 }
    let (how, place, value) = (next(), Int(next()) * max(answer.payload.count / 256, 1), next())
    switch how % 4 {
    case 0:
      if place < answer.payload.count { answer.payload[place] ^= value }
    case 1:
      // A power of two, or all ones, in four bytes or in eight.
      let number = value & 0x80 != 0 ? UInt64.max : 1 << UInt64(value & 63)
      let start = place & ~3
      for index in 0..<(value & 0x40 != 0 ? 4 : 8) where start + index < answer.payload.count {
        answer.payload[start + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
      }
    case 2: answer.status = UInt16(value % 10)
    default:
      answer.payload =
        value & 1 == 0
        ? Array(answer.payload.prefix(place))
        : answer.payload + Array(repeating: value, count: place)
    }
    if answer.payload.count > Frame.mostPayload { answer.payload = [] }
    return answer
  }
}
