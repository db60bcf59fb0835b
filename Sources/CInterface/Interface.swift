import Basics
import CAIMCC
import Commands
import Compiler
import Driver

// What aimcc.h declares. Every function checks what C cannot.

private let versionText = CText(version)

@c @implementation
public func aimcc_interface() -> UInt32 { UInt32(AIMCC_INTERFACE) }

@c @implementation
public func aimcc_version() -> UnsafePointer<CChar>! { UnsafePointer(versionText.address) }

// MARK: Reading

@c @implementation
public func aimcc_read_network(_ path: UnsafePointer<CChar>!) -> OpaquePointer! {
  Call.result { call in
    try call.content(LibraryNetwork(path: file(path, "the path of the network")))
  }
}

@c @implementation
public func aimcc_read_network_bytes(
  _ bytes: UnsafeRawPointer!, _ count: Int, _ name: UnsafePointer<CChar>!
) -> OpaquePointer! {
  Call.result { call in
    try call.content(
      LibraryNetwork(
        onnx: memory(bytes, count, "the network"), name: text(name, "the name of the network")))
  }
}

@c @implementation
public func aimcc_read_program(_ path: UnsafePointer<CChar>!) -> OpaquePointer! {
  Call.result { _ in
    let program = try LibraryProgram(path: file(path, "the path of the program"))
    return try CallContent(report: program.description(), program: program)
  }
}

@c @implementation
public func aimcc_read_program_bytes(
  _ bytes: UnsafeRawPointer!, _ count: Int, _ name: UnsafePointer<CChar>!
) -> OpaquePointer! {
  Call.result { _ in
    let given = try memory(bytes, count, "the program")
    let copy = Bytes(count: given.count) { $0.copyMemory(from: given) }
    let program = try LibraryProgram(copy, name: text(name, "the name of the program"))
    return try CallContent(report: program.description(), program: program)
  }
}

// MARK: Work

@c @implementation
public func aimcc_compile(
  _ network: OpaquePointer!, _ typical: UnsafePointer<aimcc_array>!, _ typical_count: Int,
  _ options: UnsafePointer<aimcc_options>!
) -> OpaquePointer! {
  Call.result(options) { call in
    let network = try heldNetwork(network)
    let wanted = try LibraryWords.compile(call.words, model: network.name)
    let compiled = try network.compiled(
      wanted, typical: typicalInputs(typical, typical_count, beside: wanted),
      console: call.console)
    return CallContent(report: compiled.report, program: compiled.program)
  }
}

@c @implementation
public func aimcc_run(
  _ network: OpaquePointer!, _ arrays: UnsafePointer<aimcc_array>!, _ count: Int,
  _ options: UnsafePointer<aimcc_options>!
) -> OpaquePointer! {
  Call.result(options) { call in
    let network = try heldNetwork(network)
    let given = try GivenArrays(arrays, count, "arrays")
    let (outputs, report) = try network.run(
      call.data(given), sizes: LibraryWords.run(call.words), console: call.console)
    return CallContent(report: report, arrays: given.detached(outputs))
  }
}

@c @implementation
public func aimcc_simulate(
  _ program: OpaquePointer!, _ arrays: UnsafePointer<aimcc_array>!, _ count: Int,
  _ options: UnsafePointer<aimcc_options>!
) -> OpaquePointer! {
  Call.result(options) { call in
    let program = try heldProgram(program)
    let given = try GivenArrays(arrays, count, "arrays")
    let (outputs, report) = try program.simulated(
      call.data(given), LibraryWords.simulate(call.words), console: call.console)
    return CallContent(report: report, arrays: given.detached(outputs))
  }
}

@c @implementation
public func aimcc_evaluate(
  _ network: OpaquePointer!, _ arrays: UnsafePointer<aimcc_array>!, _ count: Int,
  _ typical: UnsafePointer<aimcc_array>!, _ typical_count: Int,
  _ options: UnsafePointer<aimcc_options>!
) -> OpaquePointer! {
  Call.result(options) { call in
    let network = try heldNetwork(network)
    let given = try GivenArrays(arrays, count, "arrays")
    let request = try LibraryWords.evaluate(
      call.words, model: network.name, data: call.dataName)
    return CallContent(
      report: try network.evaluated(
        call.data(given),
        typical: typicalInputs(typical, typical_count, beside: request.options), request,
        console: call.console))
  }
}

@c @implementation
public func aimcc_evaluate_program(
  _ program: OpaquePointer!, _ arrays: UnsafePointer<aimcc_array>!, _ count: Int,
  _ options: UnsafePointer<aimcc_options>!
) -> OpaquePointer! {
  Call.result(options) { call in
    let program = try heldProgram(program)
    let given = try GivenArrays(arrays, count, "arrays")
    let request = try LibraryWords.evaluate(
      call.words, model: isProgramFile(program.name) ? program.name : program.name + ".aimc",
      data: call.dataName)
    guard !request.ablates else {
      throw UsageFault(message: "--ablate compares products with those of the network; give that")
    }
    return CallContent(
      report: try program.evaluated(call.data(given), request, console: call.console))
  }
}

// MARK: Results

@c @implementation
public func aimcc_status(_ result: OpaquePointer!) -> Int32 {
  Handles.result(result)?.status ?? AIMCC_USAGE
}

@c @implementation
public func aimcc_report(_ result: OpaquePointer!) -> UnsafePointer<CChar>! {
  (Handles.result(result)?.report?.address).map { UnsafePointer($0) }
}

@c @implementation
public func aimcc_diagnostics(_ result: OpaquePointer!) -> UnsafePointer<CChar>! {
  (Handles.result(result)?.diagnostics.address).map { UnsafePointer($0) }
}

@c @implementation
public func aimcc_array_count(_ result: OpaquePointer!) -> Int {
  Handles.result(result)?.arrays.count ?? 0
}

@c @implementation
public func aimcc_array_at(
  _ result: OpaquePointer!, _ index: Int, _ array: UnsafeMutablePointer<aimcc_array>!
) -> Int32 {
  guard let array, let arrays = Handles.result(result)?.arrays, arrays.indices.contains(index)
  else { return AIMCC_USAGE }
  array.pointee = arrays[index].array
  return AIMCC_DONE
}

@c @implementation
public func aimcc_result_network(_ result: OpaquePointer!) -> OpaquePointer! {
  Handles.result(result)?.network.flatMap { Handles.new(.network($0)) }
}

@c @implementation
public func aimcc_result_program(_ result: OpaquePointer!) -> OpaquePointer! {
  Handles.result(result)?.program.flatMap { Handles.new(.program($0)) }
}

@c @implementation
public func aimcc_program_bytes(
  _ program: OpaquePointer!, _ bytes: UnsafeMutablePointer<UnsafeRawPointer?>!,
  _ count: UnsafeMutablePointer<Int>!
) -> Int32 {
  guard let bytes, let count, let program = Handles.program(program) else { return AIMCC_USAGE }
  // They stay where they are as long as the program is held.
  (bytes.pointee, count.pointee) = program.program.bytes.withUnsafeBytes {
    ($0.baseAddress, $0.count)
  }
  return AIMCC_DONE
}

@c @implementation
public func aimcc_release_network(_ network: OpaquePointer!) {
  Handles.release(network) { if case .network = $0 { true } else { false } }
}

@c @implementation
public func aimcc_release_program(_ program: OpaquePointer!) {
  Handles.release(program) { if case .program = $0 { true } else { false } }
}

@c @implementation
public func aimcc_release_result(_ result: OpaquePointer!) {
  Handles.release(result) { if case .result = $0 { true } else { false } }
}

// MARK: What is given

/// The network of `handle`; throws `UsageFault` if it is none.
private func heldNetwork(_ handle: OpaquePointer?) throws -> LibraryNetwork {
  guard let network = Handles.network(handle) else {
    throw UsageFault(message: "the network is NULL, or has been released")
  }
  return network
}

/// The program of `handle`; throws `UsageFault` if it is none.
private func heldProgram(_ handle: OpaquePointer?) throws -> LibraryProgram {
  guard let program = Handles.program(handle) else {
    throw UsageFault(message: "the program is NULL, or has been released")
  }
  return program.program
}

/// The path of a file; throws `UsageFault` for standard input, which belongs to the program that calls.
private func file(_ path: UnsafePointer<CChar>?, _ what: String) throws -> String {
  let path = try text(path, what)
  guard path != "-" else { throw UsageFault(message: "\(what) is -, which is no file") }
  return path
}

/// The typical inputs, if there are any; throws `UsageFault` if `options` name others.
private func typicalInputs(
  _ arrays: UnsafePointer<aimcc_array>?, _ count: Int, beside options: CompileOptions
) throws -> DataSource? {
  let source = try GivenArrays(arrays, count, "typical inputs").source("the typical inputs given")
  guard source == nil || options.calibrate == nil else {
    throw UsageFault(message: "--calibrate: typical inputs are given as arrays; leave out one")
  }
  return source
}

extension Call {
  /// The arrays that a network is run on; throws `UsageFault` if there are none.
  fileprivate func data(_ given: GivenArrays) throws -> DataSource {
    guard let source = given.source(dataName ?? "the data given") else {
      throw UsageFault(message: "there are no arrays")
    }
    return source
  }

  /// What reading `network` gives.
  fileprivate func content(_ network: LibraryNetwork) throws -> CallContent {
    console.report(network.warnings)
    return try CallContent(report: network.description(), network: network)
  }
}
