import Basics
import Chip

/// Puts `chips` simulated chips in series like `chip` with `settings` and `device` behind the protocol of Specs/loader.md, and lets hosts talk to it until the process
/// ends.
///
/// Throws `Diagnostics` if `address` cannot be listened at, and with the faults of files of the chip.
public func runChip(
  listen address: String, chip: String, settings: [String], chips count: Int, device: DeviceOptions,
  console: Console
) throws -> Never {
  let address = try LinkAddress(address)
  let chip = try Chip.load(chip, settings: settings)
  // A file of faults that cannot be is told before anything listens.
  if case .file(let path)? = device.faults { _ = try readFaultMap(path, on: chip) }
  let server = try ChipServer(
    address, board: SimulatedBoard(device, own: (chip, count)))
  console.report([
    Diagnostic(.note, file: address.description, "a simulated chip listens here")
  ])
  server.serve()
}
