import CDevice
import Chip

/// What the sides of the cells of a core conduct once all their devices are reset, and one of each side is set: the
/// test of Specs/faults.md. What pulses leave is as in `PulseProgramming`.
public struct CellTest: Sendable {
  private let crossbar: Crossbar
  private let model: DeviceModel
  private let rates: CellFaults

  /// Creates the test of cells after `model` on crossbars like `crossbar`, of which `rates` tell what fails beside what
  /// is known.
  public init(_ model: DeviceModel, on crossbar: Crossbar, rates: CellFaults) {
    self.model = model
    self.crossbar = crossbar
    self.rates = rates
  }

  /// The conductances in µS of both sides of each cell of a core, row by row, positive first, with device `set` of each
  /// side set; none if it is `nil`. Those of a dead core or line are 0.
  public func conductances(
    _ randomness: CellRandomness, faults: CoreFaults?, set: Int?
  ) -> [Double] {
    let (rows, columns) = (crossbar.rows, crossbar.columns)
    var values = [Double](repeating: 0, count: 2 * rows * columns)
    if faults?.isDead == true { return values }
    let (deadRows, deadColumns) = (
      Set(faults?.deadRows ?? []), Set(faults?.deadColumns ?? [])
    )
    var stuck = (faults?.stuck ?? [])[...]
    for row in 0..<rows {
      for column in 0..<columns {
        for side in 0..<2 {
          var found: [StuckDevice] = []
          while let next = stuck.first,
            (next.row, next.column, next.isNegative) == (row, column, side == 1)
          {
            found.append(next)
            stuck.removeFirst()
          }
          if deadRows.contains(row) || deadColumns.contains(column) { continue }
          values[2 * (row * columns + column) + side] = conductance(
            randomness, row: row, column: column, side: side, stuck: found, set: set)
        }
      }
    }
    return values
  }

  private func conductance(
    _ randomness: CellRandomness, row: Int, column: Int, side: Int, stuck: [StuckDevice], set: Int?
  ) -> Double {
    if rates != .none {
      let words = randomness.words(.faults, row: row, column: column)
      let outcome =
        side == 0
        ? rates.outcome(choice: words.0, level: words.1)
        : rates.outcome(choice: words.2, level: words.3)
      if let outcome, outcome.isStuck { return outcome.conductance * crossbar.gMax }
    }
    let sum = stuck.reduce(0) { $0 + $1.conductance }
    if stuck.contains(where: { $0.device == nil }) { return sum }
    func normals(_ part: Int) -> (Double, Double) {
      randomness.normalPair(
        .pulses(side: side, part: part, round: (set ?? -1) + 64), row: row, column: column)
    }
    let left = max(0, model.programmingSpread(of: 0) * normals(0).0)
    guard let set, !stuck.contains(where: { $0.device == set }) else { return sum + left }
    // How much a device conducts when it is set is its own; what SET leaves of it is drawn each time.
    let (own, _) = randomness.normalPair(
      .pulses(side: side, part: 2 * set, round: 0), row: row, column: column)
    let full =
      PulseProgramming.Response.full * crossbar.gMax / Double(crossbar.devicesPerPolarity)
      * max(1 + PulseProgramming.Response.fullSpread * own, 0.1)
    return sum + left
      + full * elementary_exp(PulseProgramming.Response.pulseSpread * normals(1).0)
  }
}
