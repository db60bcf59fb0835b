import Basics

/// Whether a compiled network is what it was before.
struct VerifyReport: Encodable {
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
  /// The analog part of the multiply-accumulates of all products with constant weights, and of those
  /// that are not depthwise.
  var analogShare: Double
  var analogShareWithoutDepthwise: Double
  var counts: SimulationCounts
  var seconds: Double
  var passes: Bool
  var firstDeparture: Departure?

  init(
    compilation: CompileReport, device: DeviceReport, limit: Double, data: DataSet,
    ports: [DataPort], outputSteps: [Double?], reference: [Tensor], run: SimulationRun,
    tolerance: Tolerance? = nil
  ) {
    network = compilation.network
    chip = compilation.chip
    chips = compilation.chips
    self.device = device.device
    assumptions = device.assumptions
    self.data = data.path
    inferences = data.count
    comparisons = []
    let isIdeal = device.device == DeviceOptions(.ideal).device.name
    for (index, port) in ports.enumerated() {
      let step = outputSteps[index]
      comparisons.append(
        OutputComparison(
          port.name, run.outputs[index], from: device.device, with: reference[index],
          from: "reference", limit: limit, step: step, steps: isIdeal ? 1 : nil))
      guard let expected = data.expected[index] else { continue }
      comparisons.append(
        OutputComparison(
          port.name, reference[index], from: "reference", with: expected, from: "expected",
          limit: DeviceOptions(.ideal).limit, tolerance: tolerance, step: step, steps: 2))
      comparisons.append(
        OutputComparison(
          port.name, run.outputs[index], from: device.device, with: expected, from: "expected",
          limit: limit, tolerance: tolerance, step: step, steps: isIdeal ? 2 : nil))
    }
    passes = comparisons.allSatisfy(\.passes)
    referenceAccuracy = Accuracy(reference, ports: ports, labels: data.labels)
    deviceAccuracy = Accuracy(run.outputs, ports: ports, labels: data.labels)
    let macs = compilation.analogMACs + compilation.digitalMACs
    analogShare = macs == 0 ? 0 : Double(compilation.analogMACs) / Double(macs)
    analogShareWithoutDepthwise = compilation.analogShareWithoutDepthwise
    counts = run.counts
    seconds = run.seconds
  }

  /// The report as a person reads it; the last line is the verdict.
  var text: String {
    var table = Table(
      "output<", "from<", "compared with<", "relative error", "limit", "same top-1, %", "result<")
    for row in comparisons {
      table.add(
        row.output, row.source, row.against,
        row.mismatch == nil ? scientific(row.relativeError) : "-", row.limitText,
        row.top1Agreement.map { fixed(100 * $0, 2) } ?? "-",
        row.mismatch ?? (row.passes ? "equal" : "departs"))
    }
    var text = table.text + "\n"
    text += "data           \(printable(data)), \(inferences) inferences\n"
    text +=
      "analog MACs    \(fixed(100 * analogShare, 2)) % of all products with constant weights, "
    text += "\(fixed(100 * analogShareWithoutDepthwise, 2)) % of those not depthwise\n"
    if let referenceAccuracy { text += "accuracy       reference \(referenceAccuracy.text)\n" }
    if let deviceAccuracy { text += "               \(device) \(deviceAccuracy.text)\n" }
    if let assumptions { text += "assumes        \(assumptions)\n" }
    text += counts.text(inferences: inferences)
    return text + verdict + "\n"
  }

  /// The verdict in one line.
  var verdict: String {
    let subject = "\(printable(network)) on \(chips) × \(printable(chip)), \(device)"
    guard let failed = comparisons.first(where: { !$0.passes }) else {
      let worst = comparisons.map(\.relativeError).max() ?? 0
      return "PASS \(subject): every output within \(scientific(worst)) in \(inferences) inferences"
    }
    var text =
      "FAIL \(subject): output \"\(printable(failed.output))\" of \(failed.source) departs "
    text += "from \(failed.against) in inference \(failed.inference)"
    text +=
      failed.mismatch.map { ": \($0)" }
      ?? ": \(failed.errorText), limit \(failed.limitText)"
    if let departure = firstDeparture {
      text += "; first at node \"\(printable(departure.node))\" (\(departure.op)), "
      text += scientific(departure.relativeError)
    }
    return text
  }
}

extension OutputComparison {
  /// The limit: of the relative error, or a number of steps of the output's scale.
  fileprivate var limitText: String {
    guard let limitInSteps, let step else { return scientific(limit) }
    return "\(limitInSteps) step\(limitInSteps == 1 ? "" : "s") of \(significant(step))"
  }

  /// How far the output is from what it should be, as the limit counts.
  fileprivate var errorText: String {
    differenceInSteps.map { "\(fixed($0, 2)) steps" } ?? scientific(relativeError)
  }
}
