import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Nodes with graphs of their own.
struct ImportControlFlowTests {
  /// The graph of a model of which `build` gives the parts.
  static func graph(_ build: (inout WireBytes) -> Void) throws -> Graph {
    let graph = try Folder.withFile(WireBytes.model(build)) { try importModel(path: $0).graph }
    #expect(graph.verify().isEmpty)
    #expect(try Graph(text: graph.text) == graph)
    return graph
  }

  @Test func whatABranchReadsBecomesAnOperand() throws {
    let graph = try Self.graph {
      $0.input("c", [], type: 9)
      $0.input("x", [2])
      $0.input("y", [2])
      $0.initializer("k", Tensor([Float(1), 2], shape: [2]))
      $0.node("If", ["c"], ["z"], name: "choose") {
        $0.region("then_branch") {
          $0.node("Add", ["y", "k"], ["sum"], name: "add")
          $0.output("sum")
        }
        $0.region("else_branch") {
          $0.node("Sub", ["x", "y"], ["difference"], name: "sub")
          $0.output("difference")
        }
      }
      $0.output("z")
    }
    let node = graph.nodes[0]
    #expect(node.operands.map { $0.map { graph[$0].name } } == ["c", "y", "x"])
    guard case .control(.conditional(let then, let otherwise)) = node.op else {
      Issue.record("\(node.op)")
      return
    }
    for region in [then, otherwise] {
      #expect(region.inputs.map { region[$0].name } == ["y", "x"])
    }
    // A constant is one in the branch, too.
    #expect(then.tensor(of: then.nodes[0].operands[1]!) == Tensor([Float(1), 2], shape: [2]))
    #expect(otherwise.nodes.map(\.name) == ["sub"])
  }

  @Test func valuesComeThroughSeveralGraphs() throws {
    let graph = try Self.graph {
      $0.input("c", [], type: 9)
      $0.input("x", [2])
      $0.node("If", ["c"], ["z"], name: "outer") {
        $0.region("then_branch") {
          $0.node("If", ["c"], ["inner"], name: "inner") {
            for name in ["then_branch", "else_branch"] {
              $0.region(name) {
                $0.node("Relu", ["x"], ["r"], name: "relu")
                $0.output("r")
              }
            }
          }
          $0.output("inner")
        }
        // A branch may be a value from around it.
        $0.region("else_branch") { $0.output("x") }
      }
      $0.output("z")
    }
    #expect(graph.nodes[0].operands.map { $0.map { graph[$0].name } } == ["c", "c", "x"])
    let then = graph.nodes[0].op.regions[0]
    #expect(then.nodes[0].operands.map { $0.map { then[$0].name } } == ["c", "x"])
    #expect(graph[graph.outputs[0]].type == ValueType(.f32, fixed: [2]))
  }

  @Test func aBranchThatIsKnownTakesThePlace() throws {
    let graph = try Self.graph {
      $0.input("x", [2, 1])
      $0.initializer("one", Tensor(scalar: Int64(1)))
      $0.node("Shape", ["x"], ["shape"], name: "shape")
      $0.node("Gather", ["shape", "one"], ["size"], name: "size")
      $0.node("Equal", ["size", "one"], ["is"], name: "equal")
      $0.node("If", ["is"], ["y", ""], name: "choose") {
        $0.region("then_branch") {
          $0.node("Relu", ["x"], ["r"], name: "relu")
          $0.node("Tanh", ["r"], ["t"], name: "tanh")
          $0.output("t")
          $0.output("x")
        }
        $0.region("else_branch") {
          $0.node("Flatten", ["x"], ["t"], name: "wrong") { $0.attribute("axis", Int64(9)) }
          $0.output("t")
          $0.output("t")
        }
      }
      $0.node("Tanh", ["y"], ["z"], name: "last")
      $0.output("z")
    }
    #expect(
      graph.nodes.map(\.name) == [
        "shape", "size", "equal", "choose.relu", "choose.tanh", "last",
      ])
    #expect(graph[graph.nodes[4].results[0]].name == "y")
  }

  @Test func aLoopCarriesAndCollects() throws {
    let graph = try Self.graph {
      $0.input("n", [], type: 7)
      $0.input("x", [2])
      $0.node("Loop", ["n", "", "x"], ["last", "all"], name: "loop") {
        $0.region("body") {
          $0.input("i", [], type: 7)
          $0.input("go", [], type: 9)
          $0.input("v", [2])
          $0.node("Add", ["v", "x"], ["w"], name: "add")
          $0.output("go")
          $0.output("w")
          $0.output("w")
        }
      }
      $0.output("last")
      $0.output("all")
    }
    let node = graph.nodes[0]
    #expect(node.operands.map { $0.map { graph[$0].name } } == ["n", nil, "x", "x"])
    #expect(graph.outputs.map { graph[$0].type.description } == ["f32[2]", "f32[\"all[0]\", 2]"])
  }

  @Test func aRegionOfAFunctionSeesTheFunction() throws {
    let bytes = ImportFunctionTests.model {
      $0.input("c", [], type: 9)
      $0.node("Pick", ["x", "c"], ["y"], name: "call", domain: "local") {
        $0.attribute("slope", Float(0.5))
      }
    } functions: {
      $0.function("Pick", ["in", "flag", "left_out"], ["out"], attributes: ["slope"]) {
        $0.node("If", ["flag"], ["out"], name: "if", field: 7) {
          $0.region("then_branch") {
            $0.node("LeakyRelu", ["in"], ["leaky"], name: "leak") {
              $0.attribute("alpha", referringTo: "slope", type: 1)
            }
            $0.output("leaky")
          }
          $0.region("else_branch") {
            $0.node("Clip", ["in", "left_out"], ["clipped"], name: "clip")
            $0.output("clipped")
          }
        }
      }
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.verify().isEmpty)
    #expect(graph.nodes.map(\.name) == ["call.if"])
    let regions = graph.nodes[0].op.regions
    #expect(regions[0].nodes[0].op == .unary(.leakyRelu(alpha: 0.5)))
    #expect(regions[1].nodes[0].operands.count == 1)
  }

  @Test func faultsNameTheNodeInside() throws {
    let faults = try ImportFaultsTests.faults(
      WireBytes.model {
        $0.input("c", [], type: 9)
        $0.input("x", [2])
        $0.node("If", ["c"], ["y"], name: "choose") {
          $0.region("then_branch") {
            $0.node("Relu", ["nowhere"], ["a"], name: "lost")
            $0.output("a")
          }
          $0.region("else_branch") {
            $0.node("StringSplit", ["x"], ["b"], name: "text")
            $0.output("b")
          }
        }
        $0.output("y")
      })
    #expect(
      faults == [
        "choose.lost: reads \"nowhere\", which nothing defines",
        "choose.text: is not supported",
      ])
  }
}
