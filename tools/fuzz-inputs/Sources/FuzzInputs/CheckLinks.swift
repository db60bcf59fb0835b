import Basics
import Chip
import Driver
import Program

/// A file of faults, which is written again and read as the same.
func checkFaults(_ input: Input) throws {
  let chip = try Chip.named("tiny")
  let map = try FaultMap(text: input.text, on: chip)
  let again = try FaultMap(text: map.text, on: chip)
  require(again == map, "faults are read as others")
}

/// Requests to a simulated chip: each a byte of flags, one of a kind, one of an argument, one of an offset, one of the
/// size of a payload, and that.
func checkFrames(_ input: Input) throws {
  var controller = Controller(
    SimulatedBoard(DeviceOptions(.quantized), own: (linkedProgram.chip, 1)))
  var bytes = input.bytes[...]
  func next() -> UInt8 { bytes.popFirst() ?? 0 }
  var reader = FrameReader()
  var (sequence, written) = (UInt32(1), 0)
  let numbers: [UInt64] = [0, 1, 2, 3, 16, 63, 64, 65, 1 << 16, 1 << 31, 1 << 32, 1 << 62, .max]
  _ = controller.answer(Frame(kind: 1, session: 1, sequence: 1))
  while !bytes.isEmpty {
    let flags = next()
    var frame = Frame(
      kind: next() % 10, session: flags & 0xC0 == 0xC0 ? 2 : 1,
      sequence: flags & 0x30 == 0x30 ? sequence : sequence &+ 1)
    frame.argument = UInt32(truncatingIfNeeded: numbers[Int(next()) % numbers.count])
    frame.offset = numbers[Int(next()) % numbers.count]
    frame.payload = (0..<Int(next() % 80)).map { _ in next() }
    if flags & 1 != 0 {
      frame = Frame(kind: 2, session: 1, sequence: sequence &+ 1)
      frame.payload = announcement(of: linkedBytes)
      written = 0
    } else if flags & 2 != 0 {
      // A part of the program, of any size.
      (frame.kind, frame.argument, frame.offset) = (2, 1, UInt64(written))
      let part = linkedBytes[written...].prefix(1 << Int(next() % 17))
      frame.payload = Array(part)
      written += part.count
    }
    var sent = frame.bytes
    if flags & 4 != 0 {
      let place = (Int(next()) << 8 | Int(next())) % sent.count
      sent[place] ^= next()
    }
    reader.append(sent)
    framesSent += 1
    while let request = reader.next() {
      guard let answer = controller.answer(request) else { continue }
      require(answer.payload.count <= Frame.mostPayload, "an answer is too long")
      require(answer.sequence == request.sequence, "an answer is of another request")
      // Only what is out of order, or of another host, does not count.
      if ![3, 4].contains(answer.status) { sequence = request.sequence }
    }
    if bytes.isEmpty { break }
  }
}

/// The requests of a host, or the answers of a device, so far.
nonisolated(unsafe) var framesSent = 0

/// A small program, and its bytes.
private let linkedProgram = made {
  try ValidProgram(bytes: Bytes(copying: linkedBytes)).program
}
private let linkedBytes: [UInt8] = made {
  try Sample.all[0].compiled().bytes!.withUnsafeBytes { Array($0) }
}
