import IR

extension OperatorImport {
  /// Conv and the poolings.
  static let convolutions = [
    OperatorImport("Conv", conv),
    OperatorImport("MaxPool") { maxPool(&$0) },
    OperatorImport("AveragePool") { averagePool(&$0) },
    OperatorImport("LpPool") { lpPool(&$0) },
    OperatorImport("GlobalLpPool") { globalPool(&$0, .norm(power: $0.power())) },
    OperatorImport("GlobalMaxPool") { globalPool(&$0, .max) },
    OperatorImport("GlobalAveragePool") { globalPool(&$0, .average) },
  ]

  @Sendable private static func conv(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(2...3)
    node.expectOneResult()
    return .operation(.conv(node.convolution(weights: 1)), [.given(0), .given(1), .given(2)])
  }

  private static func maxPool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectResults(2)
    let order: ElementOrder = node.opset >= 8 && node.flag("storage_order") ? .columns : .rows
    let isUsed = node.opset >= 8 && node.node.results.count > 1 && !node.node.results[1].isEmpty
    let kernel = node.requiredIntegers("kernel_shape")
    let window = node.window(kernel: kernel, dilated: node.opset >= 10)
    let ceil = node.opset >= 10 ? node.flag("ceil_mode") : false
    return .operation(
      .pool(Pool(kind: .max, window: window, ceil: ceil, positions: isUsed ? order : nil)),
      [.given(0)])
  }

  private static func averagePool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let kernel = node.requiredIntegers("kernel_shape")
    let window = node.window(kernel: kernel, dilated: node.opset >= 19)
    let ceil = node.opset >= 10 ? node.flag("ceil_mode") : false
    let includesPadding = node.flag("count_include_pad")
    let pool = Pool(
      kind: .average, window: window, ceil: ceil, includesPadding: includesPadding)
    return .operation(.pool(pool), [.given(0)])
  }

  private static func lpPool(_ node: inout NodeImport) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    let kernel = node.requiredIntegers("kernel_shape")
    let window = node.window(kernel: kernel, dilated: node.opset >= 18)
    let ceil = node.opset >= 18 ? node.flag("ceil_mode") : false
    return .operation(
      .pool(Pool(kind: .norm(power: node.power()), window: window, ceil: ceil)), [.given(0)])
  }

  private static func globalPool(_ node: inout NodeImport, _ kind: PoolKind) -> ImportedNode {
    node.expectOperands(1...1)
    node.expectOneResult()
    return .operation(.globalPool(kind), [.given(0)])
  }
}

extension NodeImport {
  /// The parameters of a convolution whose weights are the operand at `index`.
  mutating func convolution(weights index: Int) -> Convolution {
    let groups = integer("group", default: 1)
    if groups < 1 { fault("attribute group is \(groups), which is less than 1") }
    var kernel = integers("kernel_shape")
    let weights = operands[index]?.type.shape
    if kernel == nil {
      kernel = weights?.dropFirst(2).compactMap(\.value)
      if kernel == nil || kernel?.count != (weights?.count ?? 0) - 2 {
        operandFault("has no kernel_shape, and the shape of its weights is not known")
      }
    } else if let sizes = weights?.dropFirst(2).compactMap(\.value),
      sizes.count == (weights?.count ?? 0) - 2, sizes != kernel
    {
      operandFault("attribute kernel_shape is \(kernel ?? []), but its weights have \(sizes)")
    }
    let window = window(kernel: kernel ?? [], dilated: true)
    return Convolution(window: window, groups: groups)
  }

  /// The power of a norm.
  fileprivate mutating func power() -> Int {
    let power = integer("p", default: 2)
    if !(1...Int(Int32.max) ~= power) { fault("attribute p is \(power)") }
    return power
  }

  /// The windows of an unpooling with `kernel`.
  mutating func explicitWindow(kernel: [Int]) -> Window {
    window(kernel: kernel, dilated: false) { $0.explicitPadding(rank: $1) }
  }

  private mutating func explicitPadding(rank: Int) -> Window.Padding {
    let pads = integers("pads") ?? [Int](repeating: 0, count: 2 * rank)
    if pads.count != 2 * rank || pads.contains(where: { $0 < 0 || $0 > Int(Int32.max) }) {
      fault("attribute pads is \(pads)")
      return .valid
    }
    return .explicit(begin: Array(pads[..<rank]), end: Array(pads[rank...]))
  }

  /// The windows of a convolution or pooling with `kernel`.
  mutating func window(
    kernel: [Int], dilated: Bool,
    padding: (inout NodeImport, Int) -> Window.Padding = { $0.padding(rank: $1) }
  ) -> Window {
    let rank = kernel.count
    if faults.isEmpty && !(1...3).contains(rank) {
      fault("has \(rank) spatial dimensions", supported: "1, 2 or 3")
    }
    positive(kernel, "kernel_shape")
    let ones = [Int](repeating: 1, count: rank)
    let strides = integers("strides") ?? ones
    positive(strides, "strides", count: rank)
    let dilations = dilated ? integers("dilations") ?? ones : ones
    positive(dilations, "dilations", count: rank)
    return Window(
      kernel: kernel, strides: strides, dilations: dilations, padding: padding(&self, rank))
  }

  private mutating func padding(rank: Int) -> Window.Padding {
    let mode = word("auto_pad", of: ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])
    let zeros = [Int](repeating: 0, count: 2 * rank)
    let pads = integers("pads") ?? zeros
    if pads.count != 2 * rank {
      fault("attribute pads has \(pads.count) entries instead of \(2 * rank)")
      return .valid
    }
    if let entry = pads.first(where: { $0 < 0 || $0 > Int(Int32.max) }) {
      fault("attribute pads holds \(entry)")
    }
    if mode != "NOTSET" && pads != zeros {
      fault("has both pads and auto_pad \(mode), which exclude each other")
    }
    switch mode {
    case "SAME_UPPER": return .sameUpper
    case "SAME_LOWER": return .sameLower
    case "VALID": return .valid
    default: return .explicit(begin: Array(pads[..<rank]), end: Array(pads[rank...]))
    }
  }

  private mutating func positive(_ list: [Int], _ name: String, count: Int? = nil) {
    if let count, list.count != count {
      fault("attribute \(name) has \(list.count) entries instead of \(count)")
    }
    if let entry = list.first(where: { $0 < 1 || $0 > Int(Int32.max) }) {
      fault("attribute \(name) holds \(entry)")
    }
  }
}
