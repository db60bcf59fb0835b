import IR

extension ResizeAxis {
  /// A positive fraction of two sizes.
  struct Ratio: Sendable {
    var numerator: Int128
    var denominator: Int128

    /// The fraction; `nil` unless both sizes are positive.
    init?(_ numerator: Int, _ denominator: Int) {
      guard numerator > 0, denominator > 0 else { return nil }
      self.numerator = Int128(numerator)
      self.denominator = Int128(denominator)
    }
  }

  /// The element that is nearest to element `index` of the result.
  ///
  /// Where sizes say the scale, the coordinate is a fraction, so that halves and whole numbers are met
  /// exactly; else it is computed in f32, as the scale is given.
  public func nearest(_ index: Int, _ parameters: Resize) -> Int {
    if let coordinate = exactCoordinate(index, parameters.coordinates) {
      let rounded = coordinate.rounded(parameters.rounding)
      return Int(min(max(rounded, 0), Int128(input - 1)))
    }
    let x = coordinate(index, parameters.coordinates)
    let rounded =
      switch parameters.rounding {
      case .floor: x.rounded(.down)
      case .ceil: x.rounded(.up)
      case .preferFloor: x - x.rounded(.down) == 0.5 ? x.rounded(.down) : x.rounded()
      case .preferCeil: x - x.rounded(.down) == 0.5 ? x.rounded(.up) : x.rounded()
      }
    return clamped(rounded)
  }

  /// `coordinate` as a fraction; `nil` where the scale or the region is no fraction of sizes.
  private func exactCoordinate(
    _ index: Int, _ coordinates: Resize.Coordinates
  ) -> Fraction? {
    guard let ratio else { return nil }
    let (n, d) = (ratio.numerator, ratio.denominator)
    let (i, input, output) = (Int128(index), Int128(input), Int128(output))
    switch coordinates {
    case .halfPixel: return Fraction((2 * i + 1) * d - n, over: 2 * n)
    case .pytorchHalfPixel:
      return output > 1 ? Fraction((2 * i + 1) * d - n, over: 2 * n) : Fraction(0, over: 1)
    case .asymmetric: return Fraction(i * d, over: n)
    case .tensorFlowHalfPixel: return Fraction((2 * i + 1) * d, over: 2 * n)
    case .alignCorners:
      // The length is input · n / d.
      let last = input * n - d
      guard last != 0, output != 1 else { return Fraction(0, over: 1) }
      return Fraction(i * (input - 1) * d, over: last)
    case .halfPixelSymmetric:
      return Fraction(input * n - output * d + (2 * i + 1) * d - n, over: 2 * n)
    case .cropAndResize: return nil
    }
  }
}

/// A quotient of whole numbers.
private struct Fraction {
  var numerator: Int128
  /// Positive.
  var denominator: Int128

  init(_ numerator: Int128, over denominator: Int128) {
    self.numerator = denominator < 0 ? -numerator : numerator
    self.denominator = denominator < 0 ? -denominator : denominator
  }

  /// The whole number that `rounding` says.
  func rounded(_ rounding: Resize.Rounding) -> Int128 {
    switch rounding {
    case .floor: floor(numerator, denominator)
    case .ceil: -floor(-numerator, denominator)
    // ⌈x − ½⌉ and ⌊x + ½⌋.
    case .preferFloor: -floor(denominator - 2 * numerator, 2 * denominator)
    case .preferCeil: floor(2 * numerator + denominator, 2 * denominator)
    }
  }

  private func floor(_ a: Int128, _ b: Int128) -> Int128 {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
