import Basics
import Glibc

/// What the main function gets.
public typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// What is fuzzed.
nonisolated(unsafe) private var target = Target.onnx

/// Makes seeds for all targets in the folder of `--seeds=FOLDER` and ends, or chooses what `--target=NAME` says.
///
/// libFuzzer, whose main function calls this, ignores options with two dashes.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>
) -> CInt {
  if let folder = option("--seeds=") {
    made { try makeSeeds(in: folder) }
    exit(0)
  }
  guard let chosen = option("--target=").flatMap(Target.init) else {
    let names = Target.allCases.map(\.rawValue).joined(separator: ", ")
    print("give --target=NAME, one of \(names), and a file or options of libFuzzer")
    exit(64)
  }
  target = chosen
  if target.isOfLinks { atexit { print("\(framesSent) frames") } }
  // libFuzzer takes an abort for a finding.
  signal(SIGPROF) { _ in abort() }
  // Its own timeout is of time on the clock, which is long where much else runs. Options that are given come
  // later, and take the place of these.
  let limits = ["-timeout=600", "-rss_limit_mb=\(Target.memory)", "-max_len=\(target.longest)"]
  let all = Arguments.allocate(capacity: Int(count.pointee) + limits.count + 1)
  all[0] = arguments.pointee[0]
  for (index, limit) in limits.enumerated() { all[1 + index] = strdup(limit) }
  for index in 1..<Int(count.pointee) + 1 { all[limits.count + index] = arguments.pointee[index] }
  count.pointee += CInt(limits.count)
  arguments.pointee = all
  return 0
}

/// What follows `name` in the argument that begins with it.
private func option(_ name: String) -> String? {
  CommandLine.arguments.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
}

/// The processor time that an input may take, in s.
private let patience = 5

/// Ends the process by SIGPROF after so many seconds of processor time; 0 takes that back.
private func limitTime(_ seconds: Int) {
  var timer = itimerval()
  timer.it_value.tv_sec = seconds
  setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
}

/// Checks one input.
///
/// A diagnostic is as good a result as any other; only a crash, a hang, too much memory or another error is a
/// finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func check(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Input(bytes: Array(UnsafeBufferPointer(start: bytes, count: count)))
  limitTime(patience)
  defer { limitTime(0) }
  do {
    try target.check(input)
  } catch is Diagnostics {
  } catch {
    fatalError("\(error)")
  }
  return 0
}
