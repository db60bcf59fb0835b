import Basics
import IR

extension OperatorImport {
  /// Operators that take, place, order or repeat elements.
  static let movements = [
    OperatorImport("GatherElements", since: 11) { node in
      node.movement(2...2) { .gatherElements(axis: $0.integer("axis", default: 0)) }
    },
    OperatorImport("GatherND", since: 11) { node in
      node.movement(2...2) {
        .gatherND(batchDimensions: $0.opset >= 12 ? $0.integer("batch_dims", default: 0) : 0)
      }
    },
    OperatorImport("Scatter", since: 9) { node in
      if node.opset >= 11 {
        node.fault("is not in this operator set", help: "use ScatterElements")
      }
      return node.movement(3...3) {
        .scatterElements(axis: $0.integer("axis", default: 0), .replace)
      }
    },
    OperatorImport("ScatterElements", since: 11) { node in
      node.movement(3...3) {
        .scatterElements(axis: $0.integer("axis", default: 0), $0.scatterReduction())
      }
    },
    OperatorImport("ScatterND", since: 11) { node in
      node.movement(3...3) { .scatterND($0.scatterReduction()) }
    },
    OperatorImport("TopK") { topK(&$0) },
    OperatorImport("OneHot", since: 9) { oneHot(&$0) },
    OperatorImport("NonZero", since: 9) { $0.movement(1...1) { _ in .nonZero(isPadded: false) } },
    OperatorImport("Compress", since: 9) { node in
      node.movement(2...2) { .compress(axis: $0.has("axis") ? $0.integer("axis") : nil) }
    },
    OperatorImport("Unique", since: 11) { node in
      node.expectOperands(1...1)
      node.expectResults(4)
      let axis = node.has("axis") ? node.integer("axis") : nil
      let isSorted = node.flag("sorted", default: true)
      return .operation(.movement(.unique(axis: axis, isSorted: isSorted)), [.given(0)])
    },
    OperatorImport("Tile") { $0.movement(2...2) { _ in .tile } },
    OperatorImport("DepthToSpace") { node in
      node.movement(1...1) {
        .depthToSpace(blockSize: $0.blockSize(), order: $0.depthOrder(since: 11))
      }
    },
    OperatorImport("SpaceToDepth") { node in
      node.movement(1...1) {
        .spaceToDepth(blockSize: $0.blockSize(), order: $0.depthOrder(since: 28))
      }
    },
    OperatorImport("ReverseSequence", since: 10) { node in
      node.movement(2...2) {
        .reverseSequence(
          batchAxis: $0.integer("batch_axis", default: 1),
          timeAxis: $0.integer("time_axis", default: 0))
      }
    },
    OperatorImport("CenterCropPad", since: 18) { node in
      node.movement(2...2) { .centerCropPad(axes: $0.integers("axes")) }
    },
  ]

  /// TopK, whose count is an attribute before operator set 10. Elements are sorted whether they
  /// have to be or not.
  private static func topK(_ node: inout NodeImport) -> ImportedNode {
    node.expectResults(2)
    let axis = node.integer("axis", default: -1)
    guard node.opset >= 10 else {
      node.expectOperands(1...1)
      let count = node.integer("k")
      return .operation(
        .movement(.topK(axis: axis, largest: true)), [.given(0), node.list("k", [count])])
    }
    node.expectOperands(2...2)
    var largest = true
    if node.opset >= 11 {
      largest = node.flag("largest", default: true)
      _ = node.flag("sorted", default: true)
    }
    return .operation(.movement(.topK(axis: axis, largest: largest)), [.given(0), .given(1)])
  }

  /// OneHot, whose indices and depth may be of any type; they become 64-bit integers.
  private static func oneHot(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(3...3)
    node.expectOneResult()
    var steps = ImportedSteps()
    let operands = ["indices", "depth"].enumerated().map { index, name -> ImportedOperand in
      guard let operand = node.operands[index],
        operand.type.element != .i64
      else { return .given(index) }
      return steps.add(.cast(to: .i64), [.given(index)], name: name)
    }
    let op = Op.movement(.oneHot(axis: node.integer("axis", default: -1)))
    let result = steps.add(op, operands + [.given(2)], name: "")
    return .steps(steps, results: [result])
  }
}

extension NodeImport {
  /// An operator that reads its operands as the model gives them and has one result.
  fileprivate mutating func movement(
    _ count: ClosedRange<Int>, _ read: (inout NodeImport) -> Movement
  ) -> ImportedNode {
    expectOperands(count)
    expectOneResult()
    return .operation(
      .movement(read(&self)), (0..<count.upperBound).map(ImportedOperand.given))
  }

  fileprivate mutating func scatterReduction() -> ScatterReduction {
    guard opset >= 16 else { return .replace }
    let words = ["none", "add", "mul"] + (opset >= 18 ? ["max", "min"] : [])
    return ScatterReduction(rawValue: word("reduction", of: words)) ?? .replace
  }

  fileprivate mutating func blockSize() -> Int {
    let size = integer("blocksize")
    if faults.isEmpty && !(1...Int(Int32.max) ~= size) {
      fault("attribute blocksize is \(size)")
    }
    return size
  }

  /// The order of channels, an attribute since an operator set.
  fileprivate mutating func depthOrder(since version: Int) -> DepthOrder {
    guard opset >= version, word("mode", of: ["DCR", "CRD"]) == "CRD" else {
      return .depthColumnRow
    }
    return .columnRowDepth
  }

  /// Checks that there are between one and `count` results.
  mutating func expectResults(_ count: Int) {
    if !(1...count ~= node.results.count) {
      fault("has \(node.results.count) results instead of 1 to \(count)")
    }
  }
}
