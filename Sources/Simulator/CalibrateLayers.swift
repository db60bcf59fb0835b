import Basics
import Program

extension CalibrationRun {
  /// How many times the steps of an inference all samples may take together.
  private static let limitFactor = 64

  /// Corrects one layer after the other, in the order of their blocks, each with what the chip, corrected
  /// so far, makes of the program's samples where its probe's vectors come up.
  ///
  /// Throws `Diagnostics` if the program has no samples, or fails on one.
  mutating func correctLayerByLayer() throws {
    let program = chip.program
    guard let samples = program.samples else {
      throw Diagnostics(
        Diagnostic(
          .error, "the program has no samples of inputs to calibrate layer by layer with",
          help: "compile with --routine layers"))
    }
    let products = program.products
    let steps = chip.plan.steps.saturatingProduct(program.sampleCount)
    guard steps / Self.limitFactor <= chip.plan.limits.steps else {
      throw Diagnostics(
        Diagnostic(
          .error,
          "\(program.sampleCount) samples take too many instructions to calibrate a layer with",
          supported: "up to \(Self.limitFactor) times those that an inference may take",
          help: "give --max-instructions to allow more"))
    }
    var layers: [(node: String, tiles: [Int])] = []
    for block in program.blocks where layers.last?.node != block.node {
      if layers.contains(where: { $0.node == block.node }) { continue }
      layers.append(
        (
          block.node,
          program.tiles.indices.filter {
            program.blocks[program.tiles[$0].block.index].node == block.node
          }
        ))
    }
    for (_, tiles) in layers {
      let known = tiles.compactMap { tile in
        products[tile].flatMap { probe(of: tile)?.places.count ?? 0 > 0 ? (tile, $0) : nil }
      }
      let buffers = Array(Set(known.map(\.1.source.buffer))).sorted { $0.index < $1.index }
      var codes: [Int: Bytes] = [:]
      if !known.isEmpty {
        var options = Simulation.Options()
        options.recorded = buffers
        options.goals = known.map { ($0.1.stream, $0.1.instruction) }
        let results = try simulation().run(samples, options: options)
        count(results.statistics.tiles.reduce(0) { $0 + $1.multiplications })
        for (buffer, tensor) in zip(buffers, results.recorded) {
          guard let values = tensor.floats else { continue }
          for (tile, product) in known where product.source.buffer == buffer {
            codes[tile] = product.codes(
              of: values, samples: program.sampleCount,
              at: probe(of: tile)?.samplePlaces ?? [], largest: program.chip.dac.maximumCode)
          }
        }
      }
      try correct(tiles, codes: codes)
    }
  }
}

/// The `mvm` of a tile.
private struct TileProduct {
  var source: Descriptor
  /// The step of the input converters.
  var scale: Float
  var stream: Int
  var instruction: Int

  /// The codes of the vectors at `places` of so many `samples`, in which the memory that is read holds
  /// `values`, one after the other.
  func codes(of values: [Float], samples: Int, at places: [Probe.Place], largest: Int) -> Bytes {
    let (size, limit) = (values.count / max(samples, 1), Float(largest))
    var codes: [Int16] = []
    for place in places {
      let start = place.sample * size
      for address in source.addresses(ofVector: place.vector) {
        let value = address.map { values[start + $0] } ?? source.fill
        let code = nearestInteger(clipped(value / scale, to: limit))
        codes.append(Int16(code == code ? code : 0))
      }
    }
    return Bytes(copying: codes)
  }
}

extension Program {
  /// The first `mvm` of every tile.
  fileprivate var products: [TileProduct?] {
    var products = [TileProduct?](repeating: nil, count: tiles.count)
    for (stream, code) in streams.map(\.code).enumerated() {
      for (number, instruction) in code.enumerated() where instruction.opcode == .mvm {
        let tile = Int(instruction.operands[2])
        guard products[tile] == nil else { continue }
        products[tile] = TileProduct(
          source: descriptors[Int(instruction.operands[1])], scale: instruction.immediates[0],
          stream: stream, instruction: number)
      }
    }
    return products
  }
}

extension Tensor {
  /// The elements of a floating tensor that converters can read.
  fileprivate var floats: [Float]? {
    switch type {
    case .f32: elements(of: Float.self)
    case .f16: elements(of: Float16.self).map(Float.init)
    default: nil
    }
  }
}
