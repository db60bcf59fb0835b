import COnnx
import IR

/// What names mean in a graph or in one call of a function, while its nodes are read.
struct ImportScope {
  /// The versions of the operator sets that nodes refer to, by domain.
  let versions: OpsetVersions
  /// The names of the nodes and values.
  let names: ModelNames
  /// What stands before these names in the graph that is made.
  let prefix: String
  /// The function whose body is read; `nil` outside of any.
  let function: FunctionKey?
  /// The attributes that the body of a function may refer to, by name.
  let arguments: [String: UnsafePointer<Onnx__AttributeProto>]
  /// The operands of a function that its call leaves out.
  var absent: Set<String> = []
  /// The names in the graph of values that the call of a function names.
  var renamed: [String: String] = [:]
  /// The value of each name.
  var ids: [String: ValueID] = [:]
}

/// The versions of the operator sets that a model or a function imports.
struct OpsetVersions {
  /// The version of each domain; ONNX's own is "".
  private(set) var byDomain: [String: Int] = [:]
  /// Whether ONNX's own is given twice, and differently.
  private(set) var isAmbiguous = false

  /// Reads what a model or a function says.
  init(_ imports: [UnsafePointer<Onnx__OperatorSetIdProto>]) {
    for entry in imports {
      let domain = OnnxNode.domain(string(entry.pointee.domain))
      let version = Int(entry.pointee.version)
      let older = byDomain.updateValue(version, forKey: domain)
      if domain.isEmpty, let older, older != version { isAmbiguous = true }
    }
  }

  /// The version of ONNX's own operators; `nil` if none is said.
  var onnx: Int? { byDomain[""] }

  /// The version of the operators of `domain`; `nil` if none is said.
  subscript(domain: String) -> Int? { byDomain[domain] }
}
