import Basics
import Chip
import Device
import IR
import Passes
import Reference
import Testing

/// What is done for the accuracy on a chip keeps what a network computes.
@Suite struct AccuracyTests {
  @Test(arguments: Models.legal)
  func keepsResults(_ name: String) throws {
    let legal = try Models.legalGraph(name)
    let inputs = try Models.inputs(of: name)
    let expected = try evaluate(legal, inputs: inputs)
    let crossbar = try Chip.named("tiny").crossbar
    let centered = try legal.centered(by: [inputs], codes: 127)
    let smoothed = try legal.smoothed(by: [inputs])
    // Factors are powers of two.
    for (result, expected) in zip(try evaluate(smoothed, inputs: inputs), expected) {
      #expect(compare(result, with: expected).isEqual(within: 0))
    }
    for changed in [
      centered, smoothed, try smoothed.centered(by: [inputs], codes: 127),
      legal.copied(for: crossbar, factor: 2).graph,
      centered.copied(for: crossbar, factor: 1).graph, legal.copiedInRows(for: crossbar),
      centered.copiedInRows(for: crossbar).copied(for: crossbar, factor: 1).graph,
      centered.copied(for: crossbar, factor: 2, residual: true).graph,
    ] {
      #expect(changed.verify().isEmpty)
      #expect(changed.outputs.map { changed[$0].name } == legal.outputs.map { legal[$0].name })
      for (result, expected) in zip(try evaluate(changed, inputs: inputs), expected) {
        #expect(compare(result, with: expected).isEqual(within: 1e-4))
      }
    }
  }

  /// What all copies of a product meet is what the first of them meets alone.
  @Test(arguments: ["gemm", "conv-2d", "conv-batchnorm"])
  func oneCopyCalibratesAll(_ name: String) throws {
    let legal = try Models.legalGraph(name)
    let inferences = try [Models.inputs(of: name)]
    let crossbar = try Chip.named("hermes").crossbar
    func copied(onlyFirst: Bool) -> (graph: Graph, layouts: ProductLayouts) {
      legal.copiedInRows(for: crossbar, onlyFirst: onlyFirst)
        .copied(for: crossbar, factor: 1, residual: true, onlyFirst: onlyFirst)
    }
    let (all, layouts) = copied(onlyFirst: false)
    #expect(!layouts.isEmpty)
    #expect(layouts.inOrder.allSatisfy { $0.layout.residualColumns > 0 })
    #expect(copied(onlyFirst: true).layouts.isEmpty)
    let expected = try all.calibrated(with: inferences, origin: "all", layouts: layouts)
    let found = try all.calibrated(
      with: inferences, origin: "one", layouts: layouts, single: copied(onlyFirst: true).graph)
    #expect(found.layers.map(\.node) == expected.layers.map(\.node))
    // Sums of the copies are rounded in another way.
    func areEqual(_ a: Float, _ b: Float) -> Bool { abs(a - b) <= 1e-5 * max(abs(a), 1) }
    for (found, expected) in zip(found.layers, expected.layers) {
      #expect(areEqual(found.inputMaximum, expected.inputMaximum))
      #expect(areEqual(found.outputMaximum, expected.outputMaximum))
      #expect(found.samples.type == expected.samples.type)
      let samples = try [found, expected].map {
        try #require($0.samples.tensor).elements(of: Float.self)
      }
      #expect(zip(samples[0], samples[1]).allSatisfy(areEqual))
    }
  }

  @Test func inputsOfProductsHaveNoMean() throws {
    let graph = try Models.legalGraph("conv-batchnorm")
    let inputs = try Models.inputs(of: "conv-batchnorm")
    let centered = try graph.centered(by: [inputs], codes: 127)
    var means: [Double] = []
    let names = Set(
      centered.nodes.compactMap { node -> String? in
        guard case .conv = node.op, let input = node.operands[0] else { return nil }
        return centered[input].name
      })
    _ = try Evaluator(centered).evaluate(inputs) { value, tensor in
      guard names.contains(centered[value].name) else { return }
      let elements = tensor.elements(of: Float.self)
      let largest = elements.map(\.magnitude).max() ?? 0
      means.append(
        elements.reduce(0) { $0 + Double($1) } / Double(elements.count) / Double(max(largest, 1e-9))
      )
    }
    #expect(!means.isEmpty)
    // Padding is not part of the mean.
    for mean in means { #expect(abs(mean) < 0.3) }
  }

  /// Zeros, as padding and ReLU give them, keep a code of the DAC of their own.
  @Test func meansAreWholeStepsOfTheDAC() throws {
    let graph = try Models.legalGraph("conv-batchnorm")
    let inputs = try Models.inputs(of: "conv-batchnorm")
    let centered = try graph.centered(by: [inputs], codes: 127)
    let products = centered.nodes.filter { if case .conv = $0.op { true } else { false } }
    #expect(!products.isEmpty)
    for node in products {
      let input = try #require(node.operands[0])
      var largest: Float = 0
      _ = try Evaluator(centered).evaluate(inputs) { value, tensor in
        guard value == input else { return }
        largest = tensor.elements(of: Float.self).map(\.magnitude).max() ?? 0
      }
      let means = try #require(centered.subtracted(before: node.name))
      for mean in means {
        let steps = mean / largest * 127
        // Of channels so far from it, zero has no code anyway.
        if node.name == "conv2" && steps > 127 { continue }
        #expect(abs(steps - steps.rounded()) < 1e-3, "\(node.name) \(steps)")
      }
    }
  }

  /// The largest of the expected conductances of predistorted weights over the weights, less the
  /// smallest, in parts of the largest; 0 where they are in proportion.
  private func disproportion(_ predistortion: Predistortion?, at time: Double) throws -> Double {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    let graph = try Models.legalGraph("gemm")
    let inputs = try Models.inputs(of: "gemm")
    let calibration = try graph.calibrated(with: [inputs], origin: "test")
    let partition = try graph.partitioned(for: Chip.named("hermes"), chips: 1)
    var options = QuantizationOptions()
    options.range = 0.5
    options.predistortion = predistortion
    let quantization = try partition.quantized(by: calibration, options: options)
    let block = quantization.layers[0].blocks[0][0]
    #expect(block.gMax <= 10.35)
    let points = block.decoding.isEmpty ? (0...32).map { Float($0) / 32 } : block.decoding
    let zero = model.expectedConductance(of: 0, at: time)
    let ratios = (4...32).map { index in
      (model.expectedConductance(of: Double(block.gMax) * Double(index) / 32, at: time) - zero)
        / Double(points[index])
    }
    return (ratios.max()! - ratios.min()!) / ratios.max()!
  }

  @Test func predistortedTargetsKeepProportions() throws {
    let model = try #require(try Chip.named("hermes").device("hermes-tdp"))
    let day = Predistortion(model: model, times: [86400])
    #expect(try disproportion(day, at: 86400) < 1e-5)
    #expect(try disproportion(nil, at: 86400) > 0.1)
    #expect(try disproportion(day, at: 7 * 86400) < disproportion(nil, at: 7 * 86400))
  }
}

extension Graph {
  /// The means that are subtracted from the input of a product.
  func subtracted(before product: String) -> [Float]? {
    let node = nodes.first { $0.name == "\(product)·center" }
    return node?.operands[1].flatMap { tensor(of: $0) }?.elements(of: Float.self)
  }
}
