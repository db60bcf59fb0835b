import Basics
import COnnx
import IR

/// The inputs, outputs and nodes of an ONNX file, whether it can be imported or not.
public struct ModelOutline {
  /// An input or output.
  public struct Port {
    /// The name.
    public var name: String
    /// The type; `nil` where it is not supported.
    public var type: ValueType?
  }

  /// A node, by its name in diagnostics.
  public struct Node {
    /// The name.
    public var name: String
    /// The operator, with its domain unless that is ONNX's own.
    public var op: String
  }

  /// The name of the graph.
  public let name: String
  /// The version of the ONNX operator set.
  public let opset: Int?
  /// The version of the file format.
  public let irVersion: Int
  /// The program that made the file, with its version.
  public let producer: String
  /// The inputs that are no initializers.
  public let inputs: [Port]
  /// The outputs.
  public let outputs: [Port]
  /// The nodes of the outermost graph.
  public let nodes: [Node]
  /// The elements of all initializers.
  public let parameters: Int

  /// Reads the model at `path`; throws `Diagnostics` if it is not a well-formed ONNX file.
  public init(path: String) throws {
    let model = try OnnxModel(path: path)
    let message = model.message.pointee
    opset = OpsetVersions(messages(message.opset_import, message.n_opset_import)).onnx
    irVersion = Int(message.ir_version)
    producer = [string(message.producer_name), string(message.producer_version)]
      .filter { !$0.isEmpty }.joined(separator: " ")
    guard let graph = message.graph?.pointee else {
      throw Diagnostics(Diagnostic(file: path, "holds no graph"))
    }
    name = string(graph.name)
    let tensors = messages(graph.initializer, graph.n_initializer)
    let initializers = tensors.map { string($0.pointee.name) }
    func ports(_ infos: [UnsafePointer<Onnx__ValueInfoProto>]) -> [Port] {
      infos.map { info in
        let info = OnnxValueInfo(info)
        return Port(name: info.name, type: try? info.type().get())
      }
    }
    let known = Set(initializers)
    inputs = ports(messages(graph.input, graph.n_input)).filter { !known.contains($0.name) }
    outputs = ports(messages(graph.output, graph.n_output))
    let all = messages(graph.node, graph.n_node)
    let names = ModelNames(
      nodes: all, inputs: inputs.map(\.name), initializers: initializers,
      outputs: outputs.map(\.name))
    nodes = zip(names.nodeNames, all).map { name, node in
      let domain = OnnxNode.domain(string(node.pointee.domain))
      let op = string(node.pointee.op_type)
      return Node(name: name, op: domain.isEmpty ? op : "\(domain).\(op)")
    }
    parameters = tensors.reduce(0) { sum, tensor in
      let sizes = scalars(tensor.pointee.dims, tensor.pointee.n_dims).map { Int($0) }
      return sum.addingReportingOverflow(elementCount(sizes) ?? 0).partialValue
    }
  }
}
