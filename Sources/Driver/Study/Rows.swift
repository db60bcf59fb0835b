import Basics
import Foundation

/// An output as rows of numbers: along its last axis, or of one number each.
struct Rows {
  let count: Int
  let width: Int
  let elements: [Double]

  /// Reads the rows of `tensor`; `nil` if it has no numbers.
  init?(_ tensor: Tensor) {
    guard tensor.type.isFloatingPoint || tensor.type.isInteger, tensor.count > 0,
      case .success(let wide) = tensor.exactly(as: .f64)
    else { return nil }
    elements = wide.elements(of: Double.self)
    width = tensor.shape.count >= 2 ? tensor.shape.last ?? 1 : 1
    count = elements.count / width
  }

  private subscript(row: Int) -> ArraySlice<Double> { elements[row * width..<(row + 1) * width] }

  /// Whether no element is negative and each row adds up to 1.
  var areProbabilities: Bool {
    elements.allSatisfy { $0 >= 0 }
      && (0..<count).allSatisfy { abs(self[$0].reduce(0, +) - 1) < 1e-3 }
  }

  /// Whether each row has the length 1, up to what half precision leaves of it.
  var haveLengthOne: Bool {
    width > 1 && (0..<count).allSatisfy { abs(length(of: $0) - 1) < 1e-3 }
  }

  private func length(of row: Int) -> Double {
    self[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// The mean cosine of the angle between a row and that of `other`, 0 where one has no direction.
  func cosine(to other: Rows) -> Double {
    let sum = (0..<count).reduce(0.0) { sum, row in
      let lengths = length(of: row) * other.length(of: row)
      guard lengths > 0, lengths.isFinite else { return sum }
      let product = zip(self[row], other[row]).reduce(0) { $0 + $1.0 * $1.1 }
      return sum + min(max(product / lengths, -1), 1)
    }
    return sum / Double(count)
  }

  /// The most rows among which neighbours are found: their number grows with the square.
  static let mostNeighbours = 4096

  /// For each of the first rows the other one of them with the largest cosine, of equal ones the first.
  func nearest() -> [Int] {
    let count = min(count, Self.mostNeighbours)
    guard count > 1 else { return [] }
    // Whole vectors of eight, so that every row begins with one.
    let vectors = (width + 7) / 8
    var units = [SIMD8<Float>](repeating: .zero, count: count * vectors)
    for row in 0..<count {
      let length = length(of: row)
      guard length > 0, length.isFinite else { continue }
      for (column, element) in self[row].enumerated() {
        units[row * vectors + column / 8][column % 8] = Float(element / length)
      }
    }
    return units.withUnsafeBufferPointer { units in
      mappedInParallel(count, cost: count * width) { row in
        var (best, largest) = (row == 0 ? 1 : 0, -Float.infinity)
        for other in 0..<count where other != row {
          var sum = SIMD8<Float>.zero
          for vector in 0..<vectors {
            sum += units[row * vectors + vector] * units[other * vectors + vector]
          }
          let cosine = sum.sum()
          if cosine > largest { (best, largest) = (other, cosine) }
        }
        return best
      }
    }
  }
}

/// Spearman's correlation of `a` with `b`, equal elements sharing the mean of their ranks; `nil` where one of them
/// has no order.
func rankCorrelation(of a: [Double], with b: [Double]) -> Double? {
  guard a.count == b.count, (a + b).allSatisfy(\.isFinite) else { return nil }
  let (first, second) = (ranks(of: a), ranks(of: b))
  let mean = Double(a.count - 1) / 2
  var (product, powers) = (0.0, (0.0, 0.0))
  for (x, y) in zip(first, second) {
    product += (x - mean) * (y - mean)
    powers.0 += (x - mean) * (x - mean)
    powers.1 += (y - mean) * (y - mean)
  }
  guard powers.0 > 0, powers.1 > 0 else { return nil }
  return min(max(product / (powers.0 * powers.1).squareRoot(), -1), 1)
}

/// The place of each of `values` in their order, from 0.
private func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
    for index in order[start..<end] { ranks[index] = Double(start + end - 1) / 2 }
    start = end
  }
  return ranks
}
