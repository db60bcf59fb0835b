import Basics
import COnnx

/// The versions of the ONNX file format that models may have: the first has operator sets, the
/// last is that of onnx-ml.proto.
let supportedIRVersions = 3...Int(ONNX__VERSION__IR_VERSION.rawValue)

extension GraphImporter {
  /// Reads what a model says of itself: the operator sets in force, and its functions.
  mutating func readHeader() {
    let message = model.message.pointee
    let irVersion = Int(message.ir_version)
    if message.has_ir_version == 0 {
      fault("does not state its version of the ONNX format")
    } else if !supportedIRVersions.contains(irVersion) {
      fault(
        "has version \(irVersion) of the ONNX format, which is not supported",
        supported: "\(supportedIRVersions.lowerBound) to \(supportedIRVersions.upperBound)")
    }
    checkOpset()
    for message in messages(message.functions, message.n_functions) {
      let function = OnnxFunction(message)
      if functions.updateValue(function, forKey: function.key) != nil {
        fault("defines function \(function.key.text) twice")
      }
    }
    if message.n_training_info > 0 {
      warnings.append(
        Diagnostic(.warning, file: path, "the training information of the model is ignored"))
    }
  }

  private mutating func checkOpset() {
    guard let version = versions.onnx else {
      // A model may do without ONNX's own operators.
      if versions.byDomain.isEmpty { fault("does not state its ONNX operator set") }
      return
    }
    if versions.isAmbiguous {
      return fault("imports two different versions of the ONNX operator set")
    }
    if !supportedOpsets.contains(version) {
      fault(
        "uses ONNX operator set \(version), which is not supported",
        supported: "\(supportedOpsets.lowerBound) to \(supportedOpsets.upperBound)",
        help: "convert the model: onnx.version_converter.convert_version")
    }
  }
}
