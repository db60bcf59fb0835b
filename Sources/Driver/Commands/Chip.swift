import Basics

/// Puts a simulated chip like `device` behind the protocol of Specs/loader.md, and lets hosts talk to it until the process
/// ends.
///
/// Throws `Diagnostics` if `address` cannot be listened at.
public func runChip(listen address: String, device: DeviceOptions, console: Console) throws -> Never
{
  let address = try LinkAddress(address)
  let server = try ChipServer(address, board: SimulatedBoard(device))
  console.report([
    Diagnostic(.note, file: address.description, "a simulated chip listens here")
  ])
  server.serve()
}
