import Basics
import Frontend
import IR
import TestSupport
import Testing

/// Functions of a model are put in the place of their calls.
struct ImportFunctionTests {
  /// A model whose graph has input x, what `build` adds, and output y; `functions` come behind it.
  static func model(
    opset: Int64 = 13, _ build: (inout WireBytes) -> Void, functions: (inout WireBytes) -> Void
  ) -> [UInt8] {
    WireBytes.model(opset: opset) {
      $0.input("x", [2, 3, 4])
      build(&$0)
      $0.output("y")
    } + WireBytes(functions).bytes
  }

  /// The nodes of a model: name, operator, operands and results.
  static func nodes(_ bytes: [UInt8]) throws -> [String] {
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.verify().isEmpty)
    return graph.nodes.map { node in
      let operands = node.operands.map { $0.map { graph[$0].name } ?? "_" }
      let results = node.results.map { graph[$0].name }
      return "\(node.name) = \(node.op.onnxName)(\(operands.joined(separator: ", "))) → "
        + results.joined(separator: ", ")
    }
  }

  @Test func namesJoinThoseOfTheCalls() throws {
    let bytes = Self.model {
      $0.node("Outer", ["x"], ["a"], name: "first", domain: "local")
      $0.node("Outer", ["a"], ["y"], domain: "local")
    } functions: {
      $0.function("Inner", ["in"], ["out"]) {
        $0.node("Relu", ["in"], ["half"], name: "relu", field: 7)
        $0.node("Tanh", ["half"], ["out"], field: 7)
      }
      $0.function("Outer", ["in"], ["out"]) {
        $0.node("Inner", ["in"], ["mid"], name: "call", domain: "local", field: 7)
        $0.node("Sigmoid", ["mid"], ["out"], name: "end", field: 7)
      }
    }
    #expect(
      try Self.nodes(bytes) == [
        "first.call.relu = Relu(x) → first.call.half",
        "first.call.Tanh_1 = Tanh(first.call.half) → first.mid",
        "first.end = Sigmoid(first.mid) → a",
        "Outer_1.call.relu = Relu(a) → Outer_1.call.half",
        "Outer_1.call.Tanh_1 = Tanh(Outer_1.call.half) → Outer_1.mid",
        "Outer_1.end = Sigmoid(Outer_1.mid) → y",
      ])
  }

  @Test func eachFunctionHasItsOperatorSet() throws {
    let bytes = Self.model(opset: 13) {
      $0.node("Old", ["x"], ["y"], name: "call", domain: "local")
    } functions: {
      $0.function("Old", ["in"], ["out"], opset: 11) {
        $0.node("Softmax", ["in"], ["out"], name: "softmax", field: 7)
      }
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(graph.nodes.map(\.op) == [.softmax(Softmax(axis: 1, flattens: true))])
  }

  @Test func attributesArePassedOn() throws {
    let bytes = Self.model {
      $0.node("Outer", ["x"], ["a"], name: "given", domain: "local") {
        $0.attribute("strength", Float(0.5))
      }
      $0.node("Outer", ["a"], ["b"], name: "left", domain: "local")
      $0.node("Fixed", ["b"], ["y"], name: "fixed", domain: "local")
    } functions: {
      $0.function("Leaky", ["in"], ["out"], attributes: ["slope"]) {
        $0.node("LeakyRelu", ["in"], ["out"], field: 7) {
          $0.attribute("alpha", referringTo: "slope", type: 1)
        }
      }
      $0.function("Outer", ["in"], ["out"], attributes: ["strength"]) {
        $0.node("Leaky", ["in"], ["out"], domain: "local", field: 7) {
          $0.attribute("slope", referringTo: "strength", type: 1)
        }
      }
      $0.function("Fixed", ["in"], ["out"]) {
        $0.node("Leaky", ["in"], ["out"], domain: "local", field: 7) {
          $0.attribute("slope", referringTo: "strength", type: 1)
        }
        $0.message(11) {
          $0.string(1, "strength")
          $0.float(2, 0.125)
          $0.int(20, 1)
        }
      }
    }
    let graph = try Folder.withFile(bytes) { try importModel(path: $0).graph }
    #expect(
      graph.nodes.map(\.op) == [
        .unary(.leakyRelu(alpha: 0.5)), .unary(.leakyRelu(alpha: 0.01)),
        .unary(.leakyRelu(alpha: 0.125)),
      ])
  }

  @Test func operandsAndResultsMayBeLeftOut() throws {
    let bytes = Self.model {
      $0.node("F", ["x", "", "six"], ["", "same"], name: "call", domain: "local")
      $0.node("F", ["same"], ["a", "b"], name: "again", domain: "local")
      $0.node("Add", ["a", "b"], ["y"], name: "sum")
      $0.initializer("six", Tensor(scalar: Float(6)))
    } functions: {
      $0.function("F", ["in", "low", "high"], ["out", "in"]) {
        $0.node("Clip", ["in", "low", "high"], ["out"], name: "clip", field: 7)
      }
    }
    #expect(
      try Self.nodes(bytes) == [
        "call.clip = Clip(x, _, six) → call.out",
        "call.copy = Identity(x) → same",
        "again.clip = Clip(same) → a",
        "again.copy = Identity(same) → b",
        "sum = Add(a, b) → y",
      ])
  }

  @Test func madeNamesAreFree() throws {
    let bytes = Self.model {
      $0.node("F", ["x"], ["call.half"], name: "call", domain: "local")
      $0.node("Relu", ["call.half"], ["y"], name: "call.relu")
    } functions: {
      $0.function("F", ["in"], ["out"]) {
        $0.node("Relu", ["in"], ["half"], name: "relu", field: 7)
        $0.node("Tanh", ["half"], ["out"], name: "tanh", field: 7)
      }
    }
    #expect(
      try Self.nodes(bytes) == [
        "call.relu_2 = Relu(x) → call.half_2",
        "call.tanh = Tanh(call.half_2) → call.half",
        "call.relu = Relu(call.half) → y",
      ])
  }

  @Test func aFaultNamesCallAndNode() throws {
    let bytes = Self.model {
      $0.node("F", ["x"], ["a"], name: "call", domain: "local")
      $0.node("F", ["x", "x"], ["b"], name: "many", domain: "local")
      $0.node("G", ["a"], ["y"], name: "none", domain: "local")
    } functions: {
      $0.function("F", ["in"], ["out"]) {
        $0.node("Flatten", ["in"], ["out"], name: "bad", field: 7) {
          $0.attribute("axis", Int64(9))
        }
      }
      $0.function("G", ["in"], ["out"], opset: nil) {
        $0.node("Relu", ["in"], ["out"], field: 7)
      }
    }
    let faults = try ImportFaultsTests.faults(bytes)
    #expect(faults.count == 3)
    #expect(faults[0].hasPrefix("call.bad: "))
    #expect(
      faults.dropFirst() == [
        "many: has 2 operands; function local.F takes 1",
        "none: function local.G does not state one ONNX operator set",
      ])
  }
}
