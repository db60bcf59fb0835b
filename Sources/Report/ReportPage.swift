import Basics
import Foundation

/// A page about a network on chips, in one file that asks for nothing from elsewhere.
///
/// Swift supplies data and charts; the scripts of the folder `Page` show them. Names from files are text: in
/// the data no `<` is left, and the scripts make elements of them as text alone. A policy in the page allows
/// no other script and no request.
public struct ReportPage {
  /// A chart of accuracy, drawn already.
  public var charts: [Chart]
  /// What the page is called.
  public var title: String
  /// The data that the scripts show, as JSON.
  public var json: String

  /// Creates a page of `json` and `charts`.
  public init(title: String, json: String, charts: [Chart]) {
    (self.title, self.json, self.charts) = (title, json, charts)
  }

  /// The page as HTML.
  public var html: String {
    let script = Self.scripts.map { Self.text($0) }.joined(separator: "\n")
    let drawings = charts.enumerated().map { number, chart in
      "<figure class=\"drawing\">\n\(chart.element(id: "chart\(number)"))</figure>\n"
    }
    let parts = [
      "policy": "'sha256-\(Self.base64(digest: SHA256.digest(script)))'",
      "style": Self.text(PackageResources.page_css), "script": script, "title": markup(title),
      "charts": drawings.joined(), "data": Self.inert(json),
    ]
    // In one pass, since what is put in may look like a place for more.
    return Self.text(PackageResources.page_html).split(separator: "{{").enumerated().map {
      guard $0 > 0, let end = $1.firstRange(of: "}}") else { return String($1) }
      return (parts[String($1[..<end.lowerBound])] ?? "") + $1[end.upperBound...]
    }.joined()
  }

  /// A digest in hexadecimal digits as policies want it.
  private static func base64(digest: String) -> String {
    var bytes: [UInt8] = []
    var rest = digest[...]
    while !rest.isEmpty {
      bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return Data(bytes).base64EncodedString()
  }

  /// The scripts in the order in which they run.
  private static var scripts: [[UInt8]] {
    [
      PackageResources.base_js, PackageResources.summary_js, PackageResources.floorplan_js,
      PackageResources.layers_js, PackageResources.timeline_js, PackageResources.energy_js,
      PackageResources.crossbar_js, PackageResources.accuracy_js, PackageResources.start_js,
    ]
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// `json` without anything that could end the element that it stands in: `<` only occurs in its texts.
  static func inert(_ json: String) -> String {
    // Byte by byte, since data are long.
    var inert: [UInt8] = []
    inert.reserveCapacity(json.utf8.count)
    for byte in json.utf8 {
      if byte == UInt8(ascii: "<") {
        inert += "\\u003c".utf8
      } else if byte == 0xA8 || byte == 0xA9, inert.suffix(2) == [0xE2, 0x80] {
        // The separators of lines and paragraphs, U+2028 and U+2029, end lines of scripts.
        inert.removeLast(2)
        inert += (byte == 0xA8 ? "\\u2028" : "\\u2029").utf8
      } else {
        inert.append(byte)
      }
    }
    return String(decoding: inert, as: UTF8.self)
  }
}
