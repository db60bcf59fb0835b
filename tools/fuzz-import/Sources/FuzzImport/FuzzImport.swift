import Basics
import Foundation
import Frontend
import IR

/// Imports `data` as a model, and prints what comes of it as text.
///
/// A diagnostic is as good a result as a graph; only a crash, a hang or too much memory is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImport(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = NSTemporaryDirectory() + "/fuzz-import-\(getpid()).onnx"
  let bytes = data.map { Data(bytes: $0, count: count) } ?? Data()
  guard FileManager.default.createFile(atPath: path, contents: bytes) else { return -1 }
  if let model = try? importModel(path: path) { _ = model.graph.text }
  return 0
}

typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ entry: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The name that the package manager gives to the main function of this executable.
@_cdecl("FuzzImport_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutableRawPointer) -> CInt {
  var count = count
  var arguments = arguments.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
  return runDriver(&count, &arguments, { fuzzImport($0, $1) })
}
