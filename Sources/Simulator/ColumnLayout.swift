import Program

// An `mvm` gives vectors whose elements lie side by side, but crossbars and LDPUs work on a column of many vectors at a
// time. So a memory of columns is kept column by column, where all its walks allow that.

extension Program {
  /// For each buffer, the elements of a vector, if it is one of columns that is better kept element by element,
  /// each of all vectors; else 1.
  func vectorSizes() -> [Int] {
    var sizes = [Int](repeating: 0, count: buffers.count)
    for descriptor in descriptors {
      let buffer = descriptor.buffer.index
      guard case .columns = buffers[buffer].space, sizes[buffer] != 1 else { continue }
      let size = descriptor.loops.suffix(descriptor.innerLoops).reduce(1) {
        $0.saturatingProduct($1.count)
      }
      let isKept = sizes[buffer] == 0 || sizes[buffer] == size
      let turned = descriptor.turned(vectorSize: size, count: buffers[buffer].count)
      sizes[buffer] = isKept && turned != nil ? size : 1
    }
    return sizes.map { max($0, 1) }
  }
}

extension Descriptor {
  /// The walk through a memory of `count` elements that is kept element by element of its vectors of `vectorSize`;
  /// `nil` if the walk does not keep vectors and their elements apart.
  func turned(vectorSize: Int, count: Int) -> Descriptor? {
    guard vectorSize > 1, count % vectorSize == 0, count > vectorSize, base % vectorSize == 0,
      advance % vectorSize == 0
    else { return nil }
    var result = self
    var (lowest, highest) = (0, 0)
    for (number, axis) in axes.enumerated() {
      if axis.stride % vectorSize == 0 {
        result.axes[number].stride = axis.stride / vectorSize
        continue
      }
      let places = coordinates(along: number)
      guard places.lowerBound >= 0, places.upperBound < min(axis.extent, vectorSize),
        axis.stride > 0, axis.stride < vectorSize
      else { return nil }
      lowest += places.lowerBound * axis.stride
      highest += places.upperBound * axis.stride
      result.axes[number].stride = axis.stride * (count / vectorSize)
    }
    guard lowest >= 0, highest < vectorSize else { return nil }
    result.base = base / vectorSize
    result.advance = advance / vectorSize
    return result
  }
}

extension Memory {
  /// The number of the element that is kept at `place`.
  @inline(__always) func element(at place: Int) -> Int {
    if vectorSize == 1 { return place }
    let (element, vector) = place.quotientAndRemainder(dividingBy: count / vectorSize)
    return vector * vectorSize + element
  }
}
