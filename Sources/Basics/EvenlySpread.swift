extension RandomAccessCollection where Index == Int {
  /// Up to `limit` of the elements, evenly spread, the first one among them; all if there are no more.
  public func evenlySpread(upTo limit: Int) -> [Element] {
    let wanted = Swift.min(count, limit)
    return (0..<wanted).map { self[startIndex + $0 * count / wanted] }
  }
}
