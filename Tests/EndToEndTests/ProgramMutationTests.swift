import Basics
import Compiler
import Driver
import Foundation
import TestSupport
import Testing

/// Programs with right checksums and wrong content are refused, or run, whatever command takes them.
///
/// A case is a number: it chooses a program and what is changed in it. `tools/fuzz-programs` runs many, or one
/// again.
@Suite struct ProgramMutationTests {
  /// Programs that use every part of the format: models, and the options that they are compiled with.
  private static let sources: [(model: String, options: [String])] = [
    ("network-mlp", ["--routine", "layers"]),
    ("network-mlp", ["--copies", "4", "--residual", "--routine", "refit"]),
    ("network-residual", ["--routine", "column", "--predistort", "1d"]),
    ("network-residual", ["--routine", "global", "--widen"]),
    ("conv-groups", ["--chips", "2"]), ("gather", []), ("lstm", ["--routine", "refit"]),
  ]

  /// The longest that a case may take, in s, and the most that all may take of memory, in bytes, where no
  /// other tests run beside them; where some do, a case may wait for its turn.
  private static let (patience, patienceBesideOthers, memory) = (5.0, 60.0, 3 << 29)

  @Test func mutatedProgramsAreRefusedOrRun() throws {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["AIMCC_FIRST_CASE"].flatMap { Int($0) } ?? 0
    let count = environment["AIMCC_CASES"].flatMap { Int($0) } ?? 3000
    let log = environment["AIMCC_CASE_LOG"].map { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
    let patience = log == nil ? Self.patienceBesideOthers : Self.patience
    let folder = try Folder()
    let sources = try Self.sources.enumerated().compactMap {
      try Self.compiled($1.model, $1.options, to: folder.file("\($0).aimc"))
    }
    try #require(sources.count == Self.sources.count)
    let null = open("/dev/null", O_WRONLY)
    defer { close(null) }
    var outcomes: [Driver.ExitStatus?: Int] = [:]
    for number in first..<first + count {
      // What is left of a crash.
      if let log {
        let line = "\(number)\n"
        pwrite(log, line, line.utf8.count, 0)
      }
      var generator = SplitMix64(seed: UInt64(number) &* 0xD134_2543_DE82_EF95)
      let source = sources.randomElement(using: &generator)!
      var image = source.image
      for _ in 0..<Int.random(in: 1...3, using: &generator) { image.mutate(&generator) }
      image.seal()
      let path = folder.file("mutated.aimc")
      try Data(image.bytes).write(to: URL(filePath: path))
      let start = ContinuousClock.now
      for status in Self.statuses(
        path, data: source.data, Console(output: null, messages: null, quiet: true))
      {
        outcomes[status, default: 0] += 1
      }
      let time = (ContinuousClock.now - start) / .seconds(1)
      #expect(time < patience, "case \(number) takes \(time) s")
    }
    // Some are refused, some run.
    if count > 1000 {
      #expect(outcomes[nil, default: 0] > count / 2 && outcomes[.done, default: 0] > count / 20)
    }
    if log == nil { return }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #expect(usage.ru_maxrss * 1024 < Self.memory, "\(usage.ru_maxrss) KiB")
  }

  /// How each command ends on a program: `nil` if with a diagnosis.
  private static func statuses(_ path: String, data: String, _ console: Console) -> [Driver
    .ExitStatus?]
  {
    func status(_ body: () throws -> Driver.ExitStatus) -> Driver.ExitStatus? {
      do { return try body() } catch {
        #expect(error is Diagnostics, "\(path): \(error)")
        return nil
      }
    }
    let inspected = status {
      try runInspect(
        file: path, asm: false, options: CompileOptions(), json: true, console: console)
    }
    guard inspected != nil else { return [nil] }
    var statuses = [
      inspected,
      status {
        try runInspect(
          file: path, asm: true, options: CompileOptions(), json: false, console: console)
      },
    ]
    for device in ["ideal", "quantized", "hermes-tdp"] {
      statuses.append(
        status {
          try runSimulate(
            program: path, data: data, device: DeviceOptions(DeviceName(device)), output: nil,
            check: nil, checksMemory: true, units: true, json: false, console: console)
        })
    }
    var plan = EvaluationPlan()
    plan.times = [TimeSpan("1d")!]
    plan.seeds = 1
    statuses.append(
      status {
        try runEvaluate(
          model: path, data: data, device: DeviceOptions(DeviceName("hermes-tdp")), plan: plan,
          options: CompileOptions(), files: EvaluationFiles(), json: true, console: console)
      })
    return statuses
  }

  private static func compiled(_ model: String, _ options: [String], to path: String) throws
    -> (image: ProgramImage, data: String)?
  {
    let folder = ModelFolder(made: model)
    let run = try Command(
      ["compile", folder.model, "-o", path, "-q", "--calibrate", folder.path] + options)
    guard run.status == 0 else {
      Issue.record("\(model): \(run.messages)")
      return nil
    }
    return (ProgramImage(try Data(contentsOf: URL(filePath: path))), folder.dataSets[0])
  }
}

/// The bytes of a program file, and where its sections are.
private struct ProgramImage {
  private(set) var bytes: [UInt8]
  /// The sections that hold something, with the size of their records; not the checksums.
  private let sections: [(range: Range<Int>, record: Int)]

  private static let numbers: [UInt64] = [
    0, 1, 2, 3, 7, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 1 << 27, 1 << 28, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 1 << 32, 1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max,
  ]
  private static let floats: [Float] = [
    0, -1, 1e-38, 1e38, .infinity, .nan, .leastNonzeroMagnitude,
  ]

  init(_ data: Data) {
    bytes = Array(data)
    let table = Self.integer(bytes, 40)
    sections = (2..<(bytes.count - table) / 64).compactMap { [bytes] number in
      let header = table + 64 * number
      let (start, size) = (Self.integer(bytes, header + 24), Self.integer(bytes, header + 32))
      return size == 0
        ? nil : (start..<start + size, max(Self.integer(bytes, header + 56), 1))
    }
  }

  private static func integer(_ bytes: [UInt8], _ offset: Int) -> Int {
    (0..<8).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
  }

  /// Changes one thing: a byte, a field, a record, or a digit of the chip's description.
  mutating func mutate(_ generator: inout SplitMix64) {
    let (range, record) = sections.randomElement(using: &generator)!
    let offset = range.randomElement(using: &generator)!
    let (word, long) = (offset & ~3, offset & ~7)
    let number = Self.numbers.randomElement(using: &generator)!
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 2, 3: put(number, 4, at: word, in: range)
    case 4: put(number, 8, at: long, in: range)
    case 5:
      let value = Self.floats.randomElement(using: &generator)!
      put(UInt64(value.bitPattern), 4, at: word, in: range)
    case 6:
      // A little more or less.
      let change = UInt8.random(in: 1...4, using: &generator)
      bytes[offset] =
        Bool.random(using: &generator) ? bytes[offset] &+ change : bytes[offset] &- change
    case 7 where record > 1:
      // One record becomes another.
      let count = range.count / record
      let (from, to) = (
        Int.random(in: 0..<count, using: &generator), Int.random(in: 0..<count, using: &generator)
      )
      for i in 0..<record {
        bytes[range.lowerBound + to * record + i] = bytes[range.lowerBound + from * record + i]
      }
    default:
      let other = range.randomElement(using: &generator)!
      bytes[offset] = bytes[other]
    }
  }

  private mutating func put(_ number: UInt64, _ size: Int, at offset: Int, in range: Range<Int>) {
    guard offset >= range.lowerBound, offset + size <= range.upperBound else { return }
    for i in 0..<size { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
  }

  /// Makes all checksums those of the content as it is, that of the chip in its note too.
  mutating func seal() {
    let table = Self.integer(bytes, 40)
    let count = (bytes.count - table) / 64
    func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      UInt64(bytes.withUnsafeBytes { CRC32C.checksum($0) })
    }
    func section(_ number: Int) -> Range<Int> {
      let header = table + 64 * number
      let start = Self.integer(bytes, header + 24)
      return start..<start + Self.integer(bytes, header + 32)
    }
    let all = 0..<bytes.count
    if let place = noteOfChip(section(2)) {
      put(checksum(bytes[section(3)]), 4, at: place, in: all)
    }
    for number in 2..<count {
      put(checksum(bytes[section(number)]), 4, at: 80 + 4 * number, in: all)
    }
    put(checksum(bytes[..<64] + bytes[table...]), 4, at: 68, in: all)
    put(checksum(bytes[64..<80 + 4 * count]), 4, at: 80 + 4 * count, in: all)
  }

  /// Where the note of the chip holds the checksum of its description.
  private func noteOfChip(_ notes: Range<Int>) -> Int? {
    notes.dropLast(24).first { place in
      place % 4 == 0 && bytes[place..<place + 4].elementsEqual([4, 1, 0, 0])
        && bytes[place + 4..<place + 9].elementsEqual(Array("AIMC".utf8) + [0])
    }.map { $0 + 12 }
  }
}
