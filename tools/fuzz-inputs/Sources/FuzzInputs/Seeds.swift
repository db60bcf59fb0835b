import Basics
import Chip
import Compiler
import Driver
import Foundation
import Frontend
import IR
import Passes
import Program
import Simulator
import TestSupport

/// Writes what each target starts from to a folder of its name in `folder`, all of it made from files of the
/// repository.
func makeSeeds(in folder: String) throws {
  var seeds = Seeds(folder: folder)
  try seeds.addModels()
  try seeds.addTexts()
  try seeds.addSamples()
  try seeds.addChips()
  try seeds.addData()
  try seeds.addPart()
  try seeds.addLinks()
}

private struct Seeds {
  let folder: String
  private var count = 0

  init(folder: String) { self.folder = folder }

  /// Adds `bytes`, unless they are more than an input of `target` has.
  private mutating func add(_ target: Target, _ bytes: some Collection<UInt8>, limit: Int = .max)
    throws
  {
    guard bytes.count <= min(target.longest, limit) else { return }
    let place = "\(folder)/\(target.rawValue)"
    try FileManager.default.createDirectory(
      atPath: place, withIntermediateDirectories: true)
    count += 1
    try Data(bytes).write(to: URL(filePath: "\(place)/\(count)"))
  }

  /// The contents of the files below `folder` whose names end in `suffix`.
  private func files(_ folder: String, _ suffix: String) throws -> [Data] {
    let folder = Repository.path(folder)
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return try names.filter { $0.hasSuffix(suffix) }.sorted().map {
      try Data(contentsOf: URL(filePath: "\(folder)/\($0)"))
    }
  }

  mutating func addModels() throws {
    for model in try files("Tests/Models", ".onnx") {
      try add(.onnx, model)
      try add(.compile, model, limit: 1024)
    }
    for tensor in try files("Tests/Models", ".pb") { try add(.tensor, tensor, limit: 256) }
  }

  mutating func addTexts() throws {
    for text in try files("Tests/FileTests/Cases", ".aim") {
      try add(.text, text)
      try add(.stage, text, limit: 1024)
    }
  }

  /// Adds the texts of all stages of the samples, their constants, programs and calibrations.
  mutating func addSamples() throws {
    for sample in Sample.all {
      var stages: [StageDump] = []
      var observer = CompilerObserver()
      observer.left = { pass, compilation in
        if pass.product != .program { stages.append(compilation.stage) }
      }
      let compilation = try sample.compiled(observer)
      for stage in stages { try add(.text, stage.text.utf8) }
      if let last = stages.last { try add(.stage, last.text.utf8) }
      try addWeights(compilation.graph)
      guard let program = compilation.program, let bytes = compilation.bytes else { continue }
      let image = ProgramImage(bytes)
      try add(.program, image.contents.joined(separator: sectionMark).map { $0 })
      try add(.listing, program.assembly().utf8)
    }
    let text = try CalibrationPatch(affines: calibratedChip.program.affines)
      .text(for: calibratedChip.program)
    try add(.calibration, text.dropFirst(calibrationHeader.count).utf8)
  }

  private mutating func addWeights(_ graph: Graph) throws {
    let tensors = graph.referencedTensors().prefix(3).filter { $0.bytes.count <= 1024 }
    let path = "\(folder)/weights.tmp"
    try WeightFile.write(Array(tensors), to: path)
    try add(.weights, Data(contentsOf: URL(filePath: path)))
    try FileManager.default.removeItem(atPath: path)
  }

  mutating func addChips() throws {
    for file in try files("Sources/Chip/Presets", ".yaml") { try add(.chip, file) }
    for name in Chip.presetNames { try add(.chip, Chip.named(name).yaml.utf8) }
  }

  mutating func addData() throws {
    let (rows, labels) = (
      Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 2, 3]), Tensor([2] as [Int64], shape: [1])
    )
    try add(.data, encodeNPY(rows))
    try add(.data, encodeNPY(labels))
    try add(.data, encodeNPY(Tensor([1, 2] as [Float16], shape: [2])))
    let archive = "\(folder)/data.tmp"
    try writeNPZ(
      [NamedTensor(name: "x", tensor: rows), NamedTensor(name: "y", tensor: labels)], to: archive)
    try add(.data, Data(contentsOf: URL(filePath: archive)))
    try FileManager.default.removeItem(atPath: archive)
    // Deflated, and longer than other inputs.
    for file in try files("samples", ".npz") { try add(.data, file) }
  }

  /// Adds files of faults, and hosts that load a program, run it, and test a core.
  mutating func addLinks() throws {
    let chip = try Chip.named("tiny")
    for text in ["stuck=5%,dead-cores=1", "dead-rows=9%,dead-columns=9%,stuck-devices=1%"] {
      guard let rates = FaultRates(text) else { continue }
      try add(.faults, FaultMap(rates, on: chip, chips: 1).text.utf8)
    }
    let load: [UInt8] = [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 16]
    let steps: [UInt8] = [0, 4, 0, 0, 0, 0, 4, 1, 0, 0, 0, 4, 2, 0, 0, 0, 4, 3, 0, 0]
    let run: [UInt8] = [0, 6, 0, 0, 0, 0, 2, 2, 0, 64] + [UInt8](repeating: 1, count: 64)
    let rest: [UInt8] = [0, 7, 1, 0, 0, 0, 3, 3, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 0]
    let programmed: [UInt8] = load + steps
    let all: [UInt8] = programmed + run + rest
    for seed in [load, programmed, all] { try add(.frames, seed) }
    for (number, device) in ServedDevice.all.enumerated() {
      let requests = ServedDevice.requests.map(\.bytes)
      let following = ServedDevice.requests.map { request in
        var request = request
        request.sequence = device.sequence + 1
        return request.bytes
      }
      try add(.stream, [UInt8(number), 0] + requests.joined())
      // Each alone, in pieces, and each twice, as where an answer is lost.
      try add(.stream, [UInt8(number), 4 | 7 << 3] + requests.joined())
      for request in following { try add(.stream, [UInt8(number), 2] + request + request) }
    }
    for command in UInt8(0)..<3 {
      // Answer 0, 1, … is changed: a byte of it, a number, its status, and its size.
      for change in UInt8(0)..<4 {
        try add(.answers, [command] + (UInt8(0)..<6).flatMap { [$0, change, 8 * $0, 63] })
      }
    }
  }

  mutating func addPart() throws {
    let (program, data, part) = (
      "\(folder)/part.aimc", "\(folder)/part.npz", "\(folder)/part.tmp"
    )
    let sample = Sample.all[0]
    guard let bytes = try sample.compiled().bytes else { return }
    try bytes.withUnsafeBytes { try Data($0).write(to: URL(filePath: program)) }
    let input = try sample.network().graph
    let stacks = try TypicalInputs.syntheticStacks(for: input)
    let labels = Tensor([0, 1, 2, 3, 0, 1, 2, 3] as [Int64], shape: [8])
    let inputs = stacks.enumerated().map {
      NamedTensor(name: "input_\($0.offset)", tensor: $0.element)
    }
    try writeNPZ(inputs + [NamedTensor(name: "y", tensor: labels)], to: data)
    for shard in [(1, 1), (1, 2)] {
      var plan = EvaluationPlan()
      (plan.seeds, plan.shard) = (3, shard)
      plan.times = ["0", "1d"].compactMap { TimeSpan($0) }
      let request = EvaluationRequest(
        model: program, data: data, device: DeviceOptions(.own), plan: plan,
        options: CompileOptions(), command: [])
      _ = try runEvaluate(
        request, files: EvaluationFiles(part: part), json: true, console: silence)
      try add(.part, Data(contentsOf: URL(filePath: part)))
    }
    for path in [program, data, part] { try FileManager.default.removeItem(atPath: path) }
  }
}
