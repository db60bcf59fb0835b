import Basics
import IR

extension Graph {
  /// Leaves the input channels with the largest values to the host, at most `share` of the multiply-accumulates with
  /// constant weights: LLM.int8 (Dettmers et al., 2022).
  ///
  /// Few channels with large inputs make the step of a DAC coarse for all others, and what is wrong with the
  /// conductances that they meet is wrong many times over. Such a product becomes two, which are added: one of these
  /// channels, in the place of which the layouts have `isDigital`, and one of the others. `Outliers` says which
  /// channels are worth it, by what `inferences` show, for a DAC that reaches `codes`. Convolutions, recurrent layers,
  /// products whose ranges training has found, and those in `digital` stay as they are.
  ///
  /// Throws `Diagnostics` where an input does not fit.
  public func separated(
    by inferences: [[Tensor]], share: Double, codes: Int, except digital: Set<String> = []
  ) throws -> (graph: Graph, layouts: ProductLayouts) {
    let products = Products(of: self).inOrder
    var axes: [ValueID: Int] = [:]
    let separable = products.compactMap { product -> Separable? in
      guard !digital.contains(self[product.node].name), let part = Separable(product, in: self),
        axes[product.input] == nil || axes[product.input] == part.axis
      else { return nil }
      axes[product.input] = part.axis
      return part
    }
    let statistics = try channelStatistics(
      of: separable.map { ($0.product.input, $0.axis, $0.channels) }, in: inferences)
    var outliers = separable.compactMap { part in
      statistics[part.product.input].map {
        Outliers(part.product, part.weights.elements(of: Float.self), $0, codes: codes)
      }
    }
    let macs = products.reduce(0) { $0 + $1.macs }
    outliers.leave(within: Int(share * Double(macs)))

    var graph = self
    var layouts = ProductLayouts()
    var names = TakenNames(in: self)
    var nodes: [Node] = []
    let parts = Dictionary(
      uniqueKeysWithValues: zip(separable, outliers).filter { $1.count > 0 }.map {
        ($0.product.node, ($0, Set($1.channels.prefix($1.count))))
      })
    for (index, node) in self.nodes.enumerated() {
      guard let (part, channels) = parts[NodeID(index)] else {
        nodes.append(node)
        continue
      }
      let separate = part.nodes(without: channels, of: node, in: &graph, &names)
      for node in separate {
        layouts[NodeID(nodes.count)].isDigital = node.isDigital
        nodes.append(node.node)
      }
    }
    graph.nodes = nodes
    return (graph, layouts)
  }
}

/// A product of which channels can be computed apart.
private struct Separable {
  let product: Product
  /// The axis of the channels in the input.
  let axis: Int
  /// How many there are.
  let channels: Int
  let weights: Tensor

  init?(_ product: Product, in graph: Graph) {
    guard product.windows == nil, product.groups == 1, product.isPlain, product.macs > 0,
      let axis = graph.scalableRows(of: product, in: product.input),
      let weights = graph.tensor(of: product.weights), weights.shape.count == 2,
      let shape = graph[product.input].type.fixedShape, shape[axis] == product.rows
    else { return nil }
    self.product = product
    self.axis = axis
    self.weights = weights
    channels = product.rows
  }

  /// The nodes in the place of `node`, and whether each is a product of the host.
  func nodes(
    without outliers: Set<Int>, of node: Node, in graph: inout Graph, _ names: inout TakenNames
  ) -> [(node: Node, isDigital: Bool)] {
    let type = graph[product.result].type
    let name = node.name
    var (rest, few) = (node, node)
    rest.op = node.op.rectified(false)
    few.op = rest.op
    few.name = names.fresh(nodeName: "\(node.name)·outliers")
    few.operands = Array(few.operands.prefix(2))
    var nodes: [(node: Node, isDigital: Bool)] = []
    func part(_ node: inout Node, _ kind: String, _ isDigital: Bool) {
      let channels = (0..<self.channels).filter { outliers.contains($0) == isDigital }
      let indices = graph.addConstant(
        name: names.fresh("\(name)·\(kind) channels"),
        Tensor(channels.map(Int64.init), shape: [channels.count]))
      var shape = graph[product.input].type.fixedShape ?? []
      shape[axis] = channels.count
      let input = graph.addValue(
        name: names.fresh("\(name)·\(kind) inputs"), type: ValueType(.f32, fixed: shape))
      nodes.append(
        (
          Node(
            name: names.fresh(nodeName: "\(name)·\(kind)"), op: .gather(axis: axis),
            operands: [product.input, indices], results: [input]), false
        ))
      node.operands[0] = input
      node.operands[1] = graph.addConstant(
        name: names.fresh("\(name)·\(kind) weights"), rows(channels))
      node.results = [
        graph.addValue(name: names.fresh("\(name)·\(kind) results"), type: type)
      ]
      nodes.append((node, isDigital))
    }
    part(&few, "outlying", true)
    part(&rest, "other", false)
    let sum =
      product.relu
      ? graph.addValue(name: names.fresh("\(node.name)·sum"), type: type) : product.result
    nodes.append(
      (
        Node(
          name: names.fresh(nodeName: "\(node.name)·add"), op: .binary(.add),
          operands: [rest.results[0], few.results[0]], results: [sum]), false
      ))
    if product.relu {
      nodes.append(
        (
          Node(
            name: names.fresh(nodeName: "\(node.name)·relu"), op: .unary(.relu), operands: [sum],
            results: [product.result]), false
        ))
    }
    return nodes
  }

  /// The weights of `channels`.
  private func rows(_ channels: [Int]) -> Tensor {
    let elements = weights.elements(of: Float.self)
    let (rows, columns) = (weights.shape[0], weights.shape[1])
    if case .columnByColumn = product.order {
      return Tensor(
        (0..<rows).flatMap { row in channels.map { elements[row * columns + $0] } },
        shape: [rows, channels.count])
    }
    return Tensor(
      channels.flatMap { elements[$0 * columns..<($0 + 1) * columns] },
      shape: [channels.count, columns])
  }
}
