/// The product of numbers that are not negative, or `nil` where it does not fit.
func product(_ factors: [Int]) -> Int? {
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    if overflow || factor < 0 { return nil }
    product = value
  }
  return product
}
