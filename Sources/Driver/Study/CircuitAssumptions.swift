import Chip

/// What the errors of the circuits around devices are, for reports.
extension DeviceOptions {
  /// How output converters differ, before and after they are calibrated; nothing where they do not.
  func converters(of circuit: Circuit) -> String {
    func spreads(calibrated: Bool) -> String {
      let (gain, offset) = circuit.converterSpreads(calibrated: calibrated)
      return "gains by \(significant(100 * gain)) %"
        + (offset > 0 ? " and offsets by \(significant(offset)) counts" : "")
    }
    guard circuit.gainSpread > 0 || circuit.offsetSpread > 0 || circuit.hasUncalibratedSpreads,
      !without.contains("adc-spread")
    else { return "" }
    guard circuit.hasUncalibratedSpreads else {
      return ", ADCs spread in \(spreads(calibrated: true))"
    }
    let isCalibrated = !without.contains("adc-calibration")
    return ", ADCs \(isCalibrated ? "calibrated" : "not calibrated"): they spread in "
      + "\(spreads(calibrated: isCalibrated)), "
      + (isCalibrated ? "before that in " : "after that they would in ")
      + spreads(calibrated: !isCalibrated)
  }

  /// What circuits add beside, and which cells fail; nothing where they do not.
  func otherCircuits(of chip: Chip) -> String {
    let circuit = chip.circuit
    func percent(_ part: Double) -> String { "\(significant(100 * part)) %" }
    let counts = significant(circuit.outputNoise * Double(chip.adc.maximumCount))
    let sides = "of the sides of cells"
    let parts: [(effect: String, figure: Double, text: String)] = [
      ("output-noise", circuit.outputNoise, "noise of \(counts) counts"),
      ("white-noise", circuit.whiteNoise, "white noise of \(percent(circuit.whiteNoise))"),
      (
        "ir-drop", circuit.wireResistance,
        "\(significant(circuit.wireResistance)) Ω between cells"
      ),
      (
        "non-linearity", circuit.nonLinearity,
        "counts up to \(percent(circuit.nonLinearity)) too low"
      ),
      (
        "cell-faults", circuit.unconverged, "\(percent(circuit.unconverged)) \(sides) not converged"
      ),
      ("cell-faults", circuit.stuckAtZero, "\(percent(circuit.stuckAtZero)) stuck at 0"),
      ("cell-faults", circuit.stuckAtMaximum, "\(percent(circuit.stuckAtMaximum)) stuck at g-max"),
    ]
    return parts.filter { $0.figure > 0 && !without.contains($0.effect) }.map { ", \($0.text)" }
      .joined()
  }
}
