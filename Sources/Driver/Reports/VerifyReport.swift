import Basics
import Program
import Simulator

/// Whether a compiled network is what it was before.
struct VerifyReport: Report {
  /// Where a program first departs from the reference.
  struct Departure: Encodable {
    var node: String
    var op: String
    var inference: Int
    var relativeError: Double
  }

  var network: String
  var chip: String
  var chips: Int
  var device: String
  /// What the figures of the device assume.
  var assumptions: String?
  var data: String
  var inferences: Int
  var comparisons: [OutputComparison]
  /// The part of the labelled samples that the reference and the device classify rightly.
  var referenceAccuracy: Accuracy?
  var deviceAccuracy: Accuracy?
  /// The analog part of the multiply-accumulates of all products, of those with constant weights, and of these
  /// that are not depthwise.
  var analogShare: Double
  var analogShareOfConstant: Double
  var analogShareWithoutDepthwise: Double
  /// The number of blocks in which weights are cut on purpose; `nil` for none.
  var cutBlocks: Int?
  var counts: SimulationCounts
  var seconds: Double
  var passes: Bool
  var firstDeparture: Departure?

  init(
    compilation: CompileReport, device: DeviceOptions, of program: ValidProgram, data: DataSet,
    ports: [DataPort], kinds: [OutputKind], reference: [Tensor], run: SimulationRun,
    tolerance: Tolerance? = nil
  ) {
    network = compilation.network
    chip = compilation.chip
    chips = compilation.chips
    let described = DeviceReport(device, of: program)
    self.device = described.device
    assumptions = described.assumptions
    self.data = data.path
    inferences = data.count
    let cut = program.blocks.count(where: \.isCut)
    cutBlocks = cut == 0 ? nil : cut
    comparisons = []
    func limits(expected: Bool) -> ComparisonLimits {
      ComparisonLimits(device.device, expected: expected, cutsWeights: cut > 0)
    }
    for (index, port) in ports.enumerated() {
      comparisons.append(
        OutputComparison(
          port.name, run.outputs[index], from: self.device, with: reference[index],
          from: "reference", kind: kinds[index], limits: limits(expected: false)))
      guard let expected = data.expected[index] else { continue }
      comparisons.append(
        OutputComparison(
          port.name, reference[index], from: "reference", with: expected, from: "expected",
          kind: kinds[index], limits: .reference, tolerance: tolerance))
      comparisons.append(
        OutputComparison(
          port.name, run.outputs[index], from: self.device, with: expected, from: "expected",
          kind: kinds[index], limits: limits(expected: true), tolerance: tolerance))
    }
    referenceAccuracy = Accuracy(reference, ports: ports, labels: data.labels)
    deviceAccuracy = Accuracy(run.outputs, ports: ports, labels: data.labels)
    let macs = compilation.analogMACs + compilation.digitalMACs
    analogShare = macs == 0 ? 0 : Double(compilation.analogMACs) / Double(macs)
    analogShareWithoutDepthwise = compilation.analogShareWithoutDepthwise
    analogShareOfConstant = compilation.analogShareOfConstant
    counts = run.counts
    seconds = run.seconds
    passes = false
    if device.device.hasDevices, let referenceAccuracy, let deviceAccuracy {
      // What is labelled is judged by that.
      let loss = referenceAccuracy.share - deviceAccuracy.share
      for index in comparisons.indices
      where comparisons[index].output == deviceAccuracy.output
        && comparisons[index].source == self.device
      {
        comparisons[index].accuracyLoss = loss
      }
    }
    passes = comparisons.allSatisfy(\.passes)
  }

  /// Accepts of outputs that depart what rounding alone does to them in the inference that departs
  /// most: `moved` gives the outputs of that inference of `reference` with their rounding moved.
  ///
  /// Nothing changes where the limits are those of converters or devices.
  mutating func acceptRounding(
    ports: [DataPort], kinds: [OutputKind], reference: [Tensor], moved: (Int) throws -> [[Tensor]]
  ) throws {
    var known: [Int: [[Tensor]]] = [:]
    for index in comparisons.indices
    where !comparisons[index].passes
      && comparisons[index].limit <= ComparisonLimits.reference.relativeError
    {
      let comparison = comparisons[index]
      guard comparison.mismatch == nil,
        let output = ports.firstIndex(where: { $0.name == comparison.output })
      else { continue }
      let inference = comparison.inference
      let outputs = try known[inference] ?? moved(inference)
      known[inference] = outputs
      let expected = reference[output].rows(inference..<inference + 1)
      let moves = outputs.map { moved in
        OutputComparison(
          comparison.output, moved[output].reshaped(expected.shape), from: "moved", with: expected,
          from: "reference", kind: kinds[output], limits: .reference)
      }
      let part = [.label, .sum].contains(kinds[output]) ? 1 / Double(inferences) : 1
      comparisons[index].accept(moves, part: part)
    }
    passes = comparisons.allSatisfy(\.passes)
  }

  /// The report as a person reads it; the last line is the verdict.
  var page: Page {
    var table = Table(
      "output<", "from<", "compared with<", "relative error", "limit",
      .init("same, %", rank: 1), "result<")
    for row in comparisons {
      table.add(
        row.output, row.source, row.against,
        row.mismatch == nil ? scientific(row.relativeError) : "-", row.limitText,
        row.top1Agreement.map { fixed(100 * $0, 2) } ?? "-",
        row.mismatch ?? (row.passes ? "equal" : "departs"))
    }
    var text = "\ndata           \(printable(data)), \(inferences) inferences\n"
    text += analogLine(
      analogShare, ofConstant: analogShareOfConstant, withoutDepthwise: analogShareWithoutDepthwise)
    if let cutBlocks {
      text += "cut weights    in \(cutBlocks) blocks, on purpose (--weight-range mse)\n"
    }
    if let referenceAccuracy { text += "accuracy       reference \(referenceAccuracy.text)\n" }
    if let deviceAccuracy { text += "               \(device) \(deviceAccuracy.text)\n" }
    if let assumptions { text += "assumes        \(assumptions)\n" }
    text += counts.text(inferences: inferences)
    var page = Page(table)
    page += text
    page.end(verdict.subject, verdict.reason)
    return page
  }

  /// What passes or fails, and why.
  var verdict: (subject: String, reason: String) {
    let subject = "\(printable(network)) on \(chips) × \(printable(chip)), \(device)"
    guard let failed = comparisons.first(where: { !$0.passes }) else {
      var text = ""
      if let judged = comparisons.first(where: { $0.accuracyLoss != nil }) {
        text += "accuracy \(judged.errorText), of at most \(judged.limitText)"
      } else {
        let worst = comparisons.map(\.relativeError).max() ?? 0
        text += "error at most \(scientific(worst))"
      }
      text += " in \(inferences) inferences"
      return ("PASS \(subject)", text + (cutBlocks == nil ? "" : ", weights cut on purpose"))
    }
    if failed.accuracyLoss != nil {
      return ("FAIL \(subject)", "accuracy \(failed.errorText), limit \(failed.limitText)")
    }
    var text = "output \"\(printable(failed.output))\" of \(failed.source) departs "
    text += "from \(failed.against) in inference \(failed.inference)"
    text +=
      failed.mismatch.map { ": \($0)" }
      ?? ": \(failed.errorText), limit \(failed.limitText)"
    if let departure = firstDeparture {
      text += "; first at node \"\(printable(departure.node))\" (\(departure.op)), "
      text += scientific(departure.relativeError)
    }
    return ("FAIL \(subject)", text)
  }
}

extension OutputComparison {
  /// The limit: of the accuracy, of the relative error, or a number of steps of the output's scale.
  fileprivate var limitText: String {
    if accuracyLoss != nil { return "\(fixed(100 * ComparisonLimits.accuracyLoss, 0)) points" }
    guard let limitInSteps, let step else {
      let agreement = sufficientAgreement.map { ", or \(fixed(100 * $0, 0)) % same" } ?? ""
      return scientific(limit) + (top1Agreement == nil ? "" : agreement)
    }
    return "\(limitInSteps) step\(limitInSteps == 1 ? "" : "s") of \(significant(step))"
  }

  /// How far the output is from what it should be, as the limit counts.
  fileprivate var errorText: String {
    if let accuracyLoss { return "\(fixed(100 * accuracyLoss, 2)) points below the reference" }
    return differenceInSteps.map { "\(fixed($0, 2)) steps" } ?? scientific(relativeError)
  }
}
