/// `value` with `digits` digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (value.magnitude * scale).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  var figures = String(Int(scaled))
  while figures.count <= digits { figures = "0" + figures }
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return digits == 0
    ? sign + figures : "\(sign)\(figures.dropLast(digits)).\(figures.suffix(digits))"
}

/// `part` of `whole` in percent with one digit behind the point; `-` if there is no whole.
func percent(_ part: Double, of whole: Double, digits: Int = 1) -> String {
  whole == 0 ? "-" : fixed(100 * part / whole, digits)
}

/// `value` with three significant figures as `1.23e-4`.
func scientific(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  var exponent = 0
  var mantissa = value.magnitude
  while mantissa >= 10 {
    mantissa /= 10
    exponent += 1
  }
  while mantissa < 1 {
    mantissa *= 10
    exponent -= 1
  }
  if mantissa >= 9.995 {
    mantissa = 1
    exponent += 1
  }
  return "\(value < 0 ? "-" : "")\(fixed(mantissa, 2))e\(exponent)"
}

/// `value` with a thin group of three digits, as `12,345`.
func grouped(_ value: Int) -> String {
  var text = ""
  for (index, digit) in String(value.magnitude).reversed().enumerated() {
    if index > 0 && index % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return (value < 0 ? "-" : "") + text.reversed()
}

/// `duration` in the unit that suits it.
func readable(_ duration: Duration) -> String {
  let (seconds, attoseconds) = duration.components
  let value = Double(seconds) + Double(attoseconds) * 1e-18
  return readable(nanoseconds: value * 1e9)
}

/// A time in ns in the unit that suits it.
func readable(nanoseconds value: Double) -> String {
  switch value {
  case ..<1e3: "\(fixed(value, 0)) ns"
  case ..<1e6: "\(fixed(value / 1e3, 2)) µs"
  case ..<1e9: "\(fixed(value / 1e6, 1)) ms"
  default: "\(fixed(value / 1e9, 2)) s"
  }
}

/// `value` with four significant figures, as a person writes it.
func significant(_ value: Double) -> String {
  let magnitude = value.magnitude
  switch magnitude {
  case 0: return "0"
  case 1e-3..<10: return fixed(value, magnitude < 1 ? 4 : 3)
  case 10..<100: return fixed(value, 2)
  case 100..<1e6: return fixed(value, 1)
  default: return scientific(value)
  }
}
