import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Nodes in any order, models of few operator sets, and faults of many nodes.
struct ImportOrderTests {
  private func faults(_ bytes: [UInt8]) throws -> [Diagnostic] {
    try Folder.withFile(bytes) { path in
      do {
        _ = try importModel(path: path)
        return []
      } catch {
        return (error as? Diagnostics)?.items ?? []
      }
    }
  }

  @Test func nodesAreSorted() throws {
    let bytes = WireBytes.model {
      $0.input("x", [2])
      $0.node("Neg", ["b"], ["y"], name: "third")
      $0.node("Relu", ["x"], ["a"], name: "first")
      $0.node("Abs", ["a"], ["b"], name: "second")
      $0.output("y")
    }
    let model = try Folder.withFile(bytes) { try importModel(path: $0) }
    #expect(model.graph.nodes.map(\.name) == ["first", "second", "third"])
    #expect(model.graph.verify().isEmpty)
    #expect(model.warnings.map(\.severity) == [.note])
    #expect(model.warnings[0].message.contains("they were sorted"))
  }

  @Test func sortedNodesStay() throws {
    let bytes = WireBytes.model {
      $0.input("x", [2])
      $0.node("Neg", ["x"], ["a"], name: "z")
      $0.node("Relu", ["x"], ["b"], name: "y")
      $0.node("Add", ["b", "a"], ["c"], name: "x")
      $0.output("c")
    }
    let model = try Folder.withFile(bytes) { try importModel(path: $0) }
    #expect(model.graph.nodes.map(\.name) == ["z", "y", "x"])
    #expect(model.warnings.isEmpty)
  }

  @Test func circlesAreNamed() throws {
    let found = try faults(
      WireBytes.model {
        $0.input("x", [2])
        $0.node("Add", ["x", "b"], ["a"], name: "one")
        $0.node("Relu", ["a"], ["b"], name: "two")
        $0.node("Neg", ["b"], ["y"], name: "three")
        $0.output("y")
      })
    #expect(
      found.map(\.message) == [
        "nodes \"one\" (Add), \"two\" (Relu) form a cycle"
      ])
    let own = try faults(
      WireBytes.model {
        $0.node("Relu", ["a"], ["a"], name: "own")
        $0.output("a")
      })
    #expect(own.map(\.message) == ["node \"own\" (Relu) reads its own result"])
    let two = try faults(
      WireBytes.model {
        for part in ["a", "b"] {
          $0.node("Relu", ["\(part)2"], ["\(part)1"], name: "\(part) one")
          $0.node("Neg", ["\(part)1"], ["\(part)2"], name: "\(part) two")
          $0.output("\(part)2")
        }
      })
    #expect(
      two.map(\.message) == [
        "nodes \"a one\" (Relu), \"a two\" (Neg) form a cycle",
        "nodes \"b one\" (Relu), \"b two\" (Neg) form a cycle",
      ])
  }

  /// A value of a branch may have the name of a value around it that comes later.
  @Test func namesInsideAreTheirOwn() throws {
    let bytes = WireBytes.model {
      $0.input("c", [], type: 9)
      $0.input("x", [2])
      $0.node("If", ["c"], ["z"], name: "choose") {
        for name in ["then_branch", "else_branch"] {
          $0.region(name) {
            $0.node("Relu", ["x"], ["late"], name: "inner")
            $0.node("Neg", ["late"], ["z"], name: "end")
            $0.output("z")
          }
        }
      }
      $0.node("Abs", ["z"], ["late"], name: "outer")
      $0.output("late")
    }
    let model = try Folder.withFile(bytes) { try importModel(path: $0) }
    #expect(model.graph.nodes.map(\.name) == ["choose", "outer"])
    #expect(model.warnings.isEmpty)
  }

  /// What ONNX Runtime's optimizer names may be read by nobody.
  @Test func resultsThatNobodyReads() throws {
    let bytes = WireBytes.model {
      $0.input("x", [2, 4])
      $0.input("skip", [2, 4])
      $0.initializer("gain", Tensor([Float(1), 1, 1, 1], shape: [4]))
      $0.node(
        "SkipLayerNormalization", ["x", "skip", "gain"], ["y", "mean", "inverse"], name: "norm",
        domain: "com.microsoft")
      $0.output("y")
    }
    let model = try Folder.withFile(bytes) { try importModel(path: $0) }
    #expect(model.graph.verify().isEmpty)
    #expect(model.graph[model.graph.outputs[0]].name == "y")
  }

  @Test func longChainsAreSorted() throws {
    let count = 20_000
    let bytes = WireBytes.model {
      $0.input("v0", [1])
      for index in (0..<count).reversed() {
        $0.node("Relu", ["v\(index)"], ["v\(index + 1)"], name: "n\(index)")
      }
      $0.output("v\(count)")
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.nodes.map(\.name) == (0..<count).map { "n\($0)" })
  }

  @Test func otherDomainsAlone() throws {
    func model(_ op: String, domain: String) -> [UInt8] {
      WireBytes {
        $0.int(1, 8)
        $0.message(7) {
          $0.string(2, "net")
          $0.input("x", [1, 2])
          $0.node(op, ["x"], ["y"], name: "n", domain: domain) {
            if op == "Binarizer" { $0.attribute("threshold", Float(0)) }
          }
          $0.output("y")
        }
        $0.message(8) {
          $0.string(1, "ai.onnx.ml")
          $0.int(2, 1)
        }
      }.bytes
    }
    let imported = try Folder.withFile(model("Binarizer", domain: "ai.onnx.ml")) {
      try importModel(path: $0)
    }
    #expect(imported.opset == nil && imported.graph.outputs.count == 1)
    #expect(
      try faults(model("Relu", domain: "")).map(\.message) == [
        "is an operator of ONNX, but the model imports no operator set of ONNX"
      ])
  }

  @Test func oneFaultAnOperator() throws {
    let found = try faults(
      WireBytes.model {
        $0.input("x", [2])
        for index in 0..<421 {
          $0.node("Unheard", ["x"], ["u\(index)"], name: "n\(index)", domain: "far.away")
        }
        $0.node("Unknown", ["x"], ["y"], name: "other")
        $0.output("y")
      })
    #expect(found.map(\.op) == ["Unheard", "Unknown"])
    #expect(found[0].node == "n0" && found[0].otherNodes.count == 420)
    #expect(found[0].otherNodes.last == "n420")
    #expect("\(found[0])".contains("node \"n0\" and 420 others (Unheard"))
    #expect(found[1].otherNodes.isEmpty)
  }
}
