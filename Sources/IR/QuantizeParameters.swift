import Basics

/// The parameters of QuantizeLinear.
///
/// y = round(x / scale) + zero point, ties to even, saturated to the element type; of short
/// floating-point numbers x / scale, rounded to one of them. Scale and zero point are one for the
/// whole tensor, one an index of `axis`, or one a block of `blockSize` elements along it.
public struct Quantize: Hashable, Sendable {
  /// The element type of the result.
  public var element: ElementType
  /// The axis of scales that are more than one; negative ones count from the end.
  public var axis: Int
  /// The number of elements of `axis` that share a scale; 0 where scales are no blocks.
  public var blockSize: Int
  /// Whether what is beyond an 8-bit floating-point type becomes its largest number.
  public var saturates: Bool
  /// The type in which x is divided; that of the scale if `nil`.
  public var precision: ElementType?

  /// Creates the parameters.
  public init(
    to element: ElementType, axis: Int = 1, blockSize: Int = 0, saturates: Bool = true,
    precision: ElementType? = nil
  ) {
    self.element = element
    self.axis = axis
    self.blockSize = blockSize
    self.saturates = saturates
    self.precision = precision
  }
}

/// The parameters of DequantizeLinear, y = (x − zero point) · scale; scales lie as in `Quantize`.
public struct Dequantize: Hashable, Sendable {
  /// The element type of the result.
  public var element: ElementType
  /// The axis of scales that are more than one; negative ones count from the end.
  public var axis: Int
  /// The number of elements of `axis` that share a scale; 0 where scales are no blocks.
  public var blockSize: Int

  /// Creates the parameters.
  public init(to element: ElementType, axis: Int = 1, blockSize: Int = 0) {
    self.element = element
    self.axis = axis
    self.blockSize = blockSize
  }
}
