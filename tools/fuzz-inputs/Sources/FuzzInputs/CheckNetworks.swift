import Basics
import Chip
import Compiler
import Driver
import Frontend
import IR
import Passes

func checkImport(_ input: Input) throws {
  let graph = try importModel(path: input.file(".onnx")).graph
  try checkPrinting(StageDump(graph))
}

func checkText(_ input: Input) throws {
  let stage = try StageDump(text: input.text) { try Chip.load($0) }
  try Diagnostics(stage.verify()).throwIfErrors()
  try checkPrinting(stage)
}

/// The text of what is sound is that of the same.
private func checkPrinting(_ stage: StageDump) throws {
  try Diagnostics(stage.graph.verify()).throwIfErrors()
  let text = stage.text
  do {
    let again = try StageDump(text: text) { try Chip.load($0) }
    require(again.text == text, "a text is read as another\n\(text)\n\(again.text)")
  } catch {
    fatalError("a text that was printed cannot be read: \(error)\n\(text)")
  }
}

func checkModel(_ input: Input) throws {
  let path = input.file(".onnx")
  guard try importModel(path: path).graph.isSmall else { return }
  try checkWhole(path, input)
}

func checkStage(_ input: Input) throws {
  guard try StageDump(text: input.text, chip: { try Chip.load($0) }).graph.isSmall else { return }
  try checkWhole(input.file(".aim"), input)
}

/// Inspects the network at `path`, compiles and simulates it.
private func checkWhole(_ path: String, _ input: Input) throws {
  var options = CompileOptions()
  options.chip = "tiny"
  options.chips = .automatic
  let changes: [(inout CompileOptions) -> Void] = [
    { _ in },
    { ($0.accuracy.copies, $0.accuracy.residual) = (2, true) },
    { ($0.accuracy.smooths, $0.accuracy.centers) = (true, true) },
    { ($0.mapping.widens, $0.accuracy.copiesRows) = (true, true) },
    { $0.accuracy.routine = .layers }, { $0.mapping.objective = .latency },
  ]
  input.choice(changes)(&options)
  _ = try runInspect(file: path, options: options, json: true, console: silence)
  let device = DeviceOptions(input.choice([.ideal, .quantized]))
  _ = try runVerify(
    model: path, data: nil, device: device, options: options, json: true, console: silence)
}

extension Graph {
  /// Whether it takes little time to compile: aimcc sets no limit on that.
  fileprivate var isSmall: Bool {
    nodes.count <= 64 && values.allSatisfy { ($0.type.count ?? 0) <= 4096 }
      && nodes.allSatisfy { node in
        guard case .control(let control) = node.op else { return true }
        return control.regions.allSatisfy(\.isSmall)
      }
  }
}
