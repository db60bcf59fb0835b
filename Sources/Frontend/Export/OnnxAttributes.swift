import Basics

/// The attributes of a node that is written to an ONNX file.
struct OnnxAttributes {
  /// The numbers of the kinds of attributes in a file.
  private enum Kind: Int {
    case float = 1
    case integer = 2
    case text = 3
    case tensor = 4
    case floats = 6
    case integers = 7
    case texts = 8
  }

  /// The messages, one an attribute.
  private(set) var messages: [[UInt8]] = []

  private mutating func add(_ name: String, _ kind: Kind, _ body: (inout ProtoBytes) -> Void) {
    var message = ProtoBytes()
    message.put(1, name)
    body(&message)
    message.put(20, kind.rawValue)
    messages.append(message.bytes)
  }

  mutating func add(_ name: String, _ value: Int) { add(name, .integer) { $0.put(3, value) } }

  mutating func add(_ name: String, _ value: Bool) { add(name, value ? 1 : 0) }

  mutating func add(_ name: String, _ value: Float) { add(name, .float) { $0.put(2, value) } }

  mutating func add(_ name: String, _ value: String) { add(name, .text) { $0.put(4, value) } }

  mutating func add(_ name: String, _ values: [Int]) {
    add(name, .integers) { message in
      for value in values { message.put(8, value) }
    }
  }

  mutating func add(_ name: String, _ values: [Float]) {
    add(name, .floats) { message in
      for value in values { message.put(7, value) }
    }
  }

  mutating func add(_ name: String, _ values: [String]) {
    add(name, .texts) { message in
      for value in values { message.put(9, value) }
    }
  }

  mutating func add(_ name: String, _ value: ElementType) {
    add(name, Int(OnnxElementType(value).rawValue))
  }

  mutating func add(_ name: String, _ tensor: Tensor) {
    add(name, .tensor) { $0.put(5, encodeTensorProto(name: "", tensor: tensor)) }
  }
}
