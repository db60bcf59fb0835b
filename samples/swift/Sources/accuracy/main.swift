import AIMCC

// Run in the root of the repository: swift run --package-path samples/swift
let network = try Network(onnx: "samples/digits/model.onnx")
let typical = network.typicalInputs(try network.data("samples/digits/calibration.npz"))

var options = CompilerOptions()
options.accuracy.routine = .global
let compilation = try Compiler.compile(
  network.graph, for: Chip.named("hermes"), options: options, typical: typical,
  names: network.names)
print("\(compilation.partition!.crossbars) crossbars, \(compilation.bytes!.count) bytes")

var plan = EvaluationPlan()
plan.seeds = 3
for row in try compilation.accuracy(
  of: network.graph, over: network.data("samples/digits/test.npz"),
  device: DeviceOptions(.model("hermes-tdp")), plan: plan)
{
  print("after \(row.seconds) s: \(100 * (row.accuracy ?? 0)) %, \(row.chips) chips")
}
