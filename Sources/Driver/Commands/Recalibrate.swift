import AIMCLoader
import Basics
import Compiler
import Program

/// Calibrates the device at `device` anew; a simulated one `time` after programming, if that is given.
///
/// Throws `Diagnostics` if the device has no program that is programmed, or one that holds nothing to calibrate it with.
public func runRecalibrate(
  device: String, time: TimeSpan?, json: Bool, console: Console
) throws {
  let address = try LinkAddress(device)
  let link = try DeviceLink(address)
  guard link.state.phase == 4 else {
    throw Diagnostics(
      Diagnostic(
        file: device, "the device has no program that is programmed and calibrated",
        help: "load one with aimcc load"))
  }
  if let time { try link.setTime(time) }
  let multiplications = try link.calibrate()
  guard multiplications > 0 else {
    throw Diagnostics(try reasonForNoVectors(link, at: device))
  }
  try console.write(
    RecalibrationReport(
      device: device, timeSeconds: time?.seconds, calibrationMultiplications: multiplications),
    as: "aimcc.recalibrate/1", json: json)
}

/// Why a device multiplies no vectors to calibrate itself: its program holds none, or it needs none of them.
private func reasonForNoVectors(_ link: DeviceLink, at device: String) throws -> Diagnostic {
  // A device may tell any size; what is beyond a file is no program.
  guard let size = Int(exactly: link.state.program_size), size <= Int(UInt32.max) else {
    return Diagnostic(
      file: device, "the device says that its program has \(link.state.program_size) bytes")
  }
  let bytes = try link.read(AIMC_MEMORY_PROGRAM, count: size)
  if try ValidProgram(bytes: Bytes(copying: bytes)).probes.isEmpty {
    return Diagnostic(
      file: device, "the program of the device holds no vectors to calibrate it with",
      help: "compile the network with --routine, and load it again")
  }
  return Diagnostic(
    file: device,
    "the device has nothing to calibrate: it uses none of the vectors that its program holds for it",
    help: "start aimcc chip with a device that drifts, as --device hermes-tdp; ideal and quantized "
      + "ones do not, --correct none leaves them as they are, and --calibrate-at waits for its times"
  )
}

/// What `recalibrate` prints.
private struct RecalibrationReport: Report {
  var device: String
  /// The time after programming, if it was told.
  var timeSeconds: Double?
  /// The vectors that crossbars multiplied.
  var calibrationMultiplications: Int

  var page: Page {
    let time = timeSeconds.map { ", \(readable(seconds: $0)) after programming" } ?? ""
    return Page(
      "calibrated     \(printable(device))\(time): \(grouped(calibrationMultiplications)) MVMs\n")
  }
}
