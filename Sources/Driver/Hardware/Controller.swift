import Basics

/// The device's end of the protocol: takes requests, gives answers, and does everything once.
///
/// It knows no link: what it holds stays when one is lost, so that a host goes on where it was.
public struct Controller: Sendable {
  private var board: SimulatedBoard
  private var session: UInt32?
  /// The answer to the last request, which a host that has not got it asks for again.
  private var last: Frame?
  /// The program that a host has announced, and what of it is there.
  private var announced: (size: Int, checksum: UInt32)?
  private var received: [UInt8] = []
  private var reports: [StepReport] = []
  private var inputs: [UInt8] = []
  private var outputs: [UInt8] = []
  /// What the last test has read.
  private var cells: [UInt8] = []

  /// The most inferences of one request.
  static let mostInferences = 64
  /// The largest program, in bytes.
  static let largestProgram = 4 << 30
  /// The register of the time since programming, in ms, and the most that it takes: 1,000 years.
  static let timePlace = 16
  static let longestTime: UInt64 = 31_557_600_000_000

  /// Creates the controller of a board.
  public init(_ board: SimulatedBoard) { self.board = board }

  /// The answer to `request`; `nil` for frames that are no requests.
  public mutating func answer(_ request: Frame) -> Frame? {
    guard request.kind & RequestKind.answer == 0 else { return nil }
    let begins = request.kind == RequestKind.status.rawValue && request.sequence == 1
    if request.session != session || (begins && last?.sequence != 1) {
      guard begins else { return request.answer(.otherHost) }
      session = request.session
      last = nil
    } else if let last, request.sequence == last.sequence {
      return last
    } else if let last, request.sequence != last.sequence &+ 1 {
      return request.answer(.outOfOrder)
    }
    let answer = execute(request)
    last = answer
    return answer
  }

  private mutating func execute(_ request: Frame) -> Frame {
    guard let kind = RequestKind(rawValue: request.kind) else { return request.answer(.unknown) }
    do {
      switch kind {
      case .status: return request.answer(.done, state)
      case .write: return request.answer(try write(request))
      case .read: return try read(request)
      case .program, .verify: return try step(request, programs: kind == .program)
      case .calibrate:
        guard board.isProgrammed else { return request.answer(.notNow) }
        var writer = LittleEndianBytes()
        writer.put(UInt64(try board.calibrate()))
        return request.answer(.done, writer.bytes)
      case .run: return request.answer(try run(request))
      case .test: return request.answer(try test(request))
      }
    } catch {
      let text = (error as? Diagnostics)?.description ?? "\(error)"
      let status: AnswerStatus = kind == .write ? .badProgram : .failed
      return request.answer(status, Array(printable(text, lines: true).utf8.prefix(4096)))
    }
  }

  // MARK: Memories

  private mutating func write(_ request: Frame) throws -> AnswerStatus {
    switch DeviceMemory(rawValue: request.argument) {
    case .registers: return request.offset == 0 ? announce(request) : try setTime(request)
    case .program: return try writeProgram(request)
    case .inputs:
      let size = board.inputSize * Self.mostInferences
      guard let offset = Int(exactly: request.offset), offset <= inputs.count,
        offset + request.payload.count <= size
      else { return .outOfRange }
      let end = offset + request.payload.count
      if end > inputs.count { inputs += [UInt8](repeating: 0, count: end - inputs.count) }
      inputs.replaceSubrange(offset..<end, with: request.payload)
      return .done
    case .outputs, .chip, .cells, nil: return .outOfRange
    }
  }

  /// Lets time pass: a simulated device ages when it is told to.
  private mutating func setTime(_ request: Frame) throws -> AnswerStatus {
    guard request.offset == Self.timePlace, request.payload.count == 8 else { return .outOfRange }
    guard board.isCalibrated else { return .notNow }
    let milliseconds = request.payload.number(UInt64.self, at: 0)
    guard milliseconds <= Self.longestTime else { return .outOfRange }
    return try board.setTime(Double(milliseconds) / 1e3) ? .done : .outOfRange
  }

  /// Takes note of a program that is to come; the one that is there stays.
  private mutating func announce(_ request: Frame) -> AnswerStatus {
    guard request.payload.count == 16 else { return .outOfRange }
    let size = request.payload.number(UInt64.self, at: 0)
    guard size > 0, size <= Self.largestProgram else { return .outOfRange }
    let wanted = (size: Int(size), checksum: request.payload.number(UInt32.self, at: 8))
    if let announced, announced == wanted { return .done }
    announced = wanted
    forget()
    return .done
  }

  private mutating func forget() {
    received = []
    reports = []
    inputs = []
    outputs = []
    board.erase()
  }

  private mutating func writeProgram(_ request: Frame) throws -> AnswerStatus {
    guard let announced else { return .notNow }
    guard let offset = Int(exactly: request.offset), offset <= received.count,
      request.payload.count <= announced.size - offset
    else { return .outOfRange }
    // What is there already, as after an answer that was lost, is not written again.
    let known = received.count - offset
    guard known < request.payload.count else { return .done }
    received += request.payload[known...]
    guard received.count == announced.size else { return .done }
    do {
      guard received.withUnsafeBytes({ CRC32C.checksum($0) }) == announced.checksum else {
        throw Diagnostics(Diagnostic(.error, "the program differs from the one that was announced"))
      }
      try board.load(Bytes(copying: received))
    } catch {
      self.announced = nil
      forget()
      throw error
    }
    return .done
  }

  private func read(_ request: Frame) throws -> Frame {
    guard request.payload.count == 4, let offset = Int(exactly: request.offset) else {
      return request.answer(.outOfRange)
    }
    let count = Int(request.payload.number(UInt32.self, at: 0))
    let memory: [UInt8]
    switch DeviceMemory(rawValue: request.argument) {
    case .registers: memory = state
    case .program: memory = received
    case .inputs: memory = inputs
    case .outputs: memory = outputs
    case .chip: memory = board.description
    case .cells: memory = cells
    case nil: return request.answer(.outOfRange)
    }
    guard count <= Frame.mostPayload, offset <= memory.count, count <= memory.count - offset else {
      return request.answer(.outOfRange)
    }
    return request.answer(.done, Array(memory[offset..<offset + count]))
  }

  // MARK: Programming and running

  private mutating func step(_ request: Frame, programs: Bool) throws -> Frame {
    let number = Int(request.argument)
    guard number < board.stepCount else { return request.answer(.outOfRange) }
    if programs && number == reports.count {
      reports.append(board.programStep())
      return request.answer(.done, reports[number].bytes)
    }
    guard number < reports.count else { return request.answer(.notNow) }
    if programs { return request.answer(.done, reports[number].bytes) }
    var report = board.verify(number)
    report.times = reports[number].times
    return request.answer(.done, report.bytes)
  }

  /// Tests a core, for which its cells are needed.
  private mutating func test(_ request: Frame) throws -> AnswerStatus {
    guard let pattern = Int(exactly: request.offset),
      let counts = board.test(core: Int(request.argument), pattern: pattern)
    else { return board.description.isEmpty ? .notNow : .outOfRange }
    announced = nil
    forget()
    cells = counts
    return .done
  }

  private mutating func run(_ request: Frame) throws -> AnswerStatus {
    guard board.isCalibrated else { return .notNow }
    let count = Int(request.argument)
    guard let first = Int(exactly: request.offset), (1...Self.mostInferences).contains(count),
      count * board.inputSize <= inputs.count
    else { return .outOfRange }
    outputs = try board.run(
      first: first, count: count, inputs: Array(inputs.prefix(count * board.inputSize)))
    return .done
  }

  /// The answer to a question for the state: Specs/loader.md, "State".
  private var state: [UInt8] {
    let phase: UInt32 =
      board.isCalibrated
      ? 4 : board.isProgrammed ? 3 : board.isLoaded ? 2 : announced == nil ? 0 : 1
    var writer = LittleEndianBytes()
    writer.put(phase)
    writer.put(announced?.checksum ?? 0)
    writer.put(UInt64(announced?.size ?? 0))
    writer.put(UInt64(received.count))
    writer.put(UInt32(board.stepCount))
    writer.put(UInt32(reports.count))
    writer.put(UInt64(board.inputSize))
    writer.put(UInt64(board.outputSize))
    writer.put(UInt32(Frame.mostPayload))
    writer.put(UInt32(Self.mostInferences))
    writer.put(UInt32(board.chipCount))
    writer.put(UInt32(board.description.count))
    return writer.bytes
  }
}

/// What programming or verifying a step gives: Specs/loader.md, "Steps".
struct StepReport: Hashable, Sendable {
  var chip: UInt32
  var core: UInt32
  /// Sides of pairs, those within the margin of their targets, and what it took.
  var cells: UInt32
  var converged: UInt32
  var pulses: UInt64 = 0
  var reads: UInt64 = 0
  var nanoseconds: UInt64 = 0
  var picojoules: UInt64 = 0
  var checksum: UInt32
  /// How often the step has been programmed.
  var times: UInt32 = 1

  var bytes: [UInt8] {
    var writer = LittleEndianBytes()
    writer.put(chip)
    writer.put(core)
    writer.put(cells)
    writer.put(converged)
    writer.put(pulses)
    writer.put(reads)
    writer.put(nanoseconds)
    writer.put(picojoules)
    writer.put(checksum)
    writer.put(times)
    return writer.bytes
  }
}
