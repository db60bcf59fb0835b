import Basics
import Foundation

/// How much of what FP32 finds a chip finds as well.
struct Kept: Hashable {
  /// The part of the samples whose class is that of FP32, or of the embeddings whose neighbour is.
  var agreement: Double
  /// The accuracy that is kept, in parts of that of FP32, by FP32's own probabilities.
  var accuracy: Double

  /// Compares what a chip gives with the reference.
  ///
  /// No labels are needed: a class that FP32 gives the probability p is right with that probability, as
  /// far as FP32 knows. So Σ p(class of the chip) / Σ p(class of FP32) estimates what is kept of the
  /// accuracy; where FP32 is surer than it should be, too little. Probabilities are the output itself if
  /// its rows are not negative and add up to 1, else its softmax. Of embeddings, what is kept is the mean cosine to those
  /// of FP32. Without classes, both figures are the part of the output's power that is no error.
  init(_ outputs: [Tensor], _ reference: ExpectedOutputs) {
    if let likeness = reference.likeness(of: outputs), reference.measure == .embeddings {
      accuracy = max(likeness.cosine ?? 0, 0)
      agreement = likeness.sameNeighbour ?? accuracy
      return
    }
    for (output, expected) in zip(outputs, reference.tensors)
    where reference.measure == .classes {
      guard let found = Classification(output)?.classes,
        let wanted = Classification(expected)?.classes, found.count == wanted.count,
        !found.isEmpty, let scores = Self.numbers(expected), let width = expected.shape.last
      else { continue }
      var (same, kept, all) = (0, 0.0, 0.0)
      for row in wanted.indices {
        let probabilities = Self.probabilities(scores[row * width..<(row + 1) * width])
        same += found[row] == wanted[row] ? 1 : 0
        kept += probabilities[found[row]]
        all += probabilities[wanted[row]]
      }
      agreement = Double(same) / Double(wanted.count)
      accuracy = all > 0 ? kept / all : agreement
      return
    }
    let share = 1 - Self.noise(outputs, reference.tensors)
    (agreement, accuracy) = (max(share, 0), max(share, 0))
  }

  /// The error's part of the power of the first output.
  static func noise(_ outputs: [Tensor], _ reference: [Tensor]) -> Double {
    guard let output = outputs.first, let expected = reference.first,
      let found = numbers(output), let wanted = numbers(expected)
    else { return 0 }
    let signal = wanted.reduce(0) { $0 + $1 * $1 }
    let noise = zip(found, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return signal > 0 ? noise / signal : noise > 0 ? 1 : 0
  }

  private static func numbers(_ tensor: Tensor) -> [Double]? {
    guard case .success(let numbers) = tensor.exactly(as: .f64) else { return nil }
    return numbers.elements(of: Double.self)
  }

  private static func probabilities(_ scores: ArraySlice<Double>) -> [Double] {
    let sum = scores.reduce(0, +)
    if scores.allSatisfy({ $0 >= 0 }) && abs(sum - 1) < 1e-3 { return Array(scores) }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}
