import Foundation
import TestSupport
import Testing

/// Drawings of networks and chips, and differences of programs in words.
@Suite struct DrawingTests {
  private static let model = Repository.sample("digits/model.onnx")
  private let folder: Folder

  init() throws { folder = try Folder() }

  private func emitted(_ what: String, _ options: String...) throws -> String {
    let run = try Command(["compile", Self.model, "--emit", what, "-q"] + options, in: folder.path)
    #expect(run.status == 0, "\(run.messages)")
    return run.text
  }

  // MARK: Drawings

  @Test func theGraphHasTheNetwork() throws {
    let text = try emitted("dot")
    #expect(text.hasPrefix("digraph \"digits\" {\n") && text.hasSuffix("}\n"))
    let nodes = text.matches(of: /\n  n\d+ \[label="([^"\\]*)\\n([A-Za-z]*)/)
    let names = nodes.map { String($0.1) }
    #expect(names.filter { ["conv1", "conv2", "dense", "logits"].contains($0) }.count == 4)
    #expect(nodes.count { ["Conv", "Gemm"].contains(String($0.2)) } == 4, "\(text)")
    let edges = text.matches(of: /\n  [a-z]\d+ -> [a-z]\d+\s/)
    #expect(edges.count == nodes.count + 1, "a chain")
    #expect(text.contains("dense\\nGemm\\n512×64, 2 crossbars, from core 0."), "\(text)")
    #expect(try emitted("dot", "-o", "net.dot").isEmpty)
    #expect(try String(contentsOfFile: folder.file("net.dot"), encoding: .utf8) == text)
    #expect(folder.files == ["net.dot"])
  }

  /// Every core of every chip is drawn, with the layers that `inspect` finds there.
  @Test func theFloorplanHasTheCores() throws {
    let text = try emitted("svg")
    #expect(text.matches(of: /width="46" height="46"/).count == 64)
    #expect(text.matches(of: />G\d</).count == 8)
    let run = try Command("compile", Self.model, "-o", folder.file("net.aimc"), "-q")
    #expect(run.status == 0)
    let layers = try #require(
      Command("inspect", folder.file("net.aimc"), "--json").json["layers"] as? [[String: Any]])
    for (number, layer) in layers.enumerated() {
      let cores = try #require(layer["cores"] as? [String])
      let drawn = text.ranges(of: "text-anchor=\"middle\" fill=\"#1b1f24\">\(number + 1)<")
      #expect(drawn.count == Set(cores).count, "\(layer["node"] ?? "")")
      #expect(text.contains(">\(number + 1) \(layer["node"] as? String ?? "")<"))
    }
    let mesh = try emitted("svg", "--chip", "grid-8x8")
    // 56 links to the right and 56 down.
    #expect(mesh.matches(of: /<path d="M/).count == 112 && !mesh.contains(">G0<"))
  }

  @Test func namesAreText() throws {
    #expect(
      try Command("compile", Self.model, "--emit", "graph", "-o", folder.file("g.aim")).status == 0)
    let text = try String(contentsOfFile: folder.file("g.aim"), encoding: .utf8)
      .replacing("conv \"conv1\"", with: "conv \"a];<b>&\"")
      .replacing("conv \"conv2\"", with: "conv \"a\\\"b\"")
    try folder.write(text: text, "g.aim")
    let dot = try Command("compile", folder.file("g.aim"), "--emit", "dot")
    #expect(dot.text.contains("label=\"a];<b>&\\nConv"), "\(dot.messages)")
    #expect(dot.text.contains("label=\"a\\\"b\\nConv"), "\(dot.messages)")
    let svg = try Command("compile", folder.file("g.aim"), "--emit", "svg")
    #expect(svg.text.contains(">1 a];&lt;b&gt;&amp;<"), "\(svg.messages)")
  }

  // MARK: Differences

  private func compiled(_ name: String, _ options: [String] = []) throws -> String {
    let run = try Command(["compile", Self.model, "-q", "-o", folder.file(name)] + options)
    #expect(run.status == 0, "\(run.messages)")
    return folder.file(name)
  }

  @Test func equalProgramsAreTheSame() throws {
    let (a, b) = (try compiled("a.aimc"), try compiled("b.aimc"))
    let run = try Command("diff", a, b)
    #expect(run.status == 0 && run.text.hasPrefix("same "))
    #expect((try Command("diff", a, b, "--json").json["differences"] as? [Any])?.isEmpty == true)
  }

  /// What an option changes is named.
  @Test(arguments: [
    (["--pin", "logits=63"], "logits\nplaces         on other cores"),
    (["--range", "0.5"], "conv1\nconductances   "),
    (["--routine", "refit"], "calibration    routine none, then refit"),
    (["--digital", "dense"], "dense\nlayers         is on no crossbar any more"),
    (["--set", "host.latency=1"], "chip           with latency: 1"),
    (["--optimize", "area"], "conv1\nlayers         22 replicas, then 1"),
  ])
  func whatAnOptionChangesIsNamed(options: [String], line: String) throws {
    let diff = try Command("diff", compiled("a.aimc"), compiled("b.aimc", options))
    #expect(diff.status == 2 && diff.text.contains(line), "\(diff.text)")
  }

  /// What an option leaves as it is does not appear.
  @Test func nothingElseIsNamed() throws {
    let (a, b) = (try compiled("a.aimc"), try compiled("b.aimc", ["--set", "host.latency=1"]))
    let found = try Command("diff", a, b, "--json").json["differences"]
    let differences = try #require(found as? [[String: Any]])
    #expect(Set(differences.compactMap { $0["kind"] as? String }) == ["chip"], "\(differences)")
  }

  @Test func bothFaultyFilesAreNamed() throws {
    let run = try Command("diff", Self.model, "none.aimc")
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.messages.contains("none.aimc: error: there is no such file"))
    #expect(run.messages.contains("model.onnx"), "\(run.messages)")
  }
}
