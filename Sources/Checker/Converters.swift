import Basics
import IR
import Program

/// The step in which an instruction takes or gives numbers.
struct ConverterStep {
  var place: Place
  var step: Float
  /// The columns of a whole sum, and the parts of the step that each is given in; empty for 1.
  var columns = 0..<0
  var parts: [Float] = []
}

extension Prover {
  /// Checks that the converters of a layer take their inputs in one step, those of the hidden state in
  /// one too, and give the whole sums of each column in one, and that steps which training has found are
  /// kept.
  mutating func checkConverters(of layer: Int) {
    let (node, steps) = (layers[layer].node, layers[layer].steps)
    checkStep(
      of: layer, "input", steps.input, range: node.ranges.input, codes: program.chip.dac.maximumCode
    )
    checkStep(of: layer, "state", steps.state, range: nil, codes: program.chip.dac.maximumCode)
    checkStep(
      of: layer, "result", steps.result, range: node.ranges.output,
      codes: program.chip.ldpu.maximumCode)
  }

  private mutating func checkStep(
    of layer: Int, _ what: String, _ steps: [ConverterStep], range: Float?,
    codes: Int
  ) {
    guard let first = steps.first else { return }
    if let other = steps.first(where: { $0.step != first.step }) {
      report(
        layer: layer, at: other.place,
        "has a step of the \(what) of \(other.step), and \(name(of: first.place)) one of \(first.step)"
      )
    }
    var parts: [Range<Int>: [Float]] = [:]
    for step in steps
    where parts.updateValue(step.parts, forKey: step.columns) ?? step.parts != step.parts {
      report(
        layer: layer, at: step.place,
        "gives columns \(step.columns) in steps of the \(what) that others are not given in")
    }
    // Integers that the network quantizes itself are taken and given as they are.
    guard let range, first.step != 1 else { return }
    // No step is subnormal.
    let trained = max(Double(range) / Double(codes), Double(Float.leastNormalMagnitude))
    if let other = steps.first(where: { !$0.parts.isEmpty }) {
      report(
        layer: layer, at: other.place,
        "has steps of the \(what) for each column, where training has found one")
    }
    if (Double(first.step) - trained).magnitude > trained * 0x1p-23 {
      report(
        layer: layer, at: first.place,
        "has a step of the \(what) of \(first.step), of which training says \(trained)")
    }
  }

  /// Checks that a port has the step of a converter that reads it, and 0 if none does.
  mutating func checkPortScales() {
    var steps: [BufferID: [Float]] = [:]
    for stream in program.streams {
      for instruction in stream.code where instruction.opcode == .mvm {
        steps[descriptor(instruction, 1).buffer, default: []].append(instruction.immediates[0])
      }
    }
    for port in program.inputs + program.outputs {
      if !steps[port.buffer, default: [0]].contains(port.scale) {
        report("\"\(port.name)\" has the step \(port.scale), which no converter has that reads it")
      }
    }
  }
}
