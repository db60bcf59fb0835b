import Basics
import IR

extension Graph {
  /// Writes operators about the positions of windows as gathers and scatters, for which the host has
  /// code: the positions of MaxPool's maxima, MaxUnpool and Col2Im.
  ///
  /// What follows from the shapes, which elements each window has, becomes constant tables. The last
  /// step of each keeps the name of the node. Nodes whose shapes are not known stay as they are.
  func withWindowsAsMovements() -> Graph {
    guard nodes.contains(where: { $0.op.isAboutWindows }) else { return self }
    var expansion = NodeExpansion(self)
    for node in nodes where !expansion.expandWindows(of: node) { expansion.append(node) }
    return expansion.finished
  }
}

extension Op {
  /// Whether fusion writes it as gathers and scatters, for which there is code, where its shapes are
  /// known.
  public var isAboutWindows: Bool {
    switch self {
    case .pool(let pool): pool.positions != nil
    case .sampling(.unpool), .sampling(.fromColumns): true
    default: false
    }
  }
}

extension NodeExpansion {
  /// Whether `node` is an operator about windows, and was written as movements.
  fileprivate mutating func expandWindows(of node: Node) -> Bool {
    switch node.op {
    case .pool(let pool): pool.positions.map { expand(node, pool, $0) } ?? false
    case .sampling(.unpool(let window)): expandUnpool(node, window)
    case .sampling(.fromColumns(let strides, let dilations, let pads)):
      expandColumns(node, strides, dilations, pads)
    default: false
    }
  }

  /// Gathers the elements of each window, finds the first that is greatest, and looks up where it is.
  private mutating func expand(_ node: Node, _ pool: Pool, _ order: ElementOrder) -> Bool {
    guard let x = node.operands[0], let shape = graph[x].type.fixedShape, node.results.count > 1,
      let result = graph[node.results[1]].type.fixedShape,
      let table = WindowTable(pool.window, sizes: Array(shape[2...]), ceil: pool.ceil)
    else { return false }
    let (planes, image) = (shape[0] * shape[1], table.sizes.reduce(1, *))
    let (windows, taps) = (table.elements.count, table.taps)
    guard planes > 0, image > 0 else { return false }
    var values = pool
    values.positions = nil
    append(.pool(values), node.operands, to: node.results[0], node)
    let type = graph[x].type.element
    let flat = reshape(x, [planes, image], node)
    let indices = constant(
      "elements", node, table.elements.flatMap { $0.map(Int64.init) }, [windows, taps])
    let elements = step(
      .gather(axis: 1), [flat, indices], "gathered", node, type, [planes, windows, taps])
    let tap = step(
      .extremum(Extremum(kind: .max, axis: 2, keepsDimension: false)), [elements], "tap", node,
      .i64, [planes, windows])
    let first = constant("first", node, (0..<windows).map { Int64($0 * taps) }, [windows])
    let place = step(.binary(.add), [tap, first], "place", node, .i64, [planes, windows])
    let positions = constant(
      "positions", node, table.elements.flatMap { $0.map { Int64(table.position($0, order)) } },
      [windows * taps])
    let position = step(
      .gather(axis: 0), [positions, place], "position", node, .i64, [planes, windows])
    let start = constant("images", node, (0..<planes).map { Int64($0 * image) }, [planes, 1])
    let sum = step(.binary(.add), [position, start], "sum", node, .i64, [planes, windows])
    finish(sum, result, node, result: 1)
    return true
  }

  /// Puts the elements at their positions in an image that is 0, which is then cut or padded.
  private mutating func expandUnpool(_ node: Node, _ window: Window) -> Bool {
    guard let x = node.operands[0], let places = node.operands[1],
      let shape = graph[x].type.fixedShape, shape.count == window.kernel.count + 2,
      case .explicit(let begin, let end) = window.padding,
      let result = graph[node.results[0]].type.fixedShape, !shape.contains(0)
    else { return false }
    let type = graph[x].type.element
    let inferred =
      Array(shape[..<2])
      + window.kernel.indices.map { axis in
        (shape[axis + 2] - 1) * window.strides[axis] + window.kernel[axis] - begin[axis] - end[axis]
      }
    let (count, total) = (shape.reduce(1, *), inferred.reduce(1, *))
    guard total > 0 else { return false }
    let zeros = zeros([total], type, node)
    let flat = reshape(x, [count], node)
    let positions = reshape(places, [count], node)
    let scattered = step(
      .movement(.scatterElements(axis: 0, .replace)), [zeros, positions, flat], "scattered", node,
      type, [total])
    guard inferred != result else {
      finish(scattered, result, node)
      return true
    }
    let whole = reshape(scattered, inferred, node)
    let pads = inferred.map { _ in Int64(0) } + zip(result, inferred).map { Int64($0 - $1) }
    let padding = constant("pads", node, pads, [pads.count])
    append(.pad(.constant), [whole, padding], to: node.results[0], node)
    return true
  }

  /// Adds the rows of x, one a window and tap, to the elements of the images that they are.
  private mutating func expandColumns(
    _ node: Node, _ strides: [Int]?, _ dilations: [Int]?, _ pads: [Int]?
  ) -> Bool {
    guard let x = node.operands[0], let shape = graph[x].type.fixedShape, shape.count == 3,
      let block = node.operands[2].flatMap({ graph.tensor(of: $0) })?.elements(of: Int64.self)
        .map({ Int($0) }),
      let result = graph[node.results[0]].type.fixedShape, result.count == block.count + 2,
      !shape.contains(0), !result.contains(0)
    else { return false }
    let rank = block.count
    let (ones, none) = ([Int](repeating: 1, count: rank), [Int](repeating: 0, count: 2 * rank))
    let padding = pads ?? none
    let window = Window(
      kernel: block, strides: strides ?? ones, dilations: dilations ?? ones,
      padding: .explicit(begin: Array(padding.prefix(rank)), end: Array(padding.dropFirst(rank))))
    guard let places = window.elements(sizes: Array(result[2...]), ceil: false) else {
      return false
    }
    let type = graph[x].type.element
    let (planes, image) = (result[0] * result[1], result[2...].reduce(1, *))
    let rows = places.count * block.reduce(1, *)
    guard shape[0] * shape[1] * shape[2] == planes * rows else { return false }
    // Row tap · windows + window of a plane; what is outside goes behind the image.
    let taps = places[0].count
    let targets = (0..<taps).flatMap { tap in places.map { Int64($0[tap] ?? image) } }
    let indices = constant("targets", node, targets, [rows, 1])
    let zeros = zeros([image + 1, planes], type, node)
    let flat = reshape(x, [planes, rows], node)
    let turned = step(
      .transpose(permutation: [1, 0]), [flat], "turned", node, type, [rows, planes])
    let sums = step(
      .movement(.scatterND(.add)), [zeros, indices, turned], "sums", node, type,
      [image + 1, planes])
    let bounds = (constant("from", node, [0], [1]), constant("to", node, [Int64(image)], [1]))
    let inside = step(
      .slice, [sums, bounds.0, bounds.1, bounds.0], "inside", node, type, [image, planes])
    let back = step(
      .transpose(permutation: [1, 0]), [inside], "back", node, type, [planes, image])
    finish(back, result, node)
    return true
  }

  private mutating func step(
    _ op: Op, _ operands: [ValueID], _ role: String, _ node: Node, _ type: ElementType,
    _ shape: [Int]
  ) -> ValueID {
    step(op, operands, role, ValueType(type, fixed: shape), node)
  }

  private mutating func reshape(_ x: ValueID, _ shape: [Int], _ node: Node) -> ValueID {
    if graph[x].type.fixedShape == shape { return x }
    let sizes = constant("shape", node, shape.map(Int64.init), [shape.count])
    return step(
      .reshape(allowZero: true), [x, sizes], "reshaped", node, graph[x].type.element, shape)
  }

  /// `x` in the shape of a result of `node`, which it is.
  private mutating func finish(_ x: ValueID, _ shape: [Int], _ node: Node, result: Int = 0) {
    let sizes = constant("shape", node, shape.map(Int64.init), [shape.count])
    append(
      .reshape(allowZero: true), [x, sizes], to: node.results[result], node,
      role: result == 0 ? nil : "positions")
  }

  private mutating func constant(
    _ role: String, _ node: Node, _ values: [Int64], _ shape: [Int]
  ) -> ValueID {
    constant(role, Tensor(values, shape: shape), node)
  }

  private mutating func zeros(_ shape: [Int], _ type: ElementType, _ node: Node) -> ValueID {
    constant(
      "zeros", ValueType(type, fixed: shape),
      .splat(Tensor(type: type, shape: [], bytes: Bytes(count: type.byteCount) { _ in })), node)
  }
}

/// Which elements of an image the windows of a pooling have, as many of each.
private struct WindowTable {
  let sizes: [Int]
  /// The number of elements of a window, padding included.
  let taps: Int
  /// The elements of each window, in row-major order; in the place of padding, the first of them.
  let elements: [[Int]]

  /// `nil` where no window fits, or one has padding alone.
  init?(_ window: Window, sizes: [Int], ceil: Bool) {
    guard let places = window.elements(sizes: sizes, ceil: ceil) else { return nil }
    var elements: [[Int]] = []
    for place in places {
      guard let first = place.compactMap(\.self).first else { return nil }
      elements.append(place.map { $0 ?? first })
    }
    self.sizes = sizes
    self.elements = elements
    taps = window.kernel.reduce(1, *)
  }

  /// How element `element` is counted in `order`.
  func position(_ element: Int, _ order: ElementOrder) -> Int {
    guard order == .columns else { return element }
    var (rest, stride, position) = (element, sizes.reduce(1, *), 0)
    var place: [Int] = []
    for size in sizes {
      stride /= size
      place.append(rest / stride)
      rest %= stride
    }
    for (index, size) in zip(place, sizes).reversed() { position = position * size + index }
    return position
  }
}

extension Window {
  /// The most elements of all windows that are listed.
  static let tableLimit = 1 << 24

  /// The elements of an image of `sizes` that each window has, in row-major order, `nil` for padding;
  /// `nil` where no window fits, or they have too many elements for a table.
  fileprivate func elements(sizes: [Int], ceil: Bool) -> [[Int?]]? {
    var places: [[Int?]] = [[0]]
    var count = 1
    for axis in sizes.indices {
      guard let along = try? resolved(dimension: axis, size: sizes[axis], ceil: ceil) else {
        return nil
      }
      count = count.saturatingProduct(along.output).saturatingProduct(kernel[axis])
      guard count <= Self.tableLimit else { return nil }
      let own = (0..<along.output).map { number in
        (0..<kernel[axis]).map { tap -> Int? in
          let place = number * strides[axis] + tap * dilations[axis] - along.begin
          return 0..<sizes[axis] ~= place ? place : nil
        }
      }
      places = places.flatMap { outer in
        own.map { inner in
          outer.flatMap { outer in
            inner.map { inner in
              guard let outer, let inner else { return nil }
              return outer * sizes[axis] + inner
            }
          }
        }
      }
    }
    return places
  }
}
