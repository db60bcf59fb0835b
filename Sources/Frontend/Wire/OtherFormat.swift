import Basics

/// A format that people take for an ONNX model, known by the first bytes of a file.
struct OtherFormat {
  /// What the file is.
  let name: String
  /// How to come from it to an ONNX model.
  let help: String

  /// The format of a file of `bytes`; `nil` if it may be an ONNX model.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let start = Array(bytes.prefix(4096))
    func begins(_ magic: [UInt8], at offset: Int = 0) -> Bool {
      start.count >= offset + magic.count && start[offset...].starts(with: magic)
    }
    func begins(_ magic: String, at offset: Int = 0) -> Bool {
      begins(Array(magic.utf8), at: offset)
    }
    let pytorch = "export it with torch.onnx.export(model, inputs, \"model.onnx\")"
    if start.isEmpty {
      (name, help) = ("is empty", "the file may be incomplete")
    } else if begins([0x50, 0x4B, 3, 4]) || begins([0x50, 0x4B, 5, 6]) {
      (name, help) = Self.archive(start, pytorch)
    } else if begins([0x80, 2]) || begins([0x80, 3]) || begins([0x80, 4]) || begins([0x80, 5]) {
      (name, help) = ("is a Python pickle, as PyTorch (.pt, .pth) or scikit-learn write", pytorch)
    } else if begins([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) {
      (name, help) = (
        "is an HDF5 file, as Keras (.h5) writes",
        "convert it: python -m tf2onnx.convert --keras model.h5 --output model.onnx"
      )
    } else if begins([0, 0], at: 2), begins("TFL3", at: 4) {
      (name, help) = (
        "is a TensorFlow Lite model (.tflite)",
        "convert it: python -m tf2onnx.convert --tflite model.tflite --output model.onnx"
      )
    } else if begins([0, 0], at: 2), begins("ORTM", at: 4) {
      (name, help) = (
        "is a model in ONNX Runtime's own format (.ort)",
        "take the .onnx file that it was made from"
      )
    } else if begins([0x93] + Array("NUMPY".utf8)) {
      (name, help) = ("is a NumPy array (.npy)", "give it as --data, behind a model")
    } else if begins([0, 0], at: 6), begins("{", at: 8) {
      (name, help) = (
        "is a safetensors file, which holds weights only",
        "from PyTorch, \(pytorch)"
      )
    } else if begins("GGUF") {
      (name, help) = ("is a GGUF file", "export the network to ONNX from where it was trained")
    } else if begins([0x7F] + Array("ELF".utf8)) {
      (name, help) = (
        "is a tile program or another ELF file",
        "'aimcc simulate' runs a tile program, 'aimcc inspect' shows it"
      )
    } else if begins("version https://git-lfs") {
      (name, help) = ("is a pointer of Git LFS, not the model itself", "fetch it: git lfs pull")
    } else if begins([0x1F, 0x8B]) {
      (name, help) = ("is compressed by gzip", "unpack it: gunzip")
    } else if begins("<") {
      (name, help) = ("is a web page or XML", "load the file itself: the raw link of the page")
    } else if begins([0x0A]) {
      (name, help) = (
        "is not an ONNX model, but may be a TensorFlow graph (.pb)",
        "convert it: python -m tf2onnx.convert --graphdef model.pb --output model.onnx"
      )
    } else {
      return nil
    }
  }

  /// What a ZIP archive is, by the name of its first entry.
  private static func archive(_ start: [UInt8], _ pytorch: String) -> (String, String) {
    let length = start.count > 27 ? Int(start[26]) | Int(start[27]) << 8 : 0
    let entry = String(decoding: start.dropFirst(30).prefix(length), as: UTF8.self)
    if entry.hasSuffix("/data.pkl") || entry.hasSuffix("/version")
      || entry.hasSuffix("/.format_version") || entry.hasSuffix("/constants.pkl")
    {
      return ("is a PyTorch file (.pt, .pth)", pytorch)
    }
    if entry.hasSuffix(".npy") {
      return ("is an NPZ archive of arrays", "give it as --data, behind a model")
    }
    if ["metadata.json", "config.json", "model.weights.h5"].contains(entry) {
      return (
        "is a Keras file (.keras)",
        "export it: model.export(\"model.onnx\", format=\"onnx\")"
      )
    }
    return ("is a ZIP archive", "unpack it and give the .onnx file in it")
  }
}
