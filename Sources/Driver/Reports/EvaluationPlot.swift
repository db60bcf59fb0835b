import Basics
import Foundation

extension EvaluationReport {
  /// The accuracy over time as a plot: chips with their interval, and what they are compared with as a line.
  ///
  /// Times lie on a logarithmic axis, 0 where a minute would. Without labels, agreement is shown.
  var svg: String {
    let (width, left, bottom) = (640.0, 60.0, 350.0)
    let values = results.map { $0.accuracy ?? $0.agreement ?? 0 }
    let lows = zip(results, values).map { $0.low ?? $1 }
    let highs = zip(results, values).map { $0.high ?? $1 }
    let top = max(highs.max() ?? 1, referenceAccuracy ?? 0)
    let least = min(lows.min() ?? 0, referenceAccuracy ?? 1)
    let margin = max((top - least) * 0.1, 0.005)
    let (from, to) = (max(least - margin, 0), min(top + margin, 1))
    func y(_ value: Double) -> String {
      fixed(bottom - (value - from) / max(to - from, 1e-9) * (bottom - 30), 1)
    }
    let logs = results.map { log10(max($0.timeSeconds, 60)) }
    let (first, last) = (logs.min() ?? 0, logs.max() ?? 1)
    func x(_ value: Double) -> String {
      fixed(left + 20 + (value - first) / max(last - first, 1e-9) * (width - left - 60), 1)
    }
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" viewBox="0 0 640 400" \
      font-family="sans-serif" font-size="12">
      <rect width="640" height="400" fill="white"/>
      <path d="M60 30V350H620" fill="none" stroke="black"/>

      """
    for step in 0...4 {
      let value = from + (to - from) * Double(step) / 4
      text += "<text x=\"52\" y=\"\(y(value))\" text-anchor=\"end\">"
      text += "\(fixed(100 * value, 1))</text>\n"
    }
    if let accuracy = referenceAccuracy {
      text += "<path d=\"M60 \(y(accuracy))H620\" stroke=\"gray\" stroke-dasharray=\"4 3\"/>\n"
      text +=
        "<text x=\"618\" y=\"\(y(accuracy))\" dy=\"-4\" text-anchor=\"end\">\(referenceName)</text>\n"
    }
    let points = zip(logs, values).map { "\(x($0)),\(y($1))" }.joined(separator: " ")
    text += "<polyline points=\"\(points)\" fill=\"none\" stroke=\"#1f5fa8\"/>\n"
    for index in results.indices {
      let place = x(logs[index])
      text += "<path d=\"M\(place) \(y(lows[index]))V\(y(highs[index]))\" stroke=\"#1f5fa8\"/>\n"
      text += "<circle cx=\"\(place)\" cy=\"\(y(values[index]))\" r=\"3\" fill=\"#1f5fa8\"/>\n"
      text += "<text x=\"\(place)\" y=\"366\" text-anchor=\"middle\">"
      text += "\(readable(seconds: results[index].timeSeconds))</text>\n"
    }
    let what =
      referenceAccuracy == nil ? "agreement with \(referenceName)" : "top-1 accuracy"
    text += "<text x=\"340\" y=\"18\" text-anchor=\"middle\">\(escaped(network)): \(what), %, "
    text += "\(escaped(results.first?.device ?? "")), over time after programming</text>\n"
    return text + "</svg>\n"
  }

  private func escaped(_ text: String) -> String {
    printable(text).reduce(into: "") { out, character in
      switch character {
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "&": out += "&amp;"
      default: out.append(character)
      }
    }
  }
}
