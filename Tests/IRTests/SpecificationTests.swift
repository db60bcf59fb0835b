import Basics
import Foundation
import IR
import TestSupport
import Testing

/// Holds the program to the examples and tables of Specs/ir.md.
@Suite struct SpecificationTests {
  private let page: SpecificationPage

  init() throws { page = try SpecificationPage("ir.md") }

  @Test func canonicalExamplesAreSoundAndPrintAsTheyAre() throws {
    let examples = page.blocks("aim")
    #expect(examples.count >= 3)
    for text in examples {
      let graph = try Graph(text: text)
      #expect(graph.text == text)
      #expect(graph.verify().isEmpty)
    }
  }

  @Test func theOtherExampleIsBroughtIntoCanonicalForm() throws {
    let other = try #require(page.blocks("text").first { $0.hasPrefix("graph") })
    #expect(page.blocks("aim").contains(try Graph(text: other).text))
  }

  @Test func operatorsAreThoseOfTheTable() throws {
    let stated = try page.rows("| operator | ONNX | operands | first operand |")
      .map { $0.joined(separator: " | ") }
    #expect(stated == Self.operators.map(Self.row))
  }

  @Test func attributesAreThoseOfTheTable() throws {
    var stated: [String: [String: String]] = [:]
    let rows = try page.rows("| operator | attribute | value | default | meaning |")
    for row in rows {
      for name in Self.words(row[0]) {
        for attribute in Self.words(row[1]) { stated[name, default: [:]][attribute] = row[3] }
      }
    }
    // `conv` says the default of what the pools share with it.
    for name in ["max_pool", "average_pool", "lp_pool", "max_unpool"] {
      for (attribute, fallback) in stated["conv"]! where stated[name]?[attribute] == "" {
        stated[name]?[attribute] = fallback
      }
    }
    let required = [
      "kernel": "[3, 3]", "axis": "0", "permutation": "[1, 0]", "to": "f16", "block_size": "2",
      "equation": "\"ij\"",
    ]
    let words = ["all 1": "[1, 1]", "all 0": "explicit([0, 0], [0, 0])"]
    for op in Self.operators {
      var given: [String] = []
      var kept: [String] = []
      for (name, fallback) in stated[op.mnemonic] ?? [:] where fallback != "none" {
        if fallback == "required" {
          kept.append(name)
          given.append("\(name) = \(try #require(required[name]))")
        } else {
          given.append("\(name) = \(words[fallback] ?? Self.words(fallback)[0])")
        }
      }
      let braces = given.isEmpty ? "" : " {\(given.joined(separator: ", "))}"
      let graph = try Graph(text: "graph \"x\" {\n %0: f32[] = \(op.mnemonic) ()\(braces)\n}")
      #expect(graph.nodes[0].op.attributes.map(\.name) == kept.sorted())
      // An unknown attribute is answered with all that there are.
      let names = (stated[op.mnemonic] ?? [:]).keys.sorted().joined(separator: ", ")
      let message = names.isEmpty ? "there are none here" : "there are \(names)"
      let probe = "graph \"x\" {\n %0: f32[] = \(op.mnemonic) () {z = 0}\n}"
      let faults = #expect(throws: Diagnostics.self) { try Graph(text: probe) }
      #expect(faults?.items.contains { $0.message.hasSuffix(message) } == true, "\(op.mnemonic)")
    }
  }

  @Test func theWeightFileIsThatOfTheExample() throws {
    let bytes = try #require(page.blocks("hex").first).split { $0 == " " || $0 == "\n" }
      .compactMap { UInt8($0, radix: 16) }
    let folder = try Folder()
    let path = folder.file("example.weights")
    let tensor = Tensor([1, 2, 3] as [Float], shape: [3])
    try WeightFile.write([tensor], to: path)
    #expect(Array(try Data(contentsOf: URL(filePath: path))) == bytes)
    try Data(bytes).write(to: URL(filePath: path))
    #expect(try WeightFile(path: path).tensors == [tensor])
  }

  /// The texts in backquotes.
  private static func words(_ cell: String) -> [String] {
    cell.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
  }

  private static func row(_ op: Op) -> String {
    func elements(_ list: [ElementType]) -> String {
      list == ElementType.allCases ? "any" : list.map(\.rawValue).joined(separator: " ")
    }
    let signature = op.signature
    var operands = signature.operands.map { operand in
      let type = operand.isLikeFirst ? "" : ": \(elements(operand.elements))"
      let text = operand.name + type
      return operand.isOptional ? "[\(text)]" : text
    }
    if signature.isVariadic { operands.append("…") }
    let first = signature.operands[0]
    return [
      "`\(op.mnemonic)`", op.onnxName, operands.joined(separator: ", "),
      first.isLikeFirst ? elements(first.elements) : "",
    ].joined(separator: " | ")
  }

  /// One of each operator, in the order of the table.
  private static let operators: [Op] = {
    let kinds: [PoolKind] = [.max, .average, .norm(power: 2)]
    let window = Window(kernel: [], strides: [], dilations: [], padding: .valid)
    var operators: [Op] = [
      .conv(Convolution(window: window)), .gemm(Gemm()), .matMul(MatMul()),
      .batchNormalization(epsilon: 0),
    ]
    operators += UnaryFunction.forms.map(Op.unary) + BinaryFunction.allCases.map(Op.binary)
    operators += [.clip] + Op.reductionForms
    operators += kinds.map { .pool(Pool(kind: $0, window: window)) }
    operators += kinds.map(Op.globalPool)
    operators += [
      .concat(axis: 0), .split(axis: 0), .slice, .pad(.constant), .reshape(allowZero: false),
      .flatten(axis: 1), .transpose(permutation: []), .squeeze, .unsqueeze, .gather(axis: 0),
      .shape(start: 0, end: nil), .cast(to: .f32), .quantize(Quantize(to: .u8)),
      .dequantize(Dequantize(to: .f32)), .constantOfShape(element: .f32, bits: 0),
      .resize(Resize(mode: .nearest)),
    ]
    let cells: [Recurrent.Cell] = [
      .lstm(couplesForget: false), .gru(linearBeforeReset: false), .rnn,
    ]
    operators += cells.map { .recurrent(Recurrent(cell: $0)) }
    operators += Movement.forms.map(Op.movement) + Sampling.forms.map(Op.sampling)
    operators.append(.einsum(equation: ""))
    return operators
  }()
}
