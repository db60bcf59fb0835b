import Dispatch
import Glibc

/// Calls `body` with ranges that together cover `0 ..< count`, on several threads where the work,
/// `cost` elementary operations for each item, is worth it.
///
/// Items must not depend on each other, so that the result does not depend on the threads.
public func inParallel(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
  let worthwhile = 1 << 18
  let work = Double(count) * Double(max(cost, 1))
  let parts = Int(min(work / Double(worthwhile), Double(min(count, 64))))
  guard parts > 1 else {
    if count > 0 { body(0..<count) }
    return
  }
  onThreads(parts) { part in body(count * part / parts..<count * (part + 1) / parts) }
}

/// Calls `body` with every number below `parts`, on as many threads as there are processors; on one after the
/// other where memory is limited and has no room for them, since the system would wait for that.
public func onThreads(_ parts: Int, _ body: (Int) -> Void) {
  guard parts > 1, hasRoom(forThreads: min(parts, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) else {
    for part in 0..<parts { body(part) }
    return
  }
  withoutActuallyEscaping(body) { body in
    // Dispatch returns after the last part, and parts write to memory of their own.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: parts) { part in body(part) }
  }
}

/// Whether the memory, if it is limited, holds the stacks of `count` threads and something to work in.
private func hasRoom(forThreads count: Int) -> Bool {
  let isLimited = [RLIMIT_AS, RLIMIT_DATA].contains { kind in
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(kind.rawValue), &limit) == 0
      && limit.rlim_cur != rlim_t.max
  }
  guard isLimited else { return true }
  // A stack is 8 MiB unless the user says otherwise; a thread's memory comes in 64 MiB.
  let size = count * (80 << 20)
  let space = mmap(
    nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
  guard let space, space != MAP_FAILED else { return false }
  munmap(space, size)
  return true
}

/// The results of `body` for `0 ..< count`, computed on several threads where the work, `cost`
/// elementary operations for each item, is worth it.
///
/// Items must not depend on each other, so that the results do not depend on the threads.
public func mappedInParallel<T: Sendable>(_ count: Int, cost: Int, _ body: (Int) -> T) -> [T] {
  [T](unsafeUninitializedCapacity: count) { results, initialized in
    let base = results.baseAddress
    inParallel(count, cost: cost) { range in
      for index in range { (base! + index).initialize(to: body(index)) }
    }
    initialized = count
  }
}
