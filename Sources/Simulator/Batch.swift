import Basics
import Program

/// The inferences that the tensors given for the inputs of a program hold.
struct Batch {
  /// How the tensors hold several inferences.
  private enum Form: Int { case single, leading, stacked }

  /// The number of inferences.
  let count: Int
  private let form: Form

  /// Matches `tensors` with the inputs of `program`.
  ///
  /// Throws `Diagnostics` that name every input that does not fit, what it takes and what was given.
  init(_ tensors: [Tensor], for program: Program) throws(Diagnostics) {
    guard tensors.count == program.inputs.count else {
      let names = program.inputs.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw Diagnostics(
        Diagnostic(
          .error, "\(tensors.count) inputs are given for \(program.inputs.count)",
          supported: program.inputs.isEmpty ? nil : names))
    }
    var faults = Diagnostics()
    var count: Int?
    var form = Form.single
    for (port, tensor) in zip(program.inputs, tensors) {
      guard let match = Self.match(tensor.shape, port.shape) else {
        faults.append(Self.fault(port, tensor, "the shapes differ"))
        continue
      }
      if let count, count != match.count {
        faults.append(
          Self.fault(port, tensor, "\(match.count) inferences, and \(count) in others"))
        continue
      }
      count = match.count
      if match.form.rawValue > form.rawValue { form = match.form }
      if let loss = loss(of: tensor, as: port.element) {
        faults.append(Self.fault(port, tensor, loss))
      }
    }
    if faults.hasErrors { throw faults }
    self.count = count ?? 1
    self.form = form
  }

  /// How `shape` holds inferences of `port`: one, several along the first dimension, or several
  /// along a dimension of their own.
  private static func match(_ shape: [Int], _ port: [Int]) -> (count: Int, form: Form)? {
    if shape == port { return (1, .single) }
    guard let first = shape.first, first > 0 else { return nil }
    if shape.dropFirst() == port[...] { return (first, .stacked) }
    guard let step = port.first, step > 0, shape.dropFirst() == port.dropFirst(),
      first % step == 0
    else { return nil }
    return (first / step, .leading)
  }

  private static func fault(_ port: Port, _ tensor: Tensor, _ reason: String) -> Diagnostic {
    let open = port.shape.dropFirst().map { ", \($0)" }.joined()
    let first = port.shape.first.map { $0 == 1 ? "N" : "N·\($0)" }
    return Diagnostic(
      .error,
      "input \"\(port.name)\" takes \(port.element) \(port.shape), but was given \(tensor.type) "
        + "\(tensor.shape): \(reason)",
      supported: "\(port.shape) for one inference, or \(first.map { "[\($0)\(open)]" } ?? "[N]") "
        + "for N of them")
  }

  /// The shape of an output of all inferences.
  func shape(of port: [Int]) -> [Int] {
    switch form {
    case .single: port
    case .stacked: [count] + port
    case .leading: port.isEmpty ? [count] : [count * port[0]] + port.dropFirst()
    }
  }
}

/// Why `tensor` cannot become elements of type `element` without loss; `nil` if it can.
private func loss(of tensor: Tensor, as element: ElementType) -> String? {
  if tensor.type == element { return nil }
  let tensor = tensor.type.format == nil ? tensor.stored : tensor.decoded
  func first<T: BitwiseCopyable>(_: T.Type, _ isExact: (T) -> Bool) -> String? {
    tensor.bytes.withUnsafeBytes { bytes in
      for i in 0..<tensor.count {
        let value = bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self)
        if !isExact(value) { return "element \(i), \(value), is not exact in \(element)" }
      }
      return nil
    }
  }
  func integers<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> String? {
    first(T.self) { isExact($0, as: element) }
  }
  switch tensor.type {
  case .f16: return first(Float16.self) { isExact(Double($0), as: element) }
  case .f32: return first(Float.self) { isExact(Double($0), as: element) }
  case .f64: return first(Double.self) { isExact($0, as: element) }
  case .i8: return integers(Int8.self)
  case .i16: return integers(Int16.self)
  case .i32: return integers(Int32.self)
  case .i64: return integers(Int64.self)
  case .u8: return integers(UInt8.self)
  case .u16: return integers(UInt16.self)
  case .u32: return integers(UInt32.self)
  case .u64: return integers(UInt64.self)
  case .bool: return nil
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2:
    preconditionFailure("\(tensor.type) is read as another type")
  }
}

private func isExact<T: FixedWidthInteger>(_ value: T, as element: ElementType) -> Bool {
  switch element {
  case .f16: T(exactly: Float16(value)) == value
  case .f32: T(exactly: Float(value)) == value
  case .f64: T(exactly: Double(value)) == value
  case .u64: value >= 0
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    Double(exactly: value).map { isExact($0, as: element) } ?? false
  case .bool, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .i4, .u4, .i2, .u2:
    Int64(exactly: value).map { element.integerRange!.contains($0) } ?? false
  }
}

private func isExact(_ value: Double, as element: ElementType) -> Bool {
  switch element {
  case .f16: value.isNaN || Double(Float16(value)) == value
  case .f32: value.isNaN || Double(Float(value)) == value
  case .f64: true
  case .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
    element.format!.codeInRange(of: value).map {
      value.isNaN || Double(element.format!.number(of: $0)) == value
    } ?? false
  default: Int64(exactly: value).map { isExact($0, as: element) } ?? false
  }
}
