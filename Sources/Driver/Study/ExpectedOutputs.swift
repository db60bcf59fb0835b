import Basics

/// What the outputs of a network are for, as far as their values in floating point tell, and so what chips are
/// measured by where the data have no labels.
enum OutputMeasure: Hashable {
  /// Each row finds a class: where it is largest.
  case classes
  /// Each row is a vector of length 1, the direction of which counts.
  case embeddings
  /// Rows are numbers: one, or as many as an input has.
  case values
}

/// What a network gives in floating point over a data set, and what of it chips are measured by.
struct ExpectedOutputs {
  /// Each output: as many times its shape as there are inferences.
  let tensors: [Tensor]
  let measure: OutputMeasure
  /// The first output that has rows of several elements, else the first of all, and its rows.
  private let main: Int
  private let rows: Rows?
  /// The embedding that is nearest to each, if they are some.
  private let neighbours: [Int]

  /// Finds what `tensors`, the outputs over `data`, are for.
  ///
  /// With labels they are classes. Without, rows that are probabilities are; rows of length 1 are embeddings;
  /// an output with the shape of an input, as of an autoencoder, and single numbers are values; the rest are classes.
  init(_ tensors: [Tensor], of data: DataSet) {
    self.tensors = tensors
    let wide = tensors.firstIndex { Classification($0) != nil }
    let main = wide ?? 0
    self.main = main
    guard data.labels == nil else {
      (measure, rows, neighbours) = (.classes, nil, [])
      return
    }
    let found = tensors.indices.contains(main) ? Rows(tensors[main]) : nil
    guard wide != nil, let found else {
      (measure, rows, neighbours) = (.values, found, [])
      return
    }
    func extents(_ tensor: Tensor) -> [Int] { tensor.shape.filter { $0 != 1 } }
    let isLikeInput = data.inputs.contains {
      $0.type.isFloatingPoint && extents($0) == extents(tensors[main])
    }
    if found.areProbabilities {
      measure = .classes
    } else if found.haveLengthOne {
      measure = .embeddings
    } else {
      measure = isLikeInput ? .values : .classes
    }
    rows = measure == .classes ? nil : found
    neighbours = measure == .embeddings ? found.nearest() : []
  }

  /// How near `outputs` of a chip are; `nil` where classes tell it.
  func likeness(of outputs: [Tensor]) -> Likeness? {
    switch measure {
    case .classes: return nil
    case .embeddings, .values:
      guard let wanted = rows, let found = Rows(outputs[main]), found.count == wanted.count
      else { return nil }
      if wanted.width == 1 {
        // Integers may be numbers of classes, which have no order.
        guard tensors[main].type.isFloatingPoint else { return nil }
        return Likeness(
          rankCorrelation: rankCorrelation(of: found.elements, with: wanted.elements))
      }
      var likeness = Likeness(cosine: found.cosine(to: wanted))
      if neighbours.count > 1 {
        let same = zip(found.nearest(), neighbours).count { $0 == $1 }
        likeness.sameNeighbour = Double(same) / Double(neighbours.count)
      }
      return likeness
    }
  }
}

/// How near the first output of a chip is to that in floating point, where it finds no class.
struct Likeness: Codable, Hashable {
  /// The mean cosine of the angle between a row and that in floating point.
  var cosine: Double?
  /// The part of the embeddings whose nearest other one is that in floating point.
  var sameNeighbour: Double?
  /// Spearman's correlation of the ranks of numbers, one a sample.
  var rankCorrelation: Double?

  /// Whether the figures are possible.
  var isSound: Bool {
    [cosine, rankCorrelation].allSatisfy { $0.map { (-1...1).contains($0) } ?? true }
      && sameNeighbour.map { (0...1).contains($0) } ?? true
  }
}
