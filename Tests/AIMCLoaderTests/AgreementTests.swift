import AIMCLoader
import Basics
import Chip
import Foundation
import Program
import TestSupport
import Testing

/// The loader and the reader of aimcc, side by side on the same bytes.
@Suite struct AgreementTests {
  /// Models and options that between them use every part of the format.
  static let sources: [(model: String, options: [String])] = [
    ("network-mlp", ["--routine", "layers"]),
    ("network-mlp", ["--chip", "tiny", "--chips", "16", "--copies", "2", "--residual"]),
    ("network-residual", ["--routine", "column", "--predistort", "1d"]),
    ("conv-groups", ["--chips", "2"]), ("gather", []),
    ("lstm", ["--chip", "tiny", "--chips", "8"]),
    ("loop", []),
  ]

  /// The bytes of the program of a model.
  static func compiled(_ model: String, _ options: [String]) throws -> [UInt8] {
    let (folder, model) = (try Folder(), ModelFolder(made: model))
    let run = try Command(
      ["compile", model.model, "-o", folder.file("p.aimc"), "-q", "--calibrate", model.path]
        + options)
    try #require(run.status == 0, "\(model): \(run.messages)")
    return Array(try Data(contentsOf: URL(filePath: folder.file("p.aimc"))))
  }

  /// What the reader of aimcc says of a file.
  private enum Verdict {
    case valid(Program)
    case refused
    /// Something in the description of the chip that the loader does not look at may be wrong.
    case refusedForItsChip

    init(_ bytes: [UInt8]) throws {
      do {
        self = .valid(try ValidProgram(bytes: Bytes(copying: bytes)).program)
      } catch let faults as Diagnostics {
        self = faults.items.first?.file == ".aimc.chip" ? .refusedForItsChip : .refused
      }
    }
  }

  /// Expects that the loader gives everything that the reader gives, however it reads.
  private func expectSame(_ bytes: [UInt8], _ program: Program, _ comment: Comment? = nil) throws {
    let expected = try program.encoded()
    for size in [nil, 64, 1000] {
      let loaded = try Loaded(bytes, bufferSize: size)
      #expect(try loaded.rebuilt(program.chip).encoded() == expected, comment)
      #expect(Int(loaded.program.sample_count) == program.sampleCount, comment)
    }
  }

  @Test(arguments: sources.indices)
  func programsOfModels(_ number: Int) throws {
    let bytes = try Self.compiled(Self.sources[number].model, Self.sources[number].options)
    let program = try ValidProgram(bytes: Bytes(copying: bytes)).program
    try expectSame(bytes, program)
    let chip = try Loaded(bytes).program.chip
    #expect(Int(chip.core_rows * chip.core_columns) == program.chip.cores.count)
    #expect(Int(chip.crossbar_rows) == program.chip.crossbar.rows)
    #expect(Int(chip.crossbar_columns) == program.chip.crossbar.columns)
    #expect(Int(chip.devices_per_polarity) == program.chip.crossbar.devicesPerPolarity)
    #expect(Int(chip.dac_bits) == program.chip.dac.bits)
    #expect(Int(chip.gdpu_count) == program.chip.gdpu?.count ?? 0)
    #expect(chip.g_max == Float(program.chip.crossbar.gMax))
  }

  @Test(arguments: 0..<200)
  func randomPrograms(_ seed: Int) throws {
    let program = try RandomProgram.make(seed: seed)
    try expectSame(Array(program.encoded().withUnsafeBytes { Array($0) }), program)
  }

  /// A case is a number: it chooses a program and what is changed in it. AIMCC_FIRST_CASE and AIMCC_CASES
  /// choose others.
  @Test func mutatedPrograms() throws {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["AIMCC_FIRST_CASE"].flatMap { Int($0) } ?? 0
    let count = environment["AIMCC_CASES"].flatMap { Int($0) } ?? 2000
    var images = try Self.sources.map { ProgramImage(try Self.compiled($0.model, $0.options)) }
    images += try (0..<40).map { seed in
      ProgramImage(try RandomProgram.make(seed: seed).encoded().withUnsafeBytes { Array($0) })
    }
    var outcomes = (valid: 0, refused: 0, refusedForTheirChip: 0)
    for number in first..<first + count {
      var generator = SplitMix64(seed: UInt64(number) &* 0xD134_2543_DE82_EF95)
      var image = images.randomElement(using: &generator)!
      for _ in 0..<Int.random(in: 1...3, using: &generator) { image.mutate(&generator) }
      // Some stay damaged, or end too early.
      var bytes = image.bytes
      switch Int.random(in: 0..<32, using: &generator) {
      case 0: break
      case 1: bytes.removeLast(bytes.count - Int.random(in: 0..<bytes.count, using: &generator))
      default:
        image.seal()
        bytes = image.bytes
      }
      let inMemory = Result { () throws(LoaderFault) in try Loaded(bytes) }
      let inPieces = Result { () throws(LoaderFault) in try Loaded(bytes, bufferSize: 64) }
      switch (try Verdict(bytes), inMemory, inPieces) {
      case (.valid(let program), .success, .success):
        outcomes.valid += 1
        if number.isMultiple(of: 8) { try expectSame(bytes, program, "case \(number)") }
      case (.refused, .failure(let a), .failure(let b)):
        outcomes.refused += 1
        #expect(a == b, "case \(number): \(a.text) or \(b.text)")
        #expect(a.offset <= bytes.count)
      case (.refusedForItsChip, .success, .success): outcomes.refusedForTheirChip += 1
      case (.refusedForItsChip, .failure(let a), .failure(let b)):
        outcomes.refused += 1
        #expect(a == b)
      case (let verdict, let a, _): Issue.record("case \(number): \(verdict), but the loader: \(a)")
      }
    }
    if count >= 1000 {
      #expect(outcomes.valid > count / 10 && outcomes.refused > count / 3, "\(outcomes)")
      #expect(outcomes.refusedForTheirChip < count / 10, "\(outcomes)")
    }
  }
}
