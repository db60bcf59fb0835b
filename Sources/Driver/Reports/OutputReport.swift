import Basics
import Reference

/// What came out of a run, in figures.
struct OutputReport: Report {
  /// An output over all inferences.
  struct Output: Encodable {
    var name: String
    var type: String
    var shape: [Int]
    /// The smallest, the largest and the mean number; `nil` of what are no numbers.
    var minimum: Double?
    var maximum: Double?
    var mean: Double?
    /// Where the output departs from the expected one, if it was checked.
    var mismatch: String?
    /// Whether there was an expected output to compare with.
    var checked: Bool
  }

  /// The number of inferences.
  var inferences: Int
  /// The time that they took, in s, without reading and writing files.
  var seconds: Double
  var outputs: [Output]
  /// The part of the labelled samples that was classified rightly.
  var accuracy: Double?
  var labels: Accuracy?

  /// Describes `outputs`, and compares them with the expected ones if `tolerance` is given.
  init(
    _ outputs: [Tensor], ports: [DataPort], data: DataSet, seconds: Double, tolerance: Tolerance?
  ) {
    inferences = data.count
    self.seconds = seconds
    labels = Accuracy(outputs, ports: ports, labels: data.labels)
    accuracy = labels?.share
    self.outputs = zip(zip(outputs, ports), data.expected).map { output, expected in
      let (tensor, port) = output
      let mismatch = tolerance.flatMap { tolerance in
        expected.flatMap {
          Reference.firstMismatch(
            tensor, with: $0, relative: tolerance.relative, absolute: tolerance.absolute)
        }
      }
      let range = Extent(tensor)
      return Output(
        name: port.name, type: tensor.type.rawValue, shape: tensor.mergingInferences.shape,
        minimum: range?.minimum, maximum: range?.maximum, mean: range?.mean, mismatch: mismatch,
        checked: tolerance != nil && expected != nil)
    }
  }

  /// Whether every output that was checked is as expected.
  var isAsExpected: Bool { outputs.allSatisfy { $0.mismatch == nil } }

  /// Where the first output that is not as expected departs.
  var firstMismatch: String? {
    outputs.first { $0.mismatch != nil }.map { "output \"\($0.name)\": \($0.mismatch ?? "")" }
  }

  /// The report as a person reads it.
  var page: Page {
    var table = Table(
      "output<", "type<", "shape<", "smallest", .init("mean", rank: 1), "largest", "check<")
    for output in outputs {
      table.add(
        output.name, output.type, output.shape.map(String.init).joined(separator: "×"),
        output.minimum.map(number) ?? "-", output.mean.map(number) ?? "-",
        output.maximum.map(number) ?? "-",
        output.checked ? output.mismatch ?? "as expected" : "-")
    }
    let rate = seconds > 0 ? fixed(Double(inferences) / seconds, 1) : "-"
    var page = Page(table)
    page += "\n\(inferences) inferences in \(fixed(seconds, 3)) s, \(rate) per second\n"
    if let labels { page += "accuracy       \(labels.text)\n" }
    return page
  }

  private func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e6 ? fixed(value, 0) : significant(value)
  }
}

/// The smallest, largest and mean number of a tensor.
private struct Extent {
  var minimum: Double
  var maximum: Double
  var mean: Double

  init?(_ tensor: Tensor) {
    guard tensor.count > 0, tensor.type != .bool,
      case .success(let wide) = tensor.exactly(as: .f64)
    else { return nil }
    (minimum, maximum, mean) = wide.withElements(of: Double.self) { elements in
      var (low, high, sum) = (elements[0], elements[0], 0.0)
      for element in elements {
        low = min(low, element)
        high = max(high, element)
        sum += element
      }
      return (low, high, sum / Double(elements.count))
    }
  }
}

extension Tensor {
  /// The tensor of inferences × batch × … as samples × …
  var mergingInferences: Tensor {
    shape.count < 2 ? self : reshaped([shape[0] * shape[1]] + shape.dropFirst(2))
  }
}
