/// The greatest common divisor of two numbers of which none is negative; the other one where one is 0.
public func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
