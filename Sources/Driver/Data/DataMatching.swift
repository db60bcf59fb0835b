import Basics

/// The work of finding which array belongs to which port.
struct DataMatching {
  /// Arrays that belong together: what one file or one record holds.
  struct Case {
    var path: String
    /// One array for every input port.
    var inputs: [Tensor]
    /// One array for every output port, where there is one.
    var expected: [Tensor?]
  }

  let source: DataSource
  let inputs: [DataPort]
  let outputs: [DataPort]
  var faults = Diagnostics()
  var labels: Labels?

  /// Whether samples that do not fill an inference are left out.
  let dropsRest: Bool

  init(source: DataSource, inputs: [DataPort], outputs: [DataPort], dropsRest: Bool) {
    self.source = source
    self.dropsRest = dropsRest
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The arrays for every port, of any shape and type.
  mutating func cases() -> [Case] {
    switch source.content {
    case .array(let tensor):
      guard inputs.count == 1 else {
        faults.append(
          Diagnostic(
            file: source.path,
            "holds one array, but the network has \(inputs.count) inputs: \(text(inputs))",
            help: "put the arrays into an NPZ archive under the names of the inputs"))
        return []
      }
      return [Case(path: source.path, inputs: [tensor], expected: outputs.map { _ in nil })]
    case .archive(let arrays): return matchArchive(arrays).map { [$0] } ?? []
    case .records(let records): return records.compactMap { matchRecord($0) }
    }
  }

  private mutating func matchArchive(_ arrays: [NamedTensor]) -> Case? {
    var unused = arrays
    func take(_ name: String) -> Tensor? {
      unused.firstIndex { $0.name == name }.map { unused.remove(at: $0).tensor }
    }
    var found: [Tensor] = []
    for (index, port) in inputs.enumerated() {
      let names = [port.name, "input_\(index)"] + (inputs.count == 1 ? ["x"] : [])
      if let name = names.first(where: { name in unused.contains { $0.name == name } }),
        let tensor = take(name)
      {
        found.append(tensor)
      } else {
        let accepted = names.map { "\"\($0)\"" }.joined(separator: " or ")
        faults.append(
          Diagnostic(
            file: source.path, "holds no array for input \(text(port))",
            supported: "an array named \(accepted)",
            help: arrays.isEmpty ? "it is empty" : "it holds \(text(arrays))"))
      }
    }
    let labelled = unused.filter { mayBeLabels($0) }
    if labelled.count > 1 && labelled.contains(where: { $0.name == "y" }) == false {
      faults.append(
        Diagnostic(
          file: source.path, "holds \(text(labelled)), of which only one can be the labels",
          help: "name it y"))
    } else if let array = labelled.first(where: { $0.name == "y" }) ?? labelled.first {
      readLabels(array)
      _ = take(array.name)
    }
    let expected = outputs.enumerated().map { index, port in
      take(port.name) ?? take("output_\(index)")
    }
    for array in unused {
      faults.append(
        Diagnostic(
          .warning, file: source.path,
          "\"\(array.name)\" (\(describe(array.tensor))) is not used: "
            + "it is not an input, output or label",
          help: "names of labels are y, labels, label, targets and target"))
    }
    guard found.count == inputs.count else { return nil }
    return Case(path: source.path, inputs: found, expected: expected)
  }

  /// Whether `array` has the name of labels, and is not what an output should be.
  private func mayBeLabels(_ array: NamedTensor) -> Bool {
    guard Labels.names.contains(array.name) else { return false }
    guard let port = outputs.first(where: { $0.name == array.name }) else { return true }
    return array.tensor.type.isInteger && port.element.isFloatingPoint
      && array.tensor.shape.dropFirst().allSatisfy { $0 == 1 }
  }

  /// Reads the labels in `array`, or tells why it holds none.
  private mutating func readLabels(_ array: NamedTensor) {
    do throws(Labels.Fault) {
      labels = try Labels(array.tensor)
    } catch {
      // Another name than y may mean something else.
      let isCertain = array.name == "y"
      faults.append(
        Diagnostic(
          isCertain ? .error : .warning, file: source.path,
          "\"\(array.name)\" \(isCertain ? "" : "is not used: it ")\(error.message)",
          supported: Labels.Fault.supported,
          help: isCertain
            ? "if it is what an output should be, give it the name of the output"
            : "if it holds the labels, name it y"))
    }
  }

  private mutating func matchRecord(_ record: DataSource.Record) -> Case? {
    // What has the name of no port is not used, such as an input that became a constant.
    let named = record.inputs.filter { array in inputs.contains { $0.name == array.name } }
    let given = named.count == inputs.count ? named : record.inputs
    guard given.count == inputs.count else {
      faults.append(
        Diagnostic(
          file: record.path,
          "holds \(record.inputs.count) inputs, but the network has \(inputs.count): "
            + text(inputs)))
      return nil
    }
    guard record.outputs.count <= outputs.count else {
      faults.append(
        Diagnostic(
          file: record.path,
          "holds \(record.outputs.count) outputs, but the network has \(outputs.count): "
            + text(outputs)))
      return nil
    }
    let found = Self.order(given, by: inputs).compactMap { $0 }
    let expected = Self.order(record.outputs, by: outputs)
    guard found.count == inputs.count else { return nil }
    return Case(path: record.path, inputs: found, expected: expected)
  }

  /// The arrays by name if each has the name of another port, else by position.
  private static func order(_ arrays: [NamedTensor], by ports: [DataPort]) -> [Tensor?] {
    var ordered = [Tensor?](repeating: nil, count: ports.count)
    for array in arrays {
      guard let index = ports.firstIndex(where: { $0.name == array.name }), ordered[index] == nil
      else {
        return ports.indices.map { $0 < arrays.count ? arrays[$0].tensor : nil }
      }
      ordered[index] = array.tensor
    }
    return ordered
  }

  /// Arrays that have been brought into the types and shapes of their ports.
  struct Stacked {
    var count: Int
    var inputs: [Tensor]
    var expected: [Tensor?]
  }

  /// Divides the arrays of `data` into inferences.
  mutating func stack(_ data: Case) -> Stacked? {
    let before = faults.items.count
    var parts: [(port: DataPort, tensor: Tensor, count: Int?)] = []
    for (port, tensor) in zip(inputs, data.inputs) {
      if let part = fit(tensor, to: port, "input", in: data.path) {
        parts.append((port, part.tensor, part.count))
      }
    }
    guard faults.items.count == before else { return nil }
    let count = parts.lazy.compactMap(\.count).first ?? 1
    let leading = parts.first { $0.count != nil }
    for part in parts {
      guard let other = part.count, let leading, other != count else { continue }
      faults.append(
        Diagnostic(
          file: data.path,
          "holds \(other) inferences of \"\(part.port.name)\" but \(count) of \"\(leading.port.name)\""
        ))
    }
    let expected = zip(outputs, data.expected).map { port, tensor -> Tensor? in
      guard let tensor else { return nil }
      var port = port
      if !port.hasKnownShape {
        // What one inference gives is an equal part of what is expected of all.
        port.shape = tensor.shape
        if count > 1, let rows = tensor.shape.first, rows.isMultiple(of: count) {
          port.shape[0] = rows / count
        }
      }
      guard let part = fit(tensor, to: port, "output", in: data.path) else { return nil }
      let other = part.count ?? 1
      if other != count {
        faults.append(
          Diagnostic(
            file: data.path,
            "holds \(other) of output \"\(port.name)\" but \(count) inferences of the inputs"))
        return nil
      }
      return part.tensor
    }
    guard faults.items.count == before else { return nil }
    let repeated = parts.map { part in
      part.count == nil && count > 1
        ? concatenate([Tensor](repeating: part.tensor, count: count)) : part.tensor
    }
    return Stacked(count: count, inputs: repeated, expected: expected)
  }

  /// `tensor` in the type of `port` and as inferences × the shape of the port; the number of
  /// inferences is `nil` for a scalar, which serves any number of them.
  private mutating func fit(
    _ tensor: Tensor, to port: DataPort, _ what: String, in path: String
  ) -> (tensor: Tensor, count: Int?)? {
    var (tensor, count) = (tensor, nil as Int?)
    if tensor.shape == port.shape {
      count = port.shape.isEmpty ? nil : 1
    } else if tensor.shape.count == port.shape.count + 1,
      tensor.shape.dropFirst().elementsEqual(port.shape)
    {
      count = tensor.shape[0]
    } else if port.isPadded, tensor.fits(port.shape) {
      (tensor, count) = (tensor.padded(to: port.shape), 1)
    } else if port.isPadded, let inferences = tensor.shape.first,
      tensor.fits([inferences] + port.shape)
    {
      (tensor, count) = (tensor.padded(to: [inferences] + port.shape), inferences)
    } else if let batch = port.shape.first, batch > 0, let rows = tensor.shape.first,
      tensor.shape.dropFirst().elementsEqual(port.shape.dropFirst())
    {
      guard rows.isMultiple(of: batch) || dropsRest && rows > batch else {
        faults.append(
          Diagnostic(
            file: path,
            "\(what) \"\(port.name)\": \(rows) samples do not divide into inferences of \(batch)"))
        return nil
      }
      count = rows / batch
      tensor = tensor.rows(0..<rows / batch * batch)
    } else {
      faults.append(
        Diagnostic(
          file: path,
          "\(what) \"\(port.name)\" is \(describe(tensor)), which does not fit the network",
          supported:
            "\(describe(port.element, port.shape)), or many of them along the first dimension"
        ))
      return nil
    }
    switch tensor.exactly(as: port.element) {
    case .success(let converted):
      return (converted.reshaped([count ?? 1] + port.shape), count)
    case .failure(let inexact):
      let number = inexact.number.map { ": \($0) would change" } ?? ""
      faults.append(
        Diagnostic(
          file: path,
          "\(what) \"\(port.name)\" is \(tensor.type) and cannot become \(port.element)\(number)",
          help: "save it as \(port.element), which NumPy calls \(numpyName(port.element))"))
      return nil
    }
  }

  private func text(_ ports: [DataPort]) -> String {
    ports.map { text($0) }.joined(separator: ", ")
  }

  private func text(_ port: DataPort) -> String {
    "\"\(port.name)\" (\(describe(port.element, port.shape)))"
  }

  private func text(_ arrays: [NamedTensor]) -> String {
    arrays.map { "\"\($0.name)\" (\(describe($0.tensor)))" }.joined(separator: ", ")
  }

  private func numpyName(_ element: ElementType) -> String {
    switch element {
    case .bool: "bool"
    case .f16, .f32, .f64: "float\(element.bitCount)"
    case .i8, .i16, .i32, .i64, .i4, .i2: "int\(element.storage.bitCount)"
    case .u8, .u16, .u32, .u64, .u4, .u2: "uint\(element.storage.bitCount)"
    case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: "float32"
    }
  }
}

extension Tensor {
  /// Whether a tensor of `shape` has room for this one.
  func fits(_ shape: [Int]) -> Bool {
    self.shape.count == shape.count && zip(self.shape, shape).allSatisfy { $0 <= $1 }
  }
}
