import Dispatch

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
  withoutActuallyEscaping(body) { body in
    // Dispatch returns after the last part, and parts write to memory of their own.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      body(count * part / parts..<count * (part + 1) / parts)
    }
  }
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
