import Basics

/// The class that a network finds for each sample: where its output is largest along the last axis.
struct Classification {
  /// The index of the largest element of each row; the first of equal ones.
  var classes: [Int]

  /// Reads the classes from `output`, or `nil` if it has no axis of classes.
  init?(_ output: Tensor) {
    guard output.shape.count >= 2, let width = output.shape.last, width > 1 else { return nil }
    switch output.type {
    case .f16: classes = Self.largest(output, Float16.self, width)
    case .f32: classes = Self.largest(output, Float.self, width)
    case .f64: classes = Self.largest(output, Double.self, width)
    case .i8: classes = Self.largest(output, Int8.self, width)
    case .u8: classes = Self.largest(output, UInt8.self, width)
    case .i32: classes = Self.largest(output, Int32.self, width)
    case .i64: classes = Self.largest(output, Int64.self, width)
    default: return nil
    }
  }

  /// The part of the samples whose class is as in `expected`; `nil` if there are not as many.
  func agreement(with expected: [Int]) -> Double? {
    guard classes.count == expected.count, !classes.isEmpty else { return nil }
    let same = zip(classes, expected).count { $0 == $1 }
    return Double(same) / Double(classes.count)
  }

  /// How many rows of `output` have the class of `labels` among their five largest elements, of equal
  /// ones the first; `nil` if the elements are no f32.
  static func rightOfFive(_ output: Tensor, _ labels: [Int]) -> Int? {
    guard output.type == .f32, let width = output.shape.last, width > 5 else { return nil }
    return output.withElements(of: Float.self) { elements in
      labels.enumerated().count { row, label in
        guard (0..<width).contains(label) else { return false }
        let scores = elements[row * width..<(row + 1) * width]
        let own = scores[row * width + label]
        return scores.enumerated().count { $1 > own || $1 == own && $0 < label } < 5
      }
    }
  }

  private static func largest<T: Scalar & Comparable>(
    _ output: Tensor, _: T.Type, _ width: Int
  ) -> [Int] {
    output.withElements(of: T.self) { elements in
      stride(from: 0, to: elements.count, by: width).map { start in
        var best = start
        for index in start..<start + width where elements[index] > elements[best] { best = index }
        return best - start
      }
    }
  }
}

/// The part of labelled samples that a network classifies rightly.
struct Accuracy: Encodable {
  /// The output that was compared.
  var output: String
  /// The number of samples.
  var samples: Int
  /// How many of them were right.
  var right: Int

  /// The part that was right.
  var share: Double { Double(right) / Double(max(samples, 1)) }

  /// Compares the first output of `outputs` that has a class for each of `labels` with them.
  init?(_ outputs: [Tensor], ports: [DataPort], labels: [Int]?) {
    guard let labels else { return nil }
    for (tensor, port) in zip(outputs, ports) {
      guard let found = Classification(tensor), found.classes.count == labels.count else {
        continue
      }
      output = port.name
      samples = labels.count
      right = zip(found.classes, labels).count { $0 == $1 }
      return
    }
    return nil
  }

  /// `357 of 360 right, 99.17 %`
  var text: String {
    "\(right) of \(samples) right, \(percent(Double(right), of: Double(samples), digits: 2)) %"
  }
}
