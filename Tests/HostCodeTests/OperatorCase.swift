import Basics
import Checker
import Chip
import IR
import Passes
import Program
import Reference
import Simulator

/// One node with what it is given.
struct OperatorCase {
  /// An operand: a constant of the network or one of its inputs.
  struct Operand {
    var tensor: Tensor
    var isConstant = false
  }

  var op: Op
  var operands: [Operand?]
  var results = 1

  init(_ op: Op, _ operands: [Operand?], results: Int = 1) {
    (self.op, self.operands, self.results) = (op, operands, results)
  }

  /// What came of it.
  enum Outcome {
    /// The host computes what the reference does, or both say that it cannot be computed.
    case agrees
    /// The compiler refuses it.
    case refused(String)
    /// No node has such operands.
    case meaningless(String)
    /// The host computes something else, or stops.
    case departs(String)
  }

  /// A network of the node alone, without types of results.
  var graph: Graph {
    var graph = Graph(name: op.mnemonic)
    let ids = operands.enumerated().map { index, operand -> ValueID? in
      guard let operand else { return nil }
      let name = "x\(index)"
      if operand.isConstant { return graph.addConstant(name: name, operand.tensor) }
      let id = graph.addValue(
        name: name, type: ValueType(operand.tensor.type, fixed: operand.tensor.shape))
      graph.inputs.append(id)
      return id
    }
    graph.outputs = (0..<results).map { graph.addValue(name: "y\($0)", type: ValueType(.f32, nil)) }
    graph.nodes = [Node(name: op.onnxName, op: op, operands: ids, results: graph.outputs)]
    return graph
  }

  var inputs: [Tensor] {
    operands.compactMap { $0 }.filter { !$0.isConstant }.map(\.tensor)
  }

  func run() throws -> Outcome {
    var graph = self.graph
    do { try graph.inferTypes() } catch { return .meaningless("\(error)") }
    var reference: String?
    do {
      _ = try evaluate(graph.nodes[0], operands: operands.map { $0?.tensor })
    } catch {
      reference = "\(error)"
    }
    let program: ValidProgram
    do { program = try graph.compiled(inputs: inputs, isDigital: true) } catch let error as Unproved
    {
      return .departs("the checker says: \(error.faults)")
    } catch let error as Diagnostics {
      return reference == nil ? .refused("\(error)") : .agrees
    }
    do {
      let outputs = try program.outputs(of: inputs)
      if let reference { return .meaningless(reference) }
      let found = try departure(
        of: outputs, from: graph.nodes[0], operands: operands.map { $0?.tensor })
      return found.map(Outcome.departs) ?? .agrees
    } catch let error as Diagnostics {
      return reference == nil ? .departs("\(error)") : .agrees
    }
  }
}

/// What the checker says of a program.
struct Unproved: Error { var faults: [Diagnostic] }

extension Graph {
  private static let chip = Result { try Chip.named("tiny") }

  /// The proved program of the network, as it is read back from its bytes; products with constant weights are
  /// on crossbars or, if `isDigital`, host code as all others.
  ///
  /// Throws `Diagnostics` where the compiler refuses it.
  func compiled(inputs: [Tensor], isDigital: Bool) throws -> ValidProgram {
    let chip = try Self.chip.get()
    let legal = try folded().fused().concatenated(for: chip).legalized()
    var mapping = MappingOptions()
    if isDigital {
      mapping.digital = try legal.partitioned(for: chip, chips: nil, options: mapping).layers
        .map { legal[$0.node].name }
    }
    let partition = try legal.partitioned(for: chip, chips: nil, options: mapping)
      .replicated(mapping)
    let calibration = try legal.calibrated(with: [inputs], origin: "case")
    func names(_ ids: [ValueID]) -> [[String?]] {
      ids.map { (legal[$0].type.shape ?? []).map { _ in nil } }
    }
    let emitted = try partition.placed(mapping)
      .scheduled(with: partition.quantized(by: calibration, options: QuantizationOptions()))
      .emitted(
        compiler: "test", inputDimensionNames: names(legal.inputs),
        outputDimensionNames: names(legal.outputs))
    let program = try ValidProgram(bytes: emitted.encoded())
    let faults = check(program, against: legal, layouts: partition.layouts)
    if !faults.isEmpty { throw Unproved(faults: faults) }
    return program
  }
}

extension ValidProgram {
  /// The outputs in `ideal`.
  func outputs(of inputs: [Tensor]) throws -> [Tensor] {
    var options = Simulation.Options()
    options.threads = 1
    return try Simulation(self, fidelity: .ideal).run(inputs, options: options).outputs
  }
}

extension OperatorCase: CustomStringConvertible {
  /// The network as text that 'aimcc' reads, and what goes into it.
  var description: String {
    var graph = self.graph
    try? graph.inferTypes()
    let given = zip(graph.inputs, inputs).map { id, tensor in
      "// \(graph[id].name) = \(tensor.dense)\n"
    }
    var text = graph.text
    for case let id? in graph.nodes[0].operands {
      guard case .tensor(let tensor)? = graph[id].constant else { continue }
      text = text.replacing(Constant.tensor(tensor).text, with: tensor.dense)
    }
    return given.joined() + text
  }
}

extension Tensor {
  /// The text form with all elements, whatever their number.
  fileprivate var dense: String {
    guard type.bitCount % 8 == 0 else { return Constant.tensor(self).text }
    // A text has no more elements of one constant.
    let size = 16 * type.bitCount / 8
    let parts = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: size).map { start in
        let part = Array(bytes[start..<min(start + size, bytes.count)])
        let text = Constant.tensor(
          Tensor(type: type, shape: [part.count * 8 / type.bitCount], bytes: Bytes(copying: part))
        ).text
        return text.dropFirst("dense[".count).dropLast()
      }
    }
    return "dense[\(parts.joined(separator: ", "))]"
  }
}
