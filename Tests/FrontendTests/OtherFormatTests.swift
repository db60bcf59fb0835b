import Basics
import Frontend
import TestSupport
import Testing

/// Files that are no ONNX models are named for what they are.
struct OtherFormatTests {
  private static func archive(_ entry: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(entry.utf8.count), 0, 0, 0]
      + Array(entry.utf8)
  }

  @Test(
    arguments: [
      ([], "is empty"),
      (archive("archive/data.pkl"), "is a PyTorch file"),
      (archive("image.npy"), "is an NPZ archive"),
      (archive("metadata.json"), "is a Keras file"),
      (archive("model.onnx"), "is a ZIP archive"),
      ([0x80, 2, 0x8A, 10], "is a Python pickle"),
      ([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A], "is an HDF5 file"),
      ([0x1C, 0, 0, 0] + Array("TFL3".utf8), "is a TensorFlow Lite model"),
      ([0x20, 0, 0, 0] + Array("ORTM".utf8), "in ONNX Runtime's own format"),
      ([0x93] + Array("NUMPY".utf8), "is a NumPy array"),
      ([0x40, 0, 0, 0, 0, 0, 0, 0] + Array("{\"w\":".utf8), "is a safetensors file"),
      (Array("GGUF".utf8), "is a GGUF file"),
      (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "is a pointer of Git LFS"),
      ([0x1F, 0x8B, 8], "is compressed by gzip"),
      (Array("<!DOCTYPE html>".utf8), "is a web page"),
      ([0x0A, 0x10], "may be a TensorFlow graph"),
    ] as [([UInt8], String)])
  func isNamed(_ bytes: [UInt8], _ name: String) throws {
    let found = try Folder.withFile(bytes) { path in
      do {
        _ = try importModel(path: path)
        return [] as [Diagnostic]
      } catch {
        return (error as? Diagnostics)?.items ?? []
      }
    }
    #expect(found.count == 1 && found[0].message.contains(name) && found[0].help != nil)
  }
}
