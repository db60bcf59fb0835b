import Chip
import Device
import IR
import Program

/// How far conductances are expected to miss their targets, and how well a read tells by how much.
public struct ProgrammingErrors: Hashable, Sendable {
  /// The model of the devices.
  public var model: DeviceModel

  /// The standard deviations of an error that a column for errors holds without being cut.
  private static let deviations: Float = 4

  /// Creates the errors of the devices of `model`.
  public init(_ model: DeviceModel) { self.model = model }

  /// Says of the columns of `block` that are for errors which they correct, what g = 1 of them stands
  /// for, and which part of the errors that a read shows is to be corrected: as much of it as is no
  /// noise of the read.
  ///
  /// The columns of the layer span `factors` in the rows of `block`.
  func addResiduals(
    to block: inout ConductanceBlock, of weights: LayerWeights, factors: [Float]
  ) {
    let width = weights.product.layout.residualColumns
    let first = weights.product.columns - width
    guard width > 0, first >= width, block.columns.upperBound > first else { return }
    let corrected = weights.block(
      rows: block.rows, columns: first - width..<first,
      factors: Array(factors[first - width..<first]), decoding: block.decoding)
    let (errors, noise) = variances(of: corrected.values, columns: width, gMax: block.gMax)
    let total = errors.reduce(0, +)
    let share = total > 0 ? total / (total + noise) : 1
    block.residual = .init(firstColumn: first, width: width, share: Float(share))
    let copies = Float(first / width)
    for column in max(first, block.columns.lowerBound)..<block.columns.upperBound {
      let error = Float((share * errors[column - first] / Double(block.rows.count)).squareRoot())
      // Where there is no error, any scale does.
      block.columnScale[column - block.columns.lowerBound] =
        corrected.columnScale[column - first]
        * max(Self.deviations * copies.squareRoot() * error, 0x1p-10)
    }
  }

  /// The sum over the rows of the variance of what is programmed, a column each, and the sum over all of
  /// that of reads just after programming, for targets `values`; in units of `gMax` µS.
  private func variances(
    of values: [Float], columns: Int, gMax: Float
  ) -> (errors: [Double], noise: Double) {
    let (unit, accumulation) = (Double(gMax), model.accumulation(at: 0))
    let zero = model.programmingSpread(of: 0)
    var errors = [Double](repeating: 0, count: columns)
    var noise = 0.0
    for (index, value) in values.enumerated() {
      let target = Double(value.magnitude) * unit
      let spread = model.programmingSpread(of: target)
      errors[index % columns] += (spread * spread + zero * zero) / (unit * unit)
      let read = target * model.readNoise(of: target) * accumulation / unit
      noise += read * read
    }
    return (errors, noise)
  }
}
