import AIMCLoader
import Driver
import TestSupport

/// A link in memory between the host's end in C and a device, which can be cut and damaged.
final class Wire {
  private var controller: Controller?
  private var reader = FrameReader()
  /// What is on the way to the host.
  private var waiting: [UInt8] = []
  private var isLost = false
  /// The bytes that have passed, in both directions.
  private(set) var passed = 0
  /// The bytes after which the link is lost, ascending.
  var cuts: [Int]
  /// Whether a lost link cannot be opened again.
  var isEnding = false
  /// Changes answers before their checksums are made.
  var change: (inout Frame) -> Void = { _ in }
  /// What is damaged; `nil` for nothing.
  private var generator: SplitMix64?

  /// Creates a link to `controller`; without one, answers of any content come.
  init(_ controller: Controller?, cuts: [Int] = [], damageSeed: UInt64? = nil) {
    self.controller = controller
    self.cuts = cuts
    generator = damageSeed.map { SplitMix64(seed: $0) }
  }

  /// The functions; valid as long as `self` is.
  var transport: aimc_transport {
    aimc_transport(
      context: Unmanaged.passUnretained(self).toOpaque(),
      send: { context, bytes, count in
        Wire.from(context).send(UnsafeRawBufferPointer(start: bytes, count: count))
      },
      receive: { context, bytes, count, _, received in
        Wire.from(context).receive(
          UnsafeMutableRawBufferPointer(start: bytes, count: count), &received!.pointee)
      },
      reopen: { Wire.from($0).reopen() })
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Wire {
    Unmanaged.fromOpaque(context!).takeUnretainedValue()
  }

  func reopen() -> Bool {
    if isEnding { return false }
    isLost = false
    return true
  }

  /// As many of `bytes` as pass before the link is lost.
  private func passing(_ bytes: some Collection<UInt8>) -> [UInt8] {
    guard let cut = cuts.first, cut < passed + bytes.count else {
      passed += bytes.count
      return Array(bytes)
    }
    let part = Array(bytes.prefix(cut - passed))
    passed = cut
    cuts.removeAll { $0 <= cut }
    isLost = true
    return part
  }

  private func lose() {
    reader.clear()
    waiting = []
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if isLost { return false }
    if controller == nil {
      waiting += invented(for: Array(bytes))
      return true
    }
    reader.append(passing(damaged(Array(bytes))))
    while let request = reader.next() {
      if var answer = controller!.answer(request) {
        change(&answer)
        waiting += damaged(answer.bytes)
      }
    }
    if isLost { lose() }
    return !isLost
  }

  private func receive(_ bytes: UnsafeMutableRawBufferPointer, _ received: inout Int) -> Bool {
    received = 0
    if isLost { return false }
    let part = passing(waiting.prefix(bytes.count))
    bytes.copyBytes(from: part)
    received = part.count
    waiting.removeFirst(min(waiting.count, part.count))
    if isLost { lose() }
    return received > 0 || !isLost
  }

  /// One frame in four changes: a bit, a byte that is missing or comes twice, or the whole frame.
  private func damaged(_ bytes: [UInt8]) -> [UInt8] {
    guard var random = generator else { return bytes }
    defer { generator = random }
    var bytes = bytes
    guard Int.random(in: 0..<4, using: &random) == 0 else { return bytes }
    let place = bytes.indices.randomElement(using: &random)!
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes.remove(at: place)
    case 3: bytes.insert(bytes[place], at: place)
    case 4: return bytes + bytes
    default: return []
    }
    return bytes
  }

  /// An answer with right checksums to a request, most fields of which are as they should be.
  private func invented(for request: [UInt8]) -> [UInt8] {
    var reader = FrameReader()
    reader.append(request)
    guard var random = generator, let frame = reader.next() else { return [] }
    defer { generator = random }
    var payload: [UInt8] = []
    let sizes = [1: 64, 2: 0, 3: 64, 4: 56, 5: 56, 6: 8, 7: 0]
    let count =
      Int.random(in: 0..<6, using: &random) == 0
      ? Int.random(in: 0...3000, using: &random) : sizes[Int(frame.kind)] ?? 0
    let numbers: [UInt32] = [0, 1, 3, 4, 64, 3000, 65536, .max]
    while payload.count < count {
      let number = numbers.randomElement(using: &random)!
      payload += withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    payload.removeLast(payload.count - count)
    if frame.kind == 1, count == 64, Int.random(in: 0..<8, using: &random) > 0 {
      payload.replaceSubrange(48..<56, with: [64, 0, 0, 0, 1, 0, 0, 0])
    }
    let status: AnswerStatus = Int.random(in: 0..<9, using: &random) > 0 ? .done : .failed
    var answer = frame.answer(status, payload)
    if Int.random(in: 0..<9, using: &random) == 0 { answer.sequence &-= 1 }
    return answer.bytes
  }
}
