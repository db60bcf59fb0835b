import Basics
import Frontend

/// Parts of ONNX models, put together field by field.
extension WireBytes {
  /// A `ModelProto` with operator set `opset`, whose graph `build` adds to.
  static func model(
    opset: Int64 = 13, irVersion: Int64 = 8, _ build: (inout WireBytes) -> Void
  ) -> [UInt8] {
    WireBytes {
      $0.int(1, irVersion)
      $0.message(7) {
        $0.string(2, "net")
        build(&$0)
      }
      $0.message(8) { $0.int(2, opset) }
    }.bytes
  }

  /// Adds a node to a graph.
  mutating func node(
    _ op: String, _ inputs: [String], _ outputs: [String], name: String = "", domain: String = "",
    field: UInt64 = 1, _ attributes: (inout WireBytes) -> Void = { _ in }
  ) {
    message(field) { node in
      for input in inputs { node.string(1, input) }
      for output in outputs { node.string(2, output) }
      if !name.isEmpty { node.string(3, name) }
      node.string(4, op)
      attributes(&node)
      if !domain.isEmpty { node.string(7, domain) }
    }
  }

  /// Adds a function of domain "local" and operator set `opset` to a model; in `build`, nodes have
  /// field 7.
  mutating func function(
    _ name: String, _ inputs: [String], _ outputs: [String], attributes: [String] = [],
    opset: Int64? = 13, _ build: (inout WireBytes) -> Void
  ) {
    message(25) { function in
      function.string(1, name)
      for input in inputs { function.string(4, input) }
      for output in outputs { function.string(5, output) }
      for attribute in attributes { function.string(6, attribute) }
      build(&function)
      if let opset { function.message(9) { $0.int(2, opset) } }
      function.string(10, "local")
    }
  }

  /// Adds to a node an attribute of `type` that stands for `other` of the function around it.
  mutating func attribute(_ name: String, referringTo other: String, type: Int64) {
    message(5) {
      $0.string(1, name)
      $0.int(20, type)
      $0.string(21, other)
    }
  }

  /// Adds an input of element type `type` to a graph; -1 stands for no size.
  mutating func input(_ name: String, _ dims: [Int64], type: Int64 = 1) {
    valueInfo(11, name, dims, type)
  }

  /// Adds an output to a graph, of whose type nothing is said.
  mutating func output(_ name: String) { message(12) { $0.string(1, name) } }

  /// Adds an output of element type `type` to a graph.
  mutating func output(_ name: String, _ dims: [Int64], type: Int64 = 1) {
    valueInfo(12, name, dims, type)
  }

  private mutating func valueInfo(_ field: UInt64, _ name: String, _ dims: [Int64], _ type: Int64) {
    message(field) {
      $0.string(1, name)
      $0.message(2) {
        $0.message(1) {
          $0.int(1, type)
          $0.message(2) { shape in
            for size in dims { shape.message(1) { if size != -1 { $0.int(1, size) } } }
          }
        }
      }
    }
  }

  /// Adds an initializer to a graph.
  mutating func initializer(_ name: String, _ tensor: Tensor) {
    data(5, encodeTensorProto(name: name, tensor: tensor))
  }

  /// Adds an initializer of f32 whose elements are in another file to a graph.
  mutating func initializer(_ name: String, _ dims: [Int64], external: [(String, String)]) {
    message(5) { tensor in
      for size in dims { tensor.int(1, size) }
      tensor.int(2, 1)
      tensor.string(8, name)
      for (key, value) in external {
        tensor.message(13) {
          $0.string(1, key)
          $0.string(2, value)
        }
      }
      tensor.int(14, 1)
    }
  }

  /// Adds a sparse tensor as field `number`: an initializer of a graph has field 15, the value of an
  /// attribute 22.
  mutating func sparse(
    _ number: UInt64, _ name: String, _ values: [Float], at indices: Tensor, _ dims: [Int64]
  ) {
    message(number) {
      $0.data(1, encodeTensorProto(name: name, tensor: Tensor(values, shape: [values.count])))
      $0.data(2, encodeTensorProto(name: "", tensor: indices))
      $0.ints(3, dims)
    }
  }

  /// Adds a graph attribute to a node.
  mutating func region(_ name: String, _ build: (inout WireBytes) -> Void) {
    message(5) {
      $0.string(1, name)
      $0.message(6, build)
      $0.int(20, 5)
    }
  }

  /// Adds an integer attribute to a node.
  mutating func attribute(_ name: String, _ value: Int64) {
    message(5) {
      $0.string(1, name)
      $0.int(3, value)
      $0.int(20, 2)
    }
  }

  /// Adds a number attribute to a node.
  mutating func attribute(_ name: String, _ value: Float) {
    message(5) {
      $0.string(1, name)
      $0.float(2, value)
      $0.int(20, 1)
    }
  }

  /// Adds a word attribute to a node.
  mutating func attribute(_ name: String, _ value: String) {
    message(5) {
      $0.string(1, name)
      $0.string(4, value)
      $0.int(20, 3)
    }
  }

  /// Adds an attribute that is a list of integers to a node.
  mutating func attribute(_ name: String, _ values: [Int64]) {
    message(5) { attribute in
      attribute.string(1, name)
      for value in values { attribute.int(8, value) }
      attribute.int(20, 7)
    }
  }

  /// Adds a tensor attribute to a node.
  mutating func attribute(_ name: String, _ tensor: Tensor) {
    message(5) {
      $0.string(1, name)
      $0.data(5, encodeTensorProto(name: "", tensor: tensor))
      $0.int(20, 4)
    }
  }
}
