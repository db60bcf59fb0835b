import Basics
import Foundation
import TestSupport
import Testing

/// The page of `report`, as a browser would take it apart.
@Suite struct ReportTests {
  private static let model = Repository.sample("digits/model.onnx")
  private static let data = Repository.sample("digits/test.npz")
  private let folder: Folder

  init() throws { folder = try Folder() }

  /// A page, and what stands in it.
  private struct Page {
    var text: String
    var data: [String: Any]
    /// The scripts that run.
    var scripts: [String]

    init(_ path: String) throws {
      text = try String(contentsOfFile: path, encoding: .utf8)
      let island = try #require(
        text.firstMatch(of: /<script type="application\/json" id="data">([^<]*)<\/script>/))
      let json = try JSONSerialization.jsonObject(with: Data(island.1.utf8))
      data = try #require(json as? [String: Any])
      scripts = text.matches(of: /<script>((?:[^<]|<(?!\/script))*)<\/script>/).map {
        String($0.1)
      }
    }

    func list(_ name: String) throws -> [[String: Any]] {
      try #require(data[name] as? [[String: Any]], "\(name)")
    }
  }

  private func compiled(_ model: String = model, _ options: String...) throws -> String {
    let program = folder.file("net.aimc")
    let run = try Command(["compile", model, "-o", program, "-q"] + options)
    #expect(run.status == 0, "\(run.messages)")
    return program
  }

  private func page(_ program: String, _ options: String...) throws -> Page {
    let path = folder.file("page.html")
    let run = try Command(["report", program, "-o", path] + options)
    #expect(run.status == 0, "\(run.messages)")
    return try Page(path)
  }

  /// The page says what `simulate` and `inspect` say of the same program.
  @Test func figuresAreThoseOfOtherCommands() throws {
    let program = try compiled()
    let page = try page(program)
    let inspected = try Command("inspect", program, "--json").json
    let layers = try page.list("layers")
    let known = try #require(inspected["layers"] as? [[String: Any]])
    for key in ["node", "rows", "columns", "blocks"] {
      #expect(layers.map { "\($0[key] ?? "")" } == known.map { "\($0[key] ?? "")" }, "\(key)")
    }
    #expect(layers.map { $0["op"] as? String } == ["Conv", "Conv", "Gemm", "Gemm"])
    #expect(try page.list("tiles").count == known.reduce(0) { $0 + ($1["tiles"] as? Int ?? 0) })

    let run = try Command("simulate", program, "--data", Self.data, "--json")
    let times = try #require(run.json["times"] as? [String: Any])
    let energies = try #require(times["energyNj"] as? [String: Double])
    let timeline = try #require(page.data["timeline"] as? [String: Any])
    #expect(timeline["latencyNs"] as? Double == times["latencyNs"] as? Double)
    func near(_ a: Double?, _ b: Double) -> Bool { abs((a ?? .nan) - b) <= 1e-9 * b }
    let energy = try #require(page.data["energy"] as? [String: Any])
    #expect(near(energy["nj"] as? Double, energies.values.reduce(0, +)))
    let ofChips = ["crossbars", "digitalUnits", "power"].reduce(0) { $0 + (energies[$1] ?? 0) }
    for rows in [layers, try page.list("cores")] {
      #expect(near(rows.reduce(0) { $0 + ($1["energyNj"] as? Double ?? 0) }, ofChips))
    }
    let busiest = try #require(times["units"] as? [[String: Any]])
      .compactMap { $0["busyNs"] as? Double }.max()
    let cores = try page.list("cores")
    #expect(
      cores.flatMap { [$0["crossbarNs"], $0["ldpuNs"]] }.compactMap { $0 as? Double }.max()
        == busiest)
    let compile = try Command("compile", Self.model, "-o", program).text
    let bottleneck = try #require(page.data["bottleneck"] as? String)
    #expect(bottleneck.hasPrefix("connection from the host, 82.94 µs per inference"))
    #expect(compile.contains("bottleneck     connection from the host (assumed), 82.94 µs"))
  }

  /// All shares of a bound are from 0 to 1: no figure passes its bound.
  @Test(arguments: ["conv-groups", "lstm", "network-residual", "network-mobile", "matmul-dynamic"])
  func noFigurePassesItsBound(name: String) throws {
    let page = try page(compiled(Repository.model("\(name)/model.onnx"), "--chips", "auto"))
    let figures = try page.list("figures")
    #expect(figures.count >= 8)
    for figure in figures {
      let share = figure["share"] as? Double ?? 0
      #expect((0...1 + 1e-9).contains(share), "\(figure)")
    }
    let chip = try #require(page.data["chip"] as? [String: Any])
    #expect(chip["coreRows"] as? Int == 8 && chip["coreColumns"] as? Int == 8)
  }

  /// The bytes of images are the conductances of the program.
  @Test func imagesAreTheConductances() throws {
    let page = try page(compiled())
    let blocks = try page.list("blocks")
    #expect(page.data["imageStep"] as? Int == 1)
    for block in blocks {
      let image = try #require(block["image"] as? [String: Any])
      let text = try #require(image["bytes"] as? String)
      let bytes = try #require(Data(base64Encoded: text))
      #expect(bytes.count == (block["rows"] as? Int ?? 0) * (block["columns"] as? Int ?? 0))
      // The largest weight of each block is programmed to the largest conductance.
      #expect(bytes.map { Int8(bitPattern: $0).magnitude }.max() == 127)
    }
  }

  /// The page asks for nothing, and its policy lets nothing else run.
  @Test func thePageIsSelfContained() throws {
    let page = try page(compiled())
    #expect(page.scripts.count == 1)
    let digest = SHA256.digest(page.scripts[0])
    let bytes = stride(from: 0, to: digest.count, by: 2).map { place in
      UInt8(digest.dropFirst(place).prefix(2), radix: 16) ?? 0
    }
    #expect(page.text.contains("script-src 'sha256-\(Data(bytes).base64EncodedString())'"))
    #expect(page.text.contains("default-src 'none'"))
    for word in [" src=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "<iframe"] {
      #expect(!page.text.contains(word), "\(word)")
    }
    for link in page.text.matches(of: /href="([^"]*)"/) {
      #expect(link.1.hasPrefix("#") || link.1 == "data:,")
    }
    let again = try String(contentsOfFile: folder.file("page.html"), encoding: .utf8)
    #expect(try self.page(folder.file("net.aimc")).text == again)
    #expect(try Command("report", folder.file("net.aimc"), "-o", "-").text == again)
  }

  /// Names that look like a part of the page are text in it.
  @Test func hostileNamesStayNames() throws {
    let name = "</script><script>alert(1)</script>{{data}}<!--"
    #expect(
      try Command("compile", Self.model, "--emit", "graph", "-o", folder.file("g.aim")).status == 0)
    var text = try String(contentsOfFile: folder.file("g.aim"), encoding: .utf8)
    text = text.replacing("conv \"conv1\"", with: "conv \"\(name)\"")
      .replacing("graph \"digits\"", with: "graph \"\(name)\"")
    try folder.write(text: text, "g.aim")
    let page = try page(compiled(folder.file("g.aim")))
    #expect(page.scripts.count == 1 && !page.text.contains("<script>alert"))
    #expect(!page.text.contains("<!--"))
    #expect(try page.list("layers").map { $0["node"] as? String }[0] == name)
    #expect(page.data["network"] as? String == name)
    let title = try #require(page.text.firstMatch(of: /<title>([^<]*)<\/title>/)).1
    #expect(title.hasPrefix("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{data}}&lt;!--"))
  }

  // MARK: Evaluations

  private func evaluation(_ name: String, _ options: String...) throws -> String {
    let run = try Command(
      ["evaluate", Self.model, "--data", Self.data, "--seeds", "2", "--json"] + options)
    #expect(run.status == 0, "\(run.messages)")
    return try folder.write(run.output, name)
  }

  @Test func evaluationsAreShown() throws {
    let plain = try evaluation("plain.json", "--times", "0,1d")
    let none = try evaluation("none.json", "--times", "0,1d", "--routine", "none")
    let page = try page(compiled(), "--evaluation", plain, "--evaluation", none)
    let shown = try page.list("evaluations")
    #expect(shown.map { $0["name"] as? String } == ["plain", "none"])
    #expect(page.text.matches(of: /<svg class="chart"/).count == 1)
    #expect(page.text.contains("plain: hermes-tdp, 2 chips"))

    let figure = folder.file("figure.svg")
    let plot = try Command("plot", plain, none, "-o", figure)
    #expect(plot.status == 0 && plot.output.isEmpty, "\(plot.messages)")
    let svg = try String(contentsOfFile: figure, encoding: .utf8)
    #expect(Self.isWellFormed(svg))
    for text in ["time after programming, s", "top-1 accuracy, %", "FP32 ", ">10⁴<", ">1 d<"] {
      #expect(svg.contains(text), "\(text)")
    }
    // A circle or a square a point and one in the legend.
    #expect(svg.matches(of: #/<circle /#).count == 3)
    #expect(try Command("plot", plain, none, "-o", "-").text == svg)
    let other = try Command("plot", plain, "--kind", "ladder", "-o", folder.file("b.svg"))
    #expect(other.status == 1 && other.messages.contains("evaluate --ladder --json"))
  }

  /// Whether every tag of `text` is closed in order.
  private static func isWellFormed(_ text: String) -> Bool {
    var open: [Substring] = []
    for tag in text.matches(of: /<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/) {
      if !tag.1.isEmpty {
        guard open.popLast() == tag.2 else { return false }
      } else if tag.3.isEmpty {
        open.append(tag.2)
      }
    }
    return open.isEmpty
  }

  @Test func laddersAndBudgetsAreDrawn() throws {
    func row(_ name: String, _ accuracy: Double, _ energy: Double) -> String {
      """
      {"name": "\(name)", "options": "", "costs": {"crossbars": 4, "bytes": 9, "latencyNs": 5, \
      "energyNj": \(energy), "digitalShare": 0}, "results": [{"device": "pcm", "timeSeconds": 86400, \
      "seeds": 2, "accuracy": \(accuracy), "low": \(accuracy - 0.01), "high": \(accuracy)}]}
      """
    }
    let head = """
      {"schema": "aimcc.ladder/1", "network": "a<b", "chip": "c", "data": "d", "samples": 3, \
      "assumptions": "", "fp32": 0.99, "rows": [
      """
    try folder.write(
      text: head
        + [row("plain & simple", 0.9, 1000), row("refit", 0.95, 1000), row("none", 0.8, 9000)]
        .joined(separator: ",") + "]}", "ladder.json")
    for kind in ["ladder", "pareto"] {
      let run = try Command("plot", folder.file("ladder.json"), "--kind", kind, "-o", "-")
      #expect(run.status == 0 && Self.isWellFormed(run.text), "\(run.messages)")
      #expect(run.text.contains("plain &amp; simple") && run.text.contains("a&lt;b"))
    }
    let pareto = try Command("plot", folder.file("ladder.json"), "--kind", "pareto", "-o", "-").text
    #expect(pareto.contains("1 of 3 points are not beaten"))
    let budget = try evaluation("budget.json", "--times", "1d", "--ablate")
    let run = try Command("plot", budget, "--kind", "budget", "-o", "-")
    #expect(run.status == 0 && Self.isWellFormed(run.text))
    for text in ["conv1", "logits", "programming", "signal-to-noise ratio"] {
      #expect(run.text.contains(text), "\(text)")
    }
  }

  /// No line runs through the name of a point.
  @Test func namesKeepClearOfTheFrontier() throws {
    let costs = "\"crossbars\": 4, \"bytes\": 9, \"latencyNs\": 5, \"digitalShare\": 0"
    let rows = [("nothing", 0.9, 1000), ("refit", 0.95, 1100), ("copies of columns", 0.97, 9000)]
      .map { name, accuracy, energy in
        """
        {"name": "\(name)", "options": "", "costs": {\(costs), "energyNj": \(energy)}, "results": \
        [{"device": "pcm", "timeSeconds": 86400, "seeds": 2, "accuracy": \(accuracy)}]}
        """
      }
    try folder.write(
      text: """
        {"schema": "aimcc.ladder/1", "network": "n", "chip": "c", "data": "d", "samples": 3, \
        "assumptions": "", "rows": [\(rows.joined(separator: ","))]}
        """, "l.json")
    let run = try Command("plot", folder.file("l.json"), "--kind", "pareto", "-o", "-")
    #expect(run.status == 0, "\(run.messages)")
    let path = try #require(run.text.firstMatch(of: /<path d="M([0-9. L]+)" fill="none" stroke-w/))
      .1
    let line = path.split(separator: "L").map { $0.split(separator: " ").compactMap(Double.init) }
    try #require(line.count == 3 && line.allSatisfy { $0.count == 2 })
    let names = run.text.matches(
      of: /<text [^>]*x="([0-9.]+)" y="([0-9.]+)" text-anchor="(start|end)" font-size="11"/)
    #expect(names.count == 3)
    for name in names {
      let (x, y) = (try #require(Double(name.1)), try #require(Double(name.2)) - 4)
      // What lies nearest to the point that it names: 30 of its width.
      for place in stride(from: 0.0, through: 30, by: 2) {
        let x = name.3 == "start" ? x + place : x - place
        for (from, to) in zip(line, line.dropFirst()) where from[0] <= x && x <= to[0] {
          let height = from[1] + (to[1] - from[1]) * (x - from[0]) / (to[0] - from[0])
          #expect((height - y).magnitude > 5, "\(name.0)")
        }
      }
    }
  }

  // MARK: Refusals

  @Test func faultyInputsAreNamed() throws {
    let program = try compiled()
    try folder.write(text: "{\"schema\": \"aimcc.compile/1\"}", "other.json")
    try folder.write(
      text: """
        {"schema": "aimcc.evaluate/1", "network": "a", "chip": "c", "data": "d", "samples": 3, \
        "assumptions": "", "results": [{"device": "p", "timeSeconds": "inf", "seeds": 1}]}
        """, "strange.json")
    for (words, message) in [
      (["report", "none.aimc"], "none.aimc: error: there is no such file"),
      (["report", Self.model], "is not"),
      (
        ["report", program, "--evaluation", "none.json"], "none.json: error: there is no such file"
      ),
      (["report", program, "--evaluation", "other.json"], "other.json: error: is no evaluation"),
      (["report", program, "--evaluation", program], "error: "),
      (["report", program, "-o", program], "is both input and output"),
      (["report", program, "-o", "no/x.html"], "folder no does not exist"),
      (["plot", "strange.json", "-o", "a.svg"], "has numbers that no evaluation gives"),
      (
        ["plot", "strange.json", "-o", "strange.json.svg", "--kind", "time"], "strange.json: error"
      ),
    ] {
      let run = try Command(words, in: folder.path)
      #expect(run.status == 1 && run.output.isEmpty, "\(words): \(run.messages)")
      #expect(run.messages.contains(message), "\(words): \(run.messages)")
    }
    for name in ["a.eps", "apdf", "a"] {
      let run = try Command("plot", "strange.json", "-o", name, in: folder.path)
      #expect(run.status == 64 && run.messages.contains(".svg, .pdf, .png"), "\(run.messages)")
    }
    #expect(folder.files == ["net.aimc", "other.json", "strange.json"])
  }
}
