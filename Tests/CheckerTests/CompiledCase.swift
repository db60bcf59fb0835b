import Basics
import Checker
import Chip
import IR
import Passes
import Program
import TestSupport

/// What the compiler is asked to do beside compiling.
struct Treatment {
  /// The preset of the chip.
  var chip = "hermes"
  /// The number of chips; `nil` for as many as it takes.
  var chips: Int?
  /// How many times the crossbars copies take.
  var copies = 0
  /// Whether the last copy is for what programming makes wrong in the others.
  var residual = false
  var copiesRows = false
  var smooths = false
  /// The share of the multiply-accumulates that channels with outliers may take on the host.
  var outliers = 0.0
  var centers = false
  var widens = false
  var predistorts = false
  var range = 1.0
  var weightRange = WeightRange.maximum
  var lineLimit = LineLimit.column
  var packing = MappingOptions.PackingRule.automatic
  var objective = MappingOptions.Objective.throughput
  /// Whether the program says how to calibrate the chip.
  var hasProbes = false
}

/// A case of Tests/Models compiled for a chip from its first test data.
struct CompiledCase {
  /// The legalized network.
  var graph: Graph
  /// How its products are laid out.
  var layouts = ProductLayouts()
  /// The program, as it is read back from its bytes.
  var program: Program

  /// Compiles the case `name`; `nil` if it has no place on the chip or in host code.
  init?(_ name: String, _ treatment: Treatment = Treatment()) throws {
    let folder = ModelFolder(made: name)
    try self.init(folder.graph(), inputs: folder.inputs(), treatment)
  }

  /// Compiles a network; `nil` if it has no place on the chip or in host code.
  init?(_ graph: Graph, inputs: [Tensor], _ treatment: Treatment = Treatment()) throws {
    let chip = try Chip.named(treatment.chip)
    let crossbar = chip.crossbar
    let device = chip.device("hermes-tdp")
    var mapping = MappingOptions()
    mapping.packing = treatment.packing
    mapping.objective = treatment.objective
    let partition: Partition
    do {
      var legal = try graph.folded().fused().concatenated(for: chip).legalized()
      if treatment.smooths { legal = try legal.smoothed(by: [inputs]) }
      var digital: Set<String> = []
      var laid = ProductLayouts()
      func take(_ graph: Graph, _ new: ProductLayouts = ProductLayouts()) {
        laid = laid.moved(from: legal, to: graph)
        laid.merge(new)
        legal = graph
      }
      if treatment.outliers > 0 {
        let separated = try legal.separated(
          by: [inputs], share: treatment.outliers, codes: chip.dac.maximumCode)
        take(separated.graph, separated.layouts)
        digital = Set(laid.inOrder.map { legal.nodes[$0.node.index].name })
      }
      if treatment.centers { take(try legal.centered(by: [inputs], codes: 127, except: digital)) }
      if treatment.copiesRows { take(legal.copiedInRows(for: crossbar, except: digital)) }
      if treatment.copies > 0 {
        let copied = legal.copied(
          for: crossbar, factor: treatment.copies, residual: treatment.residual, except: digital)
        take(copied.graph, copied.layouts)
      }
      layouts = laid
      if treatment.widens { layouts = layouts.widened(for: crossbar, in: legal) }
      self.graph = legal
      partition = try legal.partitioned(
        for: chip, chips: treatment.chips, layouts: layouts, options: mapping
      ).replicated(mapping)
    } catch is Diagnostics {
      return nil
    }
    let calibration = try self.graph.calibrated(
      with: [inputs], origin: "test data", layouts: layouts)
    let names = { [graph = self.graph] (ids: [ValueID]) in
      ids.map { (graph[$0].type.shape ?? []).map { _ -> String? in nil } }
    }
    var options = QuantizationOptions()
    options.range = treatment.range
    options.weightRange = treatment.weightRange
    options.lineLimit = treatment.lineLimit
    options.device = device
    if treatment.predistorts {
      options.predistortion = device.map { Predistortion(model: $0, times: [86_400]) }
    }
    let quantization = try partition.quantized(by: calibration, options: options)
    let emitted = try partition.placed(mapping).scheduled(with: quantization).emitted(
      compiler: "test", inputDimensionNames: names(self.graph.inputs),
      outputDimensionNames: names(self.graph.outputs),
      probes: treatment.hasProbes ? Probes(calibration, routine: .refit) : nil,
      errors: device.map { ProgrammingErrors($0) })
    program = try ValidProgram(bytes: emitted.encoded()).program
  }
}

/// What is wrong with a program: what makes it no valid one, else what the checker says.
func check(_ program: Program, against compiled: CompiledCase) -> [Diagnostic] {
  do {
    return Checker.check(
      try ValidProgram(program), against: compiled.graph, layouts: compiled.layouts)
  } catch {
    return (error as? Diagnostics)?.items ?? [Diagnostic(.error, "\(error)")]
  }
}
