import Basics
import IR

extension OperatorImport {
  /// Operators along axes.
  static let reductions = [
    OperatorImport("ReduceSum") { reduce(&$0, .sum, axesSince: 13) },
    OperatorImport("ReduceMean") { reduce(&$0, .mean) },
    OperatorImport("ReduceMax") { reduce(&$0, .max) },
    OperatorImport("ReduceMin") { reduce(&$0, .min) },
    OperatorImport("ReduceProd") { reduce(&$0, .product) },
    OperatorImport("ReduceL1") { reduce(&$0, .l1) },
    OperatorImport("ReduceL2") { reduce(&$0, .l2) },
    OperatorImport("ReduceSumSquare") { reduce(&$0, .sumSquare) },
    OperatorImport("ReduceLogSum") { reduce(&$0, .logSum) },
    OperatorImport("ReduceLogSumExp") { reduce(&$0, .logSumExp) },
    OperatorImport("ArgMax") { extremum(&$0, .max) },
    OperatorImport("ArgMin") { extremum(&$0, .min) },
    OperatorImport("CumSum", since: 11) { cumulative(&$0, .sum) },
    OperatorImport("CumProd", since: 26) { cumulative(&$0, .product) },
  ]

  /// Operators that choose or make elements, and Det.
  static let selections = [
    OperatorImport("Where", since: 9) { node in
      node.expectOperands(3...3)
      node.expectOneResult()
      return .operation(.select, (0..<3).map(ImportedOperand.given))
    },
    OperatorImport("Expand", since: 8) { node in
      node.expectOperands(2...2)
      node.expectOneResult()
      return .operation(.expand, [.given(0), .given(1)])
    },
    OperatorImport("Range", since: 11) { node in
      node.expectOperands(3...3)
      node.expectOneResult()
      // The type of intermediate results of half precision; they are computed in f32.
      if node.opset >= 27, node.integer("stash_type", default: 1) != 1 {
        node.fault("attribute stash_type must be 1")
      }
      return .operation(.range, (0..<3).map(ImportedOperand.given))
    },
    OperatorImport("Size") { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      var steps = ImportedSteps()
      let shape = steps.add(.shape(start: 0, end: nil), [.given(0)], name: "shape")
      let reduce = Reduce(kind: .product, keepsDimensions: false)
      let size = steps.add(.reduce(reduce), [shape], name: "")
      return .steps(steps, results: [size])
    },
    OperatorImport("Det", since: 11) { node in
      node.expectOperands(1...1)
      node.expectOneResult()
      return .operation(.determinant, [.given(0)])
    },
    OperatorImport("Trilu", since: 14) { node in
      node.expectOperands(1...2)
      node.expectOneResult()
      let upper = node.flag("upper", default: true)
      return .operation(.triangle(upper: upper), [.given(0), .given(1)])
    },
    OperatorImport("EyeLike", since: 9) { identityMatrix(&$0) },
  ]

  /// A reduction, whose axes are an attribute before operator set `since`.
  private static func reduce(
    _ node: inout NodeImport, _ kind: ReduceKind, axesSince since: Int = 18
  ) -> ImportedNode {
    node.expectOneResult()
    let keeps = node.flag("keepdims", default: true)
    if node.opset >= since {
      node.expectOperands(1...2)
      let isIdentity = node.flag("noop_with_empty_axes")
      let reduce = Reduce(kind: kind, keepsDimensions: keeps, emptyIsIdentity: isIdentity)
      return .operation(.reduce(reduce), [.given(0), .given(1)])
    }
    node.expectOperands(1...1)
    let reduce = Reduce(kind: kind, keepsDimensions: keeps)
    return .operation(.reduce(reduce), [.given(0), node.list("axes", node.integers("axes"))])
  }

  private static func extremum(_ node: inout NodeImport, _ kind: Extremum.Kind) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let axis = node.integer("axis", default: 0)
    let keeps = node.flag("keepdims", default: true)
    let takesLast = node.opset >= 12 ? node.flag("select_last_index") : false
    return .operation(
      .extremum(Extremum(kind: kind, axis: axis, keepsDimension: keeps, takesLast: takesLast)),
      [.given(0)])
  }

  private static func cumulative(
    _ node: inout NodeImport, _ kind: Cumulative.Kind
  ) -> ImportedNode {
    node.expectOperands(2...2)
    node.expectOneResult()
    let exclusive = node.flag("exclusive")
    let cumulative = Cumulative(kind: kind, exclusive: exclusive, reverse: node.flag("reverse"))
    return .operation(.cumulative(cumulative), [.given(0), .given(1)])
  }

  private static func identityMatrix(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let offset = node.integer("k", default: 0)
    let element = node.has("dtype") ? node.elementType("dtype") : nil
    return .operation(.identityMatrix(element: element, offset: offset), [.given(0)])
  }
}

extension NodeImport {
  /// The element type whose number in ONNX is attribute `name`; `nil` after a fault.
  fileprivate mutating func elementType(_ name: String) -> ElementType? {
    let type = OnnxElementType(rawValue: Int32(truncatingIfNeeded: integer(name)))
    if let element = type.elementType { return element }
    fault(
      "attribute \(name) is the type \(type.name), which is not supported",
      supported: OnnxElementType.supported)
    return nil
  }
}
