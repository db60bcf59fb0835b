import AIMCLoader
import Basics
import Driver
import Foundation
import Program
import Simulator
import TestSupport
import Testing

/// The protocol of Specs/loader.md: the host's end in C against the device's end in Swift.
@Suite struct LinkTests {
  /// A small program, inputs for it, and what a simulation makes of them.
  struct Subject {
    let bytes: [UInt8]
    let device: DeviceOptions
    let inferences = 3
    private(set) var inputs: [UInt8] = []
    private(set) var outputs: [UInt8] = []

    init(_ model: String, _ options: [String], device: DeviceOptions) throws {
      bytes = try LinkTests.compiled(model, options)
      self.device = device
      let program = try ValidProgram(bytes: Bytes(copying: bytes))
      var generator = SplitMix64(seed: 7)
      let tensors = program.inputs.map { port in
        let count = 3 * port.shape.reduce(1, *)
        let elements = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
        return Tensor(elements, shape: [3] + port.shape)
      }
      var fidelity = Fidelity.quantized
      if case .model(let name) = device.device {
        let model = try #require(program.chip.device(name))
        var devices = SimulatedDevices(model: model, seed: device.seed, time: 0)
        devices.programsByPulses = device.programsByPulses
        fidelity = .devices(devices)
      }
      let chip = try ProgrammedChip(program, fidelity: fidelity)
      let isCalibrated = fidelity.devices != nil && !program.probes.isEmpty
      let patch = isCalibrated ? try chip.calibrated(at: 0).patch : nil
      inputs = Self.bytes(of: tensors)
      outputs = Self.bytes(of: try chip.simulation(at: 0, patch: patch).run(tensors).outputs)
    }

    /// The elements of all tensors, inference by inference.
    private static func bytes(of tensors: [Tensor]) -> [UInt8] {
      (0..<3).flatMap { inference in
        tensors.flatMap { tensor in
          tensor.rows(inference..<inference + 1).bytes.withUnsafeBytes { Array($0) }
        }
      }
    }
  }

  /// The bytes of the program of a model.
  static func compiled(_ model: String, _ options: [String]) throws -> [UInt8] {
    let (folder, model) = (try Folder(), ModelFolder(made: model))
    let run = try Command(
      ["compile", model.model, "-o", folder.file("p.aimc"), "-q", "--calibrate", model.path]
        + options)
    try #require(run.status == 0, "\(model): \(run.messages)")
    return Array(try Data(contentsOf: URL(filePath: folder.file("p.aimc"))))
  }

  /// What a load and a run over a link gave.
  struct Outcome {
    var error: aimc_link_error
    var outputs: [UInt8]
    /// How often each step was programmed.
    var times: [Int]
    var link: aimc_link
  }

  /// Loads the program of `subject` and runs its inferences over `wire`.
  static func outcome(of subject: Subject, over wire: Wire) -> Outcome {
    var memory = [UInt8](repeating: 0, count: 4096)
    var (error, link, times) = (AIMC_LINK_OK, aimc_link(), [Int]())
    var outputs = [UInt8](repeating: 0, count: subject.outputs.count)
    memory.withUnsafeMutableBytes { memory in
      subject.bytes.withUnsafeBytes { program in
        var transport = wire.transport
        error = aimc_link_open(&link, &transport, 5, memory.baseAddress, memory.count)
        link.tries = 40
        var source = aimc_source()
        source.size = UInt64(program.count)
        source.bytes = program.baseAddress
        if error == AIMC_LINK_OK { error = aimc_link_load(&link, &source, nil, nil) }
        if error == AIMC_LINK_OK {
          error = aimc_link_run(
            &link, 0, UInt32(subject.inferences), subject.inputs, &outputs)
        }
        var step: UInt32 = 0
        while error == AIMC_LINK_OK, step < link.state.step_count {
          var report = aimc_step_report()
          error = aimc_link_program(&link, step, &report)
          times.append(Int(report.times))
          step += 1
        }
      }
    }
    return Outcome(error: error, outputs: outputs, times: times, link: link)
  }

  /// Programs of several chips and of one, calibrated, with columns for errors, and programmed pulse by pulse.
  static let subjects: [(model: String, options: [String], device: DeviceOptions)] = {
    var hermes = DeviceOptions(.model("hermes-tdp"))
    hermes.seed = 3
    var pulses = hermes
    pulses.programsByPulses = true
    return [
      ("network-mlp", ["--chip", "tiny", "--chips", "4"], DeviceOptions(.quantized)),
      ("network-mlp", ["--chip", "hermes", "--routine", "refit"], hermes),
      ("network-mlp", ["--chip", "hermes", "--copies", "1", "--residual"], hermes),
      ("network-mlp", ["--chip", "hermes"], pulses),
    ]
  }()

  @Test(arguments: subjects.indices) func aCutLinkResumes(_ number: Int) throws {
    let (model, options, device) = Self.subjects[number]
    let subject = try Subject(model, options, device: device)
    let whole = Wire(Controller(SimulatedBoard(device)))
    let outcome = Self.outcome(of: subject, over: whole)
    #expect(outcome.error == AIMC_LINK_OK && outcome.outputs == subject.outputs)
    #expect(outcome.link.repeats == 0 && outcome.link.reopenings == 0)
    #expect(!outcome.times.isEmpty && outcome.times.allSatisfy { $0 == 1 })
    var generator = SplitMix64(seed: UInt64(number))
    for _ in 0..<15 {
      let cuts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        Int.random(in: 0..<whole.passed, using: &generator)
      }
      let wire = Wire(Controller(SimulatedBoard(device)), cuts: cuts.sorted())
      let outcome = Self.outcome(of: subject, over: wire)
      #expect(outcome.error == AIMC_LINK_OK && outcome.outputs == subject.outputs, "\(cuts)")
      #expect(outcome.times.allSatisfy { $0 == 1 }, "\(cuts)")
      #expect(outcome.link.reopenings == Set(cuts).count, "\(cuts)")
    }
  }

  /// Bytes that change, go missing or come twice are noticed, and cost no more than time.
  @Test func damagedFramesAreSentAgain() throws {
    let (model, options, device) = Self.subjects[0]
    let subject = try Subject(model, options, device: device)
    var repeats = 0
    for seed in 0..<40 {
      let wire = Wire(Controller(SimulatedBoard(device)), damageSeed: UInt64(seed))
      let outcome = Self.outcome(of: subject, over: wire)
      #expect(outcome.error == AIMC_LINK_OK && outcome.outputs == subject.outputs, "\(seed)")
      #expect(outcome.times.allSatisfy { $0 == 1 }, "\(seed)")
      repeats += Int(outcome.link.repeats)
    }
    #expect(repeats > 100)
  }

  /// Another session goes on where the first one was.
  @Test func anotherHostGoesOn() throws {
    let (model, options, device) = Self.subjects[0]
    let subject = try Subject(model, options, device: device)
    let wire = Wire(Controller(SimulatedBoard(device)))
    wire.isEnding = true
    wire.cuts = [subject.bytes.count / 2]
    #expect(Self.outcome(of: subject, over: wire).error == AIMC_LINK_LOST)
    wire.isEnding = false
    _ = wire.reopen()
    let before = wire.passed
    let outcome = Self.outcome(of: subject, over: wire)
    #expect(outcome.error == AIMC_LINK_OK && outcome.outputs == subject.outputs)
    #expect(wire.passed - before < subject.bytes.count)
    // A program that is there is neither sent nor programmed again.
    let middle = wire.passed
    let again = Self.outcome(of: subject, over: wire)
    #expect(again.outputs == subject.outputs && again.times.allSatisfy { $0 == 1 })
    #expect(wire.passed - middle < subject.bytes.count / 4)
  }

  @Test func whatIsNoProgramIsRefused() throws {
    let (model, options, device) = Self.subjects[0]
    var bytes = try Self.compiled(model, options)
    bytes[bytes.count / 2] ^= 1
    let wire = Wire(Controller(SimulatedBoard(device)))
    var memory = [UInt8](repeating: 0, count: 4096)
    memory.withUnsafeMutableBytes { memory in
      bytes.withUnsafeBytes { program in
        var link = aimc_link()
        var transport = wire.transport
        var source = aimc_source()
        source.size = UInt64(program.count)
        source.bytes = program.baseAddress
        #expect(
          aimc_link_open(&link, &transport, 9, memory.baseAddress, memory.count) == AIMC_LINK_OK)
        #expect(aimc_link_load(&link, &source, nil, nil) == AIMC_LINK_REFUSED)
        #expect(link.refusal == AIMC_BAD_PROGRAM.rawValue && link.refusal_count > 20)
        #expect(aimc_link_status(&link) == AIMC_LINK_OK && link.state.phase == 0)
        var (given, taken): (UInt8, UInt8) = (0, 0)
        #expect(aimc_link_run(&link, 0, 1, &given, &taken) == AIMC_LINK_REFUSED)
        #expect(link.refusal == AIMC_NOT_NOW.rawValue)
        // Another host takes the device.
        var other = aimc_link()
        var room = [UInt8](repeating: 0, count: 1024)
        room.withUnsafeMutableBytes {
          #expect(aimc_link_open(&other, &transport, 10, $0.baseAddress, $0.count) == AIMC_LINK_OK)
          #expect(aimc_link_status(&link) == AIMC_LINK_REFUSED)
          #expect(link.refusal == AIMC_OTHER_HOST.rawValue)
        }
      }
    }
  }

  /// A host would ask for each of them, and keep what it is told.
  @Test func statesOfTooManyStepsAreRefused() throws {
    for (steps, error) in [(1 << 22, AIMC_LINK_OK), ((1 << 22) + 1, AIMC_LINK_ANSWER)] {
      let wire = Wire(Controller(SimulatedBoard(Self.subjects[0].2)))
      wire.change = { answer in
        answer.payload.replaceSubrange(
          24..<28, with: withUnsafeBytes(of: UInt32(steps).littleEndian) { Array($0) })
      }
      var memory = [UInt8](repeating: 0, count: 4096)
      memory.withUnsafeMutableBytes { memory in
        var (link, transport) = (aimc_link(), wire.transport)
        #expect(
          aimc_link_open(&link, &transport, 9, memory.baseAddress, memory.count) == error)
      }
    }
  }

  /// How many random frames or devices are tried: AIMCC_CASES, or `usual`.
  private static func cases(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["AIMCC_CASES"].flatMap { Int($0) } ?? usual
  }

  /// Requests of any content, whose checksums are right, get an answer.
  @Test func noRequestBreaksTheDevice() throws {
    let (model, options, device) = Self.subjects[0]
    let bytes = try Self.compiled(model, options)
    var controller = Controller(SimulatedBoard(device))
    var generator = SplitMix64(seed: 1)
    var sequence: UInt32 = 1
    let numbers: [UInt64] = [0, 1, 2, 7, 16, 64, 1 << 16, 1 << 31, 1 << 32, 1 << 62, .max]
    var statuses: Set<UInt16> = []
    for number in 0..<Self.cases(20_000) {
      var frame = Frame(
        kind: UInt8.random(in: 0...9, using: &generator), session: 1, sequence: sequence)
      frame.offset = numbers.randomElement(using: &generator)!
      frame.argument = UInt32(truncatingIfNeeded: numbers.randomElement(using: &generator)!)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        frame.payload = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      case 1:
        let count = UInt32(truncatingIfNeeded: numbers.randomElement(using: &generator)!)
        frame.payload = withUnsafeBytes(of: count.littleEndian) { Array($0) }
      case 2:
        let size = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
        let sum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        frame = Frame(kind: 2, session: 1, sequence: sequence)
        frame.payload = size + withUnsafeBytes(of: sum.littleEndian) { Array($0) } + [0, 0, 0, 0]
      case 3:
        frame.kind = 2
        frame.argument = 1
        frame.offset = UInt64((number % 3) * 1000)
        frame.payload = Array(
          bytes[Int(frame.offset)..<min(bytes.count, Int(frame.offset) + 65536)])
      default: break
      }
      // The first begins the session.
      if number == 0 { frame = Frame(kind: 1, session: 1, sequence: 1) }
      var reader = FrameReader()
      reader.append(frame.bytes)
      #expect(reader.next() == frame && reader.next() == nil)
      guard let answer = controller.answer(frame) else { continue }
      statuses.insert(answer.status)
      #expect(answer.payload.count <= Frame.mostPayload)
      if answer.status != 4 { sequence &+= 1 }
    }
    #expect(statuses.isSuperset(of: [0, 2, 5, 6]))
  }

  /// Answers of any content, whose checksums are right, end in an error or in what they say.
  @Test func noAnswerBreaksTheHost() {
    var generator = SplitMix64(seed: 2)
    var errors: Set<UInt32> = []
    for _ in 0..<Self.cases(5_000) {
      let wire = Wire(nil, damageSeed: generator.next())
      var memory = [UInt8](repeating: 0, count: Int.random(in: 512...2048, using: &generator))
      let program = [UInt8](repeating: 3, count: 3000)
      memory.withUnsafeMutableBytes { memory in
        program.withUnsafeBytes { program in
          var link = aimc_link()
          var transport = wire.transport
          var source = aimc_source()
          source.size = UInt64(program.count)
          source.bytes = program.baseAddress
          var error = aimc_link_open(&link, &transport, 1, memory.baseAddress, memory.count)
          if error == AIMC_LINK_OK { error = aimc_link_load(&link, &source, nil, nil) }
          errors.insert(error.rawValue)
        }
      }
    }
    #expect(errors.isSuperset(of: [AIMC_LINK_ANSWER.rawValue, AIMC_LINK_REFUSED.rawValue]))
  }
}
