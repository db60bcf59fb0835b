import Basics
import IR

/// What a node of a model becomes.
enum ImportedNode {
  /// One node with the same results.
  case operation(Op, [ImportedOperand])
  /// Nodes that compute one after the other what the model's node computes, and its results.
  case steps(ImportedSteps, results: [ImportedOperand])
  /// A node with graphs of its own; `nil` where they cannot be told.
  case control(ImportedControl?)
  /// No node, but a constant.
  case constant(Tensor)
  /// What is done with a sequence, which is known by its tensors.
  case sequence(ImportedSequence)
}

/// What a node reads.
enum ImportedOperand {
  /// The operand of the model's node at an index; left out if the node has none there.
  case given(Int)
  /// A constant that the model's node has as an attribute of that name.
  case made(String, Tensor)
  /// A result of an earlier step.
  case step(Int, result: Int)
  /// Nothing.
  case none
}

/// The nodes that one node of a model becomes, in the order of evaluation.
struct ImportedSteps {
  /// One of them.
  struct Step {
    /// What it computes.
    let op: Op
    /// What it reads.
    let operands: [ImportedOperand]
    /// What its name adds to that of the model's node; the node's own name where it is empty.
    let name: String
    /// How many results it has.
    let resultCount: Int
  }

  /// The steps.
  private(set) var all: [Step] = []

  /// Adds a node and returns its first result; `name` tells it from the other steps.
  mutating func add(_ op: Op, _ operands: [ImportedOperand], name: String) -> ImportedOperand {
    addAll(op, operands, name: name, resultCount: op.signature.resultCount ?? 1)[0]
  }

  /// Adds a node and returns its results; `name` tells it from the other steps.
  mutating func addAll(
    _ op: Op, _ operands: [ImportedOperand], name: String, resultCount: Int
  ) -> [ImportedOperand] {
    all.append(Step(op: op, operands: operands, name: name, resultCount: resultCount))
    return (0..<resultCount).map { .step(all.count - 1, result: $0) }
  }
}
