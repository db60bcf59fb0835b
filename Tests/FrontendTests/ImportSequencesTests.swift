import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Sequences become their tensors; what is not known of them is said.
struct ImportSequencesTests {
  private func faults(_ build: (inout WireBytes) -> Void) throws -> [String] {
    try Folder.withFile(WireBytes.model(build)) { path in
      do {
        _ = try importModel(path: path)
        return []
      } catch {
        return ((error as? Diagnostics)?.items ?? []).map(\.message)
      }
    }
  }

  private func graph(_ build: (inout WireBytes) -> Void) throws -> Graph {
    try Folder.withFile(WireBytes.model(build)) { try importModel(path: $0).graph }
  }

  @Test func partsAreASplit() throws {
    let graph = try graph {
      $0.input("x", [2, 7])
      $0.initializer("three", Tensor(scalar: Int64(3)))
      $0.initializer("last", Tensor(scalar: Int64(-1)))
      $0.node("SplitToSequence", ["x", "three"], ["s"], name: "parts") {
        $0.attribute("axis", Int64(1))
      }
      $0.node("SequenceAt", ["s", "last"], ["y"], name: "rest")
      $0.node("SequenceLength", ["s"], ["n"], name: "count")
      $0.output("y")
      $0.output("n")
    }
    #expect(graph.verify().isEmpty)
    #expect(graph.nodes[0].op == .split(axis: 1) && graph.nodes[0].results.count == 3)
    #expect(graph[graph.outputs[0]].type == ValueType(.f32, fixed: [2, 1]))
    #expect(graph.tensor(of: graph.outputs[1]) == Tensor(scalar: Int64(3)))
  }

  @Test func withoutTheAxis() throws {
    let graph = try graph {
      $0.input("x", [2, 7])
      $0.initializer("one", Tensor(scalar: Int64(1)))
      $0.node("SplitToSequence", ["x"], ["s"]) { $0.attribute("keepdims", Int64(0)) }
      $0.node("SequenceAt", ["s", "one"], ["y"])
      $0.node("SequenceEmpty", [], ["e"])
      $0.node("SequenceInsert", ["e", "y"], ["f"])
      $0.node("ConcatFromSequence", ["f"], ["z"]) {
        $0.attribute("axis", Int64(0))
        $0.attribute("new_axis", Int64(1))
      }
      $0.output("z")
    }
    #expect(graph.verify().isEmpty)
    #expect(graph[graph.outputs[0]].type == ValueType(.f32, fixed: [1, 7]))
  }

  /// Negative positions count from the tensors that were there, as in Python.
  @Test(arguments: [
    (-2, ["z", "a", "b"]), (-1, ["a", "z", "b"]), (0, ["z", "a", "b"]), (1, ["a", "z", "b"]),
    (2, ["a", "b", "z"]),
  ])
  func positionsOfInsertion(position: Int, order: [String]) throws {
    let graph = try graph {
      for name in ["a", "b", "z"] { $0.input(name, [1]) }
      $0.initializer("position", Tensor(scalar: Int64(position)))
      $0.node("SequenceConstruct", ["a", "b"], ["s"])
      $0.node("SequenceInsert", ["s", "z", "position"], ["t"])
      $0.node("ConcatFromSequence", ["t"], ["y"]) { $0.attribute("axis", Int64(0)) }
      $0.output("y")
    }
    let joined = try #require(graph.nodes.last { $0.op == .concat(axis: 0) })
    #expect(joined.operands.map { $0.map { graph[$0].name } } == order)
  }

  /// A sequence in the place of a tensor.
  @Test(arguments: ["SequenceInsert", "SplitToSequence", "SequenceConstruct"])
  func sequencesThatAreNotTaken(op: String) throws {
    let found = try faults {
      $0.input("x", [2, 7])
      $0.node("SequenceConstruct", ["x"], ["s"])
      $0.node(op, op == "SequenceInsert" ? ["s", "s"] : ["s"], ["t"]) {
        if op == "SplitToSequence" { $0.attribute("axis", Int64(0)) }
      }
      $0.node("ConcatFromSequence", ["t"], ["y"]) { $0.attribute("axis", Int64(0)) }
      $0.output("y")
    }
    #expect(found.contains("reads \"s\", which is a sequence"), "\(found)")
  }

  @Test func whatIsNotKnown() throws {
    let open = try faults {
      $0.input("x", [-1, 7])
      $0.node("SplitToSequence", ["x"], ["s"], name: "parts")
      $0.node("ConcatFromSequence", ["s"], ["y"]) { $0.attribute("axis", Int64(0)) }
      $0.output("y")
    }
    #expect(open.count == 1 && open[0].contains("whose size is open"))
    let position = try faults {
      $0.input("x", [2, 7])
      $0.input("i", [], type: 7)
      $0.node("SequenceConstruct", ["x", "x"], ["s"])
      $0.node("SequenceAt", ["s", "i"], ["y"])
      $0.output("y")
    }
    #expect(position == ["takes a position, \"i\", that is computed at run time"])
    let beyond = try faults {
      $0.input("x", [2, 7])
      $0.initializer("two", Tensor(scalar: Int64(2)))
      $0.node("SequenceConstruct", ["x", "x"], ["s"])
      $0.node("SequenceAt", ["s", "two"], ["y"])
      $0.output("y")
    }
    #expect(beyond == ["takes position 2 of 2"])
  }

  @Test func sequencesWhereTensorsBelong() throws {
    let read = try faults {
      $0.input("x", [2, 7])
      $0.node("SequenceConstruct", ["x", "x"], ["s"])
      $0.node("Relu", ["s"], ["y"])
      $0.output("y")
    }
    #expect(read == ["reads \"s\", which is a sequence"])
    let given = try faults {
      $0.input("x", [2, 7])
      $0.node("SequenceConstruct", ["x", "x"], ["s"])
      $0.output("s")
    }
    #expect(given == ["output \"s\" is a sequence"])
    let none = try faults {
      $0.input("x", [2, 7])
      $0.node("SequenceLength", ["x"], ["n"])
      $0.output("n")
    }
    #expect(none == ["takes a sequence as operand 0, but \"x\" is not a known sequence"])
  }
}
