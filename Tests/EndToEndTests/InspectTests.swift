import Foundation
import TestSupport
import Testing

/// What `inspect` says of models, sizes of open dimensions, and dumps of every value.
@Suite struct InspectTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  /// What is counted of a network that is too large for any program may be more than an integer holds.
  @Test func networksOfAnySizeAreShown() throws {
    let model = Repository.sample("residual/model.onnx")
    for size in ["99999999999999", "9223372036854775807"] {
      let run = try Command(["inspect", model, "--dim", "N=\(size)"])
      #expect(run.status == 0, "\(run.messages)")
      #expect(run.text.contains("compilation    impossible"), "\(run.text)")
    }
  }

  @Test func saysWhereNodesGo() throws {
    let model = Repository.sample("residual/model.onnx")
    let inspection = try Command("inspect", model, "--json")
    #expect(inspection.status == 0)
    let nodes = try #require(inspection.json["nodes"] as? [[String: Any]])
    for node in nodes {
      let place = try #require(node["place"] as? String)
      switch node["op"] as? String {
      case "Conv", "Gemm": #expect(place == "analog")
      case "BatchNormalization": #expect(place == "compiler")
      default: #expect(place == "host")
      }
    }
    let mapping = try #require(inspection.json["mapping"] as? [String: Any])
    let compilation = try Command(
      "compile", model, "-o", folder.file("p.aimc"), "--json", "--chips", "auto")
    let layers = try #require(compilation.json["layers"] as? [[String: Any]])
    #expect(
      mapping["crossbars"] as? Int == layers.reduce(0) { $0 + ($1["blocks"] as? Int ?? 0) })
    #expect(mapping["analogMACs"] as? Int == compilation.json["analogMACs"] as? Int)
    #expect((inspection.json["faults"] as? [Any])?.isEmpty == true)
    #expect(inspection.json["openDimensions"] as? [String] == ["N"])
  }

  @Test func listsWhatCannotBeCompiled() throws {
    let inspection = try Command("inspect", modelPath("loop"), "--json")
    #expect(inspection.status == 0)
    let faults = try #require(inspection.json["faults"] as? [[String: Any]])
    #expect(faults.map { $0["node"] as? String } == ["counted"])
    let text = try Command("inspect", modelPath("loop")).text
    #expect(text.contains("impossible: 1 fault, listed below"))
    #expect(text.contains("node \"counted\" (Loop): takes its number of iterations from \"trips\""))
  }

  @Test func showsTheTableBesideTheFaults() throws {
    let model = Repository.model("bad/operator-unknown.onnx")
    let inspection = try Command("inspect", model, "--json")
    #expect(inspection.status == 1)
    let nodes = try #require(inspection.json["nodes"] as? [[String: Any]])
    #expect(nodes.contains { $0["place"] as? String == "refused" })
    let text = try Command("inspect", model)
    #expect(text.status == 1 && text.text.contains("refused  is not supported"))
    #expect(text.messages.contains("is not supported"))
  }

  @Test func readsAModelFromStandardInput() throws {
    let model = Repository.sample("digits/model.onnx")
    let named = try Command("inspect", model, "-q")
    let piped = try Command(shell: "cat '\(model)' | aimcc inspect - -q", in: folder.path)
    #expect(piped.status == 0 && piped.output == named.output)
    let compiled = try Command(
      shell: "cat '\(model)' | aimcc compile - -q -o p.aimc", in: folder.path)
    #expect(compiled.status == 0 && compiled.text.contains("p.aimc"))
    let text = try Command(shell: "echo 'no graph' | aimcc inspect -", in: folder.path)
    #expect(text.status == 1 && text.messages.contains("standard input"))
  }

  @Test func asksForTheSizeOfAnAxisThatIsNoBatch() throws {
    let model = modelPath("lstm-open-time")
    // A copy has no data beside it.
    let lone = folder.file("time.onnx")
    try FileManager.default.copyItem(atPath: model, toPath: lone)
    let run = try Command("compile", lone, "--plan")
    #expect(run.status == 1)
    #expect(run.messages.contains("dimension \"time\" is left open, and cannot be a batch of 1"))
    #expect(run.messages.contains("(LSTM) may compute across it"))
    #expect(run.messages.contains("--dim time=SIZE"))
    #expect(try Command("compile", lone, "--plan", "--dim", "time=7").status == 0)
    let other = folder.file("batch.onnx")
    try FileManager.default.copyItem(atPath: modelPath("open-axes"), toPath: other)
    let batch = try Command("compile", other, "--plan")
    #expect(batch.status == 0)
    #expect(batch.messages.contains("dimension \"b\" is taken as 1"))
  }

  @Test func takesShapesOfInputs() throws {
    let model = Repository.sample("residual/model.onnx")
    let sized = try Command("inspect", model, "--input-shape", "image=3x1x8x8", "-q")
    #expect(sized.status == 0 && sized.text.contains("f32 3×10"))
    for (arguments, message) in [
      (["--input-shape", "image=3x2x8x8"], "is f32 N×1×8×8, which 3×2×8×8 does not fit"),
      (["--input-shape", "picture=3x1x8x8"], "there is no input \"picture\""),
      (
        ["--input-shape", "image=3x1x8x8", "--dim", "N=2"],
        "dimension \"N\" is given as 3 and as 2"
      ),
    ] {
      let run = try Command(["compile", model, "-o", folder.file("p.aimc")] + arguments)
      #expect(run.status == 1)
      #expect(run.messages.contains(message), "\(run.messages)")
    }
    #expect(try Command("inspect", model, "--input-shape", "image=3x").status == 64)
  }

  @Test func dumpsEveryValue() throws {
    let path = folder.file("values")
    let run = try Command(
      "run", Repository.sample("residual/model.onnx"), "--data",
      Repository.sample("residual/test.npz"),
      "--dump-all", path, "-q")
    #expect(run.status == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: path)
    // The image and the results of 25 nodes.
    #expect(files.count == 26)
    #expect(files.contains("image.npy") && files.contains("logits.npy"))
  }
}

/// The path of a model in Tests/Models.
private func modelPath(_ name: String) -> String {
  Repository.model("\(name)/model.onnx")
}
