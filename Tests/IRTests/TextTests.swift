import Basics
import IR
import Testing

@Suite struct TextTests {
  @Test func empty() throws {
    #expect(try Graph(text: "graph \"x\" {\n}\n").text == "graph \"x\" {\n}\n")
  }
}
