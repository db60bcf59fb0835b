import CDevice
import Chip

/// Which read noise a chip shows at a read.
public enum ReadNoise: Hashable, Sendable {
  /// None, as an average over many reads would.
  case absent
  /// That of an epoch.
  case fresh(Epoch)
  /// The same at every read, so that what is calibrated has seen it: a bound, and no prediction.
  case frozen

  /// The epoch whose draw is used; `nil` if there is none.
  var epoch: Epoch? {
    switch self {
    case .absent: nil
    case .fresh(let epoch): epoch
    case .frozen: Epoch(.inference)
    }
  }
}

extension DeviceModel {
  /// The factor of read noise at `time` s after programming, the accumulated 1/f noise: √ln((t +
  /// t_read) / (2 t_read)) with t = time + t₀.
  public func accumulation(at time: Double) -> Double {
    let t = time + firstRead
    return elementary_log((t + readTime) / (2 * readTime)).squareRoot()
  }
}

extension ProgrammedCells {
  /// The conductances in µS that a read at `time` s after programming sees, row by row: those of the
  /// positive sides and of the negative sides.
  ///
  /// With t = time + t₀, drift makes g_d = g · (t / t₀)^−ν of the programmed g, and the read noise
  /// max(0, g_d + g_d · Q(r) · √ln((t + t_read) / (2 t_read)) · ξ), r = g / g_ref. Where devices are filled in turn,
  /// each drifts by itself, and the variances of their noise add up.
  public func conductances(
    at time: Double, _ noise: ReadNoise
  ) -> (positive: [Float], negative: [Float]) {
    precondition(time >= 0 && time.isFinite)
    var (first, second) = (SideReader(columns: columns), SideReader(columns: columns))
    var values = [Float](repeating: 0, count: rows * columns)
    var others = values
    let drift = elementary_log((time + model.firstRead) / model.firstRead)
    let accumulation = model.accumulation(at: time)
    for row in 0..<rows {
      if let epoch = noise.epoch {
        randomness.normals(
          .read(epoch), row: row, count: columns, positive: &first.deviates,
          negative: &second.deviates)
      }
      let start = row * columns
      first.read(positive, start, model, drift: drift, accumulation: accumulation, into: &values)
      second.read(negative, start, model, drift: drift, accumulation: accumulation, into: &others)
    }
    return (values, others)
  }
}

/// A side while it is read row by row.
private struct SideReader {
  /// The deviates of the row; 0 if there is no noise.
  var deviates: [Double]
  private var ratios: [Double]
  private var noise: [Double]
  private let columns: Int

  init(columns: Int) {
    self.columns = columns
    deviates = [Double](repeating: 0, count: columns)
    (ratios, noise) = (deviates, deviates)
  }

  mutating func read(
    _ side: ProgrammedCells.Side, _ start: Int, _ model: DeviceModel, drift: Double,
    accumulation: Double, into values: inout [Float]
  ) {
    guard model.parts == 1 else {
      return readParts(side, start, model, drift: drift, accumulation: accumulation, into: &values)
    }
    for i in 0..<columns { ratios[i] = side.programmed[start + i] / model.maximumConductance }
    model.readNoise.values(at: ratios, count: columns, into: &noise)
    side.programmed.withUnsafeBufferPointer { programmed in
      side.exponents.withUnsafeBufferPointer { exponents in
        values.withUnsafeMutableBufferPointer { values in
          read_conductances(
            programmed.baseAddress! + start, exponents.baseAddress! + start, noise, deviates, drift,
            accumulation, columns, values.baseAddress! + start)
        }
      }
    }
  }
  private mutating func readParts(
    _ side: ProgrammedCells.Side, _ start: Int, _ model: DeviceModel, drift: Double,
    accumulation: Double, into values: inout [Float]
  ) {
    var shares = [Double](repeating: 0, count: columns)
    var (sums, squares) = (shares, shares)
    for part in 0..<model.parts {
      for i in 0..<columns {
        shares[i] = model.share(of: side.programmed[start + i], part: part)
        ratios[i] = shares[i] / model.partConductance
      }
      model.readNoise.values(at: ratios, count: columns, into: &noise)
      side.exponents.withUnsafeBufferPointer { exponents in
        add_drifted(
          shares, exponents.baseAddress! + part * side.programmed.count + start, noise, drift,
          columns, &sums, &squares)
      }
    }
    values.withUnsafeMutableBufferPointer { values in
      read_sums(sums, squares, deviates, accumulation, columns, values.baseAddress! + start)
    }
  }
}
