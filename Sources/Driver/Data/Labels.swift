import Basics

/// The right class of every sample, as an array of a data file gives it.
struct Labels {
  /// The names that arrays of labels go by; the first is what the documentation says.
  static let names = ["y", "labels", "label", "targets", "target"]

  /// The classes, from 0.
  var classes: [Int]

  /// Why an array holds no labels.
  struct Fault: Error {
    var message: String
    static let supported =
      "labels from 0 on, one a sample: whole numbers in one dimension, or rows of one 1 and else 0"
  }

  /// Reads the labels in `tensor`: a whole number a sample, in any type, or one-hot rows.
  ///
  /// Throws a `Fault` that says why it holds none.
  init(_ tensor: Tensor) throws(Fault) {
    let sizes = tensor.shape.prefix(1) + tensor.shape.dropFirst().filter { $0 != 1 }
    guard sizes.count == 1 || sizes.count == 2 else {
      throw Fault(message: "is \(describe(tensor))")
    }
    let numbers = try Self.numbers(tensor)
    guard sizes.count == 2 else {
      classes = numbers
      return
    }
    let width = sizes[1]
    var classes: [Int] = []
    for start in stride(from: 0, to: numbers.count, by: max(width, 1)) {
      let row = numbers[start..<start + width]
      guard row.allSatisfy({ $0 == 0 || $0 == 1 }), row.count(where: { $0 == 1 }) == 1,
        let place = row.firstIndex(of: 1)
      else {
        throw Fault(
          message: "is \(describe(tensor)), and row \(start / width) is not one 1 and else 0")
      }
      classes.append(place - start)
    }
    self.classes = classes
  }

  /// The elements as whole numbers.
  private static func numbers(_ tensor: Tensor) throws(Fault) -> [Int] {
    if tensor.type == .bool {
      return tensor.bytes.withUnsafeBytes { $0.map { $0 == 0 ? 0 : 1 } }
    }
    if tensor.type.isInteger {
      guard case .success(let wide) = tensor.exactly(as: .i64) else {
        throw Fault(message: "holds labels over 2⁶³")
      }
      return wide.elements(of: Int64.self).map { Int($0) }
    }
    guard case .success(let wide) = tensor.exactly(as: .f64) else {
      throw Fault(message: "is \(describe(tensor))")
    }
    var numbers: [Int] = []
    for element in wide.elements(of: Double.self) {
      guard let number = Int(exactly: element) else {
        throw Fault(message: "holds numbers that are not classes, such as \(element)")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// What the user should know of labels for `count` inferences of a network with `outputs`: whether they
  /// are of classes that an output has.
  func warning(for outputs: [DataPort], count: Int, file: String) -> Diagnostic? {
    guard outputs.allSatisfy(\.hasKnownShape) else { return nil }
    let output = outputs.first { port in
      guard let width = port.shape.last, width > 1 else { return false }
      return port.shape.dropLast().reduce(count, *) == classes.count
    }
    guard let output, let width = output.shape.last else {
      return Diagnostic(
        .warning, file: file,
        "holds \(classes.count) labels, but no output has a row of classes for each of them: "
          + "no accuracy is computed",
        supported: outputs.map { "\"\($0.name)\" (\(describe($0.element, $0.shape)))" }
          .joined(separator: ", "))
    }
    let beyond = classes.filter { !(0..<width).contains($0) }
    guard let first = beyond.first else { return nil }
    let countsFromOne = classes.min() == 1 && classes.max() == width
    return Diagnostic(
      .warning, file: file,
      "\(beyond.count) of \(classes.count) labels, such as \(first), are none of the \(width) classes "
        + "0 to \(width - 1) of output \"\(output.name)\": they count as wrong",
      help: countsFromOne ? "classes count from 0: subtract 1 from the labels" : nil)
  }
}

extension DataSet {
  /// What the user should know of the numbers in the inputs, which go to `ports`: some are none, or all are
  /// the same.
  func oddities(_ ports: [DataPort]) -> [Diagnostic] {
    zip(ports, inputs).compactMap { port, tensor in
      guard port.element.isFloatingPoint, tensor.count > 0,
        case .success(let wide) = tensor.type == .f64
          ? .success(tensor) : tensor.exactly(as: .f32)
      else { return nil }
      let (odd, isConstant, first) =
        wide.type == .f64 ? wide.oddNumbers(Double.self) : wide.oddNumbers(Float.self)
      if odd > 0 {
        return Diagnostic(
          .warning, file: path,
          "input \"\(port.name)\": \(odd) of \(tensor.count) elements are infinite or NaN")
      }
      guard isConstant, port.shape.reduce(1, *) > 1 else { return nil }
      return Diagnostic(
        .warning, file: path,
        "input \"\(port.name)\": all of its \(tensor.count) elements are \(first)")
    }
  }
}

extension Tensor {
  /// How many elements are not finite, whether all are the same, and the first of them.
  fileprivate func oddNumbers<T: Scalar & BinaryFloatingPoint>(_: T.Type) -> (Int, Bool, Double) {
    withElements(of: T.self) { elements in
      var odd = 0
      var isConstant = true
      for element in elements {
        if !element.isFinite { odd += 1 }
        if element != elements[0] { isConstant = false }
      }
      return (odd, isConstant, Double(elements[0]))
    }
  }
}
