import Basics
import Driver
import Program

/// What a host sends to a simulated chip, byte for byte, behind a byte that chooses what the chip holds before, and one
/// that says how the bytes come. Most have the right checksums and numbers, whatever else is in them.
func checkStream(_ input: Input) throws {
  guard input.bytes.count > 2 else { return }
  var device = ServedDevice.all[Int(input.bytes[0]) % ServedDevice.all.count]
  let manner = input.bytes[1]
  var sent = Array(input.bytes[2...])
  if manner & 1 == 0 { seal(&sent, after: manner & 2 == 0 ? device.sequence : nil) }
  let size = manner & 4 == 0 ? sent.count : 1 + Int(manner >> 3)
  var reader = FrameReader()
  for start in stride(from: 0, to: sent.count, by: size) {
    reader.append(sent[start..<min(start + size, sent.count)])
    while let request = reader.next() {
      framesSent += 1
      require(sent.holds(request.bytes), "a frame is read that nobody has sent")
      device.take(request)
    }
  }
  device.checkProgram()
}

/// Makes the checksums of all frames in `bytes` anew, and with `sequence` the numbers of requests those that follow it.
private func seal(_ bytes: inout [UInt8], after sequence: UInt32?) {
  let empty = Frame(kind: 1, session: 1, sequence: 1).bytes
  var (place, sequence) = (0, sequence)
  func put(_ value: UInt32, at place: Int) {
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }
  while place + empty.count <= bytes.count {
    guard bytes[place..<place + 5].elementsEqual(empty[..<5]) else {
      place += 1
      continue
    }
    if let number = sequence {
      sequence = number &+ 1
      put(1, at: place + 8)
      put(number &+ 1, at: place + 12)
    }
    var checksum = CRC32C()
    bytes[place..<place + 32].withUnsafeBytes { checksum.add($0) }
    put(checksum.value, at: place + 32)
    let count = little(bytes[place + 28..<place + 32])
    place += empty.count
    guard count > 0, count <= bytes.count - place - 4 else { continue }
    bytes[place..<place + count].withUnsafeBytes { checksum.add($0) }
    put(checksum.value, at: place + count)
    place += count + 4
  }
}

extension [UInt8] {
  /// Whether `part`, which begins with the mark of a frame, lies in it somewhere.
  fileprivate func holds(_ part: [UInt8]) -> Bool {
    indices.contains { start in
      self[start] == part[0] && count - start >= part.count
        && self[start..<start + part.count].elementsEqual(part)
    }
  }
}

/// A simulated chip behind the protocol, and the number of the last request of session 1 that it has taken.
struct ServedDevice {
  private(set) var controller: Controller
  private(set) var sequence: UInt32 = 0
  /// The answer before, which every request with its number gets again, whatever it asks for.
  private var last: Frame?
  /// The memory of the chip that holds a program.
  private static let programMemory: UInt32 = 1

  init(_ options: DeviceOptions) {
    let program = servedProgram.program
    controller = Controller(
      SimulatedBoard(options, own: (program.chip, program.chipCount)))
    send(.status)
  }

  /// Devices that are further and further on the way to a run, exact and as the chip is, with faults.
  static let all: [ServedDevice] = {
    var device = ServedDevice(DeviceOptions(.quantized))
    var all = [device]
    device.announce()
    let end = servedBytes.count - 64
    device.write(0..<end)
    all.append(device)
    device.write(end..<servedBytes.count)
    all.append(device)
    device.program()
    all.append(device)
    device.send(.calibrate)
    all.append(device)
    var options = DeviceOptions(.own)
    options.faults = servedFaults
    var faulty = ServedDevice(options)
    faulty.announce()
    faulty.write(0..<servedBytes.count)
    faulty.program()
    faulty.send(.calibrate)
    return all + [faulty]
  }()

  /// Takes a request, and checks what the answers of all requests have in common.
  mutating func take(_ request: Frame) {
    guard let answer = controller.answer(request) else { return }
    require(answer.payload.count <= Frame.mostPayload, "an answer is too long")
    require(
      answer.sequence == request.sequence && answer.session == request.session
        && (answer.kind == request.kind | RequestKind.answer || answer == last),
      "an answer is of another request")
    var reader = FrameReader()
    reader.append(answer.bytes)
    require(reader.next() == answer && reader.next() == nil, "an answer is read as another")
    // Not what is answered to requests that are refused as out of order, or as of another host.
    if ![AnswerStatus.outOfOrder, .otherHost].contains(where: { $0.rawValue == answer.status }) {
      last = answer
    }
    let isReport = [RequestKind.program, .verify].contains {
      $0.rawValue | RequestKind.answer == answer.kind
    }
    guard isReport, answer.status == 0 else { return }
    require(
      answer.payload.count == 56 && answer.payload[52...].elementsEqual([1, 0, 0, 0]),
      "a step is programmed twice, or not at all")
  }

  /// Asks as another host what program is there: it is the one that was announced.
  func checkProgram() {
    var other = self
    func answer(_ frame: Frame) -> [UInt8] {
      guard let answer = other.controller.answer(frame), answer.status == 0 else {
        fatalError("another host gets no answer")
      }
      return answer.payload
    }
    let state = answer(Frame(kind: RequestKind.status.rawValue, session: 9, sequence: 1))
    let (checksum, size) = (little(state[4..<8]), little(state[8..<16]))
    guard little(state[..<4]) >= 2 else { return }
    require(little(state[16..<24]) == size, "a program is loaded of which something is missing")
    var (bytes, sequence) = ([UInt8](), UInt32(1))
    while bytes.count < size {
      sequence += 1
      var request = Frame(kind: RequestKind.read.rawValue, session: 9, sequence: sequence)
      request.argument = Self.programMemory
      request.offset = UInt64(bytes.count)
      let count = UInt32(min(size - bytes.count, Frame.mostPayload))
      request.payload = withUnsafeBytes(of: count.littleEndian) { Array($0) }
      bytes += answer(request)
    }
    require(
      bytes.withUnsafeBytes { Int(CRC32C.checksum($0)) } == checksum,
      "a program is loaded that is not the one that was announced")
  }

  // MARK: Requests that are done

  @discardableResult
  private mutating func send(
    _ kind: RequestKind, argument: UInt32 = 0, offset: Int = 0, _ payload: [UInt8] = []
  ) -> [UInt8] {
    sequence += 1
    var frame = Frame(kind: kind.rawValue, session: 1, sequence: sequence)
    (frame.argument, frame.offset, frame.payload) = (argument, UInt64(offset), payload)
    guard let answer = controller.answer(frame), answer.status == 0 else {
      fatalError("\(kind) is not done")
    }
    last = answer
    return answer.payload
  }

  private mutating func announce() { send(.write, announcement(of: servedBytes)) }

  private mutating func write(_ range: Range<Int>) {
    send(.write, argument: Self.programMemory, offset: range.lowerBound, Array(servedBytes[range]))
  }

  private mutating func program() {
    let steps = little(send(.status)[24..<28])
    for step in 0..<steps { send(.program, argument: UInt32(step)) }
  }
}

/// The program that such devices have, which is small, and its bytes.
let servedProgram = made { try ValidProgram(bytes: Bytes(copying: servedBytes)) }
let servedBytes: [UInt8] = made {
  try Sample.served.compiled().bytes!.withUnsafeBytes { Array($0) }
}

/// What does not work of a device with faults: less than the program needs.
private let servedFaults = FaultSource("stuck=3%,dead-rows=5%,dead-columns=5%")!

/// A number in few bytes, the lowest first.
private func little(_ bytes: ArraySlice<UInt8>) -> Int {
  bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
}

/// How a host announces a program.
func announcement(of bytes: [UInt8]) -> [UInt8] {
  let sum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
  return withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
    + withUnsafeBytes(of: sum.littleEndian) { Array($0) } + [0, 0, 0, 0]
}

extension ServedDevice {
  /// Requests of every kind, in the order of a load; those that do not fit what a device holds, it refuses.
  static let requests: [Frame] = {
    func request(
      _ kind: RequestKind, _ argument: UInt32 = 0, _ offset: Int = 0, _ payload: [UInt8] = []
    ) -> Frame {
      var frame = Frame(kind: kind.rawValue, session: 1, sequence: 1)
      (frame.argument, frame.offset, frame.payload) = (argument, UInt64(offset), payload)
      return frame
    }
    let end = servedBytes.count - 64
    let size = servedProgram.inputs.reduce(0) { $0 + $1.shape.reduce(4, *) }
    let count: [UInt8] = [16, 0, 0, 0]
    return [
      request(.write, 0, 0, announcement(of: servedBytes)),
      request(.write, 1, end, Array(servedBytes[end...])), request(.status),
      request(.program), request(.program, 1), request(.program, 2), request(.program, 3),
      request(.verify), request(.calibrate), request(.write, 0, 16, [0, 0, 1, 0, 0, 0, 0, 0]),
      request(.write, 2, 0, Array(repeating: 1, count: size)), request(.run, 1, 7),
      request(.read, 3, 0, count), request(.read, 0, 0, count), request(.read, 4, 32, count),
      request(.test, 0, 1), request(.read, 5, 0, count),
    ]
  }()
}
