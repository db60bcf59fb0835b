import Basics
import Foundation
import Program
import TestSupport
import Testing

/// What commands make of a program file that anybody may have written.
@Suite struct ProgramFileTests {
  private static let model = ModelFolder(made: "network-residual")
  private static let other = ModelFolder(made: "network-mlp")

  private let folder: Folder
  private var program: String { folder.file("net.aimc") }

  init() throws { folder = try Folder() }

  private func compile(_ options: [String] = []) throws {
    let run = try Command(
      ["compile", Self.model.model, "-o", program, "-q", "--calibrate", Self.model.path]
        + options)
    try #require(run.status == 0, "\(run.messages)")
  }

  /// With the options that it was compiled with, a program is proved.
  @Test(arguments: [
    [], ["--smooth"], ["--center"], ["--copies", "2"], ["--copies", "4", "--residual"],
    ["--row-copies"], ["--widen"], ["--smooth", "--center", "--copies", "1", "--row-copies"],
  ])
  func programsAreProved(options: [String]) throws {
    try compile(options)
    let check = ["check", program, Self.model.model, "--calibrate", Self.model.path]
    let proved = try Command(check + options)
    #expect(proved.status == 0 && proved.text.hasPrefix("PROVED "), "\(proved.messages)")
    if options.isEmpty { return }
    let unproved = try Command(check)
    #expect(unproved.status == 2 && unproved.text.hasPrefix("NOT PROVED "))
    #expect(unproved.messages.contains("net.aimc: error: "))
  }

  @Test func programsOfOtherNetworksAreNotProved() throws {
    try compile()
    let run = try Command("check", program, Self.other.model, "--json")
    #expect(run.status == 2)
    #expect(run.json["proved"] as? Bool == false)
    #expect((run.json["faults"] as? [[String: Any]])?.isEmpty == false)
  }

  /// The checker does not follow host code: `check` tries it, as `compile` does.
  @Test func changedHostCodeIsNotProved() throws {
    let model = Repository.model("arithmetic/model.onnx")
    let compiled = try Command("compile", model, "-o", program, "-q")
    try #require(compiled.status == 0, "\(compiled.messages)")
    #expect(try Command("check", program, model).text.hasPrefix("PROVED "))
    let bytes = try Data(contentsOf: URL(filePath: program))
    var changed = try ValidProgram(bytes: Bytes(copying: Array(bytes))).program
    let stream = try #require(changed.streams.firstIndex { $0.unit == .host })
    let addition = try #require(
      changed.streams[stream].code.firstIndex {
        $0.opcode == .zip && $0.function == ZipFunction.add.rawValue
      })
    changed.streams[stream].code[addition].function = ZipFunction.max.rawValue
    try changed.encoded().withUnsafeBytes { Data($0) }.write(to: URL(filePath: program))
    let run = try Command("check", program, model)
    #expect(run.status == 2 && run.text.hasPrefix("NOT PROVED "))
    #expect(run.messages.contains("its host code departs from the operator"), "\(run.messages)")
  }

  @Test(arguments: [
    ("--max-memory", "1KiB", "bytes for its memories"), ("--max-instructions", "2", "instructions"),
  ])
  func limitsHold(option: String, value: String, message: String) throws {
    try compile()
    let data = Self.model.dataSets[0]
    let run = try Command("simulate", program, "--data", data, option, value)
    #expect(run.status == 1 && run.messages.contains(message), "\(run.messages)")
    #expect(run.messages.contains("give \(option) to allow more"))
    let evaluated = try Command("evaluate", program, "--data", data, option, value)
    #expect(evaluated.status == 1 && evaluated.messages.contains(message))
    let verified = try Command(
      "verify", Self.model.model, "--data", data, option, value)
    #expect(verified.status == 1 && verified.messages.contains(message))
  }

  /// A program is compared with itself, which is not called FP32.
  @Test func programsAreComparedWithThemselves() throws {
    try compile()
    let run = try Command(
      "evaluate", program, "--data", Self.model.dataSets[0], "--times", "0", "--seeds", "1")
    #expect(run.status == 0 && run.text.contains("agreement with ideal, %"), "\(run.messages)")
    #expect(!run.text.contains("FP32"))
  }

  @Test func everyInferenceIsChecked() throws {
    try compile()
    let run = try Command(
      "simulate", program, "--data", Self.model.dataSets[0], "--check-memory")
    #expect(run.status == 0, "\(run.messages)")
  }

  /// A wait for 2³¹ elements is refused before their times are kept.
  @Test func waitsTakeNoMemory() throws {
    let listing = """
      aimc 2.0
      network "wait"
      chip tiny
      counters 1
      input "x" f32[1, 2], in x#0
      output "y" f32[1, 2], in y#1
      buffer x#0 f32[2], host
      buffer y#1 f32[2], host
      descriptor @0 x#0
        axis 2, stride 1
        inner 2, axis 0, step 1
      descriptor @1 y#1, counter 0 by 1
        axis 2, stride 1
        inner 2, axis 0, step 1
      descriptor @2 y#1, counter 0 by 1
        axis 1, stride 1
        outer 8192, axis 0, step 0
        outer 262144, axis 0, step 0
      unit host
        copy y@1, x@0
        wait y@2
        end
      """
    let bytes = try Program(assembly: listing).encoded().withUnsafeBytes { Data($0) }
    try bytes.write(to: URL(filePath: program))
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
    var array = Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8))
    array += Data(repeating: 0x20, count: 117 - header.utf8.count) + Data([0x0A])
    array += Data(repeating: 0, count: 8)
    let data = folder.file("x.npy")
    try array.write(to: URL(filePath: data))
    let run = try Command("simulate", program, "--data", data)
    #expect(run.status == 1, "\(run.messages)")
    #expect(run.messages.contains("instructions, every 1024 elements counting as one"))
  }
}
