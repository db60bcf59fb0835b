import Basics

/// `text` as content or as an attribute of XML or HTML; what is hidden in it is shown as an escape.
public func markup(_ text: String) -> String {
  printable(text).reduce(into: "") { out, character in
    switch character {
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "&": out += "&amp;"
    case "\"": out += "&quot;"
    case "'": out += "&#39;"
    default: out.append(character)
    }
  }
}

/// A length or a place in a drawing, to a hundredth.
func coordinate(_ value: Double) -> String {
  var text = decimal(value, 2)
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}

/// The width of `text` in a sans-serif font of `size`, a little above what common fonts take.
func textWidth(_ text: String, size: Double) -> Double { Double(text.count) * size * 0.56 }
