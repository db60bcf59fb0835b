import Basics
import IR
import Reference
import Testing

/// Branches, loops and scans, of which the data tell how often and what is evaluated.
struct ControlFlowTests {
  /// The outputs of the graph that `lines` describe.
  private func outputs(_ lines: String, _ inputs: Tensor...) throws -> [Tensor] {
    let graph = try Graph(text: "graph \"g\" {\n\(lines)\n}")
    #expect(graph.verify().isEmpty)
    return try evaluate(graph, inputs: inputs)
  }

  @Test func aBranchIsChosen() throws {
    let text = """
      input %0 "c": bool[1]
      input %1 "x": f32[2]
      %2 "y": f32[?] = if "choose" (%0, %1) then graph "yes" {
        input %0 "x": f32[2]
        %1 "y": f32[2] = mul "square" (%0, %0)
        output %1
      } else graph "no" {
        input %0 "x": f32[2]
        %1 "y": f32[4] = concat "twice" (%0, %0) {axis = 0}
        output %1
      }
      output %2
      """
    let x = f32(1, 2)
    #expect(try outputs(text, Tensor([true] as [Bool8], shape: [1]), x) == [f32(1, 4)])
    #expect(try outputs(text, Tensor([false] as [Bool8], shape: [1]), x) == [f32(1, 2, 1, 2)])
  }

  /// i, the sum of 0 … i and the squares, until a sum exceeds a limit.
  private let loop = """
    input %0 "n": i64[]
    input %1 "go": bool[]
    input %2 "limit": i64[]
    constant %3 "zero": i64[] = splat(0)
    %4 "sum": i64[], %5 "squares": i64[?] = loop "loop" (%0, %1, %3, %2) {carried = 1} body graph "body" {
      input %0 "i": i64[]
      input %1 "go": bool[]
      input %2 "sum": i64[]
      input %3 "limit": i64[]
      %4 "next": i64[] = add "add" (%2, %0)
      %5 "square": i64[] = mul "square" (%0, %0)
      %6 "on": bool[] = less "less" (%4, %3)
      output %6
      output %4
      output %5
    }
    output %4
    output %5
    """

  @Test func aLoopEndsByNumberOrCondition() throws {
    func run(_ n: Int64, _ go: Bool8, _ limit: Int64) throws -> [Tensor] {
      try outputs(loop, Tensor(scalar: n), Tensor(scalar: go), Tensor(scalar: limit))
    }
    #expect(try run(4, true, 100) == [Tensor(scalar: Int64(6)), i64(0, 1, 4, 9)])
    #expect(try run(100, true, 6) == [Tensor(scalar: Int64(6)), i64(0, 1, 4, 9)])
    let nothing = Tensor([Int64](), shape: [0])
    #expect(try run(4, false, 100) == [Tensor(scalar: Int64(0)), nothing])
    #expect(try run(-1, true, 100) == [Tensor(scalar: Int64(0)), nothing])
  }

  @Test func aLoopMayChangeTheShape() throws {
    let text = """
      input %0 "n": i64[]
      input %1 "x": f32[1]
      %2 "y": f32[?] = loop "loop" (%0, _, %1) {carried = 1} body graph "body" {
        input %0 "i": i64[]
        input %1 "go": bool[]
        input %2 "x": f32[?]
        %3 "y": f32[?] = concat "twice" (%2, %2) {axis = 0}
        output %1
        output %3
      }
      output %2
      """
    let y = try outputs(text, Tensor(scalar: Int64(3)), f32(7))
    #expect(y == [f32(7, 7, 7, 7, 7, 7, 7, 7)])
  }

  @Test func aScanGoesAlongAnyAxis() throws {
    let x = f32([1, 2, 3, 4, 5, 6], [2, 3])
    func text(_ attributes: String) -> String {
      """
      input %0 "x": f32[2, 3]
      constant %1 "start": f32[2] = splat(10)
      %2 "last": f32[2], %3 "sums": f32[?] = scan "scan" (%1, %0) {\(attributes), states = 1} body graph "body" {
        input %0 "sum": f32[2]
        input %1 "column": f32[2]
        %2 "next": f32[2] = add "add" (%0, %1)
        output %2
        output %2
      }
      output %2
      output %3
      """
    }
    let last = f32(16, 25)
    #expect(
      try outputs(text("scanned_axes = [1], collected_axes = [0]"), x)
        == [last, f32([11, 14, 13, 19, 16, 25], [3, 2])])
    #expect(
      try outputs(text("scanned_axes = [-1], scanned_reversed = [1], collected_axes = [-1]"), x)
        == [last, f32([13, 15, 16, 16, 21, 25], [2, 3])])
    #expect(
      try outputs(text("scanned_axes = [1], collected_axes = [1], collected_reversed = [1]"), x)
        == [last, f32([16, 13, 11, 25, 19, 14], [2, 3])])
  }

  @Test func faultsNameTheNodeInside() throws {
    let text = """
      input %0 "c": bool[]
      input %1 "x": f32[?]
      %2 "y": f32[?] = if "choose" (%0, %1) then graph "yes" {
        input %0 "x": f32[?]
        constant %1 "shape": i64[1] = dense[3]
        %2 "y": f32[?] = reshape "three" (%0, %1)
        output %2
      } else graph "no" {
        input %0 "x": f32[?]
        output %0
      }
      output %2
      """
    do {
      _ = try outputs(text, Tensor(scalar: Bool8(true)), f32(1, 2))
      Issue.record("two elements are reshaped to three")
    } catch let diagnostics as Diagnostics {
      #expect(diagnostics.items.map(\.node) == ["choose.three"])
      #expect(diagnostics.items.map(\.op) == ["Reshape"])
    }
    #expect(try outputs(text, Tensor(scalar: Bool8(false)), f32(1, 2)) == [f32(1, 2)])
  }
}
