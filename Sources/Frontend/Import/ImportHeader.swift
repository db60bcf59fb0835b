import Basics
import COnnx

/// The versions of the ONNX file format that models may have: the first has operator sets, the
/// last is that of onnx-ml.proto.
let supportedIRVersions = 3...Int(ONNX__VERSION__IR_VERSION.rawValue)

extension GraphImporter {
  /// Reads what a model says of itself, and finds the operator set in force.
  mutating func readHeader() {
    let message = model.message.pointee
    let irVersion = Int(message.ir_version)
    if message.has_ir_version == 0 {
      fault("does not say which version of the ONNX format it has")
    } else if !supportedIRVersions.contains(irVersion) {
      fault(
        "has version \(irVersion) of the ONNX format, which is not supported",
        supported: "\(supportedIRVersions.lowerBound) to \(supportedIRVersions.upperBound)")
    }
    readOpset()
    for function in messages(message.functions, message.n_functions) {
      let name = string(function.pointee.name)
      fault(
        "function \"\(name)\" of domain \"\(string(function.pointee.domain))\" is not supported",
        help: "inline functions: onnx.inliner.inline_local_functions")
    }
    if message.n_training_info > 0 {
      warnings.append(
        Diagnostic(.warning, file: path, "what the model says about training is left out"))
    }
  }

  private mutating func readOpset() {
    let message = model.message.pointee
    let imports = messages(message.opset_import, message.n_opset_import).map {
      (domain: OnnxNode.domain(string($0.pointee.domain)), version: Int($0.pointee.version))
    }
    for (domain, version) in imports { domainVersions[domain] = version }
    let versions = imports.filter(\.domain.isEmpty).map(\.version)
    let supported = "\(supportedOpsets.lowerBound) to \(supportedOpsets.upperBound)"
    guard let version = versions.first else {
      return fault("does not say which ONNX operator set it uses")
    }
    if versions.contains(where: { $0 != version }) {
      return fault("says twice which ONNX operator set it uses, and differently")
    }
    opset = version
    if !supportedOpsets.contains(opset) {
      fault(
        "uses ONNX operator set \(version), which is not supported", supported: supported,
        help: "convert the model: onnx.version_converter.convert_version")
    }
  }
}
