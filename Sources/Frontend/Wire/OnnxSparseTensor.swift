import Basics
import COnnx
import IR

/// A `SparseTensorProto`: the elements of a tensor that are not 0, and where they are.
struct OnnxSparseTensor {
  /// The unpacked skeleton.
  let message: UnsafePointer<Onnx__SparseTensorProto>
  /// The files that hold the elements.
  let files: ModelFiles

  /// The name: that of the values; empty if they have none.
  var name: String { message.pointee.values.map { string($0.pointee.name) } ?? "" }

  /// The tensor with all its elements.
  ///
  /// Throws `Diagnostics` if an index is not within the shape or not behind the one before it, if
  /// values and indices do not fit each other, or if there are too many elements.
  func tensor() throws -> Tensor {
    guard let values = message.pointee.values, let indices = message.pointee.indices else {
      throw fault("lacks values or indices")
    }
    let elements = try OnnxTensor(message: UnsafePointer(values), files: files).tensor()
    let places = try OnnxTensor(message: UnsafePointer(indices), files: files).tensor()
    let shape = scalars(message.pointee.dims, message.pointee.n_dims).map { Int($0) }
    guard shape.count <= rankLimit, shape.allSatisfy({ $0 >= 0 }), let count = elementCount(shape)
    else {
      throw fault("has dimensions that are negative or too many")
    }
    guard elements.shape.count == 1 else { throw fault("has values that are not a vector") }
    let rank = shape.count
    guard places.type == .i64,
      places.shape == [elements.count] || places.shape == [elements.count, rank]
    else {
      throw fault(
        "has indices of type \(places.type)[\(places.shape.map(String.init).joined(separator: ", "))]",
        supported: "i64[\(elements.count)] or i64[\(elements.count), \(rank)]")
    }
    let size = elements.type.byteCount
    guard count <= ModelFiles.sparseLimit / size, files.reserveSparse(count * size) else {
      throw fault(
        "would take too much memory with all its elements",
        supported: "sparse tensors of \(ModelFiles.sparseLimit >> 20) MiB in all")
    }
    let linear = try linearIndices(
      places.elements(of: Int64.self), shape, count, values: elements.count)
    let dense = Bytes(count: count * size) { target in
      elements.bytes.withUnsafeBytes { source in
        for (number, index) in linear.enumerated() {
          for byte in 0..<size { target[index * size + byte] = source[number * size + byte] }
        }
      }
    }
    return Tensor(type: elements.type, shape: shape, bytes: dense)
  }

  /// The indices in row-major order, which must ascend; those given by coordinates have as many
  /// numbers for each element as there are dimensions.
  private func linearIndices(
    _ numbers: [Int64], _ shape: [Int], _ count: Int, values: Int
  ) throws -> [Int] {
    let limits = message.pointee.indices.pointee.n_dims == 2 ? shape : [count]
    var linear: [Int] = []
    for start in stride(from: 0, to: numbers.count, by: max(limits.count, 1)) {
      var index = 0
      for (axis, limit) in limits.enumerated() {
        let number = numbers[start + axis]
        guard number >= 0, number < limit else {
          throw fault("has index \(number) where there are \(limit) elements")
        }
        index = index * limit + Int(number)
      }
      if let last = linear.last, index <= last {
        throw fault("has indices that do not ascend: \(index) behind \(last)")
      }
      linear.append(index)
    }
    guard linear.count * max(limits.count, 1) == numbers.count, linear.count == values else {
      throw fault("has \(values) values for \(linear.count) indices")
    }
    return linear
  }

  private func fault(_ message: String, supported: String? = nil) -> Diagnostics {
    Diagnostics(
      Diagnostic(
        file: files.main.path, "sparse tensor \"\(name)\" \(message)", supported: supported))
  }
}
