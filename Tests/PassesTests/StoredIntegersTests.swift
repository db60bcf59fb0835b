import Basics
import Chip
import IR
import Passes
import Reference
import Testing

/// Products between quantized values, and products of integers.
struct StoredIntegersTests {
  /// A convolution with ReLU between quantized values of `type`.
  private func quantized(
    _ type: String, zeroPoint: Int, resultZeroPoint: Int
  ) throws -> Graph {
    try Graph(
      text: """
        graph "qdq" {
          input %0 "x": f32[2, 3, 6, 6]
          constant %1 "step": f32[] = dense[0.0078125]
          constant %2 "zero": \(type)[] = dense[\(zeroPoint)]
          %3 "q": \(type)[2, 3, 6, 6] = quantize "quantize" (%0, %1, %2) {to = \(type)}
          %4 "d": f32[2, 3, 6, 6] = dequantize "dequantize" (%3, %1, %2) {to = f32}
          constant %5 "w": f32[5, 3, 3, 3] = random(seed: 1)
          %6 "y": f32[2, 5, 6, 6] = conv "conv" (%4, %5) {kernel = [3, 3], padding = same_upper}
          %7 "r": f32[2, 5, 6, 6] = relu "relu" (%6)
          constant %8 "result step": f32[1] = dense[0.02]
          constant %9 "result zero": \(type)[] = dense[\(resultZeroPoint)]
          %10 "qy": \(type)[2, 5, 6, 6] = quantize "quantize y" (%7, %8, %9) {to = \(type)}
          %11 "dy": f32[2, 5, 6, 6] = dequantize "dequantize y" (%10, %8, %9) {to = f32}
          output %11
        }

        """)
  }

  private func input() throws -> Tensor {
    let value = Value(
      name: "x", type: ValueType(.f32, fixed: [2, 3, 6, 6]), constant: .random(seed: 3))
    return try #require(value.tensor)
  }

  @Test(
    arguments: [
      ("i8", -128, -128), ("i8", 0, -128), ("i8", 5, 3), ("u8", 128, 0), ("u8", 0, 128),
      ("u8", 255, 0),
    ] as [(String, Int, Int)])
  func scalesOfTheModelBecomeThoseOfConverters(_ type: String, _ zero: Int, _ resultZero: Int)
    throws
  {
    let graph = try quantized(type, zeroPoint: zero, resultZeroPoint: resultZero)
    #expect(graph.verify().isEmpty)
    let input = try input()
    let expected = try evaluate(graph, inputs: [input])[0].elements(of: Float.self)
    let fused = graph.fused()
    #expect(fused.verify().isEmpty)
    // Sums that lie in the middle between two steps may fall on either side.
    let result = try evaluate(fused, inputs: [input])[0].elements(of: Float.self)
    let distances = zip(result, expected).map { ($0 - $1).magnitude }
    #expect(distances.allSatisfy { $0 <= 0.0201 })
    #expect(distances.count { $0 > 1e-6 } * 100 <= distances.count)
    #expect(Set(expected).count > 10)

    let names = fused.nodes.map(\.op.mnemonic)
    #expect(names.count { $0 == "dequantize" } == 1)
    #expect(names.contains("pad") == (zero != (type == "u8" ? 128 : 0)))
    guard case .conv(let convolution)? = fused.nodes.first(where: { $0.name == "conv" })?.op else {
      return #expect(Bool(false), "there is no convolution")
    }
    #expect(convolution.relu == (resultZero != (type == "u8" ? 0 : -128)))

    let legal = try fused.legalized()
    let partition = try legal.partitioned(for: Chip.named("hermes"), chips: 1)
    let ranges = try partition.quantized(
      by: legal.calibrated(with: [[input]], origin: "random")
    ).layers[0]
    #expect(ranges.inputScale == 1 && ranges.outputScale == 1)
  }

  /// Integers that leave most codes of the DAC free take several each, and all as many.
  @Test(
    arguments: [
      ("i8", 0, 1), ("u8", 0, 1), ("i4", 0, 8), ("u4", 0, 8), ("u4", 8, 8), ("i2", 0, 32),
    ] as [(String, Int, Int)])
  func integersOfFewBitsSpanTheConverter(_ type: String, _ zero: Int, _ codes: Int) throws {
    let graph = try quantized(type, zeroPoint: zero, resultZeroPoint: 0)
    let input = try input()
    let legal = try graph.fused().legalized()
    let partition = try legal.partitioned(for: Chip.named("hermes"), chips: 1)
    let ranges = try partition.quantized(
      by: legal.calibrated(with: [[input]], origin: "random")
    ).layers[0]
    #expect(1 / ranges.inputScale == Float(codes))
    #expect(ranges.outputScale == 1)
  }

  /// A product between functions of steps, as QONNX writes quantization; `steps` makes %9 of %8.
  private func stepped(_ steps: String) throws -> Graph {
    try Graph(
      text: """
        graph "steps" {
          input %0 "x": f32[512, 20]
          constant %1 "low": f32[] = dense[-3]
          constant %2 "high": f32[] = dense[3]
          %3 "clipped": f32[512, 20] = clip "clip" (%0, %1, %2)
          %4 "rounded": f32[512, 20] = round "round" (%3)
          constant %5 "unit": f32[] = dense[0.3]
          %6 "scaled": f32[512, 20] = mul "scale" (%4, %5)
          constant %7 "w": f32[20, 6] = random(seed: 4)
          %8 "sums": f32[512, 6] = matmul "product" (%6, %7)
        \(steps)
          output %9
        }

        """)
  }

  private func ranges(_ graph: Graph) throws -> (layer: LayerQuantization, sums: Float) {
    let value = Value(
      name: "x", type: ValueType(.f32, fixed: [512, 20]), constant: .random(seed: 5))
    let input = try #require(value.tensor)
    let legal = try graph.fused().legalized()
    let partition = try legal.partitioned(for: Chip.named("hermes"), chips: 1)
    let calibration = try legal.calibrated(with: [[input]], origin: "random")
    return (
      try partition.quantized(by: calibration).layers[0], calibration.layers[0].outputMaximum
    )
  }

  /// What is clipped and rounded is taken in whole codes, and what is to be rounded is rounded by the LDPU.
  @Test(arguments: [
    "  %10: f32[512, 6] = clip \"clip y\" (%8, %1, %2)\n  %9 \"y\": f32[512, 6] = round \"round y\" (%10)",
    "  %10: f32[512, 6] = round \"round y\" (%8)\n  %9 \"y\": f32[512, 6] = clip \"clip y\" (%10, %1, %2)",
  ])
  func functionsOfStepsBecomeThoseOfConverters(steps: String) throws {
    let ranges = try ranges(stepped(steps)).layer
    #expect(0.3 / ranges.inputScale == 32)
    #expect(ranges.outputScale == 1)
  }

  /// Integers that are more than the DAC has codes for span it as other numbers do, wherever they come from.
  @Test(arguments: ["u8", "i8", "f32"], [false, true])
  func integersBeyondTheCodesAreNotCut(type: String, isMoved: Bool) throws {
    let isStored = type != "f32"
    let steps =
      isStored
      ? "  %3 \"codes\": f32[20, 20] = cast \"cast\" (%0) {to = f32}"
      : """
        constant %1 "low": f32[] = dense[0]
        constant %2 "high": f32[] = dense[255]
        %9 "clipped": f32[20, 20] = clip "clip" (%0, %1, %2)
        %3 "codes": f32[20, 20] = round "round" (%9)
      """
    let moved =
      "  %4 \"moved\": f32[20, 20] = transpose \"transpose\" (%3) {permutation = [1, 0]}\n"
    let graph = try Graph(
      text: """
        graph "beyond" {
          input %0 "x": \(type)[20, 20]
        \(steps)
        \(isMoved ? moved : "")  constant %5 "w": f32[20, 6] = random(seed: 4)
          %6 "y": f32[20, 6] = matmul "product" (\(isMoved ? "%4" : "%3"), %5)
          output %6
        }

        """)
    let numbers = (0..<400).map { Float(type == "i8" ? $0 % 256 - 128 : $0 % 256) }
    let input =
      switch type {
      case "i8": Tensor(numbers.map { Int8($0) }, shape: [20, 20])
      case "u8": Tensor(numbers.map { UInt8($0) }, shape: [20, 20])
      default: Tensor(numbers, shape: [20, 20])
      }
    let legal = try graph.fused().legalized()
    let partition = try legal.partitioned(for: Chip.named("hermes"), chips: 1)
    let layer = try partition.quantized(
      by: legal.calibrated(with: [[input]], origin: "all")
    ).layers[0]
    let largest = try #require(numbers.map(\.magnitude).max())
    #expect((layer.inputScale * 127 - largest).magnitude <= (type == "i8" ? 1 : 0.001))
  }

  /// A sign needs to know sums near zero alone.
  @Test func signsAreRangedWhereTheyChange() throws {
    let sign = """
        constant %11 "zero": f32[] = dense[0]
        %10: bool[512, 6] = greater_or_equal "compare" (%8, %11)
        constant %12 "one": f32[] = dense[1]
        constant %13 "minus one": f32[] = dense[-1]
        %9 "y": f32[512, 6] = where "sign" (%10, %12, %13)
      """
    let (ranges, sums) = try ranges(stepped(sign))
    #expect(ranges.outputScale * 127 < sums / 2)
  }

  @Test func whatIsQuantizedByManyScalesStays() throws {
    let graph = try Graph(
      text: """
        graph "axis" {
          input %0 "q": i8[1, 3]
          constant %1 "steps": f32[3] = dense[0.5, 1, 2]
          %2 "d": f32[1, 3] = dequantize "dequantize" (%0, %1) {to = f32}
          constant %3 "w": f32[3, 2] = random(seed: 1)
          %4 "y": f32[1, 2] = matmul "product" (%2, %3)
          output %4
        }

        """)
    #expect(graph.fused() == graph)
  }

  @Test func gatesTakeNoStoredIntegers() throws {
    let graph = try Graph(
      text: """
        graph "lstm" {
          input %0 "q": i8[5, 1, 3]
          constant %1 "step": f32[] = dense[0.5]
          %2 "d": f32[5, 1, 3] = dequantize "dequantize" (%0, %1) {to = f32}
          constant %3 "w": f32[1, 16, 3] = random(seed: 1)
          constant %4 "r": f32[1, 16, 4] = random(seed: 2)
          %5 "y": f32[5, 1, 1, 4], %6 "h": f32[1, 1, 4], %7 "c": f32[1, 1, 4] = lstm "lstm" (%2, %3, %4)
          output %5
        }

        """)
    #expect(graph.fused() == graph)
  }

  @Test func productsOfIntegersAreExact() throws {
    let graph = try Graph(
      text: """
        graph "integers" {
          input %0 "a": u8[2, 3]
          %1 "a32": i32[2, 3] = cast "cast" (%0) {to = i32}
          constant %2 "zero": i32[] = dense[7]
          %3 "shifted": i32[2, 3] = sub "sub" (%1, %2)
          constant %4 "w": i32[3, 2] = dense[1, -2, 3, 40, -50, 127]
          %5 "y": i32[2, 2] = matmul "product" (%3, %4)
          output %5
        }

        """)
    let input = Tensor([UInt8(0), 255, 3, 128, 7, 90], shape: [2, 3])
    let fused = graph.fused()
    #expect(fused.verify().isEmpty)
    #expect(try evaluate(fused, inputs: [input]) == evaluate(graph, inputs: [input]))
    #expect(
      fused.nodes.map(\.op.mnemonic) == ["cast", "sub", "matmul", "round", "cast"])
  }
}
