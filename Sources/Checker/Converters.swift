import Basics
import IR
import Program

/// The step in which an instruction takes or gives numbers.
struct ConverterStep {
  var place: Place
  var step: Float
  /// The rows of an input.
  var rows = 0..<0
  /// The columns of a whole sum, and the parts of the step that each is given in; empty for 1.
  var columns = 0..<0
  var parts: [Float] = []
}

extension Prover {
  /// Checks that the converters of a layer take their inputs in one step, or those of the rows of each range
  /// that training has found in one, those of the hidden state in one too, and give the whole sums of each
  /// column in one, and that steps which training has found are kept.
  mutating func checkConverters(of layer: Int) {
    let (node, steps) = (layers[layer].node, layers[layer].steps)
    let codes = program.chip.dac.maximumCode
    if node.ranges.differByRow {
      checkInputs(of: layer)
    } else {
      checkStep(of: layer, "input", steps.input, range: node.ranges.input.first, codes: codes)
    }
    checkStep(of: layer, "state", steps.state, range: node.ranges.state, codes: codes)
    checkStep(
      of: layer, "result", steps.result, range: node.ranges.output,
      codes: program.chip.ldpu.maximumCode)
  }

  /// Checks the steps of inputs whose rows have different ranges, each the next of equal parts of the rows, of
  /// which the first are larger by one row where they are not equal.
  private mutating func checkInputs(of layer: Int) {
    let (matrix, ranges) = (layers[layer].matrix, layers[layer].node.ranges.input)
    let rows = matrix.state?.row ?? matrix.rows
    guard matrix.shifted == nil, matrix.groups == 1, ranges.count <= rows else {
      return report(
        layer: layer, "has \(ranges.count) ranges of its input, and no parts of its rows")
    }
    var rangeOfRow: [Float] = []
    for (part, range) in ranges.enumerated() {
      // What is left is divided equally over the parts that are left, rounded up.
      let left = ranges.count - part
      let count = (rows - rangeOfRow.count + left - 1) / left
      rangeOfRow += [Float](repeating: range, count: count)
    }
    var steps: [Float: [ConverterStep]] = [:]
    for step in layers[layer].steps.input {
      guard let first = step.rows.first, step.rows.upperBound <= rangeOfRow.count else { continue }
      let range = rangeOfRow[first]
      if let other = step.rows.first(where: { rangeOfRow[$0] != range }) {
        report(
          layer: layer, at: step.place,
          "takes rows \(first) and \(other) in one step, of which training has found different ranges"
        )
      }
      steps[range, default: []].append(step)
    }
    for (range, steps) in steps.sorted(by: { $0.key < $1.key }) {
      checkStep(
        of: layer, "input", steps, range: range, codes: program.chip.dac.maximumCode)
    }
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
