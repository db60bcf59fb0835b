import Basics
import Chip
import Driver
import Program
import Simulator
import TestSupport

/// What lies between the sections of a program in an input, so that they may grow and shrink; headers, notes of
/// checksums and checksums are made anew.
let sectionMark = Array("<~section~>".utf8)

func checkProgram(_ input: Input) throws {
  let path =
    input.bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
    ? input.file(".aimc") : Input.write(assembled(input.bytes), ".aimc")
  let inspected = try runInspect(
    file: path, json: true, console: silence)
  require(inspected == .done, "a program is inspected")
  try checkRun(ValidProgram(file: MappedFile(path: path)), input)
}

func checkListing(_ input: Input) throws {
  try checkRun(ValidProgram(Program(assembly: input.text)), input)
}

/// A program file with the sections in `bytes`.
private func assembled(_ bytes: [UInt8]) -> [UInt8] {
  var contents: [[UInt8]] = bytes.split(separator: sectionMark, omittingEmptySubsequences: false)
    .map(Array.init)
  let chips = (contents.count - bases[0].contents.count) / 3
  let base = bases[min(max(chips, 0), bases.count - 1)]
  let count = base.contents.count
  contents = Array(contents.prefix(count))
  contents += Array(repeating: [], count: count - contents.count)
  return base.replacing(contents).bytes
}

/// Empty programs, for one chip and for more; each chip has three sections.
private let bases = (1...9).map { count in
  made {
    ProgramImage(
      try Program(network: "", compiler: "", chip: Chip.named("tiny"), chipCount: count).encoded())
  }
}

/// Runs an inference of a valid program, with its clock.
private func checkRun(_ program: ValidProgram, _ input: Input) throws {
  let bytes = try program.program.encoded()
  let again = try ValidProgram(bytes: bytes)
  require(try again.program.encoded() == bytes, "a program is read as another")
  let listing = program.program.assembly()
  do {
    let assembled = try Program(assembly: listing, payloads: program.program.payloads())
    require(try assembled.encoded() == bytes, "a listing is read as another program")
  } catch {
    fatalError("a listing that was printed cannot be read: \(error)")
  }
  let chip = try ProgrammedChip(
    program, fidelity: input.fidelity(on: program.chip),
    limits: Limits(memory: 64 << 20, steps: 1 << 22))
  if !program.hasBranches {
    _ = try Timing(of: program, host: true, limits: .none)
    _ = try Timing.chips(of: program, parts: 8, limits: .none)
  }
  let patch = program.probes.isEmpty ? nil : try chip.calibrated(at: 86400).patch
  try checkInference(chip, patch)
}

extension Input {
  /// How true to `chip` a simulation is: each is as likely.
  func fidelity(on chip: Chip) -> Fidelity {
    let devices = chip.devices.first.map {
      Fidelity.devices(SimulatedDevices(model: $0, seed: 1, time: 86400))
    }
    return choice([.ideal, .quantized, devices ?? .quantized])
  }
}

/// Runs an inference of zeros, with and without looking at what it reads.
private func checkInference(_ chip: ProgrammedChip, _ patch: CalibrationPatch?) throws {
  let simulation = try chip.simulation(at: 86400, patch: patch)
  let inputs = chip.program.inputs.map { port in
    let count = port.shape.reduce(port.element.byteCount, *)
    return Tensor(type: port.element, shape: port.shape, bytes: Bytes(count: count) { _ in })
  }
  try simulation.checkMemory(inputs)
  var options = Simulation.Options()
  options.threads = 1
  _ = try simulation.run(inputs, options: options)
}

/// The text of a calibration behind its first two lines, which name the program.
func checkCalibration(_ input: Input) throws {
  let text = calibrationHeader + input.text
  let patch = try CalibrationPatch(text: text, for: calibratedChip.program, file: nil)
  let again = try CalibrationPatch(
    text: patch.text(for: calibratedChip.program), for: calibratedChip.program, file: nil)
  require(again == patch, "a calibration is read as another")
  try checkInference(calibratedChip, patch)
}

/// What a calibration begins with.
let calibrationHeader = made {
  try CalibrationPatch(affines: []).text(for: calibratedChip.program)
}

/// The chip that calibrations are for.
let calibratedChip = made {
  try ProgrammedChip(Sample.all[0].program(), fidelity: .quantized)
}
