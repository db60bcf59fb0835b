extension ConductanceBlock {
  /// The g, within −1 ... 1, whose decoded value is `value`, relative to that of g = 1; values
  /// beyond 1 are returned unchanged.
  public static func conductance(standingFor value: Float, _ decoding: [Float]) -> Float {
    let magnitude = Double(value.magnitude)
    if magnitude >= 1 || decoding.isEmpty { return value }
    // The last point that is not above: the next one is.
    var (low, high) = (0, decoding.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Double(decoding[middle]) <= magnitude { low = middle } else { high = middle }
    }
    let (from, to) = (Double(decoding[low]), Double(decoding[high]))
    let part = to > from ? (magnitude - from) / (to - from) : 0
    let g = Float((Double(low) + part) / Double(decoding.count - 1))
    return value < 0 ? -g : g
  }
}
