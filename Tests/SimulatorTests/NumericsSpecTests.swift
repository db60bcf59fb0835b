import Basics
import Chip
import Foundation
import Program
import Simulator
import TestSupport
import Testing

/// The example of Specs/numerics.md, read from the page and run.
struct NumericsSpecTests {
  private static func example() throws -> [String: [String]] {
    let lines = try #require(try SpecificationPage("numerics.md").blocks("example").first)
    var values: [String: [String]] = [:]
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      values[words[0]] = Array(words.dropFirst())
    }
    return values
  }

  @Test func exampleHolds() throws {
    let example = try Self.example()
    func floats(_ name: String) throws -> [Float] {
      let words = try #require(example[name])
      let values = words.compactMap { Float($0) }
      try #require(values.count == words.count)
      return values
    }
    func float(_ name: String) throws -> Float { try floats(name)[0] }
    func double(_ name: String) throws -> Double {
      let word = try #require(example[name]?.first)
      return try #require(Double(word))
    }
    var chip = smallChip(
      precision: try #require(Precision(rawValue: example["ldpu.precision"]![0])),
      rounding: try #require(ADC.Rounding(rawValue: example["adc.rounding"]![0])),
      countsPerGMax: try double("adc.counts-per-g-max"))
    chip.dac.bits = Int(try double("dac.bits"))
    chip.adc.bits = Int(try double("adc.bits"))
    chip.ldpu.outputBits = Int(try double("ldpu.output-bits"))
    chip.crossbar.gMax = try double("crossbar.g-max")
    let g = try floats("g")
    let x = try floats("x")
    let layer = Layer(
      rows: g.count, columns: 1, conductances: g, inputScale: try float("mvm.scale"),
      gain: try floats("affine.gain"), offset: try floats("affine.offset"),
      scale: try float("affine.scale"), partial: try float("affine.partial"),
      gMax: try float("block.g-max"), chip: chip)
    let simulation = try Simulation(layer.program(), fidelity: .quantized)
    var options = Simulation.Options()
    options.recorded = [
      BufferID(try #require(simulation.program.buffers.firstIndex { $0.name == "columns 0" }))
    ]
    let results = try simulation.run(
      [Tensor(x, shape: [1, g.count]), layer.linkInput(try floats("link"))], options: options)
    #expect(results.recorded[0].elements(of: Float.self) == (try floats("counts")))
    #expect(results.outputs[0].elements(of: Float.self) == (try floats("result")))
    #expect(results.statistics.tiles[0].inputsClipped == 1)

    // The steps between, from the page's own words.
    let codes = try floats("codes")
    #expect(
      codes == x.map { min(max(($0 / layer.inputScale).rounded(.toNearestOrEven), -127), 127) })
    let products = zip(codes, g).map(*)
    let positive = products.filter { $0 > 0 }.reduce(0, +)
    let negative = -products.filter { $0 < 0 }.reduce(0, +)
    #expect([positive, negative] == (try floats("currents")))
    let countsPerCode = try float("counts-per-code")
    #expect(
      countsPerCode
        == Float(chip.adc.countsPerGMax / 127 * (Double(layer.gMax) / chip.crossbar.gMax)))
    #expect(
      [positive, negative].map { ($0 * countsPerCode).rounded(.down) } == (try floats("counts")))
    func half(_ value: Float) -> Float { Float(Float16(value)) }
    let (a, b, l) = (try float("A"), try float("B"), try float("L"))
    #expect(a == half(layer.gain[0] / (countsPerCode * layer.scale)))
    #expect(b == half(layer.offset[0] / layer.scale))
    #expect(l == half(layer.partial / layer.scale))
    let counts = try floats("counts")
    let y = half(a * (counts[0] - counts[1]) + b)
    #expect(y == (try float("y")))
    let link = (try float("link") / layer.partial).rounded(.toNearestOrEven)
    #expect(half(l * link + y) == (try float("y-with-link")))
    #expect(try float("y-with-link").rounded(.toNearestOrEven) == (try float("code")))
    #expect(try float("code") * layer.scale == (try float("result")))
  }
}
