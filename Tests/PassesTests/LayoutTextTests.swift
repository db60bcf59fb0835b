import Basics
import Chip
import IR
import Passes
import Testing

/// The layouts of products are a section of a text.
@Suite struct LayoutTextTests {
  private static let sound = """
    graph "sound" {
      input %0 "x": f32[1, 1, 8, 8]
      constant %1 "w": f32[4, 1, 3, 3] = random(seed: 1)
      %2 "y": f32[1, 4, 8, 8] = conv "wide" (%0, %1) {kernel = [3, 3], padding = explicit([1, 1], [1, 1])}
      constant %3 "k": f32[4, 4, 1, 1] = dense[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
      %4 "z": f32[1, 4, 8, 8] = conv "kept" (%2, %3) {kernel = [1, 1]}
      %5 "r": f32[1, 4, 8, 8] = relu "relu" (%4)
      output %5
    }
    products {
      product "wide" (positions = [1, 2])
      product "kept" (residual_columns = 2)
    }

    """

  private func read(_ text: String) throws -> StageDump {
    try StageDump(text: text, file: "case.aim") { try Chip.named($0) }
  }

  @Test func areRead() throws {
    let stage = try read(Self.sound)
    #expect(stage.verify().isEmpty)
    #expect(stage.text == Self.sound)
    var expected = ProductLayouts()
    expected[NodeID(0)].positions = [1, 2]
    expected[NodeID(1)].residualColumns = 2
    #expect(stage.layouts == expected)
    #expect(!stage.holdsMoreThanGraph)
  }

  @Test func productsOfTheHostAreRead() throws {
    let text = Self.sound.replacing("(residual_columns = 2)", with: "(digital)")
    let stage = try read(text)
    #expect(stage.verify().isEmpty && stage.text == text)
    #expect(stage.layouts[NodeID(1)] == ProductLayout(isDigital: true))
    let partition = try stage.graph.partitioned(
      for: Chip.named("tiny"), chips: nil, layouts: stage.layouts)
    #expect(partition.digital.map(\.node) == [NodeID(1)])
  }

  @Test func stayInEveryStage() throws {
    let given = try read(Self.sound)
    let (graph, layouts) = (given.graph, given.layouts)
    let input = Tensor((0..<64).map { Float($0 % 7) - 3 }, shape: [1, 1, 8, 8])
    let calibration = try graph.calibrated(with: [[input]], origin: "made", layouts: layouts)
    #expect(calibration.layers[0].samples.type.fixedShape?[1] == 12)
    let partition = try graph.partitioned(
      for: Chip.named("tiny"), chips: nil, layouts: layouts)
    let wide = partition.layers[0]
    #expect((wide.rows, wide.columns, wide.vectors) == (12, 8, 32))
    let quantization = try partition.quantized(by: calibration)
    let placement = try partition.placed()
    for stage in [
      StageDump(graph, layouts: layouts), StageDump(calibration, of: graph),
      StageDump(partition), StageDump(partition, calibration: calibration),
      StageDump(placement, calibration: calibration, quantization: quantization),
      StageDump(placement.scheduled(with: quantization)),
    ] {
      #expect(stage.verify().isEmpty)
      let again = try read(stage.text)
      #expect(again.layouts == layouts)
      #expect(again.text == stage.text)
      #expect(again.partition?.layouts == stage.partition?.layouts)
      #expect(again.calibration?.layouts == stage.calibration?.layouts)
    }
  }

  /// Without layouts there is no section, and a section without layouts is none.
  @Test func needNotBeThere() throws {
    let graph = try read(Self.sound).graph
    let text = StageDump(graph).text
    #expect(!text.contains("products"))
    #expect(try read(text).layouts.isEmpty)
    let empty = try read(text + "products {\n}\n")
    #expect(empty.layouts.isEmpty && empty.text == text)
  }

  @Test(arguments: [
    (#""r": f32[1, 4, 8, 8]"#, #""r": f32[1, 4, 8, 9]"#, "7:3: error: node \"relu\" (Relu): has"),
    ("explicit([1, 1], [1, 1])", "same_upper", "4:3: error: node \"wide\" (Conv): has a padding"),
    (#"product "kept""#, #"product "absent""#, "12:11: error: the graph has no node \"absent\""),
    (
      #"product "kept""#, #"product "relu""#,
      "12:11: error: node \"relu\" (Relu): is not a Conv, Gemm or MatMul with constant weights"
    ),
    (#"product "kept""#, #"product "wide""#, "12:11: error: node \"wide\": is laid out twice"),
    ("residual_columns = 2", "residual_columns = -2", "12:38: error: residual_columns is negative"),
    (
      "residual_columns = 2", "residual_columns = 3",
      "12:11: error: node \"kept\" (Conv): keeps 3 of its 4 columns for what is wrong in others"
    ),
    (
      "0.0, 0.0]", "0.0, -1.0]",
      "12:11: error: node \"kept\" (Conv): has weights other than 0 in column 3, which it keeps"
    ),
    ("residual_columns = 2", "residual_columns = 9223372036854775807", "12:11: error: node"),
    ("positions = [1, 2]", "positions = [1, 3]", "11:11: error: node \"wide\" (Conv): computes"),
    ("positions = [1, 2]", "positions = [-1, 2]", "11:11: error: node \"wide\" (Conv): computes"),
    ("positions = [1, 2]", "positions = [2]", "computes positions [2] together, which do not"),
    ("positions = [1, 2]", "positions = 2", "11:31: error: expected '['"),
    (
      "positions = [1, 2]", "",
      "11:19: error: expected 'positions', 'residual_columns' or 'digital'"
    ),
    (
      "positions = [1, 2]", "rows = 2",
      "11:19: error: expected 'positions', 'residual_columns' or 'digital'"
    ),
    ("positions = [1, 2]", "positions = [1, 2], rows = 2", "expected 'residual_columns'"),
    (#"product "wide" (positions = [1, 2])"#, "product", "expected the name of a node in quotes"),
    (#"product "wide" ("#, #"layer "wide" ("#, "11:3: error: expected 'product' or '}'"),
    ("positions = [1, 2])\n", "positions = [1, 2]) 3\n", "expected 'product' or '}', found '3'"),
  ])
  func areRefused(_ change: (from: String, to: String, message: String)) throws {
    try #require(Self.sound.contains(change.from))
    let error = #expect(throws: Diagnostics.self) {
      try read(Self.sound.replacing(change.from, with: change.to))
    }
    let messages = try #require(error).description
    #expect(messages.contains(change.message), "\(messages)")
    #expect(messages.hasPrefix("case.aim:"))
  }
}
