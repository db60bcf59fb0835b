import Basics
import IR
import Passes
import Reference
import TestSupport
import Testing

/// What nodes find has room for all that there may be, where each part of it goes its own way.
@Suite struct BoundTests {
  private func legal(_ text: String) throws -> (open: Graph, legal: Graph) {
    let open = try Graph(text: text).folded()
    return (open, try open.fused().legalized())
  }

  private func refusal(_ text: String) throws -> String {
    do {
      _ = try legal(text)
      return ""
    } catch let faults as Diagnostics {
      return faults.description
    }
  }

  /// The outputs of both graphs are the same but for what is not there, which is −1.
  private func expectSame(_ graphs: (open: Graph, legal: Graph), _ inputs: [Tensor]) throws {
    let found = try evaluate(graphs.open, inputs: inputs)
    let bounded = try evaluate(graphs.legal, inputs: inputs)
    for (found, bounded) in zip(found, bounded) {
      #expect(found.padded(to: bounded.shape) == bounded)
    }
  }

  private static let detector = """
    graph "g" {
      input %0 "boxes": f32[1, 6, 4]
      input %1 "scores": f32[1, 2, 6]
      input %2 "names": i32[6]
      constant %3 "most": i64[] = dense[4]
      constant %4 "overlap": f32[] = dense[0.5]
      constant %5 "least": f32[] = dense[0.0]
      %6 "found": i64[M, 3] = non_max_suppression (%0, %1, %3, %4, %5)
      constant %7 "two": i64[] = dense[2]
      %8 "box": i64[M] = gather (%6, %7) {axis = 1}
    """

  private func inputs(_ seed: UInt64) -> [Tensor] {
    var numbers = SplitMix64(seed: seed)
    let corners = numbers.floats(24).map { 2 * $0 }
    return [
      Tensor(corners, shape: [1, 6, 4]), Tensor(numbers.floats(12), shape: [1, 2, 6]),
      Tensor((10..<16).map { Int32($0) }, shape: [6]),
    ]
  }

  @Test func rowsThatReachOutputsAreToldApart() throws {
    let graphs = try legal(
      Self.detector + """

          %9 "name": i32[M] = gather (%2, %8)
          constant %10 "seven": i64[] = dense[7]
          %11 "places": i64[M] = sub (%8, %10)
          constant %12 "far": i32[20] = random(seed: 3)
          %13 "other": i32[M] = gather (%12, %11)
          %14 "half": f32[M] = cast (%9) {to = f32}
          %15 "score": f32[1, 2, M] = gather (%1, %8) {axis = 2}
          %16 "first": bool[M] = equal (%8, %7)
          %17 "rest": i64[M] = mod (%10, %8)
          output %6
          output %9
          output %13
          output %14
          output %15
          output %16
        }
        """)
    #expect(
      graphs.legal.outputs.map { graphs.legal[$0].type.fixedShape }
        == [[8, 3], [8], [8], [8], [1, 2, 8], [8]])
    #expect(graphs.legal.verify().isEmpty)
    for seed in 0..<20 { try expectSame(graphs, inputs(UInt64(seed))) }
  }

  /// What is not there divides by nothing.
  @Test func absentDivisors() throws {
    let graphs = try legal(
      """
      graph "g" {
        input %0 "x": f32[4]
        constant %1 "one": i64[] = dense[1]
        constant %2 "ten": i64[] = dense[10]
        %3 "found": i64[1, M] = non_zero (%0)
        %4 "next": i64[1, M] = add (%3, %1)
        %5 "share": i64[1, M] = div (%2, %4)
        output %5
      }
      """)
    for elements in [[0, 0, 0, 0], [0, 1, 0, 2], [1, 1, 1, 1]] as [[Float]] {
      try expectSame(graphs, [Tensor(elements, shape: [4])])
    }
  }

  /// Shapes that are computed of the number of parts, as exporters write reshapes.
  @Test func shapesOfWhatIsFound() throws {
    let graphs = try legal(
      """
      graph "g" {
        input %0 "x": f32[3, 4]
        %1 "found": i64[2, M] = non_zero (%0)
        %2 "turned": i64[M, 2] = transpose (%1) {permutation = [1, 0]}
        %3 "elements": f32[M] = gather_nd (%0, %2)
        %4 "shape": i64[1] = shape (%3)
        constant %5 "one": i64[1] = dense[1]
        %6 "sizes": i64[2] = concat (%4, %5) {axis = 0}
        %7 "column": f32[M, 1] = reshape (%3, %6)
        output %7
      }
      """)
    var numbers = SplitMix64(seed: 5)
    let x = numbers.floats(12).map { $0 < 0 ? 0 : $0 }
    try expectSame(graphs, [Tensor(x, shape: [3, 4])])
  }

  /// What is found of constants is known.
  @Test func constantsAreFolded() throws {
    let graph = try legal(
      """
      graph "g" {
        input %0 "x": f32[4]
        constant %1 "c": i64[4] = dense[0, 1, 0, 2]
        %2 "found": i64[1, M] = non_zero (%1)
        %3 "taken": f32[1, M] = gather (%0, %2)
        output %3
      }
      """
    ).legal
    #expect(graph[graph.outputs[0]].type.fixedShape == [1, 2])
  }

  @Test(arguments: [
    (
      """
      %of: f32[1, 2, M] = gather (%1, %8) {axis = 2}
      constant %axes: i64[1] = dense[2]
      %y: f32[1, 2, 1] = reduce_max (%of, %axes)
      """, "node \"y\" (ReduceMax) may compute across it"
    ),
    ("%y: i64[1] = shape (%8)", "output \"y\" is made of their number"),
    (
      """
      constant %k: i64[1] = dense[1]
      %y: i64[1], %places: i64[1] = top_k (%8, %k)
      """, "(TopK) may compute across it"
    ),
    (
      """
      constant %axes: i64[1] = dense[1]
      %of: i64[M, 1] = unsqueeze (%8, %axes)
      %y: i64[M, M] = mul (%8, %of)
      """, "(Mul) may compute across it"
    ),
    (
      """
      constant %shape: i64[1] = dense[-1]
      %y: i64[K] = reshape (%6, %shape)
      """, "output \"y\" has no dimension for them"
    ),
  ])
  func partsThatMeetAreRefused(statements: String, reason: String) throws {
    let text = try refusal(Self.detector + "\n\(statements)\n  output %y\n  output %2\n}")
    #expect(text.contains("elements say at run time how much it finds, and "), "\(text)")
    #expect(text.contains(reason), "\(text)")
    // Before it there is nothing.
    #expect(!text.contains("cut the network"))
  }

  /// The help names what the rest of the network takes.
  @Test func theCutIsNamed() throws {
    let text = try refusal(
      """
      graph "g" {
        input %0 "x": f32[4]
        %1 "positive": f32[4] = relu (%0)
        %2 "found": i64[1, M] = non_zero (%1)
        %3 "sum": i64[1, 1] = reduce_sum (%2, _)
        %4 "y": f32[4] = exp (%1)
        output %3
        output %4
      }
      """)
    #expect(
      text.contains("extract_model(MODEL, NEW, [\"x\"], [\"positive\", \"y\"])"), "\(text)")
  }

  @Test func countsHaveToBeKnown() throws {
    let text = try refusal(
      """
      graph "g" {
        input %0 "boxes": f32[1, 6, 4]
        input %1 "scores": f32[1, 2, 6]
        input %2 "most": i64[1]
        %3 "found": i64[M, 3] = non_max_suppression (%0, %1, %2)
        output %3
      }
      """)
    #expect(text.contains("depends on elements that are computed at run time"), "\(text)")
  }

  /// Ports that no node touches have types that programs have.
  @Test func portsInDoublePrecisionAreRefused() throws {
    let text = try refusal(
      """
      graph "g" {
        input %0 "x": f32[4]
        input %1 "unused": f64[4]
        constant %2 "fixed": f64[1] = dense[1.5]
        %3 "y": f32[4] = relu (%0)
        output %3
        output %2
      }
      """)
    #expect(text.contains("\"unused\" has elements of type f64"))
    #expect(text.contains("\"fixed\" has elements of type f64"))
  }
}
