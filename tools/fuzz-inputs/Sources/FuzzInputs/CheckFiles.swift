import Basics
import Chip
import Compiler
import Driver
import Frontend
import IR
import Passes
import Program
import Simulator
import TestSupport

func checkTensor(_ input: Input) throws { _ = try readTensorProto(path: input.file(".pb")) }

/// A weight file without its two checksums, which are made anew, beside a graph that names what it holds.
func checkWeights(_ input: Input) throws {
  var bytes = input.bytes
  func put(_ range: Range<Int>, at place: Int) {
    let sum = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
  }
  if bytes.count >= 64 {
    let size = bytes[24..<28].reversed().reduce(0) { $0 << 8 | Int($1) }
    if size <= bytes.count - 64 { put(64..<64 + size, at: 32) }
    put(0..<60, at: 60)
  }
  let file = try WeightFile(path: Input.write(bytes, ".aim.weights"))
  var stage = try StageDump(text: referringText) { try Chip.load($0) }
  try stage.attachConstants(from: file)
  _ = stage.text
  for tensor in file.tensors { _ = tensor.bytes.greatestMagnitude }
}

/// A graph whose constants are known by checksum.
private let referringText = made { try Sample.all[0].network().graph.text }

/// A part of an evaluation, the checksum of which is made anew.
func checkPart(_ input: Input) throws {
  var text = input.text
  let key = "  \"checksum\" : \""
  if let start = text.firstRange(of: key)?.lowerBound,
    let end = text[start...].firstIndex(of: "\n")
  {
    text.removeSubrange(start...end)
    let sum = SHA256.digest(text)
    text.insert(contentsOf: key + sum + "\",\n", at: start)
  }
  let path = Input.write(Array(text.utf8), ".part")
  for json in [false, true] {
    let merged = try runMerge(
      parts: [path], files: EvaluationFiles(csv: "/dev/null", svg: "/dev/null"), json: json,
      console: silence)
    require(merged == .done, "a part is merged")
  }
}

func checkChip(_ input: Input) throws {
  let chip = try Chip.load(input.file(".yaml"))
  do {
    let again = try Chip(canonicalYAML: chip.yaml)
    require(again == chip, "a chip is read as another")
  } catch {
    fatalError("a chip file that was written cannot be read: \(error)\n\(chip.yaml)")
  }
  guard chip.cores.count <= 64, chip.crossbar.rows * chip.crossbar.columns <= 1 << 16 else {
    return
  }
  let compiled = try Compiler.compile(sampleGraph, for: chip, typical: typicalInputs)
  guard let program = compiled.proved else { fatalError("a compilation gives a program") }
  let simulation = try Simulation(program, fidelity: input.fidelity(on: chip))
  _ = try simulation.run(typicalInputs.inferences[0])
  _ = try Timing.chips(of: program, parts: 8, limits: .none)
}

/// A network that is compiled to every chip.
private let sampleGraph = made { try Sample.all[0].network().graph }

/// What it may meet.
private let typicalInputs = made { try TypicalInputs(synthetic: sampleGraph) }

/// Arrays, matched with ports that some of them fit.
func checkData(_ input: Input) throws {
  let source = try DataSource(path: input.file(".npz"))
  _ = try DataSet(
    source, inputs: [DataPort(name: "x", element: .f32, shape: [2, 3])],
    outputs: [DataPort(name: "out", element: .f32, shape: [3])])
}
