import Basics
import IR
import TestSupport
import Testing

@Suite struct TextTests {
  /// The line, column and message of each fault of `text`.
  private func faults(_ text: String) -> [String] {
    do {
      _ = try Graph(text: text, file: "x.aim")
      return []
    } catch let diagnostics as Diagnostics {
      return diagnostics.items.map { item in
        guard case .line(let line, let column) = item.location else { return item.message }
        #expect(item.file == "x.aim")
        return "\(line):\(column): \(item.message)"
      }
    } catch {
      return ["\(error)"]
    }
  }

  @Test func readsAndPrintsEveryParameter() throws {
    var random = SplitMix64(seed: 42)
    for _ in 0..<300 {
      let graph = Graph.random(&random)
      let text = graph.text
      let again = try Graph(text: text)
      #expect(again == graph)
      #expect(again.text == text)
    }
  }

  @Test func placesFaultsByLineAndColumn() {
    #expect(
      faults("graph \"x\" {\n  input %é\n}\n") == [
        "2:9: '%' is not followed by a label", "2:10: \"é\" does not belong here",
      ])
    #expect(
      faults("graph \"漢字\" {\r\n\t\"é\": input\n}") == [
        "2:2: expected 'input', 'constant', 'output', a result or '}', found \"é\""
      ])
    #expect(faults("") == ["1:1: expected 'graph', found the end of the text"])
    #expect(faults("graph \"x\" {") == ["1:12: expected '}', found the end of the text"])
    #expect(
      faults("graph \"x\" {\n}\n  42") == ["3:3: expected the end of the text, found '42'"])
    #expect(
      faults("graph \"x\" {\n  input %0 // no type\n  output %0\n}\n") == [
        "2:11: expected ':', found the end of the line"
      ])
  }

  @Test func readsNoMoreAfterVeryManyFaults() {
    let text = "graph \"x\" {\n" + String(repeating: "  junk\n", count: 100_000) + "}\n"
    let found = faults(text)
    #expect(found.count == 201)
    #expect(found.last == "has too many faults; the rest is not read")
  }

  @Test(arguments: ["[", "(", "{", "f32(", "explicit([", "%0 = ", "\"", "\\u{", "-", "%", "= [-"])
  func survivesEndlessNesting(_ part: String) {
    let start = "graph \"x\" {\n  input %0: f32[2]\n  %1: f32[2] = conv (%0) {padding = "
    #expect(!faults(start + String(repeating: part, count: 100_000)).isEmpty)
    #expect(!faults(String(repeating: part, count: 100_000)).isEmpty)
  }

  @Test func survivesAnyPrefixAndAnyByteLost() {
    let graph = """
      graph "x" {
        input %0 "a\\n": f32[N, 2]
        constant %1 "b": f32[2] = dense[1.5, bits(0x7fc00001)]
        %2 "c": f32[?], %3 "d": f32[?] = split "s" (%0, _) {axis = -1}
        %4 "e": f32[?] = conv "k" (%0, %1) {kernel = [1], padding = explicit([0], [1])}
        output %4
      }

      """
    #expect(faults(graph).isEmpty)
    let bytes = Array(graph.utf8)
    for index in bytes.indices.dropLast(2) {
      #expect(!faults(String(decoding: bytes[..<index], as: UTF8.self)).isEmpty)
      var shorter = bytes
      shorter.remove(at: index)
      // What is still well formed must obey the laws.
      if let read = try? Graph(text: String(decoding: shorter, as: UTF8.self)) {
        #expect((try? Graph(text: read.text)) == read)
      }
    }
  }

  @Test func numbersLabelsThatAreNoNumbers() throws {
    var cursor = TextCursor(
      text: "graph \"x\" {\n input %a: f32[]\n input %1: f32[]\n input %b: f32[]\n}\nnext")
    let parsed = ParsedGraph(from: &cursor)
    #expect(parsed.valueIDs == ["a": ValueID(0), "1": ValueID(1), "b": ValueID(2)])
    #expect(parsed.graph.inputs == [ValueID(0), ValueID(1), ValueID(2)])
    #expect(parsed.position == TextPosition(line: 1, column: 1))
    #expect(cursor.token.text == "next")
    #expect(cursor.token.startsLine)
  }

  @Test func saysWhereNodesAre() {
    var cursor = TextCursor(
      text: "graph \"x\" {\n  input %0: f32[]\n\n  %1: f32[] = relu (%0)\n  output %1\n}\n")
    #expect(ParsedGraph(from: &cursor).nodePositions == [TextPosition(line: 4, column: 3)])
  }

  @Test func constantsAreEqualByContent() {
    let tensor = Tensor([Float](repeating: 0.5, count: 20), shape: [20])
    let other = Tensor([Float](repeating: 0.25, count: 20), shape: [20])
    let checksum = CRC32C.checksum(tensor.bytes)
    #expect(Constant.tensor(tensor) == .reference(crc32c: checksum))
    #expect(Constant.reference(crc32c: checksum) == .tensor(tensor))
    #expect(Constant.reference(crc32c: checksum) != .tensor(other))
    #expect(Constant.tensor(other) != .tensor(tensor))
    #expect(Constant.random(seed: 1) != .random(seed: 2))
    #expect(Constant.splat(Tensor(scalar: Float(0.5))) != .tensor(tensor))
  }

  @Test func graphsThatDifferAreNotEqual() throws {
    let text =
      "graph \"x\" {\n  input %0 \"a\": f32[N]\n  %1 \"b\": f32[N] = relu \"n\" (%0)\n"
      + "  output %1\n}\n"
    let graph = try Graph(text: text)
    for (from, to) in [
      ("\"x\"", "\"y\""), ("\"a\"", "\"c\""), ("[N] =", "[2] ="), ("\"n\"", "\"m\""),
      ("relu", "tanh"), ("output %1", "output %0"), ("%1", "%2"),
    ] {
      let other = try Graph(text: text.replacing(from, with: to))
      #expect(other != graph, "\(from) → \(to)")
    }
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
