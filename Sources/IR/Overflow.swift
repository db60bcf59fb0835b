extension Int {
  /// The sum, or `nil` where it does not fit.
  func adding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }

  /// The difference, or `nil` where it does not fit.
  func subtracting(_ other: Int) -> Int? {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? nil : difference
  }

  /// The product, or `nil` where it does not fit.
  func multiplied(by other: Int) -> Int? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}

/// The number of elements of a tensor of `shape`; `nil` where a size is negative, or where the sizes
/// that are not 0 are so large that a number of bytes might not fit an `Int`.
public func elementCount(_ shape: [Int]) -> Int? {
  let largestElement = 8
  var bytes = largestElement
  var isEmpty = false
  for size in shape {
    guard size >= 0 else { return nil }
    if size == 0 {
      isEmpty = true
    } else {
      guard let product = bytes.multiplied(by: size) else { return nil }
      bytes = product
    }
  }
  return isEmpty ? 0 : bytes / largestElement
}
