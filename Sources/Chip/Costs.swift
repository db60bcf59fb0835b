/// The times and energies of single steps: the one place where they follow from a chip's figures
/// (Specs/isa.md).
extension Chip {
  /// The time in which an LDPU passes `columns` columns of one vector, in ns.
  public func passTime(columns: Int) -> Double { Double(columns) / ldpu.clock * 1000 }

  /// The time per vector on a core where many vectors follow each other, in ns: an MVM runs at the
  /// same time as the LDPU's pass over the vector before.
  public func vectorTime(columns: Int) -> Double {
    max(crossbar.mvmTime, passTime(columns: columns))
  }

  /// The time of `bytes` bytes on the connection to the host, without its latency, in ns.
  public func hostTransferTime(bytes: Int) -> Double { Double(bytes) / host.bandwidth * 1e9 }

  /// The time that the host takes for `operations` multiply-accumulates, in ns.
  public func hostTime(operations: Int) -> Double { Double(operations) / host.macRate * 1e9 }

  /// The bytes in which an input of a word line travels.
  public var inputBytes: Int { (dac.bits + 7) / 8 }

  /// The bytes in which a result of an LDPU travels.
  public var resultBytes: Int { (ldpu.outputBits + 7) / 8 }

  /// The bytes in which a number travels between a GDPU slice and the host.
  public var sliceBytes: Int { gdpu?.precision == .f16 ? 2 : 4 }
}

extension Chip {
  /// The number of links from one core to another: on a mesh the sum of the distances along rows
  /// and columns, else the one link between them.
  public func hops(from source: CoreID, to target: CoreID) -> Int {
    guard links.topology == .mesh else { return 1 }
    let (a, b) = (source.index, target.index)
    return abs(a / cores.columns - b / cores.columns) + abs(a % cores.columns - b % cores.columns)
  }
}
